"""The DepGraph pruning page: a ratio in, widths and costs out, applied and fine-tuned."""
