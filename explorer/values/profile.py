"""Where time goes: in the libraries that prune, and in the networks before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from explorer.values.depgraph import ChannelCriterion, ChannelOptions
from explorer.values.native import NativeOptions
from explorer.values.timing import Timing
from explorer.values.verdict import Interval, Verdict
from explorer.values.yardstick import Evaluation


class Variant(StrEnum):
    """One network, in the forms whose speed is compared."""

    DENSE = "dense"
    MASKED = "masks attached"
    ZEROS = "zeros written"
    SILENCED = "same channels zeroed"
    REMOVED = "channels removed"
    ALIGNED = "removed, multiples of 8"
    MATCHED = "removed, any width, same MACs"
    FLOOR = "nearly all removed"


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """What is profiled."""

    options: ChannelOptions
    ratio: float  # fraction of channels that DepGraph removes
    native: NativeOptions
    amount: float  # fraction of weights that torch.nn.utils.prune zeroes
    seconds: float = 4.0  # that one comparison may take, after at least six rounds


@dataclass(frozen=True, slots=True)
class NetworkTime:
    """One form of the network: what it computes and how long that takes, one input at a time."""

    variant: Variant
    ratio: float  # that was asked of the library; 0 for dense
    params: int
    macs: int
    odd: int  # layers whose width is no multiple of 8
    time: Timing
    speedup: Interval  # how many times as fast as dense: quotients of the times of one round


@dataclass(frozen=True, slots=True)
class LayerTime:
    """One layer, or all layers of one part of the network."""

    name: str
    type: str  # class name; "block" for a part
    macs: int
    bytes: int  # inputs, outputs and weights, each moved once: an estimate of what really moves
    time: Timing

    @property
    def intensity(self) -> float:
        """MACs for each byte moved."""
        return self.macs / self.bytes if self.bytes else 0.0


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Where one network's time goes, layer by layer in the order of execution."""

    variant: Variant
    layers: tuple[LayerTime, ...]
    blocks: tuple[LayerTime, ...]  # the same time by part of the network
    between: Timing  # outside all layers: sums, concatenations, Python
    hooked: Timing  # the whole pass with the clocks in it
    plain: Timing  # and without, measured in turns with it
    untouched: Interval  # share of `hooked` in layers that are the same in the dense and the pruned network
    copying: Interval  # what merely copying as many bytes as the layers move takes, as a share of `plain`


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """The dense and the pruned network under one setting, measured in turns."""

    setting: str
    number: int  # images at once, threads; 0 where the setting is no number
    dense: Timing
    pruned: Timing
    speedup: Interval  # of the pruned network over the dense one, round by round


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine reaches at best, measured."""

    macs_per_second: Interval  # of a large product of matrices
    bytes_per_second: Interval  # read and written while a large tensor is copied
    threads: int
    cores: int


@dataclass(frozen=True, slots=True)
class StepCost:
    """One step of a library's own work."""

    step: str
    time: Timing


@dataclass(frozen=True, slots=True)
class LibraryCost:
    """What pruning one network once costs in one library, step by step."""

    library: str
    network: str
    params: int
    nodes: int  # of the dependency graph; 0 where it was not traced
    steps: tuple[StepCost, ...]
    whole: Timing

    def step(self, name: str) -> Timing | None:
        """The cost of one step, if it was measured."""
        return next((cost.time for cost in self.steps if cost.step == name), None)


@dataclass(frozen=True, slots=True)
class SparseCost:
    """What SparseML costs on one network: before it trains, and in every step of training."""

    cost: LibraryCost  # set-up, masks, and what a training step takes longer; `whole`: set-up and masks once
    imported: float  # seconds that importing SparseML took; once in its process
    plain: Timing  # one training step without SparseML
    masked: Timing  # the same step under masks, in turns with it
    images: int  # in one step


@dataclass(frozen=True, slots=True)
class Judged:
    """One way of pruning, and how well the network does afterwards."""

    how: str
    ratio: float
    mass: float | None  # share of all importance that went with the channels
    narrowest: tuple[str, int, int] | None  # the layer that lost the largest share: name, width before, after
    raw: Evaluation | None  # None: it could not be done
    recalibrated: Evaluation | None  # None: no BatchNorm
    refused: str = ""  # why it could not be done
    collapsed: tuple[str, ...] = ()  # layers that keep next to nothing
    estimated: bool = False  # whether `mass` is a plan's that the library need not follow
    widths: tuple[
        tuple[str, int, int], ...
    ] = ()  # of the layers that had channels to lose: name, before, after

    @property
    def best(self) -> Evaluation | None:
        """After BatchNorm re-calibration, where there is any."""
        return self.recalibrated or self.raw


@dataclass(frozen=True, slots=True)
class AccuracyFacts:
    """Accuracy as asked, and under what was tried instead."""

    dense: Evaluation
    zeros: Evaluation | None  # weights zeroed by torch.nn.utils.prune; None: it refused
    pruned: Judged
    lighter: Judged  # half the ratio
    kept: Judged | None  # the layers that collapsed kept whole; None: nothing collapsed
    scopes: Mapping[str, Judged]  # the same ratio under other scopes
    # One group kept whole at a time, by the layer that names it
    spared: Mapping[str, Judged] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GradientCost:
    """What a criterion that needs gradients costs before it can score."""

    criterion: str
    images: int  # that are passed through the network and back
    time: Timing

    @property
    def label(self) -> str:
        """What pages call the criterion."""
        return ChannelCriterion(self.criterion).label


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that was measured of one network, and what follows from it."""

    request: ProfileRequest
    networks: tuple[NetworkTime, ...]
    exported: tuple[NetworkTime, ...]  # some of them in ONNX Runtime; empty where that cannot run them
    waterfalls: tuple[Waterfall, ...]  # dense, removed
    batches: tuple[SweepPoint, ...]
    shared: Interval  # share of the pruned network's time for one image that more images do not add to
    threads: tuple[SweepPoint, ...]
    layouts: tuple[SweepPoint, ...]
    machine: Machine
    libraries: tuple[LibraryCost, ...]
    gradients: tuple[GradientCost, ...]  # empty: no labelled images
    accuracy: AccuracyFacts | None  # None: accuracy would mean nothing
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]  # what could not be measured, and why

    def time_of(self, variant: Variant) -> NetworkTime | None:
        """One form of the network; None where it could not be made."""
        return next((row for row in self.networks if row.variant is variant), None)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A network on which a library could not be timed."""

    library: str
    network: str
    why: str


@dataclass(frozen=True, slots=True)
class Growth:
    """The libraries' cost over networks of growing size."""

    costs: tuple[LibraryCost, ...]
    refused: tuple[Refusal, ...]
    missing: str = ""  # why SparseML was left out; "" where it was not
