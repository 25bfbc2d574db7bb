"""Run every benchmark, or those named: ``python -m benchmarks [plan native grouping app pages]``."""

import sys
from importlib import import_module

NAMES = ("plan", "native", "grouping", "app", "pages")

for name in sys.argv[1:] or NAMES:
    if name not in NAMES:
        sys.exit(f"Unknown benchmark {name!r}. Known benchmarks: {', '.join(NAMES)}.")
    import_module(f"benchmarks.{name}").main()
