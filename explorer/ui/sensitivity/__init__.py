"""The Sensitivity page: how much each group matters, and a budget spent by it."""
