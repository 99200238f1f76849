"""The optimiser's arrays for a snapshot: costs by the tariff, everything that rules say by the rule set. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from central.sourcing.distances import Distances
from central.sourcing.domain import SHIP, BidPrices, CapacityPrice, Delivery, OpenOrder, Place, Snapshot, StockPrice
from central.sourcing.lateness import Due
from central.sourcing.options import Options, Usable, options_of
from central.sourcing.promises.services import CarrierService
from central.sourcing.tariff import Tariff
from routing.arrays import Flags, Whole
from routing.arrays import Index as Sequenced
from routing.problem import Prices, Problem
from routing.rules import scene
from routing.rules.compile import Compiled, compile_rules
from routing.rules.document import RuleSet
from routing.rules.facts import Fact
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


KNOWN_FACTS = frozenset({Fact.TIER, Fact.DESTINATION, Fact.PIN, Fact.SERVICES, Fact.CERTIFICATIONS, Fact.TRANSIT})
"""What scenes carry here: a rule that needs another fact is refused before it is published."""


def scene_place(place: Place, services: frozenset[str] = frozenset()) -> scene.Place:
    """A location as rules see it. ``services``: by which it sends where an option names none."""
    return scene.Place(
        place.location, place.name, place.has_box, place.closed, place.silent, place.ships, place.hands_over,
        place.lat, place.lon, place.currency, place.country, place.capacity,
        "warehouse" if place.is_warehouse else "store", place.groups, place.zone,
        place.delivery_services | services, place.certifications,
        offline_since_ms=place.offline_since_ms, rejects=place.rejects,
        load=scene.Load(place.load.ship_day, place.load.pickup_day, place.load.ship_hour, place.load.pickup_hour),
    )  # fmt: skip


def scene_of(
    snapshot: Snapshot,
    index: Index,
    services: frozenset[str] = frozenset(),
    options: Sequence[scene.Option] = (),
    transit_days: Whole | None = None,
) -> scene.Scene:
    """What rules look at. ``services``: by which every place sends where its option names none."""
    places = tuple(scene_place(place, services) for place in snapshot.places)
    orders = tuple(
        scene.OpenOrder(
            str(order.order_id), order.service,
            tuple(
                scene.OpenLine(line.sku, line.quantity, line.amount, line.weight_g, line.tags, line.kit,
                               excluded=line.excluded)
                for line in order.lines
            ),
            order.pickup_location, order.lat, order.lon, order.country, order.currency, order.promise_ms,
            order.placed_ms, order.channel, order.region, order.postcode, order.kind, order.tier, order.value,
            order.waiting_ms, order.pinned_location,
        )
        for order in snapshot.orders
    )  # fmt: skip
    units = np.zeros((len(index.skus), len(places)), np.int32)
    for (location, sku), count in snapshot.available.items():
        if location in index.place and sku in index.sku:
            units[index.sku[sku], index.place[location]] = min(max(count, 0), UNLIMITED_UNITS)
    return scene.Scene(places, orders, scene.Stock(index.skus, units), tuple(options), transit_days)


def compiled_for(
    snapshot: Snapshot, index: Index, rules: RuleSet, now_ms: int, delivery: Delivery | None = None
) -> Compiled:
    """What the rules say about this snapshot at ``now_ms`` (milliseconds since 1970 UTC), of places that send by the
    cheapest service alone."""
    return compile_rules(rules, scene_of(snapshot, index, _cheapest(delivery)), now_ms)


@dataclass(frozen=True, eq=False)
class Model:
    """A snapshot in arrays: its options, what rules say of them, and the question."""

    options: Options
    compiled: Compiled
    problem: Problem


def model_of(
    snapshot: Snapshot, index: Index, tariff: Tariff, rules: RuleSet, by_place: Compiled, due: Due | None = None
) -> Model:
    """The question in arrays, with those options that may matter. There must be orders and places.

    ``by_place`` is what :func:`compiled_for` says by the same rules. Without ``due`` lateness costs nothing, and no
    service is told from another.
    """
    distances = Distances.of(snapshot.orders, snapshot.places)
    is_told = due is not None and tells_services(rules, due)
    usable = None if is_told else _usable(snapshot, index, by_place)
    options, compiled = options_of(snapshot, index.place, tariff, due, distances, usable), by_place
    if due is not None and (is_told or not options.are_places):
        compiled = compile_rules(rules, seen_by_rules(snapshot, index, options, distances, due), due.now_ms)
        if is_told:
            ships = np.array([order.service == SHIP for order in snapshot.orders], np.bool_)
            options, compiled = options.needed(compiled, ships, _order_ptr(snapshot.orders))
    return Model(options, compiled, problem_of(snapshot, index, tariff, compiled, distances, options))


def tells_services(rules: RuleSet, due: Due) -> bool:
    """Whether services are told apart, and some rule that holds may treat those of a place differently."""
    return bool(due.delivery.services) and any(
        rule.tells_services() and rule.active(due.now_ms) for rule in rules.rules
    )


def seen_by_rules(snapshot: Snapshot, index: Index, options: Options, distances: Distances, due: Due) -> scene.Scene:
    """What rules look at where services are told apart."""
    days = options.transit_days(distances) if options.services else None
    return scene_of(snapshot, index, _cheapest(due.delivery), options.seen(), days)


def scene_by_any_service(snapshot: Snapshot, services: Sequence[CarrierService]) -> scene.Scene:
    """What rules look at where nobody decides yet: every place sends by whichever of ``services`` a rule asks for."""
    distances = Distances.of(snapshot.orders, snapshot.places)
    days = np.array([service.transit_days for service in services], np.int16).min(axis=0)[distances.zone]
    names = frozenset(service.name for service in services)
    return scene_of(snapshot, Index.of(snapshot), names, (), np.where(distances.is_known, days, np.int16(-1)))


def _cheapest(delivery: Delivery | None) -> frozenset[str]:
    """What rules take a place for that names no service: one that sends by the cheapest."""
    return frozenset({service.name for service in delivery.services[:1]} if delivery else ())


def _usable(snapshot: Snapshot, index: Index, compiled: Compiled) -> Usable:
    """At which places the rules and the stock let a line of some orders be served."""
    pointers = _order_ptr(snapshot.orders)

    def usable(rows: Sequenced) -> Flags:
        found = compiled.blocked[rows] == 0
        for row, number in enumerate(rows.tolist()):
            held = np.zeros(len(snapshot.places), np.bool_)
            for at, line in enumerate(snapshot.orders[number].lines, start=int(pointers[number])):
                has = compiled.stock[index.sku[line.sku]] >= line.quantity
                held |= has if compiled.line_blocked is None else has & (compiled.line_blocked[at] == 0)
            found[row] &= held
        return np.asarray(found, np.bool_)

    return usable


def problem_of(
    snapshot: Snapshot,
    index: Index,
    tariff: Tariff,
    compiled: Compiled,
    distances: Distances,
    options: Options,
    *,
    apart: bool = False,
) -> Problem:
    """The question over ``options``, for which the rules are ``compiled``.

    ``apart``: with pools of capacity for what is sent and what is collected, also where no limit is of one alone.
    """
    places, orders = snapshot.places, snapshot.orders
    lines = [line for order in orders for line in order.lines]
    kind = np.array([int(place.is_warehouse) for place in places])
    quantities = np.array([line.quantity for line in lines], np.int64)
    ships = np.array([order.service == SHIP for order in orders])
    capacity, leg = options.pools(compiled, ships)
    is_shared = not apart and bool((leg < 0).all())  # no limit holds for one service alone
    backorder = np.array([tariff.backorder_per_line + max(line.amount, 0) for line in lines], np.int64)
    if options.late is not None:
        # Who waits is later than who is served late: lateness alone never makes an order wait.
        promised = np.repeat([order.promise_ms is not None for order in orders], [len(each.lines) for each in orders])
        backorder += promised * tariff.late_days_max * max(tariff.late_per_day, tariff.late_pickup_per_day)
    package, per_kg = options.postage(distances)
    blocked, reasons = options.shut_in(compiled, ships)
    return Problem(
        order_ptr=_order_ptr(orders),
        line_sku=np.array([index.sku[line.sku] for line in lines], np.int64),
        line_qty=quantities,
        backorder=backorder,
        stock=compiled.stock,
        capacity=compiled.capacity[: len(places)] if is_shared else capacity,
        place=None if options.are_places else options.place,
        pool=None if is_shared else options.place,
        leg=None if is_shared else leg,
        blocked=blocked,
        reasons=reasons,
        package_terms={
            "shipping": np.where(ships[:, None], package, 0),
            "packing": np.array(tariff.packing)[kind[options.place]],
            **({} if options.late is None else {"lateness": options.late}),
            **compiled.package_terms,
        },
        line_terms={
            "weight": LineTerm(
                np.where(ships[:, None], per_kg, 0),
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


def _order_ptr(orders: Sequence[OpenOrder]) -> Sequenced:
    """(O + 1,): where the lines of every order begin."""
    return np.concatenate(([0], np.cumsum([len(order.lines) for order in orders])))


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
