"""What only one library's pruning page has: one folder a library."""
