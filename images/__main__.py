"""Make every picture anew, or those named: ``python -m images [steps architecture shrinking catalog screenshots]``."""

import sys
from importlib import import_module

NAMES = ("steps", "architecture", "shrinking", "catalog", "screenshots")

for name in sys.argv[1:] or NAMES:
    if name not in NAMES:
        sys.exit(f"Unknown picture {name!r}. Known pictures: {', '.join(NAMES)}.")
    import_module(f"images.{name}").main()
