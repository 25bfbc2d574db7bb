"""What one network, dense or pruned, was counted and measured to be."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values.timing import Timing
from explorer.values.yardstick import Evaluation


@dataclass(frozen=True, slots=True)
class LayerOutcome:
    """One layer of a network as it is now, counted on its tensors."""

    name: str
    type: str
    width: int  # output channels; 0 where it has none
    params: int
    nonzero: int
    macs: int
    effective_macs: int
    structural_macs: int  # without the rows and columns of its weight that are zero throughout

    @property
    def sparsity(self) -> float:
        """Share of its stored parameters that are zero."""
        return 1 - self.nonzero / self.params if self.params else 0.0


@dataclass(frozen=True, slots=True)
class StepTimes:
    """What one run cost, in seconds, each measured once."""

    graph: float | None  # tracing which channels are coupled; None: not needed
    score: float | None  # scoring and ranking, gradients included; None: the library does it within its step
    step: float  # the library's own work from a fresh copy to the pruned network; under 10 s: the quicker of two
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One network, dense or pruned: everything that was counted and measured on it."""

    layers: tuple[LayerOutcome, ...]
    pruned: Evaluation | None  # right after; what the dense network itself is worth for that one
    recalibrated: Evaluation | None  # None: not done, or no BatchNorm
    fine_tuned: Evaluation | None  # None: not done
    time: Timing  # of one forward pass, in turns with all others
    peak_bytes: int  # held at once in one forward pass, weights included
    bytes: int  # of all stored tensors
    file_bytes: int  # of the safetensors file: tensors, and a header with their names and shapes
    compressed_bytes: int  # after zlib
    steps: StepTimes | None = None  # None: the dense network
    differences: tuple[str, ...] = ()  # between plan and library, as sentences

    @property
    def params(self) -> int:
        """Stored parameters."""
        return sum(layer.params for layer in self.layers)

    @property
    def nonzero(self) -> int:
        """Parameters that are not zero."""
        return sum(layer.nonzero for layer in self.layers)

    @property
    def macs(self) -> int:
        """Nominal MACs: what ordinary kernels compute."""
        return sum(layer.macs for layer in self.layers)

    @property
    def effective_macs(self) -> int:
        """MACs whose weight is not zero."""
        return sum(layer.effective_macs for layer in self.layers)

    @property
    def structural_macs(self) -> int:
        """MACs without the rows and columns of weights that are zero throughout."""
        return sum(layer.structural_macs for layer in self.layers)

    @property
    def final(self) -> Evaluation | None:
        """What it is worth after the last step that was taken."""
        return self.fine_tuned or self.recalibrated or self.pruned
