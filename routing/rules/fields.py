"""How one value of a rule set is read, written and described. Every record is a frozen dataclass of such fields.

A field that is left out takes its default, and a value equal to the default is not written: so a document is read,
written and read again without a difference. ``null`` is never a value.
"""

import dataclasses
import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Protocol

from retail.clock import NOW_MS_MAX
from retail.errors import Refused
from retail.text import clean

TEXT_MAX = 200
"""Most characters of a name or a note."""

LIST_MAX = 1_000
"""Most entries of a list of names or dates."""

CENTS_MAX = 1_000_000
"""Most that a soft rule may charge for a unit or a package, in minor units."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ID_MAX = 64
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{3})?)?(Z|[+-][0-9]{2}:[0-9]{2})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

Schema = dict[str, Any]


class Strict(StrEnum):
    """Which of two values of a field forbids more; how a rule is found that another makes superfluous."""

    EQUAL = "equal"
    """They cannot be compared."""
    LESS = "less"
    MORE = "more"
    UPPER = "upper"
    """An upper limit; none is no limit."""
    LOWER = "lower"
    """A lower limit; none is no limit."""
    LATER = "later"
    """A moment; none is for ever."""
    ALL = "all"
    """A list; an empty one is everything."""
    NAMED = "named"
    """A list; an empty one is nothing."""

    def holds(self, mine: Any, theirs: Any) -> bool:
        """``mine`` forbids all that ``theirs`` does."""
        if mine == theirs:
            return True
        if self in (Strict.ALL, Strict.NAMED):
            if self is Strict.ALL and not (mine and theirs):
                return not mine
            return set(theirs) <= set(mine)
        if mine is None or theirs is None:
            least = {Strict.UPPER: theirs, Strict.LOWER: theirs, Strict.LATER: mine}
            return self in least and least[self] is None
        if self in (Strict.LESS, Strict.UPPER):
            return bool(mine <= theirs)
        return self is not Strict.EQUAL and bool(mine >= theirs)


class Spec(Protocol):
    """The form of one value. ``parse`` raises :class:`Refused` naming ``path``; ``dump`` is its inverse."""

    def parse(self, path: str, value: object) -> object: ...

    def dump(self, value: Any) -> object: ...

    def schema(self) -> Schema: ...


def given(spec: Spec, default: Any = dataclasses.MISSING, *, says: str, stricter: Strict = Strict.EQUAL) -> Any:
    """A field of a record; required unless it has a default.

    ``says`` describes it in the schema, ``stricter`` which of two values forbids more.
    """
    return dataclasses.field(default=default, metadata={"spec": spec, "says": says, "stricter": stricter})


def shown(value: object) -> str:
    """A value as an error names it: short, whatever came in."""
    return ascii(value)[:40]


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from ``low`` to ``high``, both included."""

    low: int
    high: int

    def parse(self, path: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(path, f"{shown(value)} is not a whole number", f"give {self.low} to {self.high}")
        if not self.low <= value <= self.high:
            raise Refused(path, f"{shown(value)} is out of range", f"give {self.low} to {self.high}")
        return value

    def dump(self, value: int) -> object:
        return value

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number from ``low`` to ``high``, both included."""

    low: float
    high: float

    def parse(self, path: str, value: object) -> float:
        remedy = f"give {self.low:g} to {self.high:g}"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Refused(path, f"{shown(value)} is not a number", remedy)
        if not self.low <= value <= self.high or math.isnan(value):
            raise Refused(path, f"{shown(value)} is out of range", remedy)
        return float(value)

    def dump(self, value: float) -> object:
        return int(value) if value.is_integer() else value

    def schema(self) -> Schema:
        return {"type": "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def parse(self, path: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise Refused(path, f"{shown(value)} is neither true nor false", "give true or false")
        return value

    def dump(self, value: bool) -> object:
        return value

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Text:
    """Text of ``low`` to ``TEXT_MAX`` characters, without control characters or white space around it."""

    low: int = 0

    def parse(self, path: str, value: object) -> str:
        if not isinstance(value, str):
            raise Refused(path, f"{shown(value)} is not text", "give text in quotation marks")
        text = clean(path, value, TEXT_MAX)
        if len(text) < self.low:
            raise Refused(path, "it is empty", "give a name, or leave it out where it may be left out")
        return text

    def dump(self, value: str) -> object:
        return value

    def schema(self) -> Schema:
        return {"type": "string", "minLength": self.low, "maxLength": TEXT_MAX}


@dataclass(frozen=True, slots=True)
class Id:
    """The name by which decisions and people refer to a rule, a segment or a policy."""

    def parse(self, path: str, value: object) -> str:
        if not isinstance(value, str) or len(value) > _ID_MAX or not _ID.fullmatch(value):
            raise Refused(
                path,
                f"{shown(value)} is not an id",
                f"give lower-case letters, digits and single hyphens, at most {_ID_MAX}",
            )
        return value

    def dump(self, value: str) -> object:
        return value

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_ID.pattern}$", "maxLength": _ID_MAX}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def parse(self, path: str, value: object) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise Refused(path, f"{shown(value)} is not known here", f"give one of {', '.join(self.words)}")
        return value

    def dump(self, value: str) -> object:
        return value

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Listed:
    """A list without repetition of ``low`` to ``high`` entries of one form."""

    item: Spec
    low: int = 1
    high: int = LIST_MAX

    def parse(self, path: str, value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Refused(path, f"{shown(value)} is not a list", "give a list in square brackets")
        if not self.low <= len(value) <= self.high:
            remedy = f"give {self.low} to {self.high}" + (", or leave it out" if self.low else "")
            raise Refused(path, f"it has {len(value)} entries", remedy)
        entries = tuple(self.item.parse(f"{path}[{number}]", entry) for number, entry in enumerate(value))
        seen = set()
        for number, entry in enumerate(entries):
            if entry in seen:
                raise Refused(f"{path}[{number}]", f"{shown(value[number])} is there already", "name it once")
            seen.add(entry)
        return entries

    def dump(self, value: tuple[Any, ...]) -> object:
        return [self.item.dump(entry) for entry in value]

    def schema(self) -> Schema:
        return {
            "type": "array",
            "items": self.item.schema(),
            "minItems": self.low,
            "maxItems": self.high,
            "uniqueItems": True,
        }


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment with its offset from UTC, such as ``2026-12-24T14:00:00Z``; kept as milliseconds since 1970 UTC."""

    def parse(self, path: str, value: object) -> int:
        remedy = "give a date and time with its offset, such as 2026-12-24T14:00:00Z or 2026-12-24T14:00+01:00"
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise Refused(path, f"{shown(value)} is not a moment", remedy)
        try:
            moment = (datetime.fromisoformat(value) - _EPOCH) // _MS
        except (ValueError, OverflowError) as error:
            raise Refused(path, f"{shown(value)} is not a moment", remedy) from error
        if not 0 <= moment < NOW_MS_MAX:
            raise Refused(path, f"{shown(value)} is not between 1970 and 9998", remedy)
        return moment

    def dump(self, value: int) -> object:
        precise = "milliseconds" if value % 1000 else "seconds"
        return (_EPOCH + value * _MS).isoformat(timespec=precise).replace("+00:00", "Z")

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time", "pattern": f"^{_INSTANT.pattern}$"}


@dataclass(frozen=True, slots=True)
class Day:
    """A date of the calendar, ``YYYY-MM-DD``."""

    def parse(self, path: str, value: object) -> date:
        remedy = "give a date such as 2026-12-24"
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise Refused(path, f"{shown(value)} is not a date", remedy)
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise Refused(path, f"{shown(value)} is not in the calendar", remedy) from error

    def dump(self, value: date) -> object:
        return value.isoformat()

    def schema(self) -> Schema:
        return {"type": "string", "format": "date", "pattern": f"^{_DATE.pattern}$"}


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A local time, ``HH:MM`` from 00:00 to 23:59."""

    def parse(self, path: str, value: object) -> time:
        if not isinstance(value, str) or not _CLOCK.fullmatch(value):
            raise Refused(path, f"{shown(value)} is not a time of day", "give hours and minutes such as 15:30")
        return time(int(value[:2]), int(value[3:]))

    def dump(self, value: time) -> object:
        return f"{value:%H:%M}"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_CLOCK.pattern}$"}


@dataclass(frozen=True, slots=True)
class Record:
    """An object whose keys are the fields of the dataclass ``of``, which the schema has among its definitions."""

    of: type

    def parse(self, path: str, value: object) -> Any:
        return parse_record(self.of, path, value)

    def dump(self, value: Any) -> object:
        return dump_record(value)

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.of.__name__}"}


def entries(path: str, value: object, low: int, high: int) -> list[object]:
    """The entries of a list of records; raises :class:`Refused` for anything else."""
    if not isinstance(value, list):
        raise Refused(path, f"{shown(value)} is not a list", "give a list in square brackets")
    if not low <= len(value) <= high:
        raise Refused(path, f"it has {len(value)} entries", f"give {low} to {high}")
    return value


def keyed(path: str, value: object, known: tuple[str, ...]) -> dict[str, object]:
    """An object that holds ``known`` keys only; raises :class:`Refused` for anything else."""
    if not isinstance(value, dict):
        raise Refused(path, f"{shown(value)} is not an object", "give keys and values in curly brackets")
    for key in value:
        if key not in known:
            raise Refused(inside(path, key), "there is no such key here", f"use {', '.join(known)}, or leave it out")
    return value


def inside(path: str, key: object) -> str:
    """The path of a key; a strange key is shown short."""
    name = key if isinstance(key, str) and len(key) <= 40 and key.isidentifier() else shown(key)
    return f"{path}.{name}" if path else name


def parse_record(of: type, path: str, value: object, leave_out: frozenset[str] = frozenset()) -> Any:
    """An instance of the dataclass ``of`` from a JSON object, without the fields of ``leave_out``."""
    fields = [field for field in dataclasses.fields(of) if field.name not in leave_out]
    found = keyed(path, value, tuple(field.name for field in fields))
    parsed = {}
    for field in fields:
        at = inside(path, field.name)
        if field.name in found:
            parsed[field.name] = field.metadata["spec"].parse(at, found[field.name])
        elif field.default is dataclasses.MISSING:
            raise Refused(at, "it is missing", f"give {field.metadata['says']}")
    return of(**parsed)


def dump_record(record: Any) -> dict[str, object]:
    """The JSON object of a record; fields at their defaults are left out."""
    values = {field: getattr(record, field.name) for field in dataclasses.fields(record)}
    return {f.name: f.metadata["spec"].dump(v) for f, v in values.items() if v != f.default}


def record_schema(of: type, leave_out: frozenset[str] = frozenset()) -> Schema:
    """The JSON schema of a record."""
    fields = [field for field in dataclasses.fields(of) if field.name not in leave_out]
    return {
        "type": "object",
        "properties": {f.name: {**f.metadata["spec"].schema(), "description": f.metadata["says"]} for f in fields},
        "required": [f.name for f in fields if f.default is dataclasses.MISSING],
        "additionalProperties": False,
    }
