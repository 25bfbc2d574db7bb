"""Options as data: each field of each library survives links, flags and files, refuses by its name, and has words."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from explorer.backends import BACKENDS, fields_of, parsed, resolved
from explorer.backends.codec import add_flags, as_flags, as_json, as_link, of_flags, of_link
from explorer.backends.contenders import compared
from explorer.backends.fields import Bounds, Field, choices, linked, named
from explorer.backends.kinds import CHOICE, FLAG, NUMBER, TEXT, WHOLE
from explorer.backends.layer_kinds import GROUPS, NAMES, RATIOS
from explorer.backends.options import parse_options, problems, refuse, settled, words
from explorer.values import (
    ChannelCriterion,
    ChannelOptions,
    MaskType,
    Modifier,
    NativeOptions,
    Normalizer,
    Pattern,
    Reduction,
    SparseOptions,
    WeightCriterion,
    WeightScope,
)
from explorer.values.errors import ExplorerError, UnknownNameError

TABLES: dict[type, Sequence[Field]] = {
    resolved(known.options): fields_of(key) for key, known in BACKENDS.items()
}
DEPGRAPH = TABLES[ChannelOptions]
LINKS = {  # as links made before name them
    ChannelOptions: "criterion scope reduction normalizer seed round_to max_ratio steps heads keep override",
    NativeOptions: "".join(
        f"native_{name} "
        for name in ("pattern", "criterion", "scope", "axis", "seed", "biases", "layers", "own")
    ).rstrip(),
    SparseOptions: " ".join(f"sparse_{field.name}" for field in TABLES[SparseOptions]),
}
EACH = [
    pytest.param(kind, field, id=f"{kind.__name__}-{field.name}") for kind in TABLES for field in TABLES[kind]
]
WRONG = {
    CHOICE: "purple",
    WHOLE: 2.5,
    NUMBER: float("nan"),
    FLAG: "maybe",
    NAMES: 5,
    RATIOS: {"conv": -1},
    GROUPS: 5,
    TEXT: 5,
}


def values(field: Field) -> list[Any]:
    """Some right values of an option."""
    known = [choice.value for choice in field.choices]
    more: dict[Any, list[Any]] = {
        WHOLE: [7],
        NUMBER: [0.125, 0.5],
        FLAG: [True, False],
        NAMES: [("a.b", "c"), ("a.b",)],
        RATIOS: [(("a.b", 0.25), ("c", 0.125)), *([(("a.b", 7),)] if field.bounds.counts else [])],
        GROUPS: [(("a", "b.c"), ("d",))],
        TEXT: [r"stage1.*conv\d.weight"],
    }
    return known + more.get(field.kind, [])


def options_with(kind: Any, field: Field, value: object) -> Iterator[Any]:
    """Options in which an option has that value and means something, with every choice of the others."""
    table = TABLES[kind]
    for other in table:
        for choice in other.choices:
            made = replace(parse(kind, {other.name: choice.value}), **{field.name: value})
            if field.matters(made) and not any(found.field == field.name for found in problems(made, table)):
                yield settled(made, table)


def parse(kind: Any, loose: dict[str, object]) -> Any:
    return parse_options(TABLES[kind], kind, loose, "it")


def flagged(kind: Any, arguments: list[str]) -> Any:
    parser = ArgumentParser()
    add_flags(parser, TABLES[kind])
    return of_flags(TABLES[kind], kind, parser.parse_args(arguments), "it")


@pytest.mark.parametrize(("kind", "field"), EACH)
def test_every_value_survives_a_link_a_command_and_a_file(kind: Any, field: Field) -> None:
    table, seen = TABLES[kind], 0
    for value in values(field):
        for options in options_with(kind, field, value):
            assert of_link(table, kind, as_link(options, table), "it") == options
            assert flagged(kind, as_flags(options, table)) == options
            assert (
                parse_options(table, kind, json.loads(json.dumps(as_json(options, table))), "it") == options
            )
            seen += getattr(options, field.name) == value
    assert seen >= len(values(field)) - 1  # one may be at its default, and then it is not said


@pytest.mark.parametrize("kind", TABLES)
def test_what_is_at_its_default_is_left_out_of_links_and_commands(kind: Any) -> None:
    table = TABLES[kind]
    assert as_link(kind(), table) == {}
    assert as_flags(kind(), table) == []
    assert of_link(table, kind, {"network": ["digits-cnn"]}, "it") == flagged(kind, []) == kind()


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_has_an_entry_for_each_option_with_its_default(kind: Any) -> None:
    defaults = {field.name: field.default for field in fields(kind)}
    assert {field.name: field.default for field in TABLES[kind]} == defaults
    assert " ".join(field.key for field in TABLES[kind]) == LINKS[kind]


@pytest.mark.parametrize(("kind", "field"), EACH)
def test_a_refusal_names_its_option_what_was_expected_and_what_to_do(kind: Any, field: Field) -> None:
    with pytest.raises(ExplorerError, match=r"got .*\. \w|Unknown .*Known: ") as raised:
        parse(kind, {field.name: WRONG[field.kind]})
    assert raised.value.field == field.name
    wrong = replace(kind(), **{field.name: WRONG[field.kind]})
    found = next(iter(problems(wrong, TABLES[kind])))
    assert (found.field, found.sentence) == (field.name, str(raised.value))
    assert type(found.raised()) is type(raised.value)


@pytest.mark.parametrize(("kind", "field"), EACH)
def test_an_option_is_in_words_where_it_says_something(kind: Any, field: Field) -> None:
    table = TABLES[kind]
    for value in values(field):
        for options in options_with(kind, field, value):
            told = field.told(value) in words(options, table) if value is not None else False
            said = field.always or (value is not None and value != field.usual(options))
            assert told == (said and not field.live)
            assert "{" not in field.told(value) if value is not None else True


@pytest.mark.parametrize("kind", TABLES)
def test_an_unknown_option_is_refused_with_the_known_ones(kind: Any) -> None:
    known = ", ".join(field.name for field in TABLES[kind])
    with pytest.raises(UnknownNameError, match=f"Unknown option 'colour' of it. Known: {known}.$") as raised:
        parse(kind, {"colour": "red"})
    assert raised.value.field == "colour"


def test_criteria_are_read_by_word_and_by_label_in_any_letters() -> None:
    field = named(DEPGRAPH, "criterion")
    assert [field.read(text) for text in ("bn_scale", "BN scale", "bn SCALE")] == [
        ChannelCriterion.BN_SCALE
    ] * 3
    assert field.told(ChannelCriterion.BN_SCALE) == "BN scale"


def test_options_that_mean_nothing_are_left_at_their_default() -> None:
    loose: dict[str, object] = {"seed": 4, "reduction": "max", "normalizer": "sum"}
    assert parse(ChannelOptions, loose).seed == 0
    assert parse(ChannelOptions, {"criterion": "random", **loose}) == ChannelOptions(
        ChannelCriterion.RANDOM, seed=4
    )
    lamp = parse(ChannelOptions, {"criterion": "lamp", **loose})
    assert lamp == ChannelOptions(ChannelCriterion.LAMP, reduction=Reduction.MAX, normalizer=Normalizer.MEAN)


@pytest.mark.parametrize(
    ("options", "field", "says"),
    [
        (NativeOptions(criterion=WeightCriterion.L2), "criterion", "ranks single weights by L1 or at random"),
        (
            NativeOptions(Pattern.STRUCTURED, scope=WeightScope.GLOBAL),
            "scope",
            "has no global structured pruning.* with scope 'layer', or use DepGraph",
        ),
        (NativeOptions(Pattern.STRUCTURED, biases=True), "biases", "A bias has one axis only"),
        (
            NativeOptions(overrides=(("conv", 1.5),)),
            "overrides",
            r"Amount must be a fraction in \[0, 1\] .* 'conv'",
        ),
        (SparseOptions(mask_type=MaskType.FILTER), "mask_type", "GMPruningModifier works with mask type"),
        (
            SparseOptions(scope=WeightScope.GLOBAL),
            "scope",
            "GMPruningModifier ranks by scope layer, got global",
        ),
        (SparseOptions(param_groups=(("a", "b"),)), "param_groups", "Only StructuredPruningModifier takes"),
    ],
)
def test_options_that_do_not_go_together_are_refused_at_the_one_that_must_change(
    options: Any, field: str, says: str
) -> None:
    (found,) = problems(options, TABLES[type(options)])
    assert found.field == field
    with pytest.raises(ExplorerError, match=says) as raised:
        refuse([found])
    assert raised.value.field == field


def test_no_sentence_for_pages_or_refusals_speaks_python() -> None:
    sentences = [choice.told for table in TABLES.values() for field in table for choice in field.choices]
    sentences += [field.offer.hint for table in TABLES.values() for field in table if field.offer]
    assert not any("=" in sentence for sentence in sentences)


def test_defaults_follow_the_options_before_them() -> None:
    assert parse(SparseOptions, {"modifier": "structured"}).mask_type is MaskType.FILTER
    half = parse(SparseOptions, {"mask_type": "2:4"})
    assert (half.init_sparsity, half.final_sparsity) == (0.5, 0.5)
    assert parse(SparseOptions, {"modifier": "acdc"}).update_frequency == 1.0
    assert (
        parse(SparseOptions, {"modifier": Modifier.CONSTANT, "end_epoch": 3.0}).end_epoch == 6.0
    )  # no masks made


def test_counts_of_own_amounts_are_told_from_fractions() -> None:
    field = named(TABLES[NativeOptions], "overrides")
    assert field.read("conv:1,head:1.0") == (("conv", 1), ("head", 1.0))
    assert [type(amount) for _, amount in field.read("conv:1,head:1.0")] == [int, float]
    assert field.text((("conv", 1), ("head", 1.0))) == "conv:1,head:1.00"


def test_rounding_to_one_is_no_rounding() -> None:
    assert parse(ChannelOptions, {"round_to": 1}) == ChannelOptions()
    assert parse(ChannelOptions, {"round_to": 3}).round_to == 3
    with pytest.raises(ExplorerError, match="round_to must be a whole number of at least 1, got True"):
        parse(ChannelOptions, {"round_to": True})


@dataclass(frozen=True)
class ToyOptions:
    """Options of nobody's library."""

    rule: str = "first"
    share: float = 0.5


