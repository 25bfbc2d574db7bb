"""The exports by their names; adding one is a file and an entry here, or in a table of one's own."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from explorer.exports.base import Export, Graph, Told
from explorer.values import AppliedRun, LayerGraph, Plan, RecipePlan
from explorer.values.bundle import Bundle
from explorer.values.comparing import Comparison
from explorer.values.errors import ExportError, UnknownNameError
from explorer.values.project import Project
from explorer.values.tables import Table

EXPORTS: Table[Export] = Table(
    "EXPORTS",
    {
        "graph_html": Export(
            of="graph",
            label="Save as HTML",
            ending="html",
            mime="text/html",
            write="explorer.exports.graph_files:html",
            help="This drawing as one file: opens in any browser, also offline, with search, keys and the lit group.",
        ),
        "graph_pyvis": Export(
            of="graph",
            label="As pyvis canvas",
            ending="pyvis.html",
            mime="text/html",
            write="explorer.exports.graph_files:pyvis",
            help="The same places on a canvas of pyvis, as one file that opens offline.",
        ),
        "graph_svg": Export(
            of="graph",
            label="Save as SVG",
            ending="svg",
            mime="image/svg+xml",
            write="explorer.exports.graph_files:picture",
            help="The drawing as a picture, with the selected group lit up.",
        ),
        "graph_model_explorer": Export(
            of="graph",
            label="Save for Model Explorer",
            ending="json",
            mime="application/json",
            write="explorer.exports.model_explorer:graph",
            help="The graph as JSON that Google's Model Explorer opens; coupled groups are its edge overlays.",
        ),
        "graph_node_data": Export(
            of="graph",
            label="Save node data",
            ending="node-data.json",
            mime="application/json",
            write="explorer.exports.model_explorer:node_data",
            help="The numbers laid over the drawing (MACs where none are), as node data for Model Explorer.",
        ),
        "runs_csv": Export(
            of="runs",
            label="Download as CSV",
            ending="csv",
            mime="text/csv",
            write="explorer.exports.runs:csv",
        ),
        "project_json": Export(
            of="project",
            label="Save the project",
            ending="json",
            mime="application/json",
            write="explorer.exports.project:text",
            help="All runs with names, notes and pins; opens on the Runs page of any server.",
        ),
        "comparison_csv": Export(
            of="comparison",
            label="Download as CSV",
            ending="csv",
            mime="text/csv",
            write="explorer.exports.comparison:csv",
        ),
        "recipe_yaml": Export(
            of="recipe",
            label="Save",
            ending="yaml",
            mime="application/yaml",
            write="explorer.exports.recipe:yaml",
            help="The recipe of the widgets as a file.",
        ),
        "plan_json": Export(
            of="plan",
            label="Save as JSON",
            ending="json",
            mime="application/json",
            write="explorer.exports.plan:text",
        ),
        "report_html": Export(
            of="report",
            label="Save the report",
            ending="html",
            mime="text/html",
            write="explorer.exports.report:html",
            help="One page that opens offline and prints on A4; a section that is folded is not printed.",
        ),
        "bundle_zip": Export(
            of="bundle",
            label="Download the folder",
            ending="zip",
            mime="application/zip",
            write="explorer.exports.bundle:zipped",
        ),
    },
)


def exports_of(subject: str) -> dict[str, Export]:
    """Every format in which one kind of thing can be taken away."""
    return {name: entry for name, entry in EXPORTS.items() if entry.of == subject}


def export(value: object, name: str) -> str | bytes:
    """Write something in one format.

    Args:
        value: what that export writes: a dependency graph, runs, a project, a comparison, a plan, a recipe plan, a
            `Told` report, or a bundle.
        name: a key of `EXPORTS`.

    Returns:
        The file's text, or its bytes where it is none.

    Raises:
        UnknownNameError: for an export that does not exist.
        ExportError: for a value that it does not write.
    """
    if not isinstance(name, str) or name not in EXPORTS:
        raise UnknownNameError(f"Unknown export {name!r}. Known exports: {', '.join(EXPORTS)}.")
    entry = EXPORTS[name]
    value = Graph(value, "a network") if entry.of == "graph" and isinstance(value, LayerGraph) else value
    holds, takes = _SUBJECTS.get(entry.of, (_anything, ""))
    if not holds(value):
        raise ExportError(
            f"Export {name!r} takes {takes}, got {type(value).__name__}. Pass that, or pick another export."
        )
    module, _, function = entry.write.partition(":")
    content: str | bytes = getattr(import_module(module), function)(value)
    return content


def _anything(value: object) -> bool:
    """A table of one's own may have subjects of its own, and its writers know them."""
    return True


def _is_runs(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(one, AppliedRun) for one in value)


_SUBJECTS: dict[str, tuple[Callable[[object], bool], str]] = {  # whether it is one, and what that is
    "graph": (lambda value: isinstance(value, Graph), "what explorer.dependency_graph returns"),
    "runs": (_is_runs, "a list of applied runs"),
    "project": (
        lambda value: isinstance(value, Project),
        "a project, as explorer.exports.project.read gives it",
    ),
    "comparison": (lambda value: isinstance(value, Comparison), "a comparison"),
    "recipe": (lambda value: isinstance(value, (RecipePlan, str)), "a plan of SparseML, or a recipe's text"),
    "plan": (lambda value: isinstance(value, Plan), "a plan"),
    "report": (lambda value: isinstance(value, Told), "a finished run, as explorer.exports.base.Told"),
    "bundle": (lambda value: isinstance(value, Bundle), "what explorer.bundle returns"),
}
