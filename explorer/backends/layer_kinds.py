"""Kinds of options that name layers: some, some with a ratio each, or groups of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from explorer.backends.kinds import NUMBER, WHOLE, OptionKind, refused
from explorer.values.errors import PruningError
from explorer.values.loose import as_number, is_number, shown

if TYPE_CHECKING:
    from explorer.backends.fields import Field


class NamesKind(OptionKind):
    """Layers by their dotted paths."""

    advice = "Give a list, such as ['conv1']."

    def parse(self, field: Field, loose: Any) -> tuple[str, ...]:
        """The names in their order, each once; one alone is a list of one, and commas part several in a text."""
        listed = [name.strip() for name in loose.split(",")] if isinstance(loose, str) else loose
        names = tuple(listed) if isinstance(listed, Iterable) and _has_axes(listed) else (None,)
        if all(isinstance(name, str) for name in names):
            return tuple(dict.fromkeys(map(str, names)))
        raise refused(field, loose, "names of layers")

    def read(self, text: str) -> list[str]:
        """Names between commas."""
        return [name for name in text.split(",") if name]

    def text(self, field: Field, value: Iterable[str]) -> str:
        """Names between commas."""
        return ",".join(value)

    def plain(self, field: Field, value: Iterable[str] | None) -> list[str] | None:
        """A list."""
        return None if value is None else list(value)

    def words(self, field: Field, value: Iterable[str]) -> str:
        """The names."""
        return ", ".join(value)


class RatiosKind(OptionKind):
    """Layers with a ratio of their own; where the bounds allow counts, an integer is one: 1 is not 1.0."""

    advice = "Give for instance {'conv1': 0.5}."

    def parse(self, field: Field, loose: Any) -> tuple[tuple[str, float], ...]:
        """(layer, ratio) pairs in their order; a text is read as a link's, and one pair may stand alone."""
        pairs = tuple(loose.items()) if isinstance(loose, Mapping) else loose
        if isinstance(pairs, str) and ":" in pairs:
            pairs = self.read(pairs)
        if isinstance(pairs, (tuple, list)) and len(pairs) == 2 and isinstance(pairs[0], str):
            pairs = [pairs]
        if not isinstance(pairs, Iterable) or isinstance(pairs, str) or not _has_axes(pairs):
            raise self._refused(field, loose)
        found = dict.fromkeys(self._pair(field, pair) for pair in pairs)
        if len({layer for layer, _ in found}) < len(found):
            sentence = (
                f"{field.name} gives one layer several ratios, got {shown(loose)}. Give each layer one."
            )
            raise PruningError(sentence).about(field.name)
        return tuple(found)

    def _pair(self, field: Field, pair: Any) -> tuple[str, float]:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not isinstance(pair[0], str):
            raise self._refused(field, pair)
        layer, loose = str(pair[0]).strip(), pair[1]
        ratio = as_number(loose)
        if is_number(ratio) and field.bounds.hold(ratio):
            return layer, ratio if isinstance(ratio, int) and field.bounds.counts else float(ratio)
        raise refused(field, loose, field.bounds.number, f" for '{layer}'")

    def _refused(self, field: Field, loose: object) -> PruningError:
        sentence = f"{field.name} must give each of some layers a ratio, got {shown(loose)}. {self.advice}"
        return PruningError(sentence).about(field.name)

    def read(self, text: str) -> list[tuple[str, Any]]:
        """``layer:0.50,other:0.00``; a number without a point is a count, where there are counts."""
        return [read_ratio(part) for part in text.split(",") if part]

    def text(self, field: Field, value: Iterable[tuple[str, float]]) -> str:
        """``layer:0.50,other:0.00``."""
        return ratios_text(value)

    def plain(self, field: Field, value: Iterable[tuple[str, float]]) -> dict[str, float]:
        """Layer -> ratio."""
        return dict(value)

    def words(self, field: Field, value: Iterable[tuple[str, float]]) -> str:
        """``fc 0.10, head 0.25``."""
        return ", ".join(f"{layer} {_ratio(ratio)}" for layer, ratio in value)


class GroupsKind(OptionKind):
    """Groups of layers."""

    advice = "Give lists in a list, such as [['conv1', 'conv2']]."

    def parse(self, field: Field, loose: Any) -> tuple[tuple[str, ...], ...]:
        """The groups in their order."""
        if isinstance(loose, Iterable) and not isinstance(loose, str):
            return tuple(NAMES.parse(field, group) for group in loose)
        raise refused(field, loose, "groups of names of layers")

    def read(self, text: str) -> list[list[str]]:
        """``a,b;c,d``."""
        return [NAMES.read(group) for group in text.split(";") if group]

    def text(self, field: Field, value: Iterable[Iterable[str]]) -> str:
        """``a,b;c,d``."""
        return ";".join(map(",".join, value))

    def plain(self, field: Field, value: Iterable[Iterable[str]]) -> list[list[str]]:
        """Lists in a list."""
        return [list(group) for group in value]

    def words(self, field: Field, value: Iterable[Iterable[str]]) -> str:
        """``a with b; c with d``."""
        return "; ".join(map(" with ".join, value))


def _has_axes(listed: object) -> bool:
    """False for an array of no axes, which looks as if it could be listed."""
    return getattr(listed, "shape", None) != ()


NAMES, RATIOS, GROUPS = NamesKind(), RatiosKind(), GroupsKind()


def ratios_text(pairs: Iterable[tuple[str, float]]) -> str:
    """Two digits behind the point, and more only where two would not be the same number."""
    return ",".join(f"{layer}:{_ratio(ratio)}" for layer, ratio in pairs)


def read_ratio(part: str) -> tuple[str, Any]:
    """The layer and the number of ``layer:0.50``; a text that is no number stays one."""
    layer, _, number = part.rpartition(":")
    return layer, (WHOLE if number.isdecimal() else NUMBER).read(number)


def _ratio(ratio: float) -> str:
    if isinstance(ratio, int):
        return str(ratio)
    return f"{ratio:.2f}" if float(f"{ratio:.2f}") == ratio else repr(ratio)
