"""``report``: have the library prune a copy, measure it, and write the page that tells of it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from explorer.bundles.page import told_of, with_verdicts
from explorer.commands.answer import Answer
from explorer.commands.asked import asked
from explorer.commands.measuring import measured_object
from explorer.commands.page import page_of
from explorer.commands.planning import described
from explorer.commands.telling import Teller
from explorer.exports.report import html
from explorer.exports.whole import check_page, file_name, write_page
from explorer.studies.apply import apply_and_measure

ENDING = ".report.html"


def report(given: Namespace, teller: Teller) -> Answer:
    """Nothing is computed where the page could not be written."""
    path = Path(given.out or f"{file_name(Path(given.model).name)}{ENDING}").expanduser().absolute()
    check_page(path, given.replace)
    wanted = page_of(given)
    found = asked(given, teller)
    made = teller.follow(apply_and_measure(found.planner, found.amount))
    page = teller.follow(with_verdicts(found.planner, found.plan, wanted))
    write_page(path, html(told_of(found.planner, made, page)))
    return Answer(
        measured_object(found, made) | {"file": str(path)}, f"{described(found)}\nWritten to {path}"
    )
