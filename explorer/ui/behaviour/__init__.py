"""The Behaviour page: whose answers pruning changes, which classes pay, and a digit that one draws."""
