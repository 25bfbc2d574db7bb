"""What `check` holds runs against. Knows no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explorer.commands.budgets import BUDGETS, LATENCY, amount_of, kind_of, percent
from explorer.values.errors import PruningError
from explorer.words import formats

ACCURACY = "accuracy"
LIMITS = {  # flag -> what it says
    "min_accuracy": "least accuracy after the last step that was taken, such as 97%%",
    "max_drop": "most points of accuracy below the dense network, such as 1%%",
    **{
        f"max_{name}": f"most {told}: a share of the dense network such as 60%%, or "
        f"{'a time such as 2ms' if name == LATENCY else 'a number such as 150M'}"
        for name, told in BUDGETS.items()
    },
}
_NAMES = {"macs": "MACs", "effective_macs": "effective MACs", "params": "parameters", "nonzero": "non-zeros"}
Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class Limit:
    """One limit as it was written."""

    flag: str  # a key of `LIMITS`
    text: str

    @property
    def figure(self) -> str:
        """The key of what it limits, in a run."""
        return ACCURACY if self.flag in ("min_accuracy", "max_drop") else self.flag.removeprefix("max_")

    def missed(self, figures: Figures, dense: Figures) -> str:
        """How a run misses it, in a sentence; "" where it keeps to it.

        Raises:
            PruningError: for a limit that means nothing.
        """
        value, whole = figures.get(self.figure), dense.get(self.figure)
        name = _NAMES.get(self.figure, self.figure)
        if value is None:
            return f"It has no {name}, which {self._typed} asks for."
        if whole is None and self._is_relative:
            return (
                f"It has no {name} of the dense network, which {self._typed} is measured by. {self._remedy}"
            )
        bound = self._bound(whole or 0.0)
        if value >= bound if self.figure == ACCURACY else value <= bound:
            return ""
        side = "at least" if self.figure == ACCURACY else "at most"
        return f"{self._words(value)} {name}, and {self._typed} asks for {side} {self._words(bound)}."

    @property
    def _typed(self) -> str:
        return f"--{self.flag.replace('_', '-')} {self.text}"

    @property
    def _remedy(self) -> str:
        """What measures a run without the dense network."""
        if self.flag == "max_drop":
            return "Give --min-accuracy instead."
        number = "2ms" if self.figure == LATENCY else "150M"
        return f"Give a number such as {number}, or have the command that wrote the file write it anew."

    @property
    def _is_relative(self) -> bool:
        return self.flag == "max_drop" or (self.figure != ACCURACY and self.text.strip().endswith("%"))

    def _bound(self, dense: float) -> float:
        if self.figure != ACCURACY:
            return amount_of(kind_of(self.figure), self.text, dense)
        return dense - share(self.text) if self.flag == "max_drop" else share(self.text)

    def _words(self, value: float) -> str:
        if self.figure == ACCURACY:
            return formats.accuracy(value)
        return formats.duration(value) if self.figure == LATENCY else f"{value:,.0f}"


def share(text: str) -> float:
    """A share of all images: "97%" or "0.97".

    Raises:
        PruningError: for anything else.
    """
    try:
        found = percent(ACCURACY, text) if text.strip().endswith("%") else float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise PruningError(
            f"A limit of accuracy must be a share such as 97% or 0.97, got {text!r}. Write one of these."
        )
    return found
