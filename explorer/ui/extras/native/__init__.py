"""The PyTorch native page: amounts in, masks and their three steps out."""
