"""Changes of stock that begin at the centre, and what may be promised.

Every function works in the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.fleet.tables import location as location_table
from central.inventory import postgres
from central.inventory.domain import Discrepancy, StockAt, network_available
from central.platform import audit, downlink
from central.platform.tables import TENANT
from retail.clock import Clock, business_day
from retail.errors import Refused
from retail.ids import IdSource
from sync_protocol.body import encode_body
from sync_protocol.effects import stock_moves
from sync_protocol.errors import BodyError
from sync_protocol.events import ADJUSTMENT_REASONS, TIME_SYNCED, AdjustmentLine, Event, StockAdjusted
from sync_protocol.streams import FOREIGN, ForeignDelta, ForeignEntry

CUTOVER_HOUR = 0
"""The centre's own bookings belong to the calendar day of the location."""
FINDINGS_MAX = 100


@dataclass(frozen=True)
class Availability:
    """What may be promised of one SKU: in the whole network, and at each location that ever had it."""

    sku: str
    available: int
    wanted: int
    places: Sequence[StockAt]


async def adjust_stock(
    conn: AsyncConnection,
    location: str,
    lines: Sequence[AdjustmentLine],
    reason: str,
    ids: IdSource,
    clock: Clock,
    staff: str,
    note: str = "",
) -> None:
    """Add ``lines`` to the sellable stock of ``location`` (negative takes away) and tell its box.

    The centre makes the event: it goes into the centre's own log for that location, takes effect here, and reaches the
    box by the stream ``foreign``, which applies it once by its id. What is too much for one event becomes several.
    Raises :class:`Refused` for an unknown location or reason and for a line that no event can hold.
    """
    if reason not in ADJUSTMENT_REASONS:
        raise Refused("reason", f"{reason[:20]!r} is not a reason", f"give one of {', '.join(ADJUSTMENT_REASONS)}")
    now_ms = clock.now_ms()
    day = business_day(now_ms, await _time_zone(conn, location), CUTOVER_HOUR)
    await _book(
        conn, location, Event(StockAdjusted(tuple(lines), reason, note), now_ms, TIME_SYNCED, "", staff, day), ids
    )
    await audit.record(
        conn, staff, "stock.adjust", f"location/{location}", {"reason": reason, "lines": len(lines), "note": note}
    )


async def availability(conn: AsyncConnection, skus: Collection[str]) -> Mapping[str, Availability]:
    """What may be promised of each of ``skus``."""
    places: dict[str, list[StockAt]] = {sku: [] for sku in skus}
    for place in await postgres.stock_at(conn, skus):
        places[place.sku].append(place)
    wanted = await postgres.wanted(conn, skus)
    return {
        sku: Availability(sku, network_available(found, wanted.get(sku, 0)), wanted.get(sku, 0), found)
        for sku, found in places.items()
    }


async def check_stock(conn: AsyncConnection) -> list[Discrepancy]:
    """Everything that contradicts the conservation of stock; empty is how it must be."""
    return await postgres.check(conn, FINDINGS_MAX)


async def _book(conn: AsyncConnection, location: str, happened: Event, ids: IdSource) -> None:
    """Book one event, or the halves of one that is too large."""
    assert isinstance(happened.payload, StockAdjusted)
    lines = happened.payload.lines
    if not lines:
        return
    try:
        body = encode_body(happened)
    except BodyError as error:
        if len(lines) == 1:
            raise Refused("lines", str(error), "correct the line") from error
        half = len(lines) // 2
        for part in (lines[:half], lines[half:]):
            payload = StockAdjusted(part, happened.payload.reason, happened.payload.note)
            await _book(conn, location, _with_payload(happened, payload), ids)
        return
    event_id = ids.uuid7()
    await postgres.append_own_event(conn, location, event_id, happened, body)
    await postgres.move(conn, location, event_id, happened, stock_moves(happened))
    await downlink.append(conn, location, FOREIGN, ForeignDelta((ForeignEntry(event_id, body),)))


def _with_payload(happened: Event, payload: StockAdjusted) -> Event:
    return Event(
        payload, happened.at_ms, happened.time_quality, happened.register, happened.staff, happened.business_day
    )


async def _time_zone(conn: AsyncConnection, location: str) -> str:
    query = select(location_table.c.time_zone).where(
        location_table.c.tenant == TENANT, location_table.c.location == location
    )
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise Refused("location", f"{location[:40]!r} is not known", "import the network first, or correct the key")
    return row.time_zone or "UTC"
