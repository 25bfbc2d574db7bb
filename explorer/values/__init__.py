"""Plain frozen values that cross the seams: pages, service, engine process, core.

Nothing here imports torch or streamlit. Fractions are in [0, 1], sizes in
bytes, times in seconds, MACs for a batch of one.
"""

from explorer.values.by_hand import Channels
from explorer.values.depgraph import (
    ChannelCriterion,
    ChannelOptions,
    ChannelPlan,
    ChannelScope,
    DenseGroup,
    GroupChange,
    HeadPruning,
    LeftWhole,
    Normalizer,
    RankingClass,
    Reduction,
    RemovalEvidence,
)
from explorer.values.graph import Edge, Group, IndexMap, LayerGraph, Member, Node, NodeKind, ReasonKind
from explorer.values.history import AppliedRun
from explorer.values.masks import MaskedLayer, MaskedPlan
from explorer.values.native import (
    MaskEvidence,
    MaskPlan,
    MaskSteps,
    NativeOptions,
    Pattern,
    SecondRound,
    WeightCriterion,
    WeightScope,
)
from explorer.values.network import (
    Axis,
    CatalogEntry,
    CounterReading,
    LayerRow,
    LiveAccuracy,
    NetworkSpec,
    NetworkSummary,
    Origin,
    TrainedNetwork,
    Weights,
)
from explorer.values.outcome import LayerOutcome, Outcome, StepTimes
from explorer.values.plan import Amount, Asked, Budget, Counts, DenseLayers, LayerPlan, Plan, PlanCosts
from explorer.values.profile import (
    AccuracyFacts,
    GradientCost,
    Growth,
    Judged,
    LayerTime,
    LibraryCost,
    Machine,
    NetworkTime,
    Profile,
    ProfileRequest,
    Refusal,
    SparseCost,
    StepCost,
    SweepPoint,
    Variant,
    Waterfall,
)
from explorer.values.report import Report
from explorer.values.runs import JobState, JobStatus, Progress, TrainingPoint
from explorer.values.sensitivity import (
    Allocation,
    BudgetKind,
    CostBudget,
    GroupRatio,
    GroupSensitivity,
    Sensitivity,
    SensitivityPoint,
    Solution,
    SweepOptions,
)
from explorer.values.sparseml import (
    Interpolation,
    MaskType,
    Modifier,
    RecipeEvidence,
    RecipePlan,
    RecipeReading,
    RemovalCheck,
    RunMode,
    SchedulePoint,
    SparseOptions,
)
from explorer.values.timing import Timing
from explorer.values.training import FineTune
from explorer.values.verdict import Cause, Confidence, Evidence, Found, Interval, Subject, Unit, Verdict
from explorer.values.yardstick import ACCURACY, Evaluation, Yardstick
