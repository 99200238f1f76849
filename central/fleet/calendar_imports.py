"""Imports of calendars: days with hours of their own, and collections that differ from the settings.

Rows that the file does not name stay as they are; an empty cell for the hours or the days takes a row back.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Table as DatabaseTable
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.fleet.calendar_tables import location_collection, location_day
from central.fleet.calendars import parse_cutoff, parse_weekdays
from central.fleet.hours import DAYS, TEXT_LENGTH_MAX, parse_hours
from central.fleet.tables import location
from central.importing.csv_file import Table
from central.importing.rows import Row, batches, once_each, optional, refuse, required
from central.platform.tables import TENANT
from retail.cleaning import Action, CleaningReport
from retail.errors import Refused

DAY_COLUMNS = ("location", "day", "hours", "reason")
DAY_REQUIRED = ("location", "day", "hours")
COLLECTION_COLUMNS = COLLECTION_REQUIRED = ("location", "service", "days", "cutoff")

KEY_LENGTH_MAX = 32
REASON_LENGTH_MAX = 120
BATCH_ROWS = 500
_EXAMPLE = "write hours like 10:00-14:00, closed, or nothing for those of the weekday"

Key = tuple[str, Any]
Values = dict[str, Any] | None
"""A row's columns beside its key; None takes it back."""


@dataclass
class CalendarOutcome:
    """What an import did to the calendars."""

    set: int = 0
    taken_back: int = 0


async def import_days(conn: AsyncConnection, table: Table) -> CalendarOutcome:
    """Take in days with hours of their own. Raises :class:`Refused` when the file cannot be understood."""
    table.check_heading(DAY_REQUIRED, DAY_COLUMNS)
    return await _import(conn, table, location_day, "day", read_day)


async def import_collections(conn: AsyncConnection, table: Table) -> CalendarOutcome:
    """Take in collections. Raises :class:`Refused` when the file cannot be understood."""
    table.check_heading(COLLECTION_REQUIRED, COLLECTION_COLUMNS)
    return await _import(conn, table, location_collection, "service", read_collection)


def read_day(row: Row, report: CleaningReport) -> Values:
    """The hours of a day. Raises :class:`Refused` for what are none."""
    reason = row.read("reason", "", optional(REASON_LENGTH_MAX))
    text = row.read("hours", "", optional(TEXT_LENGTH_MAX))
    if not text:
        return None
    try:
        opening = parse_hours(f"{DAYS[0]}: {text}")
    except Refused as error:
        raise Refused("hours", error.problem, _EXAMPLE) from error
    for doubt in opening.doubts:
        row.note(report, "hours", doubt, "write am and pm", Action.KEPT)
    return {"hours": opening.by_day[DAYS[0]], "reason": reason}


def read_collection(row: Row, _report: CleaningReport) -> Values:
    """When a service collects. Raises :class:`Refused` for what is no day or no time."""
    days = row.read("days", "", optional(40)).lower()
    if not days:
        return None
    numbers = parse_weekdays(days)
    cutoff = row.read("cutoff", "", optional(5))
    if numbers or cutoff:
        parse_cutoff(cutoff)
    return {"days": [DAYS[number] for number in sorted(numbers)], "cutoff": cutoff or "00:00"}


async def _import(
    conn: AsyncConnection,
    table: Table,
    into: DatabaseTable,
    second: str,
    read: Callable[[Row, CleaningReport], Values],
) -> CalendarOutcome:
    known = frozenset((await conn.execute(select(location.c.location).where(location.c.tenant == TENANT))).scalars())
    outcome = CalendarOutcome()
    for batch in batches(once_each(table.rows(), _reader(second), second, table.report), BATCH_ROWS):
        stated = _stated(batch, known, table.report, read)
        outcome.set += await _set(conn, into, second, {key: values for key, values in stated.items() if values})
        gone = [key for key, values in stated.items() if values is None]
        outcome.taken_back += await _take_back(conn, into, second, gone)
    return outcome


def _reader(second: str) -> Callable[[Row], Key]:
    def read(row: Row) -> Key:
        place = row.read("location", "", required(KEY_LENGTH_MAX))
        if second == "day":
            return place, row.read("day", date.min, _day)
        return place, row.read(second, "", required(KEY_LENGTH_MAX))

    return read


def _stated(
    rows: Iterable[tuple[Key, Row]],
    known: Collection[str],
    report: CleaningReport,
    read: Callable[[Row, CleaningReport], Values],
) -> dict[Key, Values]:
    stated: dict[Key, Values] = {}
    for key, row in rows:
        try:
            if key[0] not in known:
                raise Refused("location", "there is no such location", "import the network first, or correct the id")
            stated[key] = read(row, report)
        except Refused as error:
            refuse(report, row, error)
        else:
            report.rows_kept += 1
    return stated


async def _set(conn: AsyncConnection, into: DatabaseTable, second: str, rows: Mapping[Key, dict[str, Any]]) -> int:
    if not rows:
        return 0
    statement = insert(into)
    names = next(iter(rows.values()))
    await conn.execute(
        statement.on_conflict_do_update(
            constraint=into.primary_key, set_={name: statement.excluded[name] for name in names}
        ),
        [{"location": key[0], second: key[1], **values} for key, values in rows.items()],
    )
    return len(rows)


async def _take_back(conn: AsyncConnection, into: DatabaseTable, second: str, keys: Iterable[Key]) -> int:
    count = 0
    for key in keys:
        gone = delete(into).where(into.c.tenant == TENANT, into.c.location == key[0], into.c[second] == key[1])
        count += (await conn.execute(gone)).rowcount
    return count


def _day(column: str, cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError as error:
        raise Refused(column, "it is not a date", "write it like 2026-12-24") from error
