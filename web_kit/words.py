"""Figures and times in words, the same on every page. Spans are seconds."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TONES = ("ok", "warn", "bad", "info", "neutral")


@dataclass(frozen=True, slots=True)
class Label:
    """A state as people see it: ``word`` beside the shape and colour of ``tone``, one of :data:`TONES`."""

    tone: str
    word: str


def sentence(text: str) -> str:
    """A clause with a capital at its beginning.

    >>> sentence("the box is away")
    'The box is away'
    """
    return text[:1].upper() + text[1:]


def number(value: float) -> str:
    """``12,345``.

    >>> number(12345)
    '12,345'
    """
    return f"{value:,.0f}"


def plural(value: int, word: str, many: str = "") -> str:
    """The word alone, in the number that fits.

    >>> plural(1, "box", "boxes"), plural(0, "order")
    ('box', 'orders')
    """
    return word if value == 1 else many or f"{word}s"


def count(value: int, word: str, many: str = "") -> str:
    """``1 order``, ``1,200 orders``.

    >>> count(1200, "order")
    '1,200 orders'
    """
    return f"{number(value)} {plural(value, word, many)}"


def span(seconds: float) -> str:
    """How long something takes, in the two units that matter: ``8 s``, ``12 min``, ``3 h 5 min``, ``2 d 4 h``.

    >>> [span(s) for s in (0.2, 59, 61, 11_100, 183_600)]
    ['0 s', '59 s', '1 min', '3 h 5 min', '2 d 3 h']
    """
    whole = int(abs(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours and days < 10 else f"{days} d"


def ago(seconds: float) -> str:
    """``just now``, ``12 min ago``."""
    return "just now" if seconds < 2 else f"{span(seconds)} ago"


def due(seconds: float) -> str:
    """How far away a deadline is: ``in 12 min``, ``8 min late``.

    >>> due(750), due(-500)
    ('in 12 min', '8 min late')
    """
    return f"in {span(seconds)}" if seconds >= 0 else f"{span(seconds)} late"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_MAX = 253_402_300_799_000


def moment(ms: int) -> datetime:
    """The moment of ``ms`` since 1970 UTC; what no calendar holds becomes its nearest day."""
    return _EPOCH + timedelta(milliseconds=min(max(ms, 0), _MS_MAX))


def iso(ms: int) -> str:
    """For a ``datetime`` attribute: ``2026-11-21T18:04:05Z``."""
    return moment(ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(ms: int) -> str:
    """Before the browser has put it into its own time zone: ``21 Nov, 18:04 UTC``."""
    return f"{moment(ms).day} {moment(ms):%b, %H:%M} UTC"
