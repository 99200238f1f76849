"""What promises read: the network with its calendars, how busy it is, and the stock of a cart's SKUs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.fleet.calendar_rows import CALENDAR_COLUMNS, read_calendar
from central.fleet.tables import BELIEVED, EDGE, UNVERIFIED, WAREHOUSE
from central.platform.tables import TENANT
from central.sourcing.domain import Work
from central.sourcing.postgres import read_work
from central.sourcing.promises.domain import Stock
from central.sourcing.promises.network import NEVER_OPEN, Load, Site
from retail.errors import Refused

_VERSION = text(
    """
    SELECT concat_ws('/',
        (SELECT sum(hashtextextended(l::text, 0)::numeric) FROM location l WHERE tenant = :tenant),
        (SELECT sum(hashtextextended(k::text, 0)::numeric) FROM store_link k WHERE tenant = :tenant),
        (SELECT sum(hashtextextended(d::text, 0)::numeric) FROM location_day d WHERE tenant = :tenant),
        (SELECT sum(hashtextextended(c::text, 0)::numeric) FROM location_collection c WHERE tenant = :tenant))
    """
)

_SITES = text(
    f"""
    SELECT l.location, l.name, l.city, l.kind, l.backing, l.open_for_orders, l.closed_reason, l.ships, l.pickups,
           l.lat, l.lon, l.coordinate_state, l.currency, l.country, l.capacity_units_per_day,
           k.box IS NOT NULL AS has_box, {CALENDAR_COLUMNS}
    FROM location l LEFT JOIN store_link k ON k.tenant = l.tenant AND k.location = l.location
    WHERE l.tenant = :tenant ORDER BY l.location
    """
)

# The view of the stock is that of `central.inventory.postgres.stock_at`, which a test holds it to. It is put together
# here, as rows of one SKU come as two arrays: joined by the database, they would take three times as long.
_CART = text(
    """
    SELECT i.sku, i.weight_g, i.withdrawn, s.locations, s.quantities, c.places, c.claims, d.doubted, d.said,
           coalesce((SELECT w.quantity FROM reservation_balance w WHERE w.tenant = i.tenant AND w.sku = i.sku
                     AND w.location = '' AND w.state = 'wanted'), 0) AS wanted
    FROM item i
    LEFT JOIN LATERAL (
        SELECT array_agg(b.location) AS locations, array_agg(b.quantity) AS quantities FROM stock_balance b
        WHERE b.tenant = i.tenant AND b.sku = i.sku AND b.state = 'sellable' AND b.quantity <> 0
    ) s ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(r.location) AS places, array_agg(r.quantity) AS claims FROM reservation_balance r
        WHERE r.tenant = i.tenant AND r.sku = i.sku AND r.state = 'offered' AND r.location <> '' AND r.quantity <> 0
    ) c ON true
    LEFT JOIN (
        SELECT k.sku, array_agg(k.location) AS doubted, array_agg(k.available) AS said FROM stock_doubt k
        WHERE k.tenant = :tenant AND k.sku = ANY(:skus) AND NOT EXISTS (
            SELECT 1 FROM stock_balance b WHERE b.tenant = k.tenant AND b.location = k.location AND b.sku = k.sku
            AND b.state = 'sellable' AND b.changed_at > k.at)
        GROUP BY k.sku
    ) d ON d.sku = i.sku
    WHERE i.tenant = :tenant AND i.sku = ANY(:skus)
    """
)


Units = tuple[Sequence[str], Sequence[int]]
"""Locations, and units at each of them; a location may come several times."""


@dataclass(frozen=True, slots=True)
class Goods:
    """A SKU of the cart: the weight of one unit, whether it is no longer sold, and units that orders without a place
    claim; by location what is ``sellable``, what is ``claimed`` of it, and the ``doubts`` that hold."""

    weight_g: int
    withdrawn: bool
    wanted: int
    sellable: Units
    claimed: Units
    doubts: Units


async def read_version(conn: AsyncConnection) -> str:
    """A digest of everything that :func:`read_sites` reads: it changes with any of it, whoever changed it."""
    version: str = (await conn.execute(_VERSION, {"tenant": TENANT})).scalar_one()
    return version


async def read_sites(conn: AsyncConnection) -> list[Site]:
    """Every location with its calendar, by key."""
    return [_site(row) for row in await conn.execute(_SITES, {"tenant": TENANT})]


async def read_load(conn: AsyncConnection, index: Mapping[str, int], silent_s: float) -> Load:
    """How busy the locations of ``index`` are, counted as sourcing counts it; a location that the index knows and the
    database does not is silent."""
    work = await read_work(conn, silent_s)
    now = [work.get(location, Work()) for location in index]
    return Load(np.array([each.silent for each in now], np.bool_), np.array([each.units for each in now], np.int64))


async def read_goods(conn: AsyncConnection, skus: Sequence[str]) -> dict[str, Goods]:
    """Those of ``skus`` that the catalogue knows, with the stock that orders see."""
    return {
        row.sku: Goods(
            row.weight_g,
            row.withdrawn,
            row.wanted,
            (row.locations or (), row.quantities or ()),
            (row.places or (), row.claims or ()),
            (row.doubted or (), row.said or ()),
        )
        for row in await conn.execute(_CART, {"tenant": TENANT, "skus": list(skus)})
    }


def stock_of(goods: Mapping[str, Goods], index: Mapping[str, int]) -> Stock:
    """The stock in arrays; locations that the ``index`` does not know yet are left out."""
    available = np.zeros((len(goods), len(index)), np.int64)
    for row, each in zip(available, goods.values(), strict=True):
        columns, units = _columns(each.sellable, index)
        if len(set(columns)) == len(columns):
            row[columns] = units
        else:  # several lots or serial numbers
            np.add.at(row, columns, units)
        columns, units = _columns(each.doubts, index)
        row[columns] = np.minimum(row[columns], units)
        columns, units = _columns(each.claimed, index)
        row[columns] -= units
        np.maximum(row, 0, out=row)
    return Stock(
        {sku: row for row, sku in enumerate(goods)},
        available,
        np.array([each.wanted for each in goods.values()], np.int64),
        np.array([each.weight_g for each in goods.values()], np.int64),
    )


def _columns(units: Units, index: Mapping[str, int]) -> tuple[list[int], NDArray[np.int64]]:
    locations, counts = units
    try:
        return list(map(index.__getitem__, locations)), np.array(counts, np.int64)
    except KeyError:
        known = [(index[at], count) for at, count in zip(locations, counts, strict=True) if at in index]
        return [column for column, _ in known], np.array([count for _, count in known], np.int64)


def _site(row: Any) -> Site:
    known = row.coordinate_state in (BELIEVED, UNVERIFIED)
    unusable = _unusable(row)
    calendar = None
    try:
        calendar = read_calendar(row)
        if calendar is None:
            unusable = unusable or "takes no orders: its time zone or opening hours are not known"
    except Refused as error:  # somebody wrote them by hand: one location must not end all promises
        unusable = unusable or f"takes no orders: its calendar cannot be used, as {error.problem}"
    return Site(
        location=row.location,
        name=row.name,
        city=row.city,
        is_warehouse=row.kind == WAREHOUSE,
        unusable=unusable,
        ships=row.ships,
        hands_over=row.pickups,
        lat=row.lat if known else None,
        lon=row.lon if known else None,
        currency=row.currency,
        country=row.country,
        units_per_day=row.capacity_units_per_day,
        hours=NEVER_OPEN if calendar is None else calendar.hours,
        collections={} if calendar is None else calendar.collections,
    )


def _unusable(row: Any) -> str:
    if not row.has_box or row.backing != EDGE:
        return "has no box: it is known, but nobody there can be asked"
    if not row.open_for_orders:
        return f"takes no orders: {row.closed_reason or 'it is closed for orders'}"
    return ""
