"""The rules that sourcing follows, before the network as it is now: what they would say of a cart once it is an order.

Pure. What rules mean is said by :mod:`routing.rules` alone, for a promise as for a run of sourcing. A cart is asked
about as an order that was placed this minute: it has waited for nothing, no location was asked for it before, and
nothing has been promised to it yet. The options are each location with each carrier's service, and for collecting, both
with work that begins now and with work that begins with the location's next day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from central.sourcing.domain import Place, Work
from central.sourcing.facts import with_facts
from central.sourcing.model import scene_place
from central.sourcing.promises.network import Flags, Ints, Network, Reals, keep
from routing.arrays import Whole
from routing.rules import scene
from routing.rules.compile import Compiled, compile_rules
from routing.rules.document import RuleSet
from routing.rules.facts import Fact
from routing.rules.scene import ANYWHERE, PICKUP, SHIP, Backdrop, OpenLine, OpenOrder, Scene
from routing.terms import LineTerm

SENT, COLLECTED = 0, 1
"""Which of the two orders that a cart may become."""


@dataclass(frozen=True, eq=False, slots=True)
class Rulebook:
    """``places`` (L,) with their work of now; ``silent`` (L,): the box has not been heard for too long;
    ``keeping_back``: rules by which a location has less for everybody; ``counts_transit``: a rule asks how many days
    the carrier needs."""

    network: Network
    rules: RuleSet
    places: tuple[Place, ...]
    silent: Flags
    keeping_back: frozenset[str]
    counts_transit: bool
    _work: tuple[Work, ...]
    _ruled: tuple[scene.Place, ...]
    _backdrops: dict[int, Backdrop] = field(default_factory=dict)

    @classmethod
    def of(
        cls, network: Network, rules: RuleSet | None, work: Mapping[str, Work], before: "Rulebook | None" = None
    ) -> Self:
        """``rules`` with what always holds, those of the program where there are none; a location without ``work`` is
        idle, and not silent. Places of the rulebook ``before`` whose work is the same are taken from there."""
        works = tuple(work.get(site.place.location, Work()) for site in network.sites)
        if before is not None and before.network is network:
            places, ruled = before.at(works)
        else:
            places = tuple(each.at(site.place) for site, each in zip(network.sites, works, strict=True))
            ruled = tuple(map(scene_place, places))
        silent = np.array([each.silent for each in works], np.bool_)
        every = with_facts(rules)
        keeping_back = frozenset(rule.id for rule in every.rules if rule.network)
        counts_transit = any(Fact.TRANSIT in rule.needs() for rule in every.rules)
        return cls(network, every, places, silent, keeping_back, counts_transit, works, ruled)

    def at(self, works: Sequence[Work]) -> tuple[tuple[Place, ...], tuple[scene.Place, ...]]:
        """The places (L,) with these ``works``, and the same as rules see them."""
        places, ruled = list(self.places), list(self._ruled)
        for number, (work, known) in enumerate(zip(works, self._work, strict=True)):
            if work != known:
                places[number] = work.at(self.network.sites[number].place)
                ruled[number] = scene_place(places[number])
        return tuple(places), tuple(ruled)

    def ask(self, order: OpenOrder, stock: scene.Stock, distance: Reals, now_ms: int) -> "tuple[Said, Said]":
        """What the rules say of ``order``, placed at ``now_ms``, if it is sent, and if it is collected. ``distance``
        (L,) in km to where it goes, nan where that is not known.

        An order that they hold back is asked about as of the moment at which it would be routed; one that would not be
        routed within the network's timetable is served by nobody.
        """
        both = replace(order, service=SHIP), replace(order, service=PICKUP, pickup_location=ANYWHERE)
        transit = self._transit(distance) if self.counts_transit else None
        compiled = {now_ms: self._compiled(both, stock, transit, now_ms)}
        routed_ms = [now_ms, now_ms]
        for held in compiled[now_ms].held:
            if held.until_ms is not None and self.network.timetable.covers(held.until_ms):
                routed_ms[held.order] = held.until_ms
        for moment_ms in set(routed_ms) - {now_ms}:
            compiled[moment_ms] = self._compiled(both, stock, transit, moment_ms)
        sent_ms, collected_ms = routed_ms
        return (
            Said(self, compiled[sent_ms], SENT, sent_ms),
            Said(self, compiled[collected_ms], COLLECTED, collected_ms),
        )

    def warm(self, now_ms: int) -> None:
        """Look at every place now, so that the first cart does not wait for it."""
        order = OpenOrder("", SHIP, (OpenLine("", 1),), placed_ms=now_ms)
        nowhere = np.full(len(self.places), np.nan)
        self.ask(order, scene.Stock(("",), np.ones((1, len(self.places)), np.int64)), nowhere, now_ms)

    def why(self, compiled: Compiled, code: int, place: int) -> str:
        """The reason ``code`` in words that follow the place's name."""
        text, rule = compiled.reasons[code].text, compiled.reason_rules[code]
        closed = self.places[place].closed
        return f"{text}: {closed}" if closed and rule and self.rules.rule(rule).kind == "closed" else text

    def _compiled(
        self, orders: tuple[OpenOrder, ...], stock: scene.Stock, transit: Whole | None, now_ms: int
    ) -> Compiled:
        return compile_rules(self.rules, Scene.before(self._backdrop(now_ms), orders, stock, transit), now_ms)

    def _transit(self, distance: Reals) -> Whole:
        """(2, K): business days with the carrier, sent and collected; -1 where the distance is not known."""
        network = self.network
        days = np.array([service.transit_days for service in network.terms.services], np.int16)
        by_way = np.zeros((2, network.ways, len(self.places)), np.int16)
        by_way[:, :-1] = np.where(np.isnan(distance), np.int16(-1), days[:, network.zones_at(distance)])
        return np.broadcast_to(by_way.ravel(), (2, by_way.size))

    def _backdrop(self, now_ms: int) -> Backdrop:
        made = self._backdrops.get(now_ms)
        if made is None:
            made = Backdrop(self._ruled, self.network.options(now_ms), now_ms)
            keep(self._backdrops, now_ms, made)
        return made


