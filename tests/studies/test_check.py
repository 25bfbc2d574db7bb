"""What `explorer.check` finds in networks of some lines, of which everything is known by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune

import explorer
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.studies.check.check import checked
from explorer.studies.check.kinds import KINDS
from explorer.values.check import Check, Finding, Grade
from explorer.words.glossary import TERMS
from tests.helpers import awkward, walled

GENERATOR = torch.Generator().manual_seed(0)
IMAGE = torch.rand(1, 3, 4, 4, generator=GENERATOR) + 0.5
VECTOR = torch.rand(1, 6, generator=GENERATOR)


class Picky(nn.Module):
    """Refuses to run with fewer than six channels between its layers, or with eight."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = nn.Linear(6, 16), nn.Linear(16, 12), nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.a(x))
        if x.shape[1] < 6 or x.shape[1] == 8:
            raise RuntimeError("eight is no number of channels")
        return self.head(torch.relu(self.b(x)))


class Deaf(nn.Module):
    """Answers the same whatever it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.head = nn.Linear(6, 8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.a(x))) * 0


class WithTable(nn.Module):
    """Holds a table that nobody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.table = awkward.chain(), nn.Embedding(5, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def wrapped(module: nn.Module, example: Tensor = VECTOR) -> Network:
    torch.manual_seed(0)
    return explorer.wrap(module, example)


def finding(kind: str, module: nn.Module, example: Tensor = VECTOR) -> Finding:
    return explorer.check(wrapped(module, example)).of(kind)


def told(found: Finding) -> dict[str, str]:
    return {fact.what: fact.found for fact in found.evidence}


@pytest.fixture(scope="module")
def plain() -> Check:
    torch.manual_seed(0)
    return explorer.check(wrapped(awkward.chain(), IMAGE))


def test_a_plain_network_is_fine_in_everything_but_what_a_counter_adds(plain: Check) -> None:
    grades = {found.kind: found.grade for found in plain.findings}
    assert grades == dict.fromkeys(KINDS, Grade.FINE) | {"MAC counters": Grade.NOTE}
    assert (plain.groups, plain.free, plain.refusal) == (3, 2, "")
    assert told(plain.of("output layers")) == {"5": "4 channels"}
    assert all(found.remedy is None for found in plain.findings)


def test_each_counter_says_its_own_number(plain: Check) -> None:
    macs = 16 * (3 * 8 + 8 * 8 + 8 * 4)
    extra = (
        16 * (8 + 8 + 4) + 16 * (2 * 8) + 16 * (8 + 8)
    )  # biases, the norm's scale and shift, two activations
    counted = told(plain.of("MAC counters"))
    assert counted["the explorer"] == f"{macs:,} MACs"
    assert counted["torch FlopCounterMode / 2"] == f"{macs:,} MACs. It agrees."
    assert counted["Torch-Pruning count_ops_and_params"].startswith(f"{macs + extra:,} MACs. It adds biases")


def test_the_trial_tells_what_half_of_the_channels_leaves(plain: Check) -> None:
    before = (3 * 8 + 8) + 2 * 8 + (8 * 8 + 8) + (8 * 4 + 4)
    after = (3 * 4 + 4) + 2 * 4 + (4 * 4 + 4) + (4 * 4 + 4)
    assert told(plain.of("trial"))["parameters"] == f"{before} → {after}"


def test_every_kind_is_a_word_of_the_glossary() -> None:
    assert set(KINDS) <= set(TERMS)


def test_a_tied_weight_is_named_under_both_its_names() -> None:
    found = finding("tied weights", awkward.Tied(), torch.arange(5)[None])
    assert found.grade is Grade.LIMIT
    assert told(found) == {"embed.weight = head.weight": "20 × 16"}


def test_a_wall_names_what_stays_whole_before_it() -> None:
    check = explorer.check(wrapped(walled.Tagger(), torch.rand(1, 6, 9)))
    found = check.of("walls")
    assert found.grade is Grade.LIMIT
    assert found.told.startswith("1 group stays whole")
    assert told(found) == {"b": "12 channels. 'memory' is recurrent.", "memory": "'memory' is recurrent."}
    assert (check.groups, check.free) == (4, 2)  # a, b, up and head; a and up are free
    assert check.of("left whole").grade is Grade.FINE


def test_a_group_whose_couplings_do_not_hold_is_left_whole_with_its_reason() -> None:
    found = finding("left whole", awkward.Gamma(), IMAGE)
    assert found.grade is Grade.LIMIT
    assert set(told(found)) == {"b"}
    assert told(found)["b"].startswith(
        "8 channels. With half of them removed, the network's output differs by"
    )


def test_half_precision_is_said_and_what_it_is_compared_in() -> None:
    module = awkward.chain(torch.bfloat16)
    found = finding("number type", module, IMAGE.bfloat16())
    assert found.grade is Grade.NOTE
    assert told(found) == {"bfloat16": f"{sum(p.numel() for p in module.parameters())} parameters"}
    assert "on a copy in float32" in found.told


def test_a_part_that_only_training_uses_is_named() -> None:
    check = explorer.check(wrapped(awkward.Auxiliary(), IMAGE))
    found = check.of("parts that only training uses")
    unused = {path for path, _ in awkward.Auxiliary().named_children() if path.startswith("aux")}
    assert found.grade is Grade.NOTE
    assert set(told(found)) == unused
    assert all(said.endswith("runs in train mode only") for said in told(found).values())
    assert {fact.what.partition(".")[0] for fact in check.of("coverage").evidence} == unused


def test_a_part_that_nothing_reaches_keeps_what_it_may_read_whole() -> None:
    check = explorer.check(wrapped(awkward.Experts()))
    expert = (16 * 20 + 20) + (20 * 16 + 16)
    found = check.of("parts that only training uses")
    assert found.grade is Grade.LIMIT
    assert told(found) == {"experts.1": f"Sequential, {expert} parameters; runs in neither mode"}
    assert "what they may read stays whole" in found.told
    assert set(told(check.of("left whole"))) == {"stem", "experts.0.2"}


def test_a_part_that_nothing_reaches_and_that_reads_no_channels_limits_nothing() -> None:
    found = finding("parts that only training uses", WithTable(), IMAGE)
    assert found.grade is Grade.NOTE
    assert told(found) == {"table": f"Embedding, {5 * 8} parameters; runs in neither mode"}


def test_layers_to_keep_are_offered_where_that_was_tried_and_works() -> None:
    net = wrapped(Picky())
    found = explorer.check(net).of("trial")
    assert found.grade is Grade.REFUSED
    assert "eight is no number of channels" in found.told
    assert found.remedy
    assert found.remedy.keep == ("a",)
    names: dict[str, Any] = {"explorer": explorer, "net": net}
    exec(found.remedy.code, names)
    assert names["pruned"](VECTOR).shape == (1, 3)
    assert [names["pruned"].a.out_features, names["pruned"].b.out_features] == [16, 12 // 2]


@pytest.mark.parametrize(
    "how", [parametrizations.weight_norm, lambda layer: prune.l1_unstructured(layer, "weight", 0.5)]
)
def test_weights_that_are_worked_out_can_be_made_permanent(how: Any) -> None:
    torch.manual_seed(0)
    net = wrapped(awkward.calculated(how), IMAGE)
    answer, parts = net.module(IMAGE), [name for name, _ in net.module.named_parameters()]
    check = explorer.check(net)
    found = check.of("left whole")
    assert (check.free, set(told(found))) == (1, {"0"})
    assert found.remedy
    assert "2 of 3 groups" in found.remedy.told
    assert [name for name, _ in net.module.named_parameters()] == parts  # it was tried on a copy
    exec(found.remedy.code, {"net": net})
    assert torch.allclose(net.module(IMAGE), answer, atol=1e-6)
    assert explorer.check(wrapped(net.module, IMAGE)).free == 2


@pytest.mark.parametrize(
    ("module", "groups", "sentence"),
    [
        (nn.Sequential(nn.Linear(6, 3)), 1, "no group of channels that can be pruned"),
        (Deaf(), 2, "answers the same with half of its channels silent"),
    ],
)
def test_a_network_that_is_refused_whole_is_looked_at_all_the_same(
    module: nn.Module, groups: int, sentence: str
) -> None:
    check = explorer.check(wrapped(module))
    assert sentence in check.refusal
    assert (check.groups, check.free) == (groups, 0)
    assert [found.kind for found in check.findings] == list(KINDS)
    assert check.of("trial").grade is Grade.UNKNOWN
    assert check.of("coverage").grade is Grade.FINE
    assert check.of("number type").grade is Grade.FINE


def test_the_network_stays_as_it_is_and_the_check_tells_how_far_it_is() -> None:
    net = wrapped(awkward.chain(), IMAGE)
    before = net.identity
    fractions = [step.fraction for step in checked(Bench(net)) if step.fraction is not None]
    assert fractions == sorted(fractions)
    assert net.identity == before
