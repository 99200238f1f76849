"""The stock in the database: ledger, balances, claims, doubts. Every function works in the caller's transaction."""

import datetime
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.fleet.tables import watermark
from central.inventory.domain import Discrepancy, StockAt
from central.inventory.tables import (
    NOWHERE,
    WANTED,
    reservation_balance,
    reservation_entry,
    stock_balance,
    stock_doubt,
    stock_move,
)
from central.platform.event_log import CENTRE_BOX, event, log_entry
from central.platform.tables import TENANT
from sync_protocol import chain
from sync_protocol.effects import STATES, Move
from sync_protocol.events import Event

_STOCK_AT = text(
    """
    WITH sellable AS (
        SELECT location, sku, sum(quantity) AS quantity, max(changed_at) AS changed_at
        FROM stock_balance WHERE tenant = :tenant AND sku = ANY(:skus) AND state = 'sellable'
        GROUP BY location, sku
    ), claimed AS (
        SELECT location, sku, quantity FROM reservation_balance
        WHERE tenant = :tenant AND sku = ANY(:skus) AND state = 'offered' AND location <> ''
    )
    SELECT location, sku, coalesce(s.quantity, 0)::bigint AS sellable, coalesce(c.quantity, 0) AS claimed,
           CASE WHEN d.at >= coalesce(s.changed_at, d.at) THEN d.available END AS doubt, s.changed_at
    FROM sellable s FULL JOIN claimed c USING (location, sku)
    LEFT JOIN (SELECT * FROM stock_doubt WHERE tenant = :tenant) d USING (location, sku)
    ORDER BY location, sku
    """
)


@dataclass(frozen=True)
class ClaimEntry:
    """An entry of the reservation ledger; ``state`` is one of those of :mod:`central.inventory.tables`."""

    order_line: UUID
    sku: str
    location: str
    state: str
    quantity: int
    reason: str


async def append_own_event(conn: AsyncConnection, location: str, event_id: UUID, happened: Event, body: bytes) -> None:
    """Write an event of the centre's own making into its log for ``location``, under :data:`CENTRE_BOX`."""
    mark = watermark
    start = insert(mark).values(location=location, box=CENTRE_BOX, seq=0, hash=chain.seed(CENTRE_BOX))
    locked = start.on_conflict_do_update(constraint=mark.primary_key, set_={"seq": mark.c.seq})
    last = (await conn.execute(locked.returning(mark.c.seq, mark.c.hash))).one()
    seq = last.seq + 1
    digest = chain.link(last.hash, CENTRE_BOX, seq, event_id, body)
    place = {"location": location, "box": CENTRE_BOX, "seq": seq}
    await conn.execute(insert(log_entry).values(**place, id=event_id, body=body, hash=digest))
    await conn.execute(
        update(mark)
        .where(mark.c.tenant == TENANT, mark.c.location == location, mark.c.box == CENTRE_BOX)
        .values(seq=seq, hash=digest)
    )
    await conn.execute(
        insert(event).values(
            id=event_id, **place, kind=happened.kind, at_ms=happened.at_ms, time_quality=happened.time_quality,
            business_day=_day(happened), register=happened.register, staff=happened.staff,
        )
    )  # fmt: skip


async def move(conn: AsyncConnection, location: str, event_id: UUID, happened: Event, moves: Sequence[Move]) -> None:
    """Write ``moves`` into the ledger and bring the balances up to date."""
    if not moves:
        return
    await conn.execute(
        insert(stock_move),
        [
            {
                "event_id": event_id, "location": location, **moved._asdict(), "business_day": _day(happened),
                "staff": happened.staff, "at_ms": happened.at_ms,
            }
            for moved in moves
        ],
    )  # fmt: skip
    change: Counter[tuple[str, str, str, str]] = Counter()
    for moved in moves:
        change[moved.sku, moved.source, moved.lot, moved.serial] -= moved.quantity
        change[moved.sku, moved.target, moved.lot, moved.serial] += moved.quantity
    statement = insert(stock_balance)
    added = {"quantity": stock_balance.c.quantity + statement.excluded.quantity, "changed_at": func.now()}
    await conn.execute(
        statement.on_conflict_do_update(constraint=stock_balance.primary_key, set_=added),
        [  # in the order of the key, as every writer of balances, so that two never wait for each other
            {"location": location, "sku": sku, "state": state, "lot": lot, "serial": serial, "quantity": quantity}
            for (sku, state, lot, serial), quantity in sorted(change.items())
        ],
    )


