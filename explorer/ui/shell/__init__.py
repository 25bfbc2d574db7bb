"""What stands around every page: frame, navigation, long runs, history, links."""
