"""From what the centre knows to the optimiser's question, and from its answer to offers. Pure.

Every location of the network is in the question, also those that may not serve an order: only so can the explanation
say why a nearer one was passed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from central.sourcing.tariff import Tariff, miles, zones
from routing.explain import explain
from routing.labels import Labels
from routing.plan import Plan
from routing.problem import BACKORDER, Problem, Reason
from routing.source import priority, source_in_order
from routing.terms import LineTerm

SHIP, PICKUP = "ship", "pickup"
UNLIMITED_UNITS = 10**9
"""Capacity of a location that has no stated limit."""
NEVER_MS = 2**60
"""Promise of an order that has none."""
CANDIDATES_SHOWN = 6


@dataclass(frozen=True)
class Place:
    """A location as sourcing sees it. ``closed`` says why it takes no orders, empty if it does; coordinates in degrees,
    None where unknown or not believed; ``capacity`` in units still to be handled today, None for no limit."""

    location: str
    name: str
    is_warehouse: bool
    has_box: bool
    closed: str
    silent: bool
    ships: bool
    hands_over: bool
    lat: float | None
    lon: float | None
    currency: str
    country: str
    capacity: int | None


@dataclass(frozen=True)
class OpenLine:
    """A line that nobody has been asked for; ``weight_g`` is one unit's."""

    line_id: UUID
    version: int
    sku: str
    name: str
    quantity: int
    amount: int
    weight_g: int
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OpenOrder:
    """An order with open lines. ``promise_ms`` and ``placed_ms`` are milliseconds since 1970 UTC."""

    order_id: UUID
    service: str
    pickup_location: str
    lat: float | None
    lon: float | None
    country: str
    currency: str
    promise_ms: int | None
    placed_ms: int
    lines: tuple[OpenLine, ...]


@dataclass(frozen=True)
class Snapshot:
    """What a run decides on. ``available`` maps location and SKU to units that may be promised now."""

    places: tuple[Place, ...]
    orders: tuple[OpenOrder, ...]
    available: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Wish:
    """Lines of an order that one location should serve."""

    location: str
    lines: tuple[OpenLine, ...]


@dataclass(frozen=True)
class Decision:
    """Where an order's open lines go, and why. ``backordered`` are the lines that no location can serve now."""

    order: OpenOrder
    wishes: tuple[Wish, ...]
    backordered: tuple[OpenLine, ...]
    explanation: dict[str, object] = field(compare=False)


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


def decide(snapshot: Snapshot, tariff: Tariff) -> list[Decision]:
    """Source all open orders of ``snapshot``, the most urgent first, each exactly on what the others left."""
    if not snapshot.orders or not snapshot.places:
        return [Decision(order, (), order.lines, _nowhere(order)) for order in snapshot.orders]
    skus = sorted({line.sku for order in snapshot.orders for line in order.lines})
    problem = _problem(snapshot, tariff, skus)
    never = np.zeros(len(snapshot.orders), np.int64)
    sequence = priority(
        np.array([NEVER_MS if order.promise_ms is None else order.promise_ms for order in snapshot.orders], np.int64),
        never,
        never,
        np.array([-order.placed_ms for order in snapshot.orders], np.int64),
    )
    plan = source_in_order(problem, sequence)
    return [_decision(snapshot, problem, plan, index, skus) for index in range(len(snapshot.orders))]


def _problem(snapshot: Snapshot, tariff: Tariff, skus: Sequence[str]) -> Problem:
    places, orders = snapshot.places, snapshot.orders
    lines = [line for order in orders for line in order.lines]
    sku_index = {sku: index for index, sku in enumerate(skus)}
    place_index = {place.location: index for index, place in enumerate(places)}
    stock = np.zeros((len(skus), len(places)), np.int64)
    for (location, sku), units in snapshot.available.items():
        if location in place_index and sku in sku_index:
            stock[sku_index[sku], place_index[location]] = max(units, 0)
    kind = np.array([int(place.is_warehouse) for place in places])
    quantities = np.array([line.quantity for line in lines], np.int64)
    zone = np.stack([_zones(order, places) for order in orders])
    ships = np.array([order.service == SHIP for order in orders])[:, None]
    return Problem(
        order_ptr=np.concatenate(([0], np.cumsum([len(order.lines) for order in orders]))),
        line_sku=np.array([sku_index[line.sku] for line in lines], np.int64),
        line_qty=quantities,
        backorder=np.array([tariff.backorder_per_line + max(line.amount, 0) for line in lines], np.int64),
        stock=stock,
        capacity=np.array(
            [UNLIMITED_UNITS if place.capacity is None else max(place.capacity, 0) for place in places], np.int64
        ),
        blocked=np.stack([_blocked(order, places) for order in orders]),
        reasons=REASONS,
        package_terms={
            "shipping": np.where(ships, np.array(tariff.package_by_zone)[zone], 0),
            "packing": np.array(tariff.packing)[kind],
        },
        line_terms={
            "weight": LineTerm(
                np.where(ships, np.array(tariff.kg_by_zone)[zone], 0) / 1000,
                "order",
                np.array([line.weight_g * line.quantity for line in lines], np.int64),
            ),
            "handling": LineTerm(np.array(tariff.handling_per_unit)[kind], "location", quantities),
            "last units": LineTerm(_last_units(stock, kind, tariff), "sku", quantities),
        },
        line_blocked=_refused_lines(orders, places, place_index),
        pickup=np.array(
            [place_index.get(order.pickup_location, -1) if order.service == PICKUP else -1 for order in orders]
        ),
    )