async def claim(conn: AsyncConnection, entries: Sequence[ClaimEntry]) -> None:
    """Write ``entries`` into the reservation ledger and bring its balances up to date."""
    rows = [
        {
            "order_line": entry.order_line, "sku": entry.sku, "location": entry.location, "state": entry.state,
            "quantity": entry.quantity, "reason": entry.reason,
        }
        for entry in entries
    ]  # fmt: skip
    if not rows:
        return
    await conn.execute(insert(reservation_entry), rows)
    change: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        change[entry.sku, entry.location, entry.state] += entry.quantity
    statement = insert(reservation_balance)
    added = {"quantity": reservation_balance.c.quantity + statement.excluded.quantity}
    await conn.execute(
        statement.on_conflict_do_update(constraint=reservation_balance.primary_key, set_=added),
        [
            {"sku": sku, "location": location, "state": state, "quantity": quantity}
            for (sku, location, state), quantity in sorted(change.items())
        ],
    )


async def doubt(conn: AsyncConnection, location: str, sku: str, available: int, event_id: UUID) -> None:
    """Note that ``location`` says it has only ``available`` of ``sku``. Holds until its next movement there."""
    statement = insert(stock_doubt).values(location=location, sku=sku, available=available, event_id=event_id)
    excluded = statement.excluded
    await conn.execute(
        statement.on_conflict_do_update(
            constraint=stock_doubt.primary_key,
            set_={"available": excluded.available, "event_id": excluded.event_id, "at": func.now()},
        )
    )


async def stock_at(conn: AsyncConnection, skus: Collection[str]) -> list[StockAt]:
    """What every location has of ``skus``; locations that never had any are left out."""
    rows = await conn.execute(_STOCK_AT, {"tenant": TENANT, "skus": list(skus)})
    return [StockAt(*row) for row in rows]


async def wanted(conn: AsyncConnection, skus: Collection[str]) -> dict[str, int]:
    """How much of ``skus`` is claimed by orders without a place yet; SKUs that nobody wants are left out."""
    table = reservation_balance
    query = select(table.c.sku, table.c.quantity).where(
        table.c.tenant == TENANT,
        table.c.sku.in_(skus),
        table.c.location == NOWHERE,
        table.c.state == WANTED,
        table.c.quantity != 0,
    )
    return {row.sku: row.quantity for row in await conn.execute(query)}


_CHECKS = {
    "a balance differs from the sum of its moves": """
        WITH sums AS (
            SELECT location, sku, state, lot, serial, sum(quantity) AS quantity FROM (
                SELECT location, sku, target AS state, lot, serial, quantity FROM stock_move WHERE tenant = :tenant
                UNION ALL
                SELECT location, sku, source, lot, serial, -quantity FROM stock_move WHERE tenant = :tenant
            ) sides GROUP BY location, sku, state, lot, serial
        )
        SELECT concat_ws('/', location, sku, state, nullif(lot, ''), nullif(serial, '')) AS account,
               format('the balance is %s, the moves give %s', coalesce(b.quantity, 0), coalesce(s.quantity, 0))
        FROM sums s
        FULL JOIN (SELECT * FROM stock_balance WHERE tenant = :tenant) b USING (location, sku, state, lot, serial)
        WHERE coalesce(s.quantity, 0) <> coalesce(b.quantity, 0)
    """,
    "a move leads from or to a state that does not exist": """
        SELECT concat_ws('/', location, sku) AS account, format('%s to %s', source, target) AS detail
        FROM stock_move WHERE tenant = :tenant AND NOT (source = ANY(:states) AND target = ANY(:states))
    """,
    "a move belongs to no event": """
        SELECT concat_ws('/', m.location, m.sku) AS account, 'event ' || m.event_id AS detail
        FROM stock_move m LEFT JOIN event e ON e.tenant = m.tenant AND e.id = m.event_id AND e.location = m.location
        WHERE m.tenant = :tenant AND e.id IS NULL
    """,
    "a reservation balance differs from the sum of its entries": """
        WITH sums AS (
            SELECT sku, location, state, sum(quantity) AS quantity FROM reservation_entry WHERE tenant = :tenant
            GROUP BY sku, location, state
        )
        SELECT concat_ws('/', sku, nullif(location, ''), state) AS account,
               format('the balance is %s, the entries give %s', coalesce(b.quantity, 0), coalesce(s.quantity, 0))
        FROM sums s FULL JOIN (SELECT * FROM reservation_balance WHERE tenant = :tenant) b USING (sku, location, state)
        WHERE coalesce(s.quantity, 0) <> coalesce(b.quantity, 0)
    """,
}


async def check(conn: AsyncConnection, limit: int) -> list[Discrepancy]:
    """Everything that contradicts the conservation of stock, at most ``limit`` findings of each kind."""
    found = []
    for what, query in _CHECKS.items():
        rows = await conn.execute(
            text(f"{query} ORDER BY 1 LIMIT :limit"), {"tenant": TENANT, "states": list(STATES), "limit": limit}
        )
        found += [Discrepancy(what, account, detail) for account, detail in rows]
    return found


def _day(happened: Event) -> datetime.date:
    return datetime.date.fromisoformat(happened.business_day)
