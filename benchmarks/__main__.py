"""Run every benchmark, or those named: ``python -m benchmarks [plan native grouping failing sparse app pages gpu]``."""

import sys
from importlib import import_module

ANYWHERE = ("plan", "native", "grouping", "failing", "sparse", "app", "pages")
NAMES = (*ANYWHERE, "gpu")

if __name__ == "__main__":  # also read by the processes that some benchmarks start
    for name in sys.argv[1:] or ANYWHERE:
        if name not in NAMES:
            sys.exit(f"Unknown benchmark {name!r}. Known benchmarks: {', '.join(NAMES)}.")
        import_module(f"benchmarks.{name}").main()
