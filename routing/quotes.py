"""What every usable option would charge for the lines of one order, and what limits it.

The unit is the tick, 1/65,536 of a cent, so that ties between plans of equal cost are settled inside the sums: 256
ticks for each backordered line, then 1 tick for each package. Fewer lines unserved win, then fewer packages; what is
still equal goes to the first in a fixed scan, the lowest option for the same lines. 255 lines cannot reach a cent, and
sums stay below 2**53, where float64 holds every whole number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self, TypeVar

import numpy as np

from routing.arrays import Flags, Floats, Index, Real, Whole
from routing.left import Left
from routing.parcels import Tariff
from routing.problem import BACKORDER, NO_LEG, Problem

Numbers = TypeVar("Numbers", Floats, Whole)

TICKS = 65_536
BACKORDER_TICKS = 256
PACKAGE_TICKS = 1

ALONE = -1
"""In ``Quotes.place`` and ``Quotes.pool``: the option draws on nothing that another one or a limit knows of."""


def cents_of(ticks: float) -> int:
    """Whole cents of a sum of ticks."""
    return int(ticks // TICKS)


@dataclass(frozen=True, eq=False, slots=True)
class SharedStock:
    """A SKU on several bundles of the same order: they draw on the same units.

    ``need`` (m,) units by bundle, 0 for those of other SKUs; ``stock`` (k,) units at the option's location.
    """

    need: Whole
    stock: Whole

    @property
    def members(self) -> Flags:
        """(m,): the bundle needs units of the SKU."""
        members: Flags = self.need > 0
        return members


@dataclass(frozen=True, eq=False, slots=True)
class Weighed:
    """What packages weigh and which price list prices them.

    ``grams``, ``volume`` (m,) of each bundle, in grams and cubic millimetres; ``tariff`` (k,) index into ``tariffs``,
    or -1 where weight does not count.
    """

    grams: Whole
    volume: Whole
    tariff: Whole
    tariffs: tuple[Tariff, ...]

    def ticks(self, index: int, grams: Whole, volume: Whole) -> Floats:
        """Price of packages by the list ``index``, in ticks, for any shape of their grams and volume."""
        return self.tariffs[index].price(grams, volume) * TICKS

    def least(self) -> tuple[Floats, Floats]:
        """(k,) ticks of a package and (m, k) ticks of each bundle in it that no price by weight undercuts."""
        fixed, lines = np.zeros(len(self.tariff)), np.zeros((len(self.grams), len(self.tariff)))
        for index in self.used():
            listed = self.tariffs[index]
            base, per_gram = listed.support(float(min(self.grams.sum(), listed.upto[-1])))
            asked = self.tariff == index
            # A tick less each: what floating point may have rounded up.
            fixed[asked] = max(np.floor(base * TICKS) - 1.0, 0.0)
            lines[:, asked] = np.maximum(np.floor(per_gram * TICKS * self.grams) - 1.0, 0.0)[:, None]
        return fixed, lines

    def heaviest(self) -> Iterator[tuple[Whole, Floats]]:
        """What packages have of grams and of volume, by bundle (m,), and the most that each option takes (k,)."""
        ends = np.array([*(listed.upto[-1] for listed in self.tariffs), np.inf])
        yield self.grams, ends[self.tariff]
        divisors = np.array([*(listed.divisor or np.inf for listed in self.tariffs), np.inf])
        yield self.volume, (ends * divisors)[self.tariff]

    def used(self) -> list[int]:
        """The price lists that some option uses."""
        return sorted(set(self.tariff.tolist()) - {-1})

    def alike(self, one: int, other: int) -> bool:
        """Two bundles weigh and measure the same."""
        return bool(self.grams[one] == self.grams[other] and self.volume[one] == self.volume[other])

    def bundled(self, bundle: Index) -> Self:
        """The same with the lines of each ``bundle`` (n,) weighed together."""
        return replace(self, grams=_summed(self.grams, bundle), volume=_summed(self.volume, bundle))

    def columns(self, kept: Index) -> Self:
        """The same for the options ``kept`` only."""
        return replace(self, tariff=self.tariff[kept])


class Draw(NamedTuple):
    """A limit that all packages of the order share: the bundles that go by options drawing on one entry of ``have``.

    ``need`` (m,) units by bundle; ``have`` (r,) units by entry; ``entries`` of (k,) entries that each option draws on,
    -1 for none. Each entry stands in one of them at most once per option.
    """

    need: Whole
    have: Real
    entries: tuple[Whole, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Quotes:
    """One order at the k options that could serve at least one of its bundles. The one place where its costs are known.

    A bundle is what may not be divided: a line, or the lines of a kit. There are m bundles of n lines, m = n without
    kits, by their first line.

    ``options`` (k,)
        The problem's options, ascending.
    ``fixed`` (k,), ``lines`` (m, k), ``backorder`` (m,)
        Ticks of a package, of a bundle in it, of leaving a bundle unserved; ``lines`` is infinite where that bundle
        cannot go by that option, not even alone.
    ``units`` (m,), ``room`` (k,)
        Units of each bundle; units that the option can still handle, by its pool and by its leg.
    ``shared``
        SKUs on several bundles. Room and shared stock are limits that one bundle meets and several may not.
    ``place``, ``pool`` (k,), ``leg`` (k,) or None, ``capacity`` (C,)
        Location of the option; its entries of ``capacity``, the leg -1 where there is none; ``ALONE`` where nothing is
        shared. Several packages of the order may draw on one location's stock or on one entry: see :meth:`draws`.
    ``weighed``
        Grams, volumes and price lists that come on top of ``fixed`` and ``lines``; None where weight is not priced.
    ``bundle`` (n,)
        Each line's bundle: an assignment of bundles ``a`` (m,) is ``a[bundle]`` by line.
    ``complete``
        All bundles are served or none.
    ``separate``
        No two options draw on the same stock or capacity.
    """

    options: Index
    fixed: Floats
    lines: Floats
    backorder: Floats
    units: Whole
    room: Whole
    shared: tuple[SharedStock, ...]
    place: Whole
    pool: Whole
    leg: Whole | None
    capacity: Whole
    weighed: Weighed | None
    bundle: Index
    complete: bool
    separate: bool

    def by_line(self, columns: Index) -> Index:
        """(n,): the option of each line or -1, from the column (m,) of each bundle or -1."""
        located: Index = np.append(self.options, BACKORDER)  # column -1 is the last entry
        return located[columns][self.bundle].astype(np.int64)

    def by_bundle(self, assignment: Whole) -> Index:
        """(m,): the column of each bundle or -1, from the option (n,) of each line or -1."""
        first = np.unique(self.bundle, return_index=True)[1]
        options = assignment[first]
        return np.where(options == BACKORDER, BACKORDER, np.searchsorted(self.options, options))

    def draws(self) -> Iterator[Draw]:
        """The limits that packages share, each with the room of single packages in it."""
        entries = (self.pool,) if self.leg is None else (self.pool, self.leg)
        yield Draw(self.units, self.capacity, entries)
        places = int(self.place.max(initial=-1)) + 1
        for shared in self.shared:
            have = np.zeros(places, np.int64)
            known = self.place != ALONE
            have[self.place[known]] = shared.stock[known]
            yield Draw(shared.need, have, (self.place,))

    def with_free_use_of(self, option: int, fixed: float, lines: Floats, tariff: int) -> Self:
        """The same order if ``option`` had no limits and asked ``fixed``, ``lines`` (m,) and price list ``tariff``."""
        at = int(np.searchsorted(self.options, option))
        kept = np.flatnonzero(self.options != option)
        total, weighed = self.units.sum(), self.weighed

        def changed(values: Whole, value: int) -> Whole:
            return np.insert(values[kept], at, value)

        return replace(
            self,
            options=np.insert(self.options[kept], at, option),
            fixed=np.insert(self.fixed[kept], at, fixed),
            lines=np.insert(self.lines[:, kept], at, lines, axis=1),
            room=changed(self.room, total),
            shared=tuple(replace(s, stock=changed(s.stock, total)) for s in self.shared),
            place=changed(self.place, ALONE),
            pool=changed(self.pool, ALONE),
            leg=None if self.leg is None else changed(self.leg, NO_LEG),
            weighed=None if weighed is None else replace(weighed, tariff=changed(weighed.tariff, tariff)),
        )


def quote(problem: Problem, order: int, left: Left) -> Quotes:
    """The quotes of every option that may serve the order and can serve one of its bundles on what is left."""
    lines = problem.lines_of(order)
    serves = servable(problem, order, left)
    columns = np.flatnonzero(serves.any(axis=0))
    fixed, costs = _ticks(problem, order, columns)
    skus, units = problem.line_sku[lines], problem.line_qty[lines].astype(np.int64)
    costs = np.where(serves[:, columns], costs, np.inf)
    backorder = problem.backorder[lines].astype(np.float64) * TICKS + BACKORDER_TICKS
    places, pools, leg, room = _sources(problem, order, left, columns)
    quotes = Quotes(
        options=columns,
        fixed=fixed,
        lines=costs,
        backorder=backorder,
        units=units,
        room=room,
        shared=tuple(SharedStock(np.where(skus == sku, units, 0), left.stock[sku, places]) for sku in _repeated(skus)),
        place=places,
        pool=pools,
        leg=leg,
        capacity=left.capacity,
        weighed=_weighed(problem, order, columns),
        bundle=np.arange(len(units)),
        complete=problem.goes_whole(order),
        separate=problem.separate,
    )
    if problem.kits is not None:
        quotes = _bundled(quotes, problem.kits[lines])
    return quotes if quotes.weighed is None and problem.kits is None else _usable(quotes)


def servable(problem: Problem, order: int, left: Left) -> Flags:
    """(n, K): the option may serve the line and has the units and the room for it, were it the only one."""
    lines = problem.lines_of(order)
    units = problem.line_qty[lines, None]
    serves: Flags = stocked(problem, order, left)
    if problem.separate:
        serves &= left.capacity >= units
    else:
        serves &= room_of(problem, order, left) >= units
    serves &= problem.eligible(order)
    if problem.line_blocked is not None:
        serves &= problem.line_blocked[lines] == 0
    return serves


def stocked(problem: Problem, order: int, left: Left) -> Flags:
    """(n, K): the option's location has the units of the line, were it the only one."""
    lines = problem.lines_of(order)
    enough: Flags = left.stock[problem.line_sku[lines]] >= problem.line_qty[lines, None]
    return enough if problem.place is None else enough[:, problem.place]


