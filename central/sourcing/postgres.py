"""What a sourcing run reads: every location, what may be promised there, and what is spoken for."""

import asyncio
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.fleet.calendar_rows import CALENDAR_COLUMNS, Calendar, read_calendar
from central.fleet.tables import BELIEVED, EDGE, UNVERIFIED, WAREHOUSE
from central.inventory import postgres as inventory
from central.platform.tables import TENANT
from central.sourcing.domain import Load, OpeningHours, Place
from retail.errors import Refused

_PLACES = text(
    f"""
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
          AND t.offered_at AT TIME ZONE z.name >= date_trunc('day', now() AT TIME ZONE z.name)
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
    SELECT l.location, l.name, l.kind, l.backing, l.open_for_orders, l.closed_reason, l.ships, l.pickups,
           l.lat, l.lon, l.coordinate_state, l.currency, l.country, l.capacity_units_per_day, l.zone,
           l.groups, l.delivery_services, l.certifications,
           {CALENDAR_COLUMNS},
           k.box IS NOT NULL AS has_box,
           coalesce(b.last_hello_at < now() - make_interval(secs => :silent_s), true) AS silent,
           (extract(epoch FROM b.last_hello_at) * 1000)::bigint AS heard_ms, w.*
    FROM location l
    LEFT JOIN store_link k ON k.tenant = l.tenant AND k.location = l.location
    LEFT JOIN box b ON b.tenant = k.tenant AND b.box = k.box
    LEFT JOIN (
        SELECT tenant AS w_tenant, location AS w_location, units, ship_day, pickup_day, ship_hour, pickup_hour, rejects
        FROM work
    ) w ON w.w_tenant = l.tenant AND w.w_location = l.location
    WHERE l.tenant = :tenant
    ORDER BY l.location
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
    rows = await conn.execute(_PLACES, {"tenant": TENANT, "silent_s": silent_s, "movable": list(movable)})
    places = []
    for number, row in enumerate(rows):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        known = row.coordinate_state in (BELIEVED, UNVERIFIED)
        limit = row.capacity_units_per_day
        calendar = _calendar(row)
        places.append(
            Place(
                location=row.location,
                name=row.name,
                is_warehouse=row.kind == WAREHOUSE,
                has_box=row.has_box and row.backing == EDGE,
                closed="" if row.open_for_orders else row.closed_reason or "closed for orders",
                silent=row.silent,
                ships=row.ships,
                hands_over=row.pickups,
                lat=row.lat if known else None,
                lon=row.lon if known else None,
                currency=row.currency,
                country=row.country,
                capacity=None if limit is None else limit - int(row.units or 0),
                zone=row.time_zone or "UTC",
                groups=frozenset({row.zone, *row.groups}),
                offline_since_ms=row.heard_ms if row.silent else None,
                rejects=row.rejects or 0,
                load=Load(
                    *(int(units or 0) for units in (row.ship_day, row.pickup_day, row.ship_hour, row.pickup_hour))
                ),
                hours=None if calendar is None else OpeningHours.of(calendar.hours),
                collections={} if calendar is None else calendar.collections,
                delivery_services=frozenset(row.delivery_services),
                certifications=frozenset(row.certifications),
            )
        )
    return tuple(places)


def _calendar(row: Any) -> Calendar | None:
    """None where it is not known, or cannot be: one location must not end all sourcing."""
    try:
        return read_calendar(row)
    except Refused:
        return None
