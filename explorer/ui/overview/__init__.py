"""The overview: what the app is for, a network that shrinks, and the ways in."""
