"""What leaves the app as a file: valid, complete, and safe with any name a network can have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from explorer.drawing.folding import Folds
from explorer.drawing.interactive import drawing_data, script
from explorer.drawing.layout import layout
from explorer.drawing.page import page_html
from explorer.drawing.pyvis_page import pyvis_html
from explorer.drawing.svg import svg
from explorer.drawing.whole import MARK, in_short, kept_whole
from explorer.values import Axis, Edge, Group, IndexMap, LayerGraph, Member, Node, NodeKind, ReasonKind
from explorer.values.errors import UnknownNameError

NASTY = "<script>alert(1)</script>"
NAMES = ("stem", f"a.{NASTY}", "b.\"quoted\" & 'more'", "c.\x00control\x1b", "d.}}</style>{{")
SVG = "{http://www.w3.org/2000/svg}"


def graph_with(names: tuple[str, ...] = NAMES) -> LayerGraph:
    def node(name: str) -> Node:
        scope, _, label = name.rpartition(".")
        return Node(name, label, NodeKind.CONV, "Conv2d", scope, True, 8, 8, (8, 8, 1, 1), None, 64, 64, (0,))

    schema = ("8*", "8", "1", "1")
    members = tuple(
        Member(name, name, Axis.OUT, "prune", 8, IndexMap(), ReasonKind.ROOT, "", name, True, schema)
        for name in names[:2]
    )
    edges = tuple(Edge(a, b) for a, b in pairwise(names))
    return LayerGraph(tuple(node(name) for name in names), edges, (Group(0, names[0], 8, 1, members),))


def classes(root: ElementTree.Element, name: str) -> list[set[str]]:
    found = (set(element.get("class", "").split()) for element in root.iter(f"{SVG}g"))
    return [these for these in found if name in these]


def test_the_svg_is_well_formed_and_draws_every_box() -> None:
    root = ElementTree.fromstring(svg(graph_with()))
    assert root.tag == f"{SVG}svg"
    assert len(classes(root, "box")) == len(NAMES)
    assert not list(root.iter(f"{SVG}script"))


def test_titles_of_blocks_stand_over_the_lines_that_cross_them() -> None:
    parts = re.findall(r'data-(band|line|title|box)="', svg(graph_with(("stem", "a.one", "a.two", "b.one"))))
    assert list(dict.fromkeys(parts)) == ["band", "line", "title", "box"]
    assert parts == sorted(parts, key=["band", "line", "title", "box"].index)


def test_the_svg_needs_no_variables_and_nothing_from_outside() -> None:
    drawn = svg(graph_with())
    assert "var(--" not in drawn
    assert re.findall(r"https?://[^\"'<\s]+", drawn) == ["http://www.w3.org/2000/svg"]


def test_the_svg_lights_the_selected_group_and_names_it() -> None:
    root = ElementTree.fromstring(svg(graph_with(), selected_group=0))
    assert [these & {"out", "in"} for these in classes(root, "box")] == [
        {"out"},
        {"out"},
        set(),
        set(),
        set(),
    ]
    assert "group 0 · 8 channels · 2 layers" in "".join(root.itertext())
    assert not classes(ElementTree.fromstring(svg(graph_with())), "picked")


def test_an_unknown_group_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown group 7\. Known groups: 0 to 0\. Pick one"):
        svg(graph_with(), selected_group=7)


@pytest.mark.parametrize("write", [page_html, pyvis_html])
def test_the_html_loads_nothing(write: Callable[[LayerGraph], str]) -> None:
    page = write(graph_with())
    loading = r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)\s*="
    assert not re.findall(loading, page, flags=re.IGNORECASE)
    assert not re.findall(r"@import|url\(\s*[\"']?https?:", page)


def handed(page: str) -> dict[str, Any]:
    """What the page's own script is given."""
    data: dict[str, Any] = json.loads(re.search(r"const \{ bands.*? \} = (\{.*\});", page)[1])  # type: ignore[index]
    return data


def test_the_html_is_a_whole_document_that_keeps_the_selected_group() -> None:
    page = pyvis_html(graph_with(), selected_group=0)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert handed(page)["selected"] == 0
    assert handed(pyvis_html(graph_with()))["selected"] is None
    with pytest.raises(UnknownNameError, match=r"Unknown group 7\. Known groups: 0 to 0\. Pick one"):
        pyvis_html(graph_with(), selected_group=7)


def test_the_html_tells_output_from_input_channels_in_its_colours_and_its_legend() -> None:
    graph = graph_with()
    (group,) = graph.groups
    reads = replace(group.members[1], axis=Axis.IN)
    page = pyvis_html(replace(graph, groups=(replace(group, members=(group.members[0], reads)),)))
    (shown,) = handed(page)["groups"]
    assert (shown["out"], shown["in"]) == ([NAMES[0]], [NAMES[1]])
    for theme in handed(page)["themes"].values():
        assert theme["states"]["out"] != theme["states"]["in"]
    legend = page[page.index('<p id="key">') :]
    assert "loses output channels" in legend
    assert "loses input channels" in legend


def test_the_html_has_colours_for_light_and_dark() -> None:
    themes = handed(pyvis_html(graph_with()))["themes"]
    assert set(themes) == {"light", "dark"}
    assert themes["light"]["ink"] != themes["dark"]["ink"]
    assert set(themes["light"]["plain"]) == set(themes["dark"]["plain"]) == set(NAMES)