def room_of(problem: Problem, order: int, left: Left) -> Whole:
    """(K,): units that each option can still handle for the order, by its pool and by its leg."""
    return _sources(problem, order, left, np.arange(problem.options))[3]


class Wishes(NamedTuple):
    """What w options would charge if nothing stood in the way of what they hold, in ticks; ``tariff`` (w,) or None."""

    options: Index
    fixed: Floats
    lines: Floats
    tariff: Whole | None

    def granted(self, quotes: Quotes, wish: int) -> Quotes:
        """The ``quotes`` of the same order if one of the wishes came true."""
        tariff = -1 if self.tariff is None else int(self.tariff[wish])
        return quotes.with_free_use_of(int(self.options[wish]), float(self.fixed[wish]), self.lines[:, wish], tariff)


def wishes(problem: Problem, order: int, held: Left, quotes: Quotes) -> Wishes:
    """``options`` (w,) ascending whose costs are known, ``fixed`` (w,) and ``lines`` (m, w), whatever blocks them.

    ``quotes`` are the order's own. A bundle is infinite where ``held`` has not a single unit of one of its lines:
    nobody expects a store to send what it does not carry.
    """
    priced = np.array([reason.priced for reason in problem.reasons])
    priced[0] = True
    columns = np.flatnonzero(priced[problem.blocked[order]])
    lines = problem.lines_of(order)
    if problem.line_blocked is not None:
        columns = columns[priced[problem.line_blocked[lines]][:, columns].all(axis=0)]
    fixed, costs = _ticks(problem, order, columns)
    places = columns if problem.place is None else problem.place[columns]
    costs[held.stock[problem.line_sku[lines]][:, places] == 0] = np.inf
    weighed = _weighed(problem, order, columns)
    return Wishes(columns, fixed, _summed(costs, quotes.bundle), None if weighed is None else weighed.tariff)


