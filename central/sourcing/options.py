"""The ways to serve in a run: every place by the cheapest service, and by faster ones where they may matter. Pure.

A faster service costs more and draws on the same stock and the same room; an order gains nothing by it but days. So it
is open to an order at a place only where one of these holds:

- the price of the days that it saves there exceeds the postage that it adds, against every cheaper service;
- a rule treats the services of the place differently for the order or one of its lines;
- the order has been offered so.

Whatever else is left out could be replaced in any plan by a cheaper service of the same place, which saves money (the
weight only adds to the difference) and needs no other limit. So no plan is lost; explanations do not name it among the
candidates. Where no promise is in danger and no rule speaks of services, the options are the places.

A service that does not collect at a place sends nothing from there. Only where none collects is a place taken for one
whose collections nobody has told: it stays an option by the cheapest service, as late as may be.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from central.sourcing.distances import Distances
from central.sourcing.domain import SHIP, OpenLine, OpenOrder, Place, Snapshot
from central.sourcing.lateness import Due, lateness_cents
from central.sourcing.promises.services import CarrierService
from central.sourcing.tariff import Tariff
from routing.arrays import Cents, Flags, Index, Whole
from routing.problem import Reason
from routing.rules import scene
from routing.rules.compile import Compiled

NOT_WORTH_IT = Reason("is faster than is worth its postage", priced=False)

NOT_COLLECTED = Reason("has no collection by that service")

NEVER_CENTS = 1 << 60
"""More than anything costs: what a service that does not collect would take."""

CHEAPEST = 0
"""Position of the cheapest service among those of the setting."""

Cell = TypeVar("Cell", np.bool_, np.int32)

Usable = Callable[[Index], Flags]
"""Of some orders (r,), at which places (r, L) one of their lines may be served."""


def anywhere(places: int) -> Usable:
    """At every place."""
    return lambda rows: np.ones((len(rows), places), np.bool_)


@dataclass(frozen=True, eq=False)
class Options:
    """K options for O orders at L places, of which the first L are the places by the cheapest service.

    ``services`` (V,) are those told apart, the cheapest first: with none, options are places and name no service.
    ``tariffs`` (V or 1): what each costs. ``place``, ``service`` (K,): positions. ``shut`` (O, K): pairs that are not
    worth their postage, None where there is none. ``late`` (O, K): cents of lateness, None where nobody can be late.
    ``absent`` (V, L): the service does not collect at the place, and another one does.
    """

    services: tuple[CarrierService, ...]
    tariffs: tuple[Tariff, ...]
    place: Index
    service: Index
    absent: Flags
    shut: Flags | None = None
    late: NDArray[np.int32] | None = None

    @property
    def places(self) -> int:
        """L, the number of places."""
        return int((self.service == CHEAPEST).sum())

    @property
    def are_places(self) -> bool:
        """Every option is a place by itself."""
        return len(self.place) == self.places

    def send_by(self, option: int) -> str:
        """The name of the option's service, empty where services are not told apart."""
        return self.services[self.service[option]].name if self.services else ""

    def served_by(self, order: OpenOrder, option: int) -> str:
        """By which service the option sends the order; empty if it is collected."""
        return self.send_by(option) if order.service == SHIP else ""

    def standing(self, order: OpenOrder, line: OpenLine) -> tuple[str, str]:
        """Where a line is offered now, and by which service: the cheapest where its offer names none."""
        return line.offered_to, line.send_by or self.served_by(order, CHEAPEST)

    def numbers(self) -> dict[tuple[int, str], int]:
        """The option of each place (position) by each service; without a name by the cheapest."""
        named = {(place, self.send_by(option)): option for option, place in enumerate(self.place.tolist())}
        return {(place, ""): place for place in range(self.places)} | named

    def seen(self) -> tuple[scene.Option, ...]:
        """The options as rules see them: a place, or one of its faster services. None where they are the places."""
        if self.are_places:
            return ()
        faster = self.service != CHEAPEST
        return tuple(
            scene.Option(place, self.send_by(number) if is_faster else "")
            for number, (place, is_faster) in enumerate(zip(self.place.tolist(), faster.tolist(), strict=True))
        )

    def transit_days(self, distances: Distances) -> Whole:
        """(O, K): business days with the carrier, -1 where the distance is not known."""
        days = np.array([service.transit_days for service in self.services], np.int16)
        found = days[self.service, distances.zone[:, self.place]]
        return np.where(distances.is_known[:, self.place], found, np.int16(-1))

    def postage(self, distances: Distances) -> tuple[Whole, Whole]:
        """(O, K) each: cents of a package before its weight, and of a kilogram."""
        zone = distances.zone if self.are_places else distances.zone[:, self.place]
        package = np.array([tariff.package_by_zone for tariff in self.tariffs], np.int32)
        per_kg = np.array([tariff.kg_by_zone for tariff in self.tariffs], np.int32)
        return package[self.service, zone], per_kg[self.service, zone]

    def pools(self, compiled: Compiled, ships: Flags) -> tuple[Cents, Whole]:
        """Capacity (3L,) and legs (O, K) as :meth:`Compiled.pools` makes them of the places, whose options share
        them."""
        count = self.places
        places = replace(
            compiled, capacity=compiled.capacity[:count], ship_capacity=compiled.ship_capacity[:count],
            pickup_capacity=compiled.pickup_capacity[:count], pool=compiled.pool[:count],
        )  # fmt: skip
        capacity, _, leg = places.pools(ships)
        return capacity, leg if self.are_places else leg[:, self.place]

    def shut_in(self, compiled: Compiled, ships: Flags) -> tuple[Whole, tuple[Reason, ...]]:
        """What rules block (O, K), what is not worth its postage, and what no service takes along; with all reasons.

        ``ships`` (O,): the order is sent.
        """
        gone = self.absent[self.service, self.place]
        if self.shut is None and not gone.any():
            return compiled.blocked, compiled.reasons
        codes = np.zeros(compiled.blocked.shape, np.uint16)
        if self.shut is not None:
            codes[self.shut] = len(compiled.reasons)
        codes[np.ix_(ships, gone)] = len(compiled.reasons) + 1
        blocked = np.where(compiled.blocked == 0, codes, compiled.blocked)
        return blocked, (*compiled.reasons, NOT_WORTH_IT, NOT_COLLECTED)

    def needed(self, compiled: Compiled, ships: Flags, order_ptr: Index) -> tuple[Self, Compiled]:
        """Of all services at all places, those that some order may use by the rules ``compiled`` for all of them.

        ``ships`` (O,): the order is sent; ``order_ptr`` (O + 1,): where its lines begin.
        """
        if self.shut is None:
            return self, compiled
        apart = _differ(compiled.blocked, self.places)
        if compiled.line_blocked is not None:
            lines = _differ(compiled.line_blocked, self.places)
            apart |= np.logical_or.reduceat(lines, order_ptr[:-1], axis=0)
        shut = self.shut & ~(apart & ships[:, None])[:, self.place]
        open_ = ~shut & (compiled.blocked == 0) & ~self.absent[self.service, self.place]
        kept = np.flatnonzero((self.service == CHEAPEST) | open_.any(axis=0))
        found = replace(
            self,
            place=self.place[kept],
            service=self.service[kept],
            shut=shut[:, kept] if len(kept) > self.places else None,
            late=None if self.late is None else self.late[:, kept],
        )
        return found, _narrowed(compiled, kept)


