"""The Profile page: where time goes, and why."""
