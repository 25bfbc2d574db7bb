"""Networks that nobody prepared, pruned and judged one by one: ``make check-networks`` writes docs/networks.md."""
