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

JUDGEMENT = 0.1  # seconds of a judgement beyond which a moving slider would stall
PATIENCE = 0.2  # the same with re-calibration


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
        self._judging, self._seconds = 0.0, 0.0  # that a judgement, and re-calibrating, took last

    def measure(self, sketch: Callable[[], nn.Module], is_moving: bool = False) -> LiveAccuracy:
        """Judge a pruned copy, whose BatchNorm statistics are overwritten.

        Args:
            sketch: makes the copy, which nobody needs afterwards.
            is_moving: whether the next position is on its way, so that what takes long may be put off.
        """
        if is_moving and self._judging > JUDGEMENT:
            return LiveAccuracy(self._dense, None, None, self._all, self._seen, is_put_off=True)
        module, is_put_off = sketch(), is_moving and self._judging + self._seconds > PATIENCE
        return LiveAccuracy(
            dense=self._dense,
            right_after=self._right_after(module),
            recalibrated=None if is_put_off else self._recalibrated(module),
            all_examples=self._all,
            seen=self._seen,
            is_put_off=is_put_off,
        )

    def _right_after(self, module: nn.Module) -> Evaluation:
        start = time.perf_counter()
        found = self._judge.evaluate(module)
        self._judging = time.perf_counter() - start
        return found

    def _recalibrated(self, module: nn.Module) -> Evaluation | None:
        start = time.perf_counter()
        found = self._judge.evaluate(module) if self._seen and self._judge.recalibrate(module) else None
        self._seconds = time.perf_counter() - start
        return found
