"""How much each group matters, and a budget spent by it."""
