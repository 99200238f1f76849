"""Import reports: what was wrong with a file's rows, and what was done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.console.reads.keyset import ROWS, Rows, key_of, ms, page_of
from central.platform.tables import TENANT, import_finding, import_report

REPORTS_MAX = 100


@dataclass(frozen=True)
class Report:
    """One import. ``finished_ms`` is None while it runs, and for ever if it was broken off."""

    report_id: UUID
    kind: str
    source: str
    started_ms: int
    finished_ms: int | None
    rows_read: int
    rows_kept: int
    rows_repaired: int
    rows_refused: int


@dataclass(frozen=True)
class Finding:
    """What was wrong with one field of one row."""

    finding_no: int
    row: int
    field: str
    value: str
    problem: str
    remedy: str
    action: str


@dataclass(frozen=True)
class Cause:
    """How often the same thing was wrong."""

    field: str
    problem: str
    action: str
    number: int


async def reports(conn: AsyncConnection) -> Sequence[Report]:
    """The latest imports, the newest first."""
    rows = await conn.execute(_reports().order_by(import_report.c.started_at.desc()).limit(REPORTS_MAX))
    return [_report(row) for row in rows]


async def report(conn: AsyncConnection, report_id: UUID) -> Report | None:
    """One import."""
    row = (await conn.execute(_reports().where(import_report.c.report_id == report_id))).one_or_none()
    return None if row is None else _report(row)


async def findings(
    conn: AsyncConnection, report_id: UUID, action: str = "", after: str = "", size: int = ROWS
) -> Rows[Finding]:
    """The findings of an import in the order of its rows, of one ``action`` if it is given."""
    table = import_finding
    query = (
        select(
            table.c.finding_no, table.c.row, table.c.field, table.c.value, table.c.problem, table.c.remedy,
            table.c.action,
        )
        .where(table.c.tenant == TENANT, table.c.report_id == report_id)
        .order_by(table.c.finding_no)
        .limit(size + 1)
    )  # fmt: skip
    if action:
        query = query.where(table.c.action == action)
    key = key_of(after, int)
    if key is not None:
        query = query.where(table.c.finding_no > key[0])
    return page_of([Finding(*row) for row in await conn.execute(query)], lambda found: (found.finding_no,), size)


async def actions(conn: AsyncConnection, report_id: UUID) -> Mapping[str, int]:
    """How many findings there are of each action."""
    table = import_finding
    query = (
        select(table.c.action, func.count())
        .where(table.c.tenant == TENANT, table.c.report_id == report_id)
        .group_by(table.c.action)
    )
    return {action: number for action, number in await conn.execute(query)}


def _reports() -> Select[Any]:
    table = import_report
    return select(
        table.c.report_id, table.c.kind, table.c.source, table.c.started_at, table.c.finished_at, table.c.rows_read,
        table.c.rows_kept, table.c.rows_repaired, table.c.rows_refused,
    ).where(table.c.tenant == TENANT)  # fmt: skip


def _report(row: Any) -> Report:
    return Report(
        row.report_id, row.kind, row.source, ms(row.started_at) or 0, ms(row.finished_at), row.rows_read,
        row.rows_kept, row.rows_repaired, row.rows_refused,
    )  # fmt: skip
