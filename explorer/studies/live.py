"""How well copies do while a slider moves: on a fixed sample, right after pruning and with BatchNorm re-calibrated."""

from __future__ import annotations

import time
from collections.abc import Callable

from torch import nn

from explorer.anatomy.network import Network
from explorer.measuring.evaluation import batch_norms
from explorer.measuring.judging import sure_judge
from explorer.values import Evaluation, LiveAccuracy
from explorer.values.errors import PruningError


class Live:
    """Measures pruned copies of one network.

    Raises:
        PruningError: if the network is not judged, or that takes longer than a slider can wait.
    """

    def __init__(self, net: Network) -> None:
        judge = sure_judge(net, "How well copies do")
        if judge.live is None:
            raise PruningError(
                f"Judging '{net.name}' takes longer than a slider can wait. Apply measures it."
            )
        self._all, self._judge = judge.count, judge.live
        self._dense = self._judge.evaluate(net.module)
        self._seen = self._judge.seen if batch_norms(net.module) else 0

    def measure(self, sketch: Callable[[], nn.Module]) -> LiveAccuracy:
        """Judge a pruned copy, whose BatchNorm statistics are overwritten.

        Args:
            sketch: makes the copy, which nobody needs afterwards.
        """
        start, module = time.perf_counter(), sketch()
        right_after = self._judge.evaluate(module)
        recalibrated = self._recalibrated(module)
        seconds = time.perf_counter() - start
        return LiveAccuracy(self._dense, right_after, recalibrated, self._all, self._seen, seconds)

    def _recalibrated(self, module: nn.Module) -> Evaluation | None:
        return self._judge.evaluate(module) if self._seen and self._judge.recalibrate(module) else None