def options_of(
    snapshot: Snapshot,
    place_index: Mapping[str, int],
    tariff: Tariff,
    due: Due | None,
    distances: Distances,
    usable: Usable | None = None,
) -> Options:
    """The options of a snapshot with orders and places, ``usable`` where rules and stock say so.

    Without ``usable`` every service is an option at every place, as rules that tell services apart must see them. An
    order is then still shut from what is not worth its postage: :meth:`Options.needed` opens what rules tell apart.
    """
    services = () if due is None else due.delivery.services
    orders, count = len(snapshot.orders), len(snapshot.places)
    tariffs = tuple(tariff.times(service.percent) for service in services) or (tariff,)
    late = None
    if due is not None:
        late = lateness_cents(snapshot, place_index, tariff, due, distances, due.delivery.service)
    absent = _absent(snapshot.places, services)
    plain = Options(services, tariffs, np.arange(count), np.zeros(count, np.intp), absent, None, late)
    if due is None or len(services) < 2:
        return plain
    asked = list(_asked(snapshot, place_index, services))
    rows, may = _in_question(snapshot, plain, asked, usable)
    if usable is not None and not len(rows):
        return plain
    places, shut = [plain.place], [np.zeros((orders, count), np.bool_)]
    cents = [np.zeros((orders, count), np.int32) if late is None else late]
    for worth, days in _by_service(snapshot, place_index, plain, due, distances, rows, may, asked):
        kept = plain.place if usable is None else np.flatnonzero(worth.any(axis=0))
        places.append(kept)
        shut.append(_spread(~worth[:, kept], rows, orders, np.True_))
        cents.append(_spread(days[:, kept], rows, orders, np.int32(0)))
    if not any(map(len, places[1:])):
        return plain
    return replace(
        plain,
        place=np.concatenate(places),
        service=np.repeat(np.arange(len(services)), [len(kept) for kept in places]),
        shut=np.concatenate(shut, axis=1),
        late=None if late is None else np.concatenate(cents, axis=1),
    )


