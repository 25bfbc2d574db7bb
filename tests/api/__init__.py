"""The notebook API, as a person types it."""
