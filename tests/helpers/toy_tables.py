"""A library, a source and an export of one's own, each an entry of a further table. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.backends.base import Backend
from explorer.backends.fields import Bounds, Field
from explorer.backends.kinds import WHOLE
from explorer.exports.base import Export


@dataclass(frozen=True, slots=True)
class EveryNth:
    """Options of the toy library."""

    start: int = 0  # position of the first weight that goes


FIELDS = (Field("start", "Start at weight", WHOLE, 0, bounds=Bounds(0), advice="0 is the first."),)
BACKENDS = {
    "toy": Backend(
        title="Toy library",
        name="Toy",
        library="the toy",
        removes=False,
        options="tests.helpers.toy_tables:EveryNth",
        fields="tests.helpers.toy_tables:FIELDS",
        planner="tests.helpers.toy_library:ToyPlanner",
        prefix="toy_",
    )
}
SOURCES = {"toy": "tests.helpers.toy_source"}
EXPORTS = {
    "runs_names": Export(
        "runs", "Save the names", "txt", "text/plain", "tests.helpers.toy_export:names_of_runs"
    )
}
