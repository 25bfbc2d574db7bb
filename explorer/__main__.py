"""``python -m explorer`` is the command ``pruning-explorer``."""

from explorer.cli import main

# A process that the app starts reads this file again, and starts nothing.
if __name__ == "__main__":
    main()
