"""The sweep's own words: what counts as right, partly, refused and wrong."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.helpers import walled
from tests.sweep import verdict
from tests.sweep.verdict import judged, shortened

VECTOR = torch.randn(1, 6, generator=torch.Generator().manual_seed(0))
IMAGE = torch.randn(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def chain() -> nn.Sequential:
    """Two linear layers that may lose channels, and a head."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 4, bias=False)
    )


def test_a_network_of_which_all_but_its_answer_is_pruned_is_right() -> None:
    found = judged(chain(), VECTOR)
    assert (found.word, found.pruned, found.groups, found.told) == ("right", 2, 3, "")


def test_what_stays_for_another_reason_than_being_an_answer_makes_it_partly() -> None:
    torch.manual_seed(0)
    found = judged(walled.Rolled(), IMAGE)
    assert (found.word, found.pruned, found.groups) == ("partly", 2, 4)
    assert found.told == "1 × works across channels (`a`)"


def test_nothing_to_prune_is_refused_with_the_sentence() -> None:
    found = judged(nn.Linear(6, 3), VECTOR)
    assert (found.word, found.groups) == ("refused", 0)
    assert "has no group of channels that can be pruned" in found.told


def test_answers_other_than_those_of_silent_channels_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "disagreement", lambda planner, ratio, double=False: 0.5)
    assert judged(chain(), VECTOR).word == "WRONG"


def test_reasons_are_counted_and_the_commonest_come_first() -> None:
    apart = "Its channels cannot be followed to their end: in '{}' a reshape takes them apart."
    given = [("c", "'bn' is odd."), ("a.0", apart.format("a")), ("b.0", apart.format("b"))]
    assert shortened(given) == "2 × a reshape takes them apart (`a.0`); 1 × bn is odd (`c`)"
