"""The README's pictures, each drawn or taken by a script beside it: ``make images``."""
