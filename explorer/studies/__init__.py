"""Everything that runs long: each study prunes copies, measures them and tells how far it is."""
