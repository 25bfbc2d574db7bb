"""What a network does: how fast, how accurate, how large, and what training makes of it."""
