"""One option of a library as data: it parses, checks, names, draws and links itself. Knows no torch and no page."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from explorer.backends.kinds import OptionKind
from explorer.values.errors import ExplorerError, PruningError
from explorer.values.named import Need


@dataclass(frozen=True)
class Choice:
    """One value that an option can take."""

    value: Any  # in the options
    label: str  # on pages, and in their links
    told: str = ""  # one sentence on it
    need: Need | None = None  # what a network must have for it

    @property
    def word(self) -> str:
        """What notebooks, flags and files say."""
        return self.label if self.value is None else str(self.value)


@dataclass(frozen=True)
class Bounds:
    """Which numbers are right."""

    least: float = -math.inf
    most: float = math.inf
    above: bool = False  # `least` itself is not right
    below: bool = False  # `most` itself is not right
    also: tuple[float, ...] = ()  # right all the same
    counts: bool = False  # an integer is a count, and may be above `most`
    told: str = ""  # in words; "": they follow from the numbers

    def hold(self, value: float) -> bool:
        """Whether that number is right."""
        low = self.least < value if self.above else self.least <= value
        high = value < self.most if self.below else value <= self.most
        return (low and (high or (self.counts and isinstance(value, int)))) or value in self.also

    @property
    def whole(self) -> str:
        """What is expected of a whole number."""
        if self.told:
            return self.told
        most = (
            f"from {self.least:g} to {self.most:g}" if self.most < math.inf else f"of at least {self.least:g}"
        )
        return f"a whole number {most}"

    @property
    def number(self) -> str:
        """What is expected of any number."""
        if self.told or self.most > 1:
            return self.told or f"a number from {self.least:g} to {self.most:g}"
        return f"a fraction in {'(' if self.above else '['}{self.least:g}, {self.most:g}{')' if self.below else ']'}"


SEEDS = Bounds(0, 2**63 - 1, told="a whole number from 0 to 2^63 - 1")
FRACTION = Bounds(0, 1, below=True)


@dataclass(frozen=True)
class Span:
    """Which numbers a page offers, where these are fewer than the right ones."""

    least: float
    most: float
    step: float = 1
    format: str | None = None


SEED_SPAN = Span(0, 2**31 - 1)  # what a browser can hold


@dataclass(frozen=True)
class Condition:
    """When an option means something."""

    holds: Callable[[Any], bool]  # of all options
    # The sentence where it is set all the same; None: nobody minds
    refusal: Callable[[Any], str] | None = None
    greyed: bool = False  # a page draws it even when it means nothing


@dataclass(frozen=True)
class Offer:
    """Which of an option's choices go with the other options."""

    among: Callable[[Any], Collection[object]]  # of all options; the first is the default
    refusal: Callable[[Any], str]  # of options that ask for another: the sentence
    hint: str = ""  # why a page does not offer the others; "": nobody asks


@dataclass(frozen=True)
class Field:
    """One option."""

    name: str  # in the options, notebooks, flags and files
    label: str  # of its widget
    kind: OptionKind
    default: Any = None
    term: str = ""  # of the glossary
    choices: tuple[Choice, ...] = ()
    bounds: Bounds = Bounds()
    when: Condition | None = None
    offer: Offer | None = None
    follows: Callable[[Any], Any] | None = None  # the default, where it depends on the options before
    link: str = ""  # in links of its page, and in the session; "": its name
    phrase: str = ""  # in words, with {} for the value; "": label and value
    always: bool = False  # named in words even at its default
    subject: str = ""  # what a refusal calls it; "": its name
    advice: str = ""  # what to do where a value is refused; "": as for all of its kind
    hint: str = ""  # behind the explanation of its term
    span: Span | None = None  # of the widget, where that is less than is right
    opens: bool = False  # choices are a list that opens, not side by side
    folded: bool = False  # drawn under "More options"
    purpose: str = ""  # of the layers it names, e.g. "to keep"
    empty: str = ""  # shown while no layer is named
    live: bool = False  # the live slider sets it: no widget, and not told in words
    compared: bool | tuple[object, ...] = False  # whether runs that are compared can set it, or which choices

    @property
    def key(self) -> str:
        """In links of its page, and in the session."""
        return self.link or self.name

    @property
    def range(self) -> Span:
        """Which numbers a page offers: where nobody said so, all right ones that a browser can hold."""
        if self.span:
            return self.span
        bounds, step = self.bounds, 0.05 if self.bounds.most <= 1 else 1
        least = max(bounds.least, -SEED_SPAN.most) + (step if bounds.above else 0)
        return Span(least, min(bounds.most, SEED_SPAN.most) - (step if bounds.below else 0), step)

    def parse(self, loose: object) -> Any:
        """The value that a loose one means; None is the default.

        Raises:
            ExplorerError: for one that means nothing; its sentence and its `field` name this option.
        """
        return self.default if loose is None else self.kind.parse(self, loose)

    def read(self, text: str) -> Any:
        """The value that the text of a link or a flag means; raises as `parse` does."""
        return self.parse(self.kind.read(text))

    def text(self, value: object) -> str:
        """What a link or a flag says of a value."""
        return self.kind.text(self, value)

    def plain(self, value: object) -> Any:
        """What a file holds of a value, as JSON knows it."""
        return None if value is None else self.kind.plain(self, value)

    def told(self, value: object) -> str:
        """A value as a person reads it, e.g. ``round to 8``."""
        text = self.kind.words(self, value)
        share = {"share": 100 * value} if isinstance(value, float) else {}
        return (self.phrase or f"{self.label.lower()} {{}}").format(text, **share)

    def choice_of(self, value: object) -> Choice:
        """The choice of that value; KeyError for a value that is none."""
        for choice in self.choices:
            if choice.value == value:
                return choice
        raise KeyError(value)

    def usual(self, options: object) -> Any:
        """The default beside these options."""
        return self.follows(options) if self.follows else self.default

    def matters(self, options: object) -> bool:
        """Whether it means anything beside these options."""
        return self.when is None or self.when.holds(options)

    def offered(self, options: object) -> tuple[Choice, ...]:
        """Choices that go with these options, the default first."""
        known = [choice.value for choice in self.choices]
        among = [value for value in self.offer.among(options) if value in known] if self.offer else known
        first = among[0] if self.offer else self.default
        return tuple(sorted((self.choice_of(value) for value in among), key=lambda one: one.value != first))

    def only(self, values: Collection[object]) -> Field:
        """The same option with some of its choices."""
        return replace(self, choices=tuple(one for one in self.choices if one.value in values))


@dataclass(frozen=True)
class Problem:
    """One sentence, and the option that causes it; "" where none does."""

    field: str
    sentence: str
    error: type[ExplorerError] = PruningError

    def raised(self) -> ExplorerError:
        """The error that says so."""
        return self.error(self.sentence).about(self.field)


def choices(values: Iterable[Any], **labels: str) -> tuple[Choice, ...]:
    """Choices for words that name themselves, or have their label given."""
    return tuple(
        Choice(
            one,
            labels.get(str(one), getattr(one, "label", str(one))),
            getattr(one, "told", ""),
            getattr(one, "need", None),
        )
        for one in values
    )


def linked(prefix: str, *fields: Field) -> tuple[Field, ...]:
    """The same options, each with its name behind a prefix in links, unless it says otherwise."""
    return tuple(field if field.link else replace(field, link=f"{prefix}{field.name}") for field in fields)


def named(fields: Sequence[Field], name: str) -> Field:
    """The option of that name; KeyError for one that is none."""
    return {field.name: field for field in fields}[name]
