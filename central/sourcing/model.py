"""The optimiser's arrays for a snapshot: costs by the tariff, and why a location may not serve an order. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from central.sourcing.domain import PICKUP, SHIP, BidPrices, CapacityPrice, OpenOrder, Place, Snapshot, StockPrice
from central.sourcing.tariff import Tariff, miles, zones
from routing.problem import Prices, Problem, Reason
from routing.terms import LineTerm

UNLIMITED_UNITS = 10**9
"""Capacity of a location that has no stated limit."""

PRICES_MAX = 20_000
"""Prices that a run hands on; beyond that the lowest are left out, as if nobody contested what they stand for."""

NO_BOX, CLOSED, SILENT, NO_SHIPPING, NO_PICKUP, UNKNOWN_PLACE, ABROAD, REFUSED_LINE, ELSEWHERE = range(1, 10)
REASONS = (
    Reason(""),
    Reason("has no box: it is known, but nobody there can be asked"),
    Reason("takes no orders"),
    Reason("has been silent for too long"),
    Reason("does not ship"),
    Reason("does not hand over orders"),
    Reason("has no coordinates that can be believed", priced=False),
    Reason("is in another country or currency"),
    Reason("was asked for it before and could not"),
    Reason("is not where the order is collected"),
)
"""Why a location may not serve; the codes above are the indices."""


@dataclass(frozen=True)
class Index:
    """Where SKUs and locations are in the arrays. ``order_ptr`` (O + 1,) as in the problem."""

    skus: tuple[str, ...]
    sku: Mapping[str, int]
    place: Mapping[str, int]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Index":
        """The index of the SKUs that are asked for and of all locations."""
        skus = tuple(sorted({line.sku for order in snapshot.orders for line in order.lines}))
        return cls(
            skus,
            {sku: number for number, sku in enumerate(skus)},
            {place.location: number for number, place in enumerate(snapshot.places)},
        )


def problem_of(snapshot: Snapshot, index: Index, tariff: Tariff, prices: Prices | None = None) -> Problem:
    """The question in arrays. There must be orders and places."""
    places, orders = snapshot.places, snapshot.orders
    lines = [line for order in orders for line in order.lines]
    stock = np.zeros((len(index.skus), len(places)), np.int32)
    for (location, sku), units in snapshot.available.items():
        if location in index.place and sku in index.sku:
            stock[index.sku[sku], index.place[location]] = min(max(units, 0), UNLIMITED_UNITS)
    kind = np.array([int(place.is_warehouse) for place in places])
    quantities = np.array([line.quantity for line in lines], np.int64)
    zone = _zones(orders, places)
    ships = np.array([order.service == SHIP for order in orders])[:, None]
    return Problem(
        order_ptr=np.concatenate(([0], np.cumsum([len(order.lines) for order in orders]))),
        line_sku=np.array([index.sku[line.sku] for line in lines], np.int64),
        line_qty=quantities,
        backorder=np.array([tariff.backorder_per_line + max(line.amount, 0) for line in lines], np.int64),
        stock=stock,
        capacity=np.array(
            [UNLIMITED_UNITS if place.capacity is None else max(place.capacity, 0) for place in places], np.int64
        ),
        blocked=_blocked(orders, places, index),
        reasons=REASONS,
        package_terms={
            "shipping": np.where(ships, np.array(tariff.package_by_zone, np.int32)[zone], 0),
            "packing": np.array(tariff.packing)[kind],
        },
        line_terms={
            "weight": LineTerm(
                np.where(ships, np.array(tariff.kg_by_zone, np.int32)[zone], 0),
                "order",
                np.array([line.weight_g * line.quantity for line in lines], np.int64) / 1000,
            ),
            "handling": LineTerm(np.array(tariff.handling_per_unit)[kind], "location", quantities),
            "last units": LineTerm(_last_units(stock, kind, tariff), "sku", quantities),
        },
        line_blocked=_refused_lines(orders, places, index),
        pickup=np.array([index.place.get(order.pickup_location, -1) if order.service == PICKUP else -1
                         for order in orders]),
        prices=prices or Prices(),
    )  # fmt: skip


def prices_of(bids: BidPrices, index: Index) -> Prices:
    """Stored prices as the optimiser's arrays; those of SKUs and locations that are not asked about are left out."""
    if not bids.count:
        return Prices()
    stock = np.zeros((len(index.skus), len(index.place)))
    for bid in bids.stock:
        if bid.sku in index.sku and bid.location in index.place:
            stock[index.sku[bid.sku], index.place[bid.location]] = bid.cents
    capacity = np.zeros(len(index.place))
    for room in bids.capacity:
        if room.location in index.place:
            capacity[index.place[room.location]] = room.cents
    return Prices(stock, capacity)


