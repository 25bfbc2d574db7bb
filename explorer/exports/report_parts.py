"""Tables and lists of a report; all that people and libraries said is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells as text; the first of each row names it."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>\n'
        for name, *cells in rows
    )
    return f"<table>\n{f'<tr>{top}</tr>' if head else ''}{body}</table>\n"


def listed(sentences: Iterable[str]) -> str:
    """Those that say something, one below the other."""
    items = "".join(f"<li>{escape(one)}</li>" for one in sentences if one)
    return f"<ul>\n{items}\n</ul>\n" if items else ""


def paragraph(text: str) -> str:
    """One paragraph."""
    return f"<p>{escape(text)}</p>\n"
