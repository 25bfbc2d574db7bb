"""Where time goes: in the libraries that prune, and in the networks before and after.

Everything here runs in a job's own process, and everything is measured: whatever is compared takes
turns, so that what slows the machine down hits all alike.
"""
