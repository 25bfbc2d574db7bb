"""Networks, their layers, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from explorer.values.yardstick import Evaluation


class Weights(StrEnum):
    """Where a network's weights come from."""

    TRAINED = "trained"  # shipped with the explorer, trained on the digits
    PRETRAINED = "pretrained"  # downloaded by torchvision
    RANDOM = "random"  # initialised with a seed, never trained
    OWN = "own"  # as a person's function or checkpoint gives them
    UPLOADED = "uploaded"  # of a file that a person handed to the app


class Axis(StrEnum):
    """Which axis of a layer loses channels: OUT is dim 0 of a weight, IN is dim 1."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a network was pruned from that a run left."""

    base: str  # name of the dense network that the first run pruned
    told: str  # what was done to that, in words
    run: str  # id of the last run
    params: int  # of the dense network
    macs: int


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """Names a network completely: any process can rebuild exactly the same one."""

    name: str
    weights: Weights
    seed: int = 0
    version: int = 0  # of a person's own code: which reading of it; 0 for other networks
    upload: str = ""  # path of the weights, on this machine, where they are uploaded ones or a run left them
    origin: Origin | None = None  # None: it is no pruned network

    @property
    def base(self) -> str:
        """Name of the network that it is built as: its own, or that of the dense one that it was pruned from."""
        return self.origin.base if self.origin else self.name

    @property
    def key(self) -> str:
        """Short text that names this network in caches."""
        read = f":{self.version}" if self.version else ""
        return f"{self.name}:{self.weights}:{self.seed}{read}{self.upload and f':{self.upload}'}"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One network that can be picked: known without loading or importing anything heavy."""

    name: str
    family: str
    weights: tuple[Weights, ...]  # choices offered, best first
    description: str  # one plain sentence
    data: str = ""  # what accuracy is measured on, or why it is not


@dataclass(frozen=True, slots=True)
class LiveAccuracy:
    """How a pruned network does on the fixed sample that is measured while a slider moves."""

    dense: Evaluation  # the whole network, on the same inputs
    right_after: Evaluation
    recalibrated: Evaluation | None  # None: it has no BatchNorm
    all_examples: int  # on which Apply measures it, and of which the sample was drawn
    seen: int  # inputs on which BatchNorm is re-calibrated; 0: it has none
    seconds: float = field(default=0.0, compare=False)  # that measuring took

    @property
    def headline(self) -> Evaluation:
        """What the network is worth without training: re-calibrated where it has BatchNorm."""
        return self.recalibrated or self.right_after


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """One training of a shape, and what pruning does to it."""

    name: str
    to_be_pruned: bool  # with a group lasso; else as most people train
    ratio: float  # of the channels, ranked globally by L2
    found: LiveAccuracy


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One leaf layer of a network."""

    name: str  # dotted path
    type: str  # class name, e.g. "Conv2d"
    weight_shape: tuple[int, ...] | None
    output_shape: tuple[int, ...] | None
    params: int
    macs: int


@dataclass(frozen=True, slots=True)
class CounterReading:
    """What one MAC counter says, and why it differs from the explorer's convention."""

    counter: str
    macs: int
    reason: str  # "" where it agrees


@dataclass(frozen=True, slots=True)
class NetworkSummary:
    """Everything the Network page shows of one network."""

    spec: NetworkSpec
    input: str  # sizes in words, by name where the input has several parts
    output: str
    classes: int | None  # None where it does not answer with one score a class
    layers: tuple[LayerRow, ...]
    params: int
    macs: int
    bytes: int  # tensors of the state_dict
    counters: tuple[CounterReading, ...]
    evaluation: Evaluation | None  # None: random weights, whose accuracy would mean nothing
    card: Mapping[str, str | int | float] | None  # the shipped model card
    separable: bool = False  # whether it has attention whose heads can go whole
    labelled: bool = True  # whether labelled data belongs to it, for gradients
    trains: bool = True  # whether it can be fine-tuned: by labelled data or a loss of the person's own
    loss: str = ""  # what that loss is called; "": there is none
