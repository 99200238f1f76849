"""The optimiser's arrays for a snapshot: costs by the tariff, everything that rules say by the rule set. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from central.sourcing.domain import SHIP, BidPrices, CapacityPrice, OpenOrder, Place, Snapshot, StockPrice
from central.sourcing.lateness import Due, lateness_cents
from central.sourcing.tariff import Tariff, miles, zones
from routing.problem import Prices, Problem
from routing.rules import scene
from routing.rules.compile import Compiled, compile_rules
from routing.rules.document import RuleSet
from routing.terms import LineTerm

UNLIMITED_UNITS = 10**9
"""Units beyond which a table does not count."""

PRICES_MAX = 20_000
"""Prices that a run hands on; beyond that the lowest are left out, as if nobody contested what they stand for."""

SHIP_POOL = "/ship"
POOLS = ("", SHIP_POOL, "/pickup")
"""What follows a location's key in the name of its capacity: in all, of orders sent, of orders collected."""


@dataclass(frozen=True)
class Index:
    """Where SKUs and locations are in the arrays; ``skus`` in their order there."""

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


def scene_place(place: Place) -> scene.Place:
    """A location as rules see it."""
    return scene.Place(
        place.location, place.name, place.has_box, place.closed, place.silent, place.ships, place.hands_over,
        place.lat, place.lon, place.currency, place.country, place.capacity,
        "warehouse" if place.is_warehouse else "store", place.groups, place.zone,
        offline_since_ms=place.offline_since_ms, rejects=place.rejects,
        load=scene.Load(place.load.ship_day, place.load.pickup_day, place.load.ship_hour, place.load.pickup_hour),
    )  # fmt: skip


def scene_of(snapshot: Snapshot, index: Index) -> scene.Scene:
    """What rules look at."""
    places = tuple(map(scene_place, snapshot.places))
    orders = tuple(
        scene.OpenOrder(
            str(order.order_id), order.service,
            tuple(
                scene.OpenLine(line.sku, line.quantity, line.amount, line.weight_g, line.tags, line.kit,
                               excluded=line.excluded)
                for line in order.lines
            ),
            order.pickup_location, order.lat, order.lon, order.country, order.currency, order.promise_ms,
            order.placed_ms, order.channel, order.region, order.postcode,
        )
        for order in snapshot.orders
    )  # fmt: skip
    units = np.zeros((len(index.skus), len(places)), np.int32)
    for (location, sku), count in snapshot.available.items():
        if location in index.place and sku in index.sku:
            units[index.sku[sku], index.place[location]] = min(max(count, 0), UNLIMITED_UNITS)
    return scene.Scene(places, orders, scene.Stock(index.skus, units))


def compiled_for(snapshot: Snapshot, index: Index, rules: RuleSet, now_ms: int) -> Compiled:
    """What the rules say about this snapshot at ``now_ms`` (milliseconds since 1970 UTC)."""
    return compile_rules(rules, scene_of(snapshot, index), now_ms)


def problem_of(snapshot: Snapshot, index: Index, tariff: Tariff, compiled: Compiled, due: Due | None = None) -> Problem:
    """The question in arrays. There must be orders and places. Without ``due`` lateness costs nothing."""
    places, orders = snapshot.places, snapshot.orders
    lines = [line for order in orders for line in order.lines]
    kind = np.array([int(place.is_warehouse) for place in places])
    quantities = np.array([line.quantity for line in lines], np.int64)
    zone, nearest = _zones(orders, places)
    ships = np.array([order.service == SHIP for order in orders])
    capacity, pool, leg = compiled.pools(ships)
    is_shared = bool((leg < 0).all())  # no limit holds for one service alone
    backorder = np.array([tariff.backorder_per_line + max(line.amount, 0) for line in lines], np.int64)
    late = None if due is None else lateness_cents(snapshot, index.place, tariff, due, zone, nearest)
    if late is not None:
        # Who waits is later than who is served late: lateness alone never makes an order wait.
        promised = np.repeat([order.promise_ms is not None for order in orders], [len(each.lines) for each in orders])
        backorder += promised * tariff.late_days_max * max(tariff.late_per_day, tariff.late_pickup_per_day)
    return Problem(
        order_ptr=np.concatenate(([0], np.cumsum([len(order.lines) for order in orders]))),
        line_sku=np.array([index.sku[line.sku] for line in lines], np.int64),
        line_qty=quantities,
        backorder=backorder,
        stock=compiled.stock,
        capacity=compiled.capacity if is_shared else capacity,
        pool=None if is_shared else pool,
        leg=None if is_shared else leg,
        blocked=compiled.blocked,
        reasons=compiled.reasons,
        package_terms={
            "shipping": np.where(ships[:, None], np.array(tariff.package_by_zone, np.int32)[zone], 0),
            "packing": np.array(tariff.packing)[kind],
            **({} if late is None else {"lateness": late}),
            **compiled.package_terms,
        },
        line_terms={
            "weight": LineTerm(
                np.where(ships[:, None], np.array(tariff.kg_by_zone, np.int32)[zone], 0),
                "order",
                np.array([line.weight_g * line.quantity for line in lines], np.int64) / 1000,
            ),
            "handling": LineTerm(np.array(tariff.handling_per_unit)[kind], "location", quantities),
            **compiled.line_terms,
        },
        line_blocked=compiled.line_blocked,
        pickup=compiled.pickup,
        max_packages=compiled.max_packages,
        kits=compiled.kits if (compiled.kits >= 0).any() else None,
        complete=compiled.complete if compiled.complete.any() else None,
    )


def prices_of(bids: BidPrices, index: Index, problem: Problem) -> Prices:
    """Stored prices as the optimiser's arrays; those of SKUs and locations that are not asked about are left out."""
    if not bids.count:
        return Prices()
    stock = np.zeros(problem.stock.shape)
    for bid in bids.stock:
        if bid.sku in index.sku and bid.location in index.place:
            stock[index.sku[bid.sku], index.place[bid.location]] = bid.cents
    pools = {name: number for number, name in enumerate(_pool_names(list(index.place), len(problem.capacity)))}
    capacity = np.zeros(len(problem.capacity))
    for room in bids.capacity:
        if room.location in pools:
            capacity[pools[room.location]] = room.cents
    return Prices(stock, capacity)


def _pool_names(locations: Sequence[str], pools: int) -> list[str]:
    """What each entry of the problem's capacity is called in stored prices."""
    return [f"{location}{POOLS[group]}" for group in range(pools // len(locations)) for location in locations]


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
        names = _pool_names(list(index.place), len(prices.capacity))
        capacity = [
            CapacityPrice(names[pool], float(prices.capacity[pool]))
            for pool in np.flatnonzero(prices.capacity > 0).tolist()
        ]
    return BidPrices(tuple(stock), tuple(capacity))


def _zones(orders: Sequence[OpenOrder], places: Sequence[Place]) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
    """(O, L): postal zones; (O,): the nearest place, -1 where no distance is known."""
    lat = np.array([np.nan if place.lat is None else place.lat for place in places])
    lon = np.array([np.nan if place.lon is None else place.lon for place in places])
    found, nearest = np.empty((len(orders), len(places)), np.int8), np.empty(len(orders), np.intp)
    for number, order in enumerate(orders):
        to_lat = np.nan if order.lat is None else order.lat
        to_lon = np.nan if order.lon is None else order.lon
        distance = miles(lat, lon, to_lat, to_lon)
        found[number] = zones(distance)
        nearest[number] = -1 if np.isnan(distance).all() else np.nanargmin(distance)
    return found, nearest
