"""What a report is to say, by the flags."""

from __future__ import annotations

import re
from argparse import Namespace
from pathlib import Path

from explorer.backends import DEPGRAPH
from explorer.backends.table import key_of
from explorer.exports.project import read
from explorer.exports.report import check_sections
from explorer.values.errors import PruningError
from explorer.values.history import AppliedRun
from explorer.values.page import Page, Price

_PRICE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([^\d\s<>&]{0,8})\s*")


def page_of(given: Namespace) -> Page:
    """What a report is to say.

    Raises:
        ExplorerError: for a section that there is none of, for what is no price and no project, and for verdicts that
            cannot be had.
    """
    without = check_sections([name for name in (given.without or "").split(",") if name])
    if given.why and key_of(given.backend) != DEPGRAPH:
        raise PruningError("--why profiles what DepGraph removes. Leave it out, or give --backend depgraph.")
    price, others = _price(given.price) if given.price else None, _runs(given.beside) if given.beside else ()
    return Page(without, price, why=given.why, others=others)


def _price(text: str) -> Price:
    found = _PRICE.fullmatch(text)
    if found is None:
        raise PruningError(
            f"A price is a number and a currency, such as '0.90 EUR', got {text!r}. Write one."
        )
    return Price(float(found[1]), found[2])


def _runs(file: str) -> tuple[AppliedRun, ...]:
    """The runs of a project file."""
    try:
        content = Path(file).expanduser().read_bytes()
    except OSError as error:
        raise PruningError(
            f"'{file}' could not be read: {(error.strerror or str(error)).lower()}. Give a project file."
        ) from error
    return tuple(kept.run for kept in read(content).runs)