def _ticks(problem: Problem, order: int, columns: Index) -> tuple[Floats, Floats]:
    fixed = np.zeros(len(columns))
    for cents in problem.package_terms.values():
        fixed += (cents if cents.ndim == 1 else cents[order]).take(columns)
    lines = problem.lines_of(order)
    skus = problem.line_sku[lines]
    places = columns if problem.place is None else problem.place[columns]
    costs = np.zeros((len(skus), len(columns)))
    for term in problem.line_terms.values():
        costs += term.cents(order, lines, skus, columns, places)
    for _, term in problem.price_terms(order):
        costs += term.cents(order, lines, skus, columns, places)
    fixed *= TICKS
    fixed += PACKAGE_TICKS
    costs *= TICKS
    return fixed, costs


def _sources(problem: Problem, order: int, left: Left, columns: Index) -> tuple[Whole, Whole, Whole | None, Whole]:
    """Location, pool, leg and room of the options ``columns`` (k,)."""
    if problem.separate:
        return columns, columns, None, left.capacity[columns]
    places = problem.places[columns]
    pools = places if problem.pool is None else problem.pool[columns]
    room = left.capacity[pools].astype(np.int64)
    legs = problem.leg_of(order)
    if legs is None:
        return places, pools, None, room
    leg = legs[columns]
    carried = np.where(leg == NO_LEG, room, left.capacity[leg])
    return places, pools, leg, np.minimum(room, carried)