@pytest.mark.parametrize("write", [page_html, pyvis_html])
def test_the_html_holds_no_name_as_markup(write: Callable[[LayerGraph, str], str]) -> None:
    page = write(graph_with(), NASTY)
    assert NASTY not in page
    assert "alert(1)" in page  # it is there, as text


def test_the_html_keeps_every_node_at_its_place_with_physics_off() -> None:
    page = pyvis_html(graph_with(("a", "b")))
    nodes = json.loads(re.search(r"nodes = new vis\.DataSet\((\[.*?\])\);", page)[1])  # type: ignore[index]
    boxes = [node for node in nodes if not node["id"].startswith("corner")]
    assert [node["id"] for node in boxes] == ["a", "b"]
    assert all({"x", "y"} <= set(node) for node in nodes)
    assert re.search(r'"physics":\s*\{\s*"enabled":\s*false', page)


def written(page: str) -> tuple[list[dict[str, Any]], int | None]:
    """The drawings and the lit group that the app's own page is given."""
    drawings, group = (re.search(rf"const {name} = (.*);\n", page)[1] for name in ("DRAWINGS", "GROUP"))  # type: ignore[index]
    return json.loads(drawings), json.loads(group)


def test_the_page_is_the_apps_own_drawing_and_code_and_keeps_the_selected_group() -> None:
    graph = graph_with()
    page = page_html(graph, selected_group=0)
    drawn = drawing_data(graph, True, Folds()) | {"name": "page"}
    assert written(page) == ([json.loads(json.dumps(drawn))], 0)
    assert script().replace("export default ", "") in page
    assert page.count("prefers-color-scheme:dark") == 1
    with pytest.raises(UnknownNameError, match=r"Unknown group 7\. Known groups: 0 to 0\. Pick one"):
        page_html(graph, selected_group=7)


def test_the_page_has_what_it_folds_drawn_in_full_too() -> None:
    folds = Folds(toggled=frozenset(["a"]))
    graph = graph_with(("stem", "a.one", "a.two"))
    shown, whole = written(page_html(graph, folds=folds))[0]
    assert [len(one["boxes"]) for one in (shown, whole)] == [2, 3]
    assert len(written(page_html(graph, folds=None))[0]) == 1


WHY = f"'{NASTY}' is an output layer."


def with_whole(reason: str = WHY) -> LayerGraph:
    """The last two of five boxes keep all their channels; the first two are in a group that may lose some."""
    graph = graph_with()
    nodes = [*graph.nodes[:3], *(replace(node, stays=reason) for node in graph.nodes[3:])]
    return replace(graph, nodes=tuple(nodes))


def test_the_svg_marks_what_keeps_all_its_channels_and_says_what_the_mark_means() -> None:
    root = ElementTree.fromstring(svg(with_whole()))
    assert ["whole" in these for these in classes(root, "box")[:5]] == [False] * 3 + [True] * 2
    assert MARK in "".join(root.itertext())
    assert MARK not in "".join(ElementTree.fromstring(svg(graph_with())).itertext())


def test_the_html_says_on_a_box_and_in_its_legend_why_it_keeps_all_its_channels() -> None:
    page = pyvis_html(with_whole())
    nodes = json.loads(re.search(r"nodes = new vis\.DataSet\((\[.*?\])\);", page)[1])  # type: ignore[index]
    boxes = [node for node in nodes if not node["id"].startswith("corner")]
    assert [f"{MARK}: {WHY}" in node["title"] for node in boxes] == [False] * 3 + [True] * 2
    assert [node["borderWidth"] for node in boxes[2:4]] == [1, 4]
    legend = page[page.index('<details id="whole"') : page.index("</details>")]
    assert "2 boxes do" in legend
    assert "<li>2 × '&lt;script&gt;alert(1)&lt;/script&gt;' is an output layer.</li>" in legend
    assert NASTY not in page
    assert '<details id="whole"' not in pyvis_html(graph_with())


def test_reasons_that_differ_in_names_only_are_told_as_one() -> None:
    whole = {"a": "'x' is recurrent.", "b": "'y' is recurrent.", "c": "'c' is an output layer."}
    assert in_short(whole) == [(2, "'…' is recurrent."), (1, "'c' is an output layer.")]


def test_a_box_is_marked_only_if_nothing_in_it_may_lose_channels() -> None:
    graph = with_whole()
    drawing = layout(graph)
    assert set(kept_whole(graph, drawing)) == set(NAMES[3:])
    first, second = graph.nodes[0], replace(graph.nodes[1], stays=WHY)
    both = replace(graph, nodes=(first, second, *graph.nodes[2:]))
    joined = replace(drawing, boxes=(replace(drawing.boxes[0], nodes=NAMES[:2]), *drawing.boxes[2:]))
    assert NAMES[0] not in kept_whole(both, joined)


def test_a_coloured_box_carries_the_number_of_its_group() -> None:
    wide = tuple(f"m.{i}" for i in range(6))
    graph = graph_with(wide)
    root = ElementTree.fromstring(svg(graph))
    assert ["".join(g.itertext()) for g in root.iter(f"{SVG}g") if g.get("class") == "tag"] == ["0", "0"]