def test_a_library_of_anybodys_lists_plain_words() -> None:
    table = linked(
        "toy_",
        Field(
            "rule", "Rule", CHOICE, "first", choices=choices(("first", "last"), last="the last"), always=True
        ),
        Field("share", "Share", NUMBER, 0.5, bounds=Bounds(0, 1)),
    )
    options = parse_options(table, ToyOptions, {"rule": "LAST", "share": 0.25}, "Toy")
    assert options == ToyOptions("last", 0.25)
    assert words(options, table) == ["rule the last", "share 0.25"]
    assert as_link(options, table) == {"toy_rule": ["the last"], "toy_share": ["0.25"]}
    assert of_link(table, ToyOptions, as_link(options, table), "Toy") == options
    with pytest.raises(ExplorerError, match=r"share must be a fraction in \[0, 1\], got 2.0"):
        of_link(table, ToyOptions, {"toy_share": ["2"]}, "Toy")


@pytest.mark.parametrize("library", BACKENDS)
def test_a_run_to_compare_is_offered_only_what_can_be_compared(library: str) -> None:
    options = parsed(library, {})
    for option in compared(library):
        offered = {choice.value for choice in option.offered(options)}
        assert offered or not option.choices
        assert offered <= set(option.compared if isinstance(option.compared, tuple) else offered)