def _weighed(problem: Problem, order: int, columns: Index) -> Weighed | None:
    parcels, lines = problem.parcels, problem.lines_of(order)
    if parcels is None:
        return None
    grams, volume = parcels.grams[lines].astype(np.int64), parcels.volume_of(lines).astype(np.int64)
    return Weighed(grams, volume, parcels.tariff_of(order)[columns], parcels.tariffs)


def _bundled(quotes: Quotes, kits: Whole) -> Quotes:
    """The lines of each kit as one: what all of them cost, weigh and need."""
    first: dict[int, int] = {}
    bundle = np.empty(len(kits), np.intp)
    for line, kit in enumerate(kits.tolist()):
        bundle[line] = first.setdefault(-1 - line if kit < 0 else kit, len(first))
    weighed = quotes.weighed
    shared = (replace(s, need=_summed(s.need, bundle)) for s in quotes.shared)
    return replace(
        quotes,
        lines=_summed(quotes.lines, bundle),
        backorder=_summed(quotes.backorder, bundle),
        units=_summed(quotes.units, bundle),
        shared=tuple(shared),
        weighed=None if weighed is None else weighed.bundled(bundle),
        bundle=bundle,
    )


def _usable(quotes: Quotes) -> Quotes:
    """Without bundles that no package may hold, and without options that serve none then."""
    lines = quotes.lines.copy()
    lines[quotes.units[:, None] > quotes.room] = np.inf
    for shared in quotes.shared:
        lines[shared.need[:, None] > shared.stock] = np.inf
    weighed = quotes.weighed
    if weighed is not None:
        for index in weighed.used():
            heavy = np.isinf(weighed.ticks(index, weighed.grams, weighed.volume))
            lines[np.ix_(heavy, weighed.tariff == index)] = np.inf
    kept = np.flatnonzero(np.isfinite(lines).any(axis=0))
    return replace(
        quotes,
        options=quotes.options[kept],
        fixed=quotes.fixed[kept],
        lines=lines[:, kept],
        room=quotes.room[kept],
        shared=tuple(replace(s, stock=s.stock[kept]) for s in quotes.shared),
        place=quotes.place[kept],
        pool=quotes.pool[kept],
        leg=None if quotes.leg is None else quotes.leg[kept],
        weighed=None if weighed is None else weighed.columns(kept),
    )


def _summed(values: Numbers, bundle: Index) -> Numbers:
    """(m, ...): the sum over the lines of each bundle, of values (n, ...)."""
    count = int(bundle.max(initial=-1)) + 1
    if count == len(values):
        return values
    summed: Numbers = np.stack([values[bundle == index].sum(axis=0) for index in range(count)])
    return summed


def _repeated(skus: Whole) -> list[int]:
    values = skus.tolist()
    return sorted({sku for sku in values if values.count(sku) > 1})
