"""Numbers as people read them."""

from __future__ import annotations

import re

from explorer.values import Evaluation, Timing, Unit, Yardstick

_COLOURS = (
    "red|orange|yellow|green|blue|violet|gray|grey|rainbow|primary|small"  # orders in Streamlit's Markdown
)
_MARKUP = re.compile(rf"([\\`*_\[\]<>$~|#]|:(?=(?:{_COLOURS})))")
_STEPS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def count(number: float) -> str:
    """A count in at most four characters and a unit: ``25.6 M``."""
    for size, unit in _STEPS:
        # 999,950 reads "1.00 M", not "1000 k".
        if number >= size * 0.9995:
            return f"{_three_digits(number / size)} {unit}"
    return f"{number:,.0f}"


def file_size(number: int) -> str:
    """Bytes in the unit that fits, in powers of 1000: ``102.5 MB`` is 102,500,000."""
    text = count(number)
    return f"{text}B" if " " in text else f"{text} B"


def share(part: float, whole: float) -> str:
    """Percent of the whole, one digit after the point below ten."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"


def small_share(fraction: float) -> str:
    """A fraction as percent, or as a power of ten where percent would show nothing but zeros."""
    return f"{100 * fraction:.0f} %" if fraction >= 0.01 or not fraction else f"{fraction:.1e}"


def accuracy(fraction: float) -> str:
    """A fraction right as percent with one digit."""
    return f"{100 * fraction:.1f} %"


def judged(value: float, by: Yardstick) -> str:
    """What a yardstick counts: a share as percent with one digit, any other number with four."""
    return accuracy(value) if by.is_share else f"{value:.4g}"


def change(difference: float, by: Yardstick) -> str:
    """How far that moved, with its sign: ``+1.2 points``."""
    return f"{100 * difference:+.1f} points" if by.is_share else f"{difference:+.3g}"


def amount(difference: float, by: Yardstick) -> str:
    """The same without a sign."""
    return change(abs(difference), by).removeprefix("+")


def interval(found: Evaluation) -> str:
    """The bounds of what was measured, ``95.1–98.3 %``; "" where there are none."""
    bounds = found.interval
    if bounds.low == bounds.high:
        return ""
    low, high = (judged(bound, found.by) for bound in (bounds.low, bounds.high))
    return f"{low.removesuffix(' %')}–{high}"


def elapsed(seconds: float) -> str:
    """How long a run has gone on, to the second: "7 s", "25 min 25 s", "1 h 0 min 5 s"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    told = f"{minutes} min {rest} s" if hours or minutes else f"{rest} s"
    return f"{hours} h {told}" if hours else told


def remaining(seconds: float) -> str:
    """About how long a run still takes, to the minute: "5 min", "2 h 26 min"."""
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def duration(seconds: float) -> str:
    """Seconds in the unit that fits, three digits: ``0.83 ms``."""
    for size, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= size * 0.9995:
            return f"{_three_digits(seconds / size)} {unit}"
    return f"{_three_digits(seconds / 1e-6)} µs"


def timing(time: Timing) -> str:
    """A median and its 95 % interval."""
    return f"{duration(time.median)} ({duration(time.low)} – {duration(time.high)})"


def in_unit(value: float, unit: Unit) -> str:
    """A number of some evidence; no line may break within it."""
    if unit is Unit.SECONDS:
        return unbroken(duration(value))
    if unit is Unit.TIMES:
        return f"{value:.2f}×"
    if unit is Unit.SHARE:
        return unbroken(f"{100 * value:.1f} %")
    if unit is Unit.BYTES:
        return unbroken(file_size(int(value)))
    if unit is Unit.NUMBER:
        return f"{value:.4g}"
    return f"{value:,.0f}" if value == int(value) else f"{value:.2f}"


def shape(sizes: tuple[int, ...] | None) -> str:
    """Sizes joined by ×, or an en dash where there is none."""
    return " × ".join(map(str, sizes)) if sizes else "–"


def unbroken(text: str) -> str:
    """The same text, at whose spaces no line breaks."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def plain(text: str) -> str:
    """Text from a link, a person or a library, as Markdown that shows it and nothing else."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _three_digits(number: float) -> str:
    return f"{number:.2f}" if number < 9.995 else f"{number:.1f}" if number < 99.95 else f"{number:.0f}"
