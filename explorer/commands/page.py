"""What a report is to say, by the flags."""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import replace

from explorer.backends import NATIVE, parsed
from explorer.commands.asked import Asked
from explorer.commands.telling import Teller
from explorer.exports.base import Page, Price
from explorer.exports.report import check_sections
from explorer.studies.profile.profile import profile
from explorer.values import ChannelOptions, ProfileRequest
from explorer.values.errors import PruningError

_PRICE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([^\d\s<>&]{0,8})\s*")


def page_of(given: Namespace) -> Page:
    """What a report is to say.

    Raises:
        ExplorerError: for a section that there is none of, and for what is no price.
    """
    without = check_sections([name for name in (given.without or "").split(",") if name])
    return Page(without, _price(given.price) if given.price else None)


def _price(text: str) -> Price:
    found = _PRICE.fullmatch(text)
    if found is None:
        raise PruningError(
            f"A price is a number and a currency, such as '0.90 EUR', got {text!r}. Write one."
        )
    return Price(float(found[1]), found[2])


def with_verdicts(given: Namespace, page: Page, found: Asked, teller: Teller) -> Page:
    """The same with the verdicts of a profile, where --why asks for them."""
    if not given.why:
        return page
    if not isinstance(found.planner.options, ChannelOptions):
        raise PruningError("--why profiles what DepGraph removes. Leave it out, or give --backend depgraph.")
    request = ProfileRequest(found.planner.options, found.plan.ratio, parsed(NATIVE, {}), found.plan.ratio)
    return replace(page, verdicts=teller.follow(profile(found.planner.net, request)).verdicts)
