"""What stands around every page: frame, navigation, runs, history, links."""
