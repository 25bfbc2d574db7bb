"""Plain frozen values that cross the seams: pages, service, engine process, core.

Nothing here imports torch or streamlit. Fractions are in [0, 1], sizes in
bytes, times in seconds, MACs for a batch of one.
"""

from explorer.schema.depgraph import (
    ApplyReport,
    Criterion,
    Dense,
    DenseGroup,
    DenseLayer,
    GroupChange,
    LayerChange,
    Normalizer,
    Plan,
    PruningOptions,
    RankingClass,
    Reduction,
    Scope,
)
from explorer.schema.graph import Edge, Group, IndexMap, LayerGraph, Member, Node, NodeKind, ReasonKind
from explorer.schema.history import AppliedRun
from explorer.schema.native import (
    Amount,
    LayerSparsity,
    MaskSteps,
    NativeOptions,
    NativePlan,
    NativeReport,
    Pattern,
    SecondRound,
    WeightCriterion,
    WeightScope,
)
from explorer.schema.network import (
    Axis,
    CatalogEntry,
    CounterReading,
    Evaluation,
    LayerRow,
    NetworkSpec,
    NetworkSummary,
    Weights,
)
from explorer.schema.runs import JobState, JobStatus, Progress, Timing, TrainingPoint
from explorer.schema.training import FineTune, FineTuneReport

__all__ = [
    "Amount",
    "AppliedRun",
    "ApplyReport",
    "Axis",
    "CatalogEntry",
    "CounterReading",
    "Criterion",
    "Dense",
    "DenseGroup",
    "DenseLayer",
    "Edge",
    "Evaluation",
    "FineTune",
    "FineTuneReport",
    "Group",
    "GroupChange",
    "IndexMap",
    "JobState",
    "JobStatus",
    "LayerChange",
    "LayerGraph",
    "LayerRow",
    "LayerSparsity",
    "MaskSteps",
    "Member",
    "NativeOptions",
    "NativePlan",
    "NativeReport",
    "NetworkSpec",
    "NetworkSummary",
    "Node",
    "NodeKind",
    "Normalizer",
    "Pattern",
    "Plan",
    "Progress",
    "PruningOptions",
    "RankingClass",
    "ReasonKind",
    "Reduction",
    "Scope",
    "SecondRound",
    "Timing",
    "TrainingPoint",
    "WeightCriterion",
    "WeightScope",
    "Weights",
]
