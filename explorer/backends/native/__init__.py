"""PyTorch native: which weights ``torch.nn.utils.prune`` zeroes, planned in integers."""