class Said:
    """What the rules say of a cart of n lines as an order that is sent, or collected.

    There are W ways to serve (each service, or collecting), two days on which work may begin (at ``begins_ms``, and
    with each location's next day), and L locations.

    ``codes`` (2, W, L), ``line_codes`` (n, 2, W, L)
        0 where the order, the line may be served so, else a code for :meth:`why`.
    ``room`` (2, L)
        Units that a location can still handle on that day.
    ``stock`` (S, L)
        Units less those that rules keep back.
    ``package`` (2, W, L), ``line_terms``
        What soft rules charge: cents for a package; terms of the cart's lines, by name.
    ``max_packages``, ``complete``, ``kits`` (n,)
        The most packages, 0 for any number; whether it is all lines or none; numbers of what stays together, or -1.
    """

    def __init__(self, book: Rulebook, compiled: Compiled, order: int, begins_ms: int) -> None:
        self._book, self._compiled = book, compiled
        self.begins_ms = begins_ms
        ways, places = book.network.ways, len(book.places)
        self._ways = slice(ways - 1, ways) if order == COLLECTED else slice(0, ways - 1)
        self._shape = (2, ways, places)
        lines = len(compiled.kits) // 2
        mine = slice(order * lines, (order + 1) * lines)
        self.codes: Whole = self._of_order(compiled.blocked[order])
        self._keeps_back = np.array([rule in book.keeping_back for rule in compiled.reason_rules], np.bool_)
        self.line_codes: Whole = np.zeros((lines, *self.codes.shape), np.uint16)
        if compiled.line_blocked is not None:
            self.line_codes = compiled.line_blocked[mine].reshape(lines, *self._shape)[:, :, self._ways]
        own = compiled.pickup_capacity if order == COLLECTED else compiled.ship_capacity
        self.room: Whole = self._of_order(np.minimum(compiled.capacity, own))[:, 0]
        self.stock: Whole = compiled.stock
        self.package: Ints = np.zeros(self.codes.shape, np.int64)
        for cents in compiled.package_terms.values():
            self.package += self._of_order(cents if cents.ndim == 1 else cents[order])
        self.line_terms = {
            name: LineTerm(term.rate, term.by, None if term.amount is None else term.amount[mine])
            for name, term in compiled.line_terms.items()
        }
        self.max_packages = int(compiled.max_packages[order])
        self.complete = bool(compiled.complete[order])
        self.kits: Whole = compiled.kits[mine]

    def opens(self, line_codes: Whole) -> Flags:
        """Whether a line may be served where a code of ``line_codes`` stands: also where the only reason is that rules
        keep units back, which ``stock`` shows already."""
        found: Flags = (line_codes == 0) | self._keeps_back[line_codes]
        return found

    def _of_order(self, by_option: Whole) -> Whole:
        """(2, W, L) from (K,)."""
        return by_option.reshape(self._shape)[:, self._ways]

    def why(self, code: int, place: int) -> str:
        """A reason in words that follow the place's name."""
        return self._book.why(self._compiled, code, place)
