"""Rows of a file, and readers that make values of their cells.

A reader takes the field's name and the cell and returns a value, or raises :class:`~retail.errors.Refused`. What is
refused must say the same for every row with the same trouble, so that a report can count it: :func:`refuse` takes the
value out of the problem, since the finding shows it anyway.
"""

import itertools
import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from retail.cleaning import Action, CleaningReport
from retail.errors import Refused
from retail.text import clean

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

Reader = Callable[[str, str], Value]

_YES, _NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,15})?")


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``cells`` are by our names for the columns; ``headings`` gives the file's names where they differ."""

    number: int
    cells: Mapping[str, str]
    headings: Mapping[str, str] = field(default_factory=dict)

    def read(self, column: str, absent: Value, reader: Reader[Value]) -> Value:
        """What ``reader`` makes of the cell; ``absent`` where the file lacks the column."""
        cell = self.cells.get(column)
        return absent if cell is None else reader(column, cell.strip())

    def text(self, column: str) -> str:
        """The cell as it is, without white space around it; empty where the file lacks the column."""
        return self.cells.get(column, "").strip()

    def note(
        self, report: CleaningReport, column: str, problem: str, remedy: str, action: Action, value: str | None = None
    ) -> None:
        """Add a finding about ``column`` of this row to ``report``; ``value`` is shown instead of the cell."""
        heading = self.headings.get(column, column)
        shown = self.cells.get(column, "") if value is None else value
        report.add(self.number, heading, shown, problem, remedy, action)


def refuse(report: CleaningReport, row: Row, error: Refused) -> None:
    """Leave ``row`` out because of ``error``."""
    problem = without_value(error.problem, row.text(error.field))
    row.note(report, error.field, problem, error.remedy, Action.REFUSED)


def without_value(problem: str, value: str) -> str:
    """``problem`` with ``value`` replaced by "it": every value with the same trouble then counts as one kind."""
    shown = repr(value[:20])
    if shown in problem:
        return problem.replace(shown, "it")
    return re.sub(rf"\b{value}\b", "it", problem) if value.isdecimal() else problem


def once_each(
    rows: Iterable[Row], read_key: Callable[[Row], Key], field: str, report: CleaningReport
) -> Iterator[tuple[Key, Row]]:
    """Each row with its key; a row without a lawful one, or with one that came before, is refused in ``report``."""
    first_rows: dict[Key, int] = {}
    for row in rows:
        try:
            key = read_key(row)
            first = first_rows.setdefault(key, row.number)
            if first != row.number:
                raise Refused(field, "it came before in this file", f"row {first} counts; keep one of them")
        except Refused as error:
            refuse(report, row, error)
        else:
            yield key, row


def batches(rows: Iterable[Value], size: int) -> Iterator[list[Value]]:
    """``rows`` in lists of ``size``; the last one may be shorter."""
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def required(length_max: int) -> Reader[str]:
    """A text that may not be empty."""

    def read(column: str, cell: str) -> str:
        text = _clean(column, cell, length_max)
        if not text:
            raise Refused(column, "it is empty", "fill it in")
        return text

    return read


def optional(length_max: int) -> Reader[str]:
    """A text that may be empty."""
    return lambda column, cell: _clean(column, cell, length_max)


def names(count_max: int, length_max: int) -> Reader[tuple[str, ...]]:
    """Names with ``|`` between them, in order and each once; none for an empty cell."""

    def read(column: str, cell: str) -> tuple[str, ...]:
        found = {_clean(column, part.strip(), length_max) for part in cell.split("|")} - {""}
        if len(found) > count_max:
            raise Refused(column, f"it holds more than {count_max} names", "leave out what is not needed")
        return tuple(sorted(found))

    return read


def one_of(*words: str, empty: str | None = None) -> Reader[str]:
    """One of ``words``, in small or capital letters; ``empty`` for an empty cell, which is refused without it."""

    def read(column: str, cell: str) -> str:
        word = cell.lower() or empty
        if word not in words:
            raise Refused(column, f"it is not one of {', '.join(words)}", "give one of them")
        return word

    return read


def yes_or_no(*, empty: bool = False) -> Reader[bool]:
    """yes, no, true, false, 1 or 0; ``empty`` for an empty cell."""

    def read(column: str, cell: str) -> bool:
        word = cell.lower()
        if word in _YES or word in _NO:
            return word in _YES
        if word:
            raise Refused(column, "it is neither yes nor no", "give yes or no")
        return empty

    return read


def whole(least: int, most: int, empty: Value) -> Reader[int | Value]:
    """A whole number from ``least`` to ``most``; ``empty`` for an empty cell."""

    def read(column: str, cell: str) -> int | Value:
        if not cell:
            return empty
        if _WHOLE.fullmatch(cell) is None or not least <= int(cell) <= most:
            raise Refused(column, f"it is not a whole number from {least:,} to {most:,}", "give the digits only")
        return int(cell)

    return read


def decimal(least: int, most: int) -> Reader[Decimal | None]:
    """A number with a decimal point from ``least`` to ``most``; None for an empty cell."""

    def read(column: str, cell: str) -> Decimal | None:
        if not cell:
            return None
        if _DECIMAL.fullmatch(cell) is None or not least <= Decimal(cell) <= most:
            raise Refused(column, f"it is not a number from {least:,} to {most:,}", "write it like 12.5")
        return Decimal(cell)

    return read


def _clean(column: str, cell: str, length_max: int) -> str:
    if len(unicodedata.normalize("NFC", cell)) > length_max:
        raise Refused(column, f"it has more than {length_max} characters", "shorten it")
    return clean(column, cell, length_max)
