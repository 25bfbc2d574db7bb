"""Accuracy while a slider moves: on a fixed sample, right after pruning and with BatchNorm re-calibrated."""

from __future__ import annotations

import time

from torch import nn

from explorer.anatomy.network import Network
from explorer.measuring.evaluation import evaluate, recalibrate
from explorer.studies.recover import judged
from explorer.values import Evaluation, LiveAccuracy

TRAIN_IMAGES, TEST_IMAGES = 1000, 500  # at most; Apply uses all
PATIENCE = 0.2  # seconds of re-calibration beyond which a moving slider would stall


class Live:
    """Measures pruned copies of one network.

    Raises:
        TrainingError: if the network is not judged.
    """

    def __init__(self, net: Network) -> None:
        whole = judged(net)
        self._data = whole.sample(TRAIN_IMAGES, TEST_IMAGES)
        self._test_images = len(whole.test_y)
        self._dense = evaluate(net.module, self._data)
        self._seconds = 0.0  # that re-calibrating took last

    def measure(self, module: nn.Module, is_moving: bool = False) -> LiveAccuracy:
        """Judge a pruned copy, whose BatchNorm statistics are overwritten.

        Args:
            module: a copy that nobody needs afterwards.
            is_moving: whether the next position is on its way, so that what takes long may be put off.
        """
        right_after = evaluate(module, self._data)
        is_put_off = is_moving and self._seconds > PATIENCE
        return LiveAccuracy(
            dense=self._dense,
            right_after=right_after,
            recalibrated=None if is_put_off else self._recalibrated(module),
            test_images=self._test_images,
            train_images=len(self._data.train_y),
            is_put_off=is_put_off,
        )

    def _recalibrated(self, module: nn.Module) -> Evaluation | None:
        start = time.perf_counter()
        found = evaluate(module, self._data) if recalibrate(module, self._data) else None
        self._seconds = time.perf_counter() - start
        return found
