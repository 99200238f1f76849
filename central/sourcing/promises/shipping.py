"""When a cart can arrive and for how much, from one place or several. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from central.sourcing.promises.cart import Cart, LineAnswer, Package, ShipOption, answers
from central.sourcing.promises.network import Flags, Ints, Network, Reals
from central.sourcing.promises.ports import BidPrices
from central.sourcing.promises.rulebook import Rulebook, Said
from central.sourcing.promises.ways import (
    NO_ROOM,
    Wanted,
    Ways,
    any_along,
    because,
    kits_whole,
    line_shut,
    nearest,
    place_shut,
)
from retail.errors import Refused
from routing.arrays import Whole
from routing.calendars.limits import NEVER_DAY, NEVER_MS
from routing.problem import BACKORDER, Problem, Reason
from routing.split import split
from routing.subsets import EXACT_LINES
from routing.terms import LineTerm

UNSERVED_CENTS = 10**7
"""Worse than any price: a line is left out only where nobody can serve it."""
SHIP_OPTIONS_MAX = 4
DAYS_ASKED_MAX = 6
"""Days before that of the cheapest split which are looked at."""

_REASONS = (Reason(""), Reason("may not send it, or cannot have it there in time"))


def shipping(
    book: Rulebook, said: Said, cart: Cart, wanted: Wanted, distance: Reals, prices: BidPrices
) -> tuple[tuple[ShipOption, ...], tuple[LineAnswer, ...], str]:
    """The ways to have it sent, by date; what of each line can be sent; why nothing can, empty if something can.

    ``distance`` (L,) in km.
    """
    network = book.network
    ways = Ways.of(said, int(wanted.units.sum()))
    today, next_day = network.outlooks(said.begins_ms)
    zone = network.zones_at(distance)
    places = np.arange(len(network.sites))
    arrival = np.where(ways.next_day, next_day.arrival[:, zone, places], today.arrival[:, zone, places])
    arrival[(ways.codes != 0) | ~network.usable | book.silent] = NEVER_DAY
    available = wanted.beside_others(said.stock)
    have = wanted.had(available)
    takes: Flags = said.opens(ways.line_codes) & (arrival < NEVER_DAY)  # (n, services, L)
    sends = any_along(arrival < NEVER_DAY, 0)
    units = wanted.units[:, None]
    enough: Flags = np.equal(have, units)
    whole: Flags = enough[:, None] & takes & (ways.room >= units[:, None])
    whole &= kits_whole(any_along(whole, 1), said.kits)[:, None]
    served = np.flatnonzero(whole.any(axis=(1, 2)))
    best = np.where(takes.any(axis=1), have, 0).max(axis=1)

    def why_not(place: int) -> str:
        """Why a place can send nothing; a clause that follows its name."""
        shut = place_shut(book, said, ways, place)
        if shut:
            return shut
        if not sends[place]:
            return "has no collection by a carrier in time"
        return line_shut(said, ways, wanted, place) or (
            NO_ROOM if enough[:, place].any() else "has no whole line of it"
        )

    if not len(served) or (said.complete and len(served) < len(cart.lines)):
        lines = answers(cart, best if not said.complete else np.zeros_like(best))
        shut_lines = (wanted.on_hand >= units) & (ways.line_codes != 0).all(axis=1)
        having = any_along(enough | shut_lines, 0)
        if not sends.any():
            shut = "no place that ships can be promised now"
            example = nearest(distance, having if having.any() else np.ones_like(having))
            return (), lines, because(network, shut, example, why_not)
        if not having.any():
            return (), lines, "no place that ships has a whole line of it"
        if len(served):
            return (), lines, "by the rules it is all or nothing, and not all of it can be sent"
        return (), lines, because(network, "no place can send a line of it", nearest(distance, having), why_not)
    able = takes & (available[wanted.rows] >= units)[:, None]
    question = _Question(network, said, ways, wanted, available, zone, arrival, able, served, prices)
    earliest = np.where(whole[served], arrival, NEVER_DAY).min(axis=(1, 2)).max()
    days = np.unique(arrival[:, sends & whole.any(axis=(0, 1))])
    days = days[(days >= earliest) & (days < NEVER_DAY)]
    found = _options(question, days.tolist())
    if not found[-1].sent:  # what limits a whole order, as kits and the number of packages, leaves nothing
        return (), answers(cart, np.zeros_like(best)), "what the rules ask of the whole order cannot be met"
    sent = {line for package in found[-1].sent for line in package.lines}
    by_ms = np.where(ways.next_day, next_day.by_ms, today.by_ms)
    return (
        tuple(_option(network, each, by_ms, arrival) for each in found),
        # A line that has a place of its own, but no room beside the others, is missing as a whole.
        answers(
            cart,
            [
                units if number in sent or units < cart.lines[number].quantity else 0
                for number, units in enumerate(best.tolist())
            ],
        ),
        "",
    )


def _options(question: "_Question", days: Sequence[int]) -> "list[_Found]":
    """From the fastest split to the cheapest one, each later and cheaper than the one before.

    ``days`` are those on which packages may arrive, in order, from the first that may do for all lines.
    """
    cheapest = question.ask(days[-1])
    between = [day for day in days if day < cheapest.day]
    if question.lines > EXACT_LINES:  # each such question takes long
        between = between[:1]
    found: list[_Found] = []
    for day in between[:DAYS_ASKED_MAX]:
        if len(found) == SHIP_OPTIONS_MAX - 1 or (found and found[-1].price <= cheapest.price):
            break
        split_ = question.ask(day)
        if split_.served == cheapest.served and split_.price < (found[-1].price if found else NEVER_MS):
            found.append(split_)
    return found if found and found[-1].price <= cheapest.price else [*found, cheapest]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A package: its location, service and lines of the cart, and what it costs to send."""

    place: int
    service: int
    lines: tuple[int, ...]
    price: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A split of which the last package arrives on ``day``; ``served`` is the number of lines that it serves."""

    day: int
    price: int
    sent: tuple[_Sent, ...]
    served: int


class _Question:
    """The cart as an order, to be asked for several days."""

    def __init__(
        self,
        network: Network,
        said: Said,
        ways: Ways,
        wanted: Wanted,
        available: Ints,
        zone: Ints,
        arrival: Ints,
        able: Flags,
        served: Ints,
        prices: BidPrices,
    ) -> None:
        self.lines = len(served)
        tariff, services = network.terms.tariff, network.terms.services
        percent = np.array([service.percent for service in services], np.int64)[:, None]
        self._package = np.array(tariff.package_by_zone, np.int64)[zone] * percent // 100  # (services, L)
        self._per_kg = np.array(tariff.kg_by_zone, np.int64)[zone] * percent // 100
        self._said, self._ways, self._arrival, self._served = said, ways, arrival, served
        self._able = able[served]
        self._line_sku = wanted.rows[served]
        self._units = wanted.units[served]
        self._kg = wanted.kg[served]
        self._stock = available
        self._packing = np.array(tariff.packing, np.int64)[network.kind]
        self._handling = np.array(tariff.handling_per_unit, np.int64)[network.kind]
        self._prices = prices.prices(list(wanted.stock.row), network.locations)

    def ask(self, day: int) -> _Found:
        """The cheapest split of which every package arrives on ``day`` or before.

        A place sends by the cheapest of its services that serve the most of the lines.
        """
        able = self._able & (self._arrival <= day)
        service = able.sum(axis=0).argmax(axis=0)  # the first, which is the cheapest
        rows = np.arange(len(service))
        package, per_kg = self._package[service, rows], self._per_kg[service, rows]
        weight = LineTerm(per_kg[None], "order", self._kg)
        problem = self._problem(package, weight, service, able[:, service, rows])
        places = split(problem, 0).assignment
        sent = []
        for place in np.unique(places[places != BACKORDER]).tolist():
            inside = np.flatnonzero(places == place)
            cents = weight.cents(0, slice(0, len(places)), self._line_sku, np.array([place]))[inside, 0]
            price = int(package[place]) + int(cents.sum())
            lines = tuple(int(line) for line in self._served[inside])
            sent.append(_Sent(place, int(service[place]), lines, price))
        return _Found(
            day=max((int(self._arrival[each.service, each.place]) for each in sent), default=day),
            price=sum(each.price for each in sent),
            sent=tuple(sent),
            served=int((places != BACKORDER).sum()),
        )

    def _problem(self, package: Ints, weight: LineTerm, service: Whole, able: Flags) -> Problem:
        """``able`` (lines, L): the place can send the line by its ``service`` (L,), and may."""
        said, rows = self._said, np.arange(len(service))
        try:
            return Problem(
                order_ptr=np.array([0, len(self._units)]),
                line_sku=self._line_sku,
                line_qty=self._units,
                backorder=np.full(len(self._units), UNSERVED_CENTS),
                stock=self._stock,
                capacity=self._ways.room[service, rows],
                blocked=(~any_along(able, 0))[None].astype(np.uint8),
                line_blocked=(~able).astype(np.uint8),
                reasons=_REASONS,
                package_terms={
                    "shipping": package[None],
                    "packing": self._packing,
                    "rules": self._ways.package[service, rows],
                },
                line_terms={
                    "weight": weight,
                    "handling": LineTerm(self._handling, "location", self._units),
                    **{
                        name: LineTerm(term.rate, term.by, None if term.amount is None else term.amount[self._served])
                        for name, term in said.line_terms.items()
                    },
                },
                prices=self._prices,
                max_packages=np.array([said.max_packages]),
                kits=said.kits[self._served] if (said.kits >= 0).any() else None,
                complete=np.array([True]) if said.complete else None,
            )
        except Refused as error:
            raise Refused("lines", "they are too many to be priced at once", "ask for less at once") from error


def _option(network: Network, found: _Found, by_ms: Ints, arrival: Ints) -> ShipOption:
    packages = tuple(
        Package(
            location=network.sites[sent.place].place.location,
            name=network.sites[sent.place].place.name,
            service=network.terms.services[sent.service].name,
            pack_by_ms=int(by_ms[sent.service, sent.place]),
            time_zone=network.sites[sent.place].hours.zone,
            delivery=date.fromordinal(int(arrival[sent.service, sent.place])),
            price=sent.price,
            lines=sent.lines,
        )
        for sent in found.sent
    )
    return ShipOption(date.fromordinal(found.day), found.price, packages)
