"""Options in the words of the pages: labels of the pickers."""

from __future__ import annotations

from explorer.values import Criterion, WeightCriterion

CRITERIA = {
    "L2": Criterion.L2,
    "L1": Criterion.L1,
    "Taylor": Criterion.TAYLOR,
    "Hessian": Criterion.HESSIAN,
    "LAMP": Criterion.LAMP,
    "BN scale": Criterion.BN_SCALE,
    "FPGM": Criterion.FPGM,
    "random": Criterion.RANDOM,
}
WEIGHT_CRITERIA = {
    "L1": WeightCriterion.L1,
    "L2": WeightCriterion.L2,
    "L∞": WeightCriterion.LINF,
    "random": WeightCriterion.RANDOM,
}
