"""What bears on pruning one network: one kind of finding, one function, one entry of a table."""
