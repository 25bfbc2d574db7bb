"""The Reproduce page: published numbers, found again."""
