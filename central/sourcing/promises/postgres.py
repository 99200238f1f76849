"""What promises read beside what sourcing reads: the network's calendars, and the stock of a cart's SKUs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.catalog.tables import DEFAULT_PRICE_LIST
from central.fleet.calendar_rows import read_calendar
from central.platform.tables import TENANT
from central.sourcing.postgres import network_rows, place_of
from central.sourcing.promises.cart import Item, Stock
from central.sourcing.promises.network import NEVER_OPEN, Site
from retail.catalogue import GRAMS_PER_PRICE
from retail.errors import Refused
from retail.quantity import Unit

_VERSION = text(
    """
    SELECT concat_ws('/',
        (SELECT sum(hashtextextended(l::text, 0)::numeric) FROM location l WHERE tenant = :tenant),
        (SELECT sum(hashtextextended(k::text, 0)::numeric) FROM store_link k WHERE tenant = :tenant),
        (SELECT sum(hashtextextended(d::text, 0)::numeric) FROM location_day d WHERE tenant = :tenant),
        (SELECT sum(hashtextextended(c::text, 0)::numeric) FROM location_collection c WHERE tenant = :tenant))
    """
)

# The view of the stock is that of `central.inventory.postgres.stock_at`, which a test holds it to. It is put together
# here, as rows of one SKU come as two arrays: joined by the database, they would take three times as long.
_CART = text(
    """
    SELECT i.sku, i.weight_g, i.withdrawn, i.unit, i.age_minimum, i.hazard, i.tags,
           (SELECT jsonb_object_agg(p.currency, p.price) FROM price p WHERE p.tenant = i.tenant
            AND p.price_list = :price_list AND p.sku = i.sku AND p.effective_ms = 0) AS prices,
           s.locations, s.quantities, c.places, c.claims, d.doubted, d.said,
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
    """A SKU of the cart: what the catalogue says of it, whether it is no longer sold, and units that orders without a
    place claim; by location what is ``sellable``, what is ``claimed`` of it, and the ``doubts`` that hold."""

    item: Item
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
    return [_site(row) for row in await network_rows(conn)]


async def read_goods(conn: AsyncConnection, skus: Sequence[str]) -> dict[str, Goods]:
    """Those of ``skus`` that the catalogue knows, with the stock that orders see."""
    return {
        row.sku: Goods(
            Item(
                row.weight_g,
                row.age_minimum,
                row.hazard,
                row.prices or {},
                GRAMS_PER_PRICE if row.unit == Unit.GRAM.value else 1,
                frozenset(row.tags),
            ),
            row.withdrawn,
            row.wanted,
            (row.locations or (), row.quantities or ()),
            (row.places or (), row.claims or ()),
            (row.doubted or (), row.said or ()),
        )
        for row in await conn.execute(_CART, {"tenant": TENANT, "skus": list(skus), "price_list": DEFAULT_PRICE_LIST})
    }


def stock_of(goods: Mapping[str, Goods], index: Mapping[str, int]) -> Stock:
    """The stock in arrays; locations that the ``index`` does not know yet are left out."""
    available = np.zeros((len(goods), len(index)), np.int64)
    for row, each in zip(available, goods.values(), strict=True):
        np.add.at(row, *_columns(each.sellable, index))  # a location comes once for each of its lots
        if each.doubts[0]:
            columns, units = _columns(each.doubts, index)
            row[columns] = np.minimum(row[columns], units)
        if each.claimed[0]:
            columns, units = _columns(each.claimed, index)
            row[columns] -= units
        np.maximum(row, 0, out=row)
    return Stock(
        {sku: row for row, sku in enumerate(goods)},
        available,
        np.array([each.wanted for each in goods.values()], np.int64),
        tuple(each.item for each in goods.values()),
    )


def _columns(units: Units, index: Mapping[str, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where in the ``index`` they are, and how many."""
    locations, counts = units
    columns = np.fromiter(map(index.get, locations, repeat(-1)), np.int64, len(locations))
    found, known = (columns, np.array(counts, np.int64)), columns >= 0
    return found if known.all() else (found[0][known], found[1][known])


def _site(row: Any) -> Site:
    unusable, calendar = "", None
    try:
        calendar = read_calendar(row)
        if calendar is None:
            unusable = "takes no orders: its time zone or opening hours are not known"
    except Refused as error:  # somebody wrote them by hand: one location must not end all promises
        unusable = f"takes no orders: its calendar cannot be used, as {error.problem}"
    hours = NEVER_OPEN if calendar is None else calendar.hours
    return Site(place_of(row, calendar), row.city, unusable, hours)
