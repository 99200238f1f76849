"""What a sourcing run reads: every location, what may be promised there, and what is spoken for."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.fleet.calendar_rows import CALENDAR_COLUMNS, Calendar, read_calendar
from central.fleet.tables import BELIEVED, EDGE, UNVERIFIED, WAREHOUSE
from central.inventory import postgres as inventory
from central.platform.tables import TENANT
from central.sourcing.domain import Load, OpeningHours, Place, Work
from retail.errors import Refused

_NETWORK = text(
    f"""
    SELECT l.location, l.name, l.city, l.kind, l.backing, l.open_for_orders, l.closed_reason, l.ships, l.pickups,
           l.lat, l.lon, l.coordinate_state, l.currency, l.country, l.capacity_units_per_day, l.zone,
           l.groups, l.delivery_services, l.certifications,
           {CALENDAR_COLUMNS},
           k.box IS NOT NULL AS has_box
    FROM location l LEFT JOIN store_link k ON k.tenant = l.tenant AND k.location = l.location
    WHERE l.tenant = :tenant
    ORDER BY l.location
    """
)

# The one way in which a day's work is counted: since the midnight of the location's own clock. No local day is longer
# than 25 hours, and the index on the moment of the offer finds those of the last 26.
_WORK = text(
    """
    WITH asked AS (
        SELECT t.tenant, t.location, t.service, t.state, p.quantity,
               t.task_id <> ALL(CAST(:movable AS uuid[]))
                   AND t.state NOT IN ('rejected', 'withdrawn', 'released') AS stands,
               t.offered_at AT TIME ZONE z.name >= date_trunc('hour', now() AT TIME ZONE z.name) AS this_hour,
               row_number() OVER (PARTITION BY t.task_id) = 1 AS first
        FROM task t
        JOIN location o ON o.tenant = t.tenant AND o.location = t.location
        CROSS JOIN LATERAL (SELECT coalesce(o.time_zone, 'UTC') AS name) z
        JOIN task_line p ON p.tenant = t.tenant AND p.task_id = t.task_id
        WHERE t.tenant = :tenant AND t.offered_at > now() - interval '26 hours'
          AND t.offered_at >= date_trunc('day', now(), z.name)
    ), work AS (
        SELECT tenant, location,
               coalesce(sum(quantity) FILTER (WHERE stands), 0) AS units,
               coalesce(sum(quantity) FILTER (WHERE stands AND service = 'ship'), 0) AS ship_day,
               coalesce(sum(quantity) FILTER (WHERE stands AND service = 'pickup'), 0) AS pickup_day,
               coalesce(sum(quantity) FILTER (WHERE stands AND service = 'ship' AND this_hour), 0) AS ship_hour,
               coalesce(sum(quantity) FILTER (WHERE stands AND service = 'pickup' AND this_hour), 0) AS pickup_hour,
               count(*) FILTER (WHERE first AND state = 'rejected') AS rejects
        FROM asked GROUP BY tenant, location
    )
    SELECT l.location, h.silent,
           CASE WHEN h.silent THEN (extract(epoch FROM b.last_hello_at) * 1000)::bigint END AS silent_since_ms,
           coalesce(w.units, 0)::bigint AS units, coalesce(w.rejects, 0) AS rejects,
           coalesce(w.ship_day, 0)::bigint AS ship_day, coalesce(w.pickup_day, 0)::bigint AS pickup_day,
           coalesce(w.ship_hour, 0)::bigint AS ship_hour, coalesce(w.pickup_hour, 0)::bigint AS pickup_hour
    FROM location l
    LEFT JOIN store_link k ON k.tenant = l.tenant AND k.location = l.location
    LEFT JOIN box b ON b.tenant = k.tenant AND b.box = k.box
    LEFT JOIN work w ON w.tenant = l.tenant AND w.location = l.location
    CROSS JOIN LATERAL (
        SELECT coalesce(b.last_hello_at < now() - make_interval(secs => :silent_s), true) AS silent
    ) h
    WHERE l.tenant = :tenant AND (h.silent OR w.location IS NOT NULL)
    """
)

_REGIONS = text(
    """
    SELECT DISTINCT currency FROM customer_order
    WHERE tenant = :tenant AND status IN ('open', 'working') ORDER BY currency
    """
)

AT_ONCE = 500
"""Rows that are read before other work of the process gets its turn."""

SKUS_AT_ONCE = 8

_NO_LOAD = Load()


async def regions(conn: AsyncConnection) -> list[str]:
    """The regions that have unfinished orders. A region is a currency: nothing crosses from one to another, since an
    order is served in its own, and what a run costs is a sum of one currency's minor units."""
    return list((await conn.execute(_REGIONS, {"tenant": TENANT})).scalars())


