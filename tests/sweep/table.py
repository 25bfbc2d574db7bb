"""docs/networks.md: one row a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version

from tests.helpers.paths import ROOT
from tests.sweep.verdict import CLOSE, RATIOS, Verdict

PATH = ROOT / "docs" / "networks.md"
LONGEST = 300  # characters of what is told
PACKAGES = ("torchvision", "timm", "transformers", "ultralytics-opencv-headless")


def write(found: Mapping[str, Verdict], seconds: float) -> None:
    """Put all verdicts into the page."""
    counted = Counter(verdict.word for verdict in found.values())
    counts = ", ".join(f"{counted[word]} {word}" for word in ("right", "partly", "refused", "WRONG"))
    ratios = " and ".join(map(str, RATIOS))
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    rows = "\n".join(_row(name, verdict) for name, verdict in found.items())
    PATH.write_text(
        f"""# Networks of others

`make check-networks` takes {len(found)} networks with random weights and nothing prepared for any, each in a process
of its own, prunes it at ratio {ratios}, and wrote this page. {counts}.

- **right**: everything but output layers is pruned; **partly**: the rest stays whole, and the reason is given with the
  number of groups that stay for it and the first layer of one. Either way the result runs, counts as planned
  (parameters, MACs, bytes), and answers as the dense network with the same channels silenced by hooks, closer than
  {CLOSE:g} of the scale of every position of every output.
- **refused**: nothing can be pruned, and the sentence says why. **WRONG**: anything else; there must be none.
- Parameters and running statistics that hold one value for all channels are drawn anew first, or they would hide
  mistakes. torchvision's largest classifiers are left out: they consist of the same layers as their siblings.

{versions}; {seconds / 60:.0f} minutes on 2 cores, one thread a network.

| Network | Verdict | Groups pruned | What stays whole, and why | Seconds |
|---|---|---|---|---|
{rows}
""",
        encoding="utf-8",
    )


def _row(name: str, verdict: Verdict) -> str:
    told = verdict.told.replace("|", "\\|").replace("\n", " ")
    told = told if len(told) <= LONGEST else f"{told[: LONGEST - 1].rstrip()}…"
    groups = f"{verdict.pruned} of {verdict.groups}" if verdict.groups else ""
    return f"| {name} | {verdict.word} | {groups} | {told} | {verdict.seconds:.0f} |"
