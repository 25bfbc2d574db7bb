"""The exports by their names; adding one is a file and an entry here, or in a table of one's own."""

from __future__ import annotations

from importlib import import_module

from explorer.exports.base import Export
from explorer.values.errors import ExportError, UnknownNameError
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
            help="One file with the whole graph; opens in any browser, also offline.",
        ),
        "graph_svg": Export(
            of="graph",
            label="Save as SVG",
            ending="svg",
            mime="image/svg+xml",
            write="explorer.exports.graph_files:picture",
            help="The drawing as a picture, with the selected group lit up.",
        ),
        "runs_csv": Export(
            of="runs",
            label="Download as CSV",
            ending="csv",
            mime="text/csv",
            write="explorer.exports.runs:csv",
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
        value: what that export writes: a `Graph`, runs, a comparison, a plan, a recipe plan,
            a `Told` report, or a bundle.
        name: a key of `EXPORTS`.

    Returns:
        The file's text, or its bytes where it is none.

    Raises:
        UnknownNameError: for an export that does not exist.
        ExportError: for a value that it does not write.
    """
    if not isinstance(name, str) or name not in EXPORTS:
        raise UnknownNameError(f"Unknown export {name!r}. Known exports: {', '.join(EXPORTS)}.")
    module, _, function = EXPORTS[name].write.partition(":")
    try:
        content: str | bytes = getattr(import_module(module), function)(value)
    except (AttributeError, TypeError) as error:
        raise ExportError(
            f"Export {name!r} writes a {EXPORTS[name].of}, and a {type(value).__name__} is none. Pass one."
        ) from error
    return content