def _absent(places: Sequence[Place], services: Sequence[CarrierService]) -> Flags:
    """(V or 1, L): see :class:`Options`."""
    comes = np.array(
        [[place.collections.get(each.name, each.collection) is not None for place in places] for each in services],
        np.bool_,
    ).reshape(len(services), len(places))
    return ~comes & comes.any(axis=0) if services else np.zeros((1, len(places)), np.bool_)


def _asked(
    snapshot: Snapshot, place_index: Mapping[str, int], services: Sequence[CarrierService]
) -> Iterator[tuple[int, int, int]]:
    """Order, place and service of what is offered by a faster service."""
    faster = {service.name: number for number, service in enumerate(services) if number != CHEAPEST}
    for number, order in enumerate(snapshot.orders):
        for line in order.lines if order.service == SHIP else ():
            if line.send_by in faster and line.offered_to in place_index:
                yield number, place_index[line.offered_to], faster[line.send_by]


def _in_question(
    snapshot: Snapshot, plain: Options, asked: Sequence[tuple[int, int, int]], usable: Usable | None
) -> tuple[Index, Flags]:
    """The orders (r,) to which a faster service may matter, and where (r, L)."""
    gone = plain.absent[CHEAPEST]
    late = np.zeros((len(snapshot.orders), 1), np.int32) if plain.late is None else plain.late
    sent = np.array([order.service == SHIP for order in snapshot.orders], np.bool_)
    is_asked = np.zeros(len(sent), np.bool_)
    is_asked[[order for order, _, _ in asked]] = True
    if usable is None:
        # Also those in time: where a rule shuts the cheapest service, a faster one of fewer collections may be late.
        promised = np.array([order.promise_ms is not None for order in snapshot.orders], np.bool_)
        rows = np.flatnonzero(sent & (promised | is_asked | gone.any()))
        return rows, anywhere(len(snapshot.places))(rows)
    rows = np.flatnonzero(sent & ((late > 0).any(axis=1) | is_asked | gone.any()))
    may = usable(rows)
    kept = is_asked[rows] | (((late[rows] > 0) | gone) & may).any(axis=1)
    return rows[kept], may[kept]


def _by_service(
    snapshot: Snapshot,
    place_index: Mapping[str, int],
    plain: Options,
    due: Due,
    distances: Distances,
    rows: Index,
    may: Flags,
    asked: Sequence[tuple[int, int, int]],
) -> Iterator[tuple[Flags, NDArray[np.int32]]]:
    """For each faster service, where (r, L) it is worth its postage to the orders ``rows`` (r,), and its lateness."""
    some = replace(snapshot, orders=tuple(snapshot.orders[row] for row in rows.tolist()))
    near = distances.of_orders(rows)
    best = _package(plain, CHEAPEST, near, None if plain.late is None else plain.late[rows])
    for number, service in enumerate(plain.services[CHEAPEST + 1 :], start=CHEAPEST + 1):
        late = lateness_cents(some, place_index, plain.tariffs[number], due, near, service)
        cents = _package(plain, number, near, late)
        worth = (cents < best) & may
        for order, place, by in asked:
            if by == number:
                worth[np.searchsorted(rows, order), place] = True
        np.minimum(best, cents, out=best)
        yield worth, np.zeros(may.shape, np.int32) if late is None else late


def _package(options: Options, service: int, distances: Distances, late: NDArray[np.int32] | None) -> Cents:
    """(r, L): what a package costs by a service before its weight, in cents; where the service does not collect, more
    than by any other."""
    cents: Cents = np.array(options.tariffs[service].package_by_zone, np.int64)[distances.zone]
    return np.where(options.absent[service], NEVER_CENTS, cents if late is None else cents + late)


def _spread(part: NDArray[Cell], rows: Index, orders: int, other: Cell) -> NDArray[Cell]:
    """(O, c): ``part`` (r, c) in the ``rows`` (r,), ``other`` in those of all other orders."""
    found = np.full((orders, part.shape[1]), other)
    found[rows] = part
    return found


def _differ(codes: Whole, places: int) -> Flags:
    """(r, L): the services of a place, which follow each other in ``codes`` (r, V * L), are not shut alike."""
    shut = (codes != 0).reshape(len(codes), -1, places)
    found: Flags = (shut != shut[:, :1]).any(axis=1)
    return found


def _narrowed(compiled: Compiled, kept: Index) -> Compiled:
    """The same for the options ``kept``, the first of every place among them."""
    lines = compiled.line_blocked
    return replace(
        compiled,
        blocked=compiled.blocked[:, kept],
        line_blocked=None if lines is None else lines[:, kept],
        package_terms={name: cents[..., kept] for name, cents in compiled.package_terms.items()},
        capacity=compiled.capacity[kept],
        ship_capacity=compiled.ship_capacity[kept],
        pickup_capacity=compiled.pickup_capacity[kept],
        pool=compiled.pool[kept],
    )