def _zones(order: OpenOrder, places: Sequence[Place]) -> NDArray[np.intp]:
    lat = np.array([np.nan if place.lat is None else place.lat for place in places])
    lon = np.array([np.nan if place.lon is None else place.lon for place in places])
    to_lat = np.nan if order.lat is None else order.lat
    to_lon = np.nan if order.lon is None else order.lon
    return zones(miles(lat, lon, to_lat, to_lon))


def _blocked(order: OpenOrder, places: Sequence[Place]) -> NDArray[np.int64]:
    codes = np.array([_block(order, place) for place in places], np.int64)
    if order.service == PICKUP and order.pickup_location not in {place.location for place in places}:
        codes[codes == 0] = ELSEWHERE
    return codes


def _block(order: OpenOrder, place: Place) -> int:
    """Why a location may not serve the order, 0 if it may. The first that applies, the most lasting first."""
    if not place.has_box:
        return NO_BOX
    if place.currency != order.currency or (order.country and place.country and order.country != place.country):
        return ABROAD
    if place.closed:
        return CLOSED
    if order.service == PICKUP:
        return 0 if place.hands_over else NO_PICKUP
    if not place.ships:
        return NO_SHIPPING
    if place.lat is None or place.lon is None:
        return UNKNOWN_PLACE
    return SILENT if place.silent else 0


def _last_units(stock: NDArray[np.int64], kind: NDArray[np.int_], tariff: Tariff) -> NDArray[np.int64]:
    """A store's last units are dear: walk-in customers come for them, and the record is wrong most often there."""
    scarce = (stock <= tariff.last_units) & (kind[None] == 0)
    return np.where(scarce, tariff.last_unit_price, 0)


def _refused_lines(
    orders: Sequence[OpenOrder], places: Sequence[Place], place_index: Mapping[str, int]
) -> NDArray[np.int64]:
    lines = [line for order in orders for line in order.lines]
    codes = np.zeros((len(lines), len(places)), np.int64)
    for number, line in enumerate(lines):
        for location in line.excluded:
            if location in place_index:
                codes[number, place_index[location]] = REFUSED_LINE
    return codes


def _decision(snapshot: Snapshot, problem: Problem, plan: Plan, index: int, skus: Sequence[str]) -> Decision:
    order = snapshot.orders[index]
    names = {line.sku: line.name or line.sku for line in order.lines}
    labels = Labels([place.name for place in snapshot.places], [names.get(sku, sku) for sku in skus], order.currency)
    assignment = plan.assignment[problem.lines_of(index)].tolist()
    served: dict[int, list[OpenLine]] = {}
    for line, place in zip(order.lines, assignment, strict=True):
        served.setdefault(place, []).append(line)
    wishes = tuple(
        Wish(snapshot.places[place].location, tuple(lines))
        for place, lines in sorted(served.items())
        if place != BACKORDER
    )
    why = explain(problem, plan, index, labels, CANDIDATES_SHOWN).to_dict()
    why["lines"] = [
        {"line": str(line.line_id), "sku": line.sku, "name": line.name, "quantity": line.quantity}
        for line in order.lines
    ]
    why["currency"] = order.currency
    return Decision(order, wishes, tuple(served.get(BACKORDER, ())), why)


def _nowhere(order: OpenOrder) -> dict[str, object]:
    return {"sentence": "There is no location yet: import the network first.", "currency": order.currency, "lines": []}