async def read_available(conn: AsyncConnection, skus: Collection[str]) -> dict[tuple[str, str], int]:
    """What every location has of ``skus`` to promise; those that have none are left out."""
    found: dict[tuple[str, str], int] = {}
    wanted = sorted(skus)
    for first in range(0, len(wanted), SKUS_AT_ONCE):
        for each in await inventory.stock_at(conn, wanted[first : first + SKUS_AT_ONCE]):
            if each.available:
                found[each.location, each.sku] = each.available
        await asyncio.sleep(0)
    return found


async def read_places(conn: AsyncConnection, silent_s: float, movable: Collection[UUID] = ()) -> tuple[Place, ...]:
    """Every location; one whose box has not said hello for ``silent_s`` seconds is silent.

    Work that a location was asked for counts against its capacity of the day, which is its local one, but for the tasks
    ``movable``.
    """
    work = await read_work(conn, silent_s, movable)
    places = []
    for number, row in enumerate(await network_rows(conn)):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        places.append(work.get(row.location, Work()).at(place_of(row, _calendar(row))))
    return tuple(places)


async def read_work(conn: AsyncConnection, silent_s: float, movable: Collection[UUID] = ()) -> dict[str, Work]:
    """What locations have to do now, by their key, but for the tasks ``movable``: those that are busy or silent. Work
    belongs to the local day on which the location was asked for it."""
    rows = await conn.execute(_WORK, {"tenant": TENANT, "silent_s": silent_s, "movable": list(movable)})
    return {
        row.location: Work(
            row.silent,
            row.silent_since_ms,
            row.units,
            row.rejects,
            Load(row.ship_day, row.pickup_day, row.ship_hour, row.pickup_hour) if row.units else _NO_LOAD,
        )
        for row in rows
    }


async def network_rows(conn: AsyncConnection) -> Sequence[Any]:
    """Every location as the database has it, by key, for :func:`place_of`."""
    return (await conn.execute(_NETWORK, {"tenant": TENANT})).all()


def place_of(row: Any, calendar: Calendar | None) -> Place:
    """A location as it is apart from its work, with the capacity of a whole day."""
    known = row.coordinate_state in (BELIEVED, UNVERIFIED)
    return Place(
        location=row.location,
        name=row.name,
        is_warehouse=row.kind == WAREHOUSE,
        has_box=row.has_box and row.backing == EDGE,
        closed="" if row.open_for_orders else row.closed_reason or "closed for orders",
        silent=False,
        ships=row.ships,
        hands_over=row.pickups,
        lat=row.lat if known else None,
        lon=row.lon if known else None,
        currency=row.currency,
        country=row.country,
        capacity=row.capacity_units_per_day,
        zone=row.time_zone or "UTC",
        groups=frozenset({row.zone, *row.groups}),
        hours=None if calendar is None else OpeningHours.of(calendar.hours),
        collections={} if calendar is None else calendar.collections,
        delivery_services=frozenset(row.delivery_services),
        certifications=frozenset(row.certifications),
    )


def _calendar(row: Any) -> Calendar | None:
    """None where it is not known, or cannot be: one location must not end all sourcing."""
    try:
        return read_calendar(row)
    except Refused:
        return None
