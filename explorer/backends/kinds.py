"""Kinds of options: how a loose value, a text of a link or a flag, and what a file holds become one, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.values.errors import ExplorerError, PruningError, UnknownNameError
from explorer.values.loose import as_number, is_number, shown

if TYPE_CHECKING:
    from explorer.backends.fields import Field


class OptionKind:
    """What all options of one kind have in common; this one is any text."""

    advice = "Write a text, such as 'stage1.*weight'."

    def parse(self, field: Field, loose: Any) -> Any:
        """The option's value; an `ExplorerError` that names the field where there is none."""
        if isinstance(loose, str):
            return loose
        raise refused(field, loose, "a text")

    def read(self, text: str) -> Any:
        """The loose value that a text of a link or a flag means."""
        return text

    def text(self, field: Field, value: Any) -> str:
        """What a link or a flag says of a value; `read` understands it."""
        return str(value)

    def plain(self, field: Field, value: Any) -> Any:
        """What a file holds of a value, as JSON knows it; `parse` understands it."""
        return value

    def words(self, field: Field, value: Any) -> str:
        """What a person reads of a value."""
        return self.text(field, value)


class ChoiceKind(OptionKind):
    """One of a few words."""

    def parse(self, field: Field, loose: Any) -> Any:
        """The choice whose word or label that is, in small or capital letters."""
        for option in field.choices:
            if _word(loose) in (_word(option.word), _word(option.label)):
                return option.value
        known = ", ".join(option.word for option in field.choices)
        raise UnknownNameError(f"Unknown {field.name} {shown(loose)}. Known: {known}.").about(field.name)

    def text(self, field: Field, value: Any) -> str:
        """Its word."""
        return field.choice_of(value).word

    def plain(self, field: Field, value: Any) -> str:
        """Its word."""
        return self.text(field, value)

    def words(self, field: Field, value: Any) -> str:
        """Its label."""
        return field.choice_of(value).label


class WholeKind(OptionKind):
    """A whole number; one that is among the field's choices means what that says."""

    advice = "Write a number without a point."

    def parse(self, field: Field, loose: Any) -> Any:
        """A whole number within the bounds; 8.0 is one."""
        number = as_number(loose)
        if is_number(number) and number == int(number) and field.bounds.hold(int(number)):
            named = [option.value for option in field.choices if option.label == str(int(number))]
            return named[0] if named else int(number)
        raise refused(field, loose, field.bounds.whole)

    def read(self, text: str) -> Any:
        """The number, or the text itself, which is then refused."""
        return int(text) if text.removeprefix("-").isdecimal() else text

    def text(self, field: Field, value: Any) -> str:
        """The number; what is no number has one among the choices."""
        return field.choice_of(value).word if value is None else str(value)


class NumberKind(OptionKind):
    """A fraction, or another number."""

    advice = "Half is 0.5."

    def parse(self, field: Field, loose: Any) -> float:
        """A number within the bounds."""
        number = as_number(loose)
        if is_number(number) and field.bounds.hold(float(number)):
            return float(number)
        raise refused(field, loose, field.bounds.number)

    def read(self, text: str) -> Any:
        """The number, or the text itself, which is then refused."""
        try:
            return float(text)
        except ValueError:
            return text

    def text(self, field: Field, value: float) -> str:
        """The shortest that reads as the same number."""
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)


class FlagKind(OptionKind):
    """Yes or no."""

    advice = "Left out, it is not set."

    def parse(self, field: Field, loose: Any) -> bool:
        """True or False."""
        meant = self.read(loose) if isinstance(loose, str) else as_number(loose)
        if isinstance(meant, bool):
            return meant
        raise refused(field, loose, "true or false")

    def read(self, text: str) -> Any:
        """The truth, or the text itself, which is then refused."""
        return {"true": True, "false": False}.get(text.lower(), text)

    def text(self, field: Field, value: bool) -> str:
        """``true`` or ``false``."""
        return str(value).lower()


TEXT, CHOICE, WHOLE, NUMBER, FLAG = OptionKind(), ChoiceKind(), WholeKind(), NumberKind(), FlagKind()


def _word(loose: object) -> str:
    """A word however it is written: ``BN scale``, ``bn-scale`` and ``bn_scale`` are one."""
    return str(loose).strip().lower().replace("-", "_").replace(" ", "_")


def refused(field: Field, value: object, expected: str, where: str = "") -> ExplorerError:
    """What was wrong with its value, what was expected, what to do."""
    advice = field.advice or field.kind.advice
    sentence = f"{field.subject or field.name} must be {expected}, got {shown(value)}{where}. {advice}"
    return PruningError(sentence).about(field.name)
