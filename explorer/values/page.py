"""What a person wants of a report, and what is known beside the run that it tells of."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values.history import AppliedRun
from explorer.values.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Price:
    """What an hour of the machine costs."""

    amount: float
    currency: str = ""

    def __str__(self) -> str:
        return f"{self.amount:,.2f} {self.currency}".strip()


@dataclass(frozen=True, slots=True)
class Page:
    """What a person wants of a report."""

    without: tuple[str, ...] = ()  # sections that are left out, by their names
    price: Price | None = None
    verdicts: tuple[Verdict, ...] = ()  # of a profile of the same network
    why: bool = False  # whether it is to be profiled for verdicts
    others: tuple[AppliedRun, ...] = ()  # further runs, for the chart: those of this network stand in it