def bids_of(prices: Prices, snapshot: Snapshot, index: Index) -> BidPrices:
    """The optimiser's duals that are not zero, the dearest :data:`PRICES_MAX` of them, with names."""
    stock: list[StockPrice] = []
    if prices.stock is not None:
        rows, columns = np.nonzero(prices.stock > 0)
        cents = prices.stock[rows, columns].astype(np.float64)
        dearest = np.sort(np.argsort(-cents, kind="stable")[:PRICES_MAX])
        stock = [
            StockPrice(index.skus[rows[each]], snapshot.places[columns[each]].location, float(cents[each]))
            for each in dearest.tolist()
        ]
    capacity: list[CapacityPrice] = []
    if prices.capacity is not None:
        capacity = [
            CapacityPrice(snapshot.places[place].location, float(prices.capacity[place]))
            for place in np.flatnonzero(prices.capacity > 0).tolist()
        ]
    return BidPrices(tuple(stock), tuple(capacity))


def _zones(orders: Sequence[OpenOrder], places: Sequence[Place]) -> NDArray[np.int8]:
    lat = np.array([np.nan if place.lat is None else place.lat for place in places])
    lon = np.array([np.nan if place.lon is None else place.lon for place in places])
    found = np.empty((len(orders), len(places)), np.int8)
    for number, order in enumerate(orders):
        to_lat = np.nan if order.lat is None else order.lat
        to_lon = np.nan if order.lon is None else order.lon
        found[number] = zones(miles(lat, lon, to_lat, to_lon))
    return found


def _blocked(orders: Sequence[OpenOrder], places: Sequence[Place], index: Index) -> NDArray[np.int8]:
    """(O, L): why a location may not serve the order, 0 if it may. The first that applies, the most lasting first."""

    def where(flags: Sequence[bool]) -> NDArray[np.bool_]:
        return np.array(flags, np.bool_)

    currency = np.array([place.currency for place in places])
    country = np.array([place.country for place in places])
    # The later assignment wins, so the most lasting reason comes last.
    shipping = np.zeros(len(places), np.int8)
    shipping[where([place.silent for place in places])] = SILENT
    shipping[where([place.lat is None or place.lon is None for place in places])] = UNKNOWN_PLACE
    shipping[where([not place.ships for place in places])] = NO_SHIPPING
    collecting = np.where(where([place.hands_over for place in places]), 0, NO_PICKUP).astype(np.int8)
    closed = where([bool(place.closed) for place in places])
    no_box = where([not place.has_box for place in places])
    codes = np.empty((len(orders), len(places)), np.int8)
    for number, order in enumerate(orders):
        row = codes[number]
        row[:] = collecting if order.service == PICKUP else shipping
        row[closed] = CLOSED
        abroad = currency != order.currency
        if order.country:
            abroad |= (country != "") & (country != order.country)
        row[abroad] = ABROAD
        row[no_box] = NO_BOX
        if order.service == PICKUP and order.pickup_location not in index.place:
            row[row == 0] = ELSEWHERE
    return codes


def _last_units(stock: NDArray[np.int32], kind: NDArray[np.int_], tariff: Tariff) -> NDArray[np.int32]:
    """A store's last units are dear: walk-in customers come for them, and the record is wrong most often there."""
    scarce = (stock <= tariff.last_units) & (kind[None] == 0)
    return np.where(scarce, tariff.last_unit_price, 0).astype(np.int32)


def _refused_lines(orders: Sequence[OpenOrder], places: Sequence[Place], index: Index) -> NDArray[np.int8] | None:
    lines = [line for order in orders for line in order.lines]
    if not any(line.excluded for line in lines):
        return None
    codes = np.zeros((len(lines), len(places)), np.int8)
    for number, line in enumerate(lines):
        for location in line.excluded:
            if location in index.place:
                codes[number, index.place[location]] = REFUSED_LINE
    return codes
