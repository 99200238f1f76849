"""Pages of rows by key: a page ends with a cursor that says after which row the next one begins."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from central.platform.paging import decode_cursor, encode_cursor
from retail.errors import Refused

ROWS = 100
"""Rows on a page."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class Rows(Generic[Row]):
    """Some rows; ``after`` is the cursor of the next page, empty at the end."""

    items: Sequence[Row]
    after: str = ""


def page_of(rows: Sequence[Row], key: Callable[[Row], tuple[str | int, ...]], size: int = ROWS) -> Rows[Row]:
    """A page, given one row more than fits where there is one."""
    if len(rows) <= size:
        return Rows(rows)
    return Rows(rows[:size], encode_cursor(json.dumps(key(rows[size - 1]))))


def key_of(cursor: str, *kinds: type) -> tuple[str | int, ...] | None:
    """The key in ``cursor``, one value of each of ``kinds``; None for the first page.

    Raises :class:`retail.errors.Refused` for a cursor of another list.
    """
    text = decode_cursor(cursor)
    if not text:
        return None
    key = json.loads(text) if text.startswith("[") else []
    if len(key) != len(kinds) or any(type(part) is not kind for part, kind in zip(key, kinds, strict=True)):
        raise Refused("after", "the cursor belongs to another list", "begin at the first page")
    return tuple(key)


def ms(at: datetime | None) -> int | None:
    """A column's time as the pages want it."""
    return None if at is None else int(at.timestamp() * 1000)
