"""Check all networks and write their table, or check those whose names hold a word: ``python -m tests.sweep [word …]``.

With words nothing is written.
"""

import sys
import time

from tests.sweep import table
from tests.sweep.cases import CASES
from tests.sweep.processes import verdicts


def main(words: list[str]) -> None:
    """Print one line a network."""
    start = time.monotonic()
    names = [name for name in CASES if not words or any(word in name for word in words)]
    found = {}
    for name, verdict in verdicts(names):
        found[name] = verdict
        groups = f"{verdict.pruned} of {verdict.groups} groups"
        print(f"{verdict.word:8}{name}: {groups}, {verdict.seconds:.0f} s. {verdict.told}", flush=True)
    if not words:
        table.write({name: found[name] for name in names}, time.monotonic() - start)
    sys.exit(any(verdict.word == "WRONG" for verdict in found.values()))


if __name__ == "__main__":
    main(sys.argv[1:])
