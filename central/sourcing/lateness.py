"""What it costs that a package would miss its order's promise by one service, for every order and place at once. Pure.

Work is taken to begin now; it is picked in opening hours, leaves with the next collection, and arrives so many business
days later (:mod:`routing.calendars`). A place whose hours nobody knows counts as late as may be.

**An offer gets no later while it waits for its answer.** For a place that was asked, work by the service that it was
asked for counts as begun when it was asked. All others only get later, so the time that passes, and a cut-off with it,
moves no offer. What nobody answers is taken back after a while, and is then decided again as of then.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from central.sourcing.distances import Distances
from central.sourcing.domain import SHIP, Delivery, OpenOrder, Place, Snapshot
from central.sourcing.promises.network import HORIZON_DAYS, NEVER_OPEN
from central.sourcing.promises.services import CarrierService
from central.sourcing.tariff import Tariff
from retail.clock import NOW_MS_MAX
from routing.arrays import Index
from routing.calendars.carrier import Carrier
from routing.calendars.limits import DAY_MS, MINUTE_MS, NEVER_DAY
from routing.calendars.local_time import day_at, zone_of
from routing.calendars.timetable import Service, Timetable, lateness, ready_lateness

ASKED_BEFORE_MS = 5 * MINUTE_MS
"""An offer counts from so long before it was made: the run that made it had looked at the clock before."""


@dataclass(frozen=True)
class Due:
    """How goods arrive, and the moment (milliseconds since 1970 UTC) at which it is asked."""

    delivery: Delivery
    now_ms: int


def lateness_cents(
    snapshot: Snapshot,
    place_index: Mapping[str, int],
    tariff: Tariff,
    due: Due,
    distances: Distances,
    service: CarrierService,
) -> NDArray[np.int32] | None:
    """(O, L): cents per package that ``service`` carries, 0 for orders without a promise; None where no order has one.

    The promised day is reckoned in the time zone of the place nearest to where the goods go, in UTC where none is
    known. Goods to be collected are as late by any service.
    """
    orders, places = snapshot.orders, snapshot.places
    promised = np.array([order.promise_ms is not None for order in orders], np.bool_)
    if not promised.any():
        return None
    table, zone, nearest = _timetable(places, due, service), distances.zone, distances.nearest
    minutes = due.delivery.pick_minutes
    ships = np.array([order.service == SHIP for order in orders], np.bool_)
    sent, collected = np.flatnonzero(promised & ships), np.flatnonzero(promised & ~ships)
    late = np.zeros((len(orders), len(places)), np.int16)
    days = np.full(len(orders), NEVER_DAY, np.int64)
    days[sent] = [_promised_day(orders[number], places, int(nearest[number])) for number in sent.tolist()]
    if len(sent):
        packed = table.packed_by(due.now_ms, minutes)
        late[sent] = lateness(table, 0, packed, zone[sent].astype(np.intp), days[sent]).late
    if len(collected):
        moments = np.array([orders[number].promise_ms for number in collected.tolist()], np.int64)
        late[collected] = ready_lateness(table.ready_by(due.now_ms, minutes), moments)
    _standing(late, table, due, _asked(snapshot, place_index, sent, due, service, table.from_ms), zone, days)
    rate = np.where(ships, tariff.late_per_day, tariff.late_pickup_per_day).astype(np.int32)
    return np.minimum(late, tariff.late_days_max).astype(np.int32) * rate[:, None]


def _timetable(places: tuple[Place, ...], due: Due, service: CarrierService) -> Timetable:
    collections = [place.collections.get(service.name, service.collection) for place in places]
    known = [NEVER_OPEN if place.hours is None else place.hours.read() for place in places]
    carried = Service(Carrier(holidays=due.delivery.holidays), np.array(service.transit_days), collections)
    return Timetable.of(known, [carried], due.now_ms, window_days=1, horizon_days=HORIZON_DAYS)


def _promised_day(order: OpenOrder, places: tuple[Place, ...], nearest: int) -> int:
    """The local day, where the goods go, of the promised moment."""
    assert order.promise_ms is not None
    hours = None if nearest < 0 else places[nearest].hours
    return day_at(zone_of(hours.zone if hours else "UTC"), min(max(order.promise_ms, DAY_MS), NOW_MS_MAX - DAY_MS))


def _asked(
    snapshot: Snapshot, place_index: Mapping[str, int], sent: Index, due: Due, service: CarrierService, from_ms: int
) -> dict[int, list[tuple[int, int]]]:
    """By the moment at which work counts as begun, in whole minutes: the orders and places of offers by ``service``
    that stand. An offer that names no service is one by the cheapest."""
    begun: dict[tuple[int, int], int] = {}
    for number in sent.tolist():
        for line in snapshot.orders[number].lines:
            send_by = line.send_by or due.delivery.service.name
            if line.offered_ms is not None and line.offered_to in place_index and send_by == service.name:
                at = (min(line.offered_ms, due.now_ms) - ASKED_BEFORE_MS) // MINUTE_MS * MINUTE_MS
                pair = number, place_index[line.offered_to]
                begun[pair] = max(min(at, begun.get(pair, at)), from_ms)
    found: dict[int, list[tuple[int, int]]] = {}
    for pair, at in begun.items():
        found.setdefault(at, []).append(pair)
    return found


def _standing(
    late: NDArray[np.int16],
    table: Timetable,
    due: Due,
    asked: Mapping[int, list[tuple[int, int]]],
    zone: NDArray[np.int8],
    days: NDArray[np.int64],
) -> None:
    """Write into ``late`` (O, L) how late those would be who were asked, counted from then."""
    for at, pairs in asked.items():
        rows, columns = np.array(pairs, np.intp).T
        orders, position = np.unique(rows, return_inverse=True)
        packed = table.packed_by(at, due.delivery.pick_minutes)
        since = lateness(table, 0, packed, zone[orders].astype(np.intp), days[orders]).late
        late[rows, columns] = since[position, columns]
