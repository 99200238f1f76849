"""What needs a person: incidents, messages that could not be done, entries that nobody can read, orders that wait."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.console.reads.keyset import ms
from central.orders.tables import customer_order
from central.platform.event_log import dead_letter
from central.platform.tables import TENANT, incident, outbox

LISTED = 50
"""Rows of each kind that the page shows; the counts are of all."""


@dataclass(frozen=True)
class Finding:
    """Something to see to. ``href`` leads to what it is about; ``hint`` is what stands in small letters."""

    at_ms: int
    title: str
    problem: str
    remedy: str
    hint: str
    href: str = ""


@dataclass(frozen=True)
class Group:
    """Findings of one kind, the newest first, and how many there are in all."""

    key: str
    title: str
    total: int
    oldest_ms: int | None
    findings: Sequence[Finding]


async def total(conn: AsyncConnection) -> int:
    """How many things need a person: the figure beside the menu."""
    parts = (
        select(func.count()).where(incident.c.tenant == TENANT, *_open_incidents()),
        select(func.count()).where(customer_order.c.tenant == TENANT, _orders_waiting()),
        select(func.count()).where(outbox.c.tenant == TENANT, outbox.c.parked_at.is_not(None)),
        select(func.count()).where(dead_letter.c.tenant == TENANT),
    )
    return sum((await conn.execute(select(*(part.scalar_subquery() for part in parts)))).one())


async def groups(conn: AsyncConnection) -> Sequence[Group]:
    """All that needs a person, by kind; kinds without any are left out."""
    found = [await _incidents(conn), await _orders(conn), await _parked(conn), await _dead_letters(conn)]
    return [group for group in found if group.total]


def _orders_waiting() -> ColumnElement[bool]:
    order = customer_order
    return and_(order.c.status.in_(("open", "working")), or_(order.c.attention != "", order.c.hold != ""))


def _open_incidents() -> tuple[ColumnElement[bool], ...]:
    """Without those about parked messages, which are a kind of their own."""
    return incident.c.resolved_at.is_(None), incident.c.kind != "outbox.parked"


async def _incidents(conn: AsyncConnection) -> Group:
    table = incident
    where = (table.c.tenant == TENANT, *_open_incidents())
    rows = await conn.execute(
        select(table.c.at, table.c.kind, table.c.location, table.c.subject, table.c.problem, table.c.remedy)
        .where(*where).order_by(table.c.incident_id.desc()).limit(LISTED)
    )  # fmt: skip
    findings = [
        Finding(ms(row.at) or 0, row.problem, "", row.remedy, f"{row.kind} · {row.subject}",
                f"/console/fleet?view=all&location={row.location}" if row.location else "")
        for row in rows
    ]  # fmt: skip
    number, oldest = (await conn.execute(select(func.count(), func.min(table.c.at)).where(*where))).one()
    return Group("incidents", "Incidents", number, ms(oldest), findings)


async def _orders(conn: AsyncConnection) -> Group:
    table = customer_order
    where = (table.c.tenant == TENANT, _orders_waiting())
    rows = await conn.execute(
        select(table.c.received_at, table.c.code, table.c.hold, table.c.attention)
        .where(*where).order_by(table.c.order_id.desc()).limit(LISTED)
    )  # fmt: skip
    findings = [
        Finding(ms(row.received_at) or 0, f"Order {row.code}",
                f"on hold: {row.hold}" if row.hold else row.attention,
                "look at its timeline" if row.attention else "release it, or cancel it", "",
                f"/console/orders?view=all&order={row.code}")
        for row in rows
    ]  # fmt: skip
    number, oldest = (await conn.execute(select(func.count(), func.min(table.c.received_at)).where(*where))).one()
    return Group("orders", "Orders", number, ms(oldest), findings)


async def _parked(conn: AsyncConnection) -> Group:
    table = outbox
    where = (table.c.tenant == TENANT, table.c.parked_at.is_not(None))
    rows = await conn.execute(
        select(table.c.parked_at, table.c.topic, table.c.key, table.c.message_id, table.c.attempts, table.c.error)
        .where(*where).order_by(table.c.message_id.desc()).limit(LISTED)
    )  # fmt: skip
    findings = [
        Finding(ms(row.parked_at) or 0, f"Message {row.message_id} of {row.topic} is parked", row.error,
                "remove the cause and release it, or discard it: central parked --help",
                f"for {row.key}, tried {row.attempts} times")
        for row in rows
    ]  # fmt: skip
    number, oldest = (await conn.execute(select(func.count(), func.min(table.c.parked_at)).where(*where))).one()
    return Group("parked", "Parked messages", number, ms(oldest), findings)


async def _dead_letters(conn: AsyncConnection) -> Group:
    table = dead_letter
    where = (table.c.tenant == TENANT,)
    rows = await conn.execute(
        select(table.c.received_at, table.c.location, table.c.box, table.c.seq, table.c.reason,
               func.length(table.c.body).label("size"))
        .where(*where).order_by(table.c.received_at.desc()).limit(LISTED)
    )  # fmt: skip
    findings = [
        Finding(ms(row.received_at) or 0, f"Entry {row.seq} of {row.location} has no effect", row.reason,
                "bring the centre up to the box's version, or correct the stock by hand; the entry itself is kept",
                f"box {row.box} · {row.size} bytes", f"/console/fleet?view=all&location={row.location}")
        for row in rows
    ]  # fmt: skip
    number, oldest = (await conn.execute(select(func.count(), func.min(table.c.received_at)).where(*where))).one()
    return Group("dead-letters", "Dead letters", number, ms(oldest), findings)
