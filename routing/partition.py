"""The cheapest way to divide an order's lines into packages and backordered lines: dynamic programming over subsets.

With prices G[T] of single packages, f[M] = min over T within M of G[T] + f[M without T] is exact as long as two
packages by one option can be merged into one, which fixed costs of at least zero make no dearer. Where merging fails
(stock, room or the price by weight serves two parts but not both together), that option is taken out of G and given a
step of its own, in which it may be used once, and the search repeats. Where several options together take more than the
stock or capacity that they share, those options become a step of their own that is limited as a whole. Limits that
cross, of which neither holds all options of the other, are settled by cases: some line that uses the limit must not.

Each round only removes plans that cannot be, so the first plan that can be is the best. Usually there is one round;
where the limits below end the search, the partition says by how much it may miss.

A limit on packages adds a row per package: f[j, M] uses at most j. Backorder is a step that no limit counts.
"""

from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

import numpy as np

from routing.arrays import Flags, Floats, Index
from routing.problem import BACKORDER
from routing.subsets import lines_in
from routing.table import Shared, Table
from routing.ways import Limited, Part, Pooled, Single, Together, Way, shipped

WORK_MAX = 5 * 10**7
"""Most additions in one search, half a second or so; an order that needs more gets a plan that is not proven."""

_STEP_WORK = 5_000
"""What beginning a step costs, in additions."""

_BONUS = 2.0**51
"""Ticks that make the one column that must be used cheaper than any plan without it; more than 12 lines can cost."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Parts that cover every line once, one per column, and their sum in ticks; no other sum is below ``bound``.

    Without parts and infinite if the search ended before it found any.
    """

    ticks: float
    parts: tuple[Part, ...]
    bound: float

    @property
    def proven(self) -> bool:
        """There is none better."""
        return self.ticks <= self.bound


@dataclass(frozen=True, eq=False, slots=True)
class Ban:
    """``column`` (or ``BACKORDER``) may not hold the ``subsets`` (2**n,) marked true."""

    column: int
    subsets: Flags


class _Case(NamedTuple):
    """A question that is still open: no plan of it costs less than ``bound``."""

    bound: float
    serial: int
    table: Table
    apart: tuple[int, ...]
    groups: tuple[Shared, ...]


def best_partition(table: Table, most: int, ban: Ban | None = None, must: int | None = None) -> Partition | None:
    """The cheapest partition in at most ``most`` packages (0 = no limit), or None if there is none.

    ``ban`` leaves out some packages of one column; ``must`` names a column that has to serve at least one line.
    """
    rows, serial = _rows(table, most), count()
    cases = [_Case(-np.inf, next(serial), table, () if must is None else (must,), ())]
    best, work = Partition(np.inf, (), np.inf), 0
    while cases and cases[0].bound < best.ticks:
        case = heappop(cases)
        work += (2 + len(case.apart) + len(case.groups)) * (rows * 3**table.lines + _STEP_WORK)
        if work > WORK_MAX:
            heappush(cases, case)
            break
        found = _Search(case.table, rows, ban, must).relaxed(case.apart, case.groups)
        if found is None or found.ticks >= best.ticks:
            continue
        narrower = list(_narrowed(case, found))
        for apart, groups, divided in narrower:
            heappush(cases, _Case(found.ticks, next(serial), divided, apart, groups))
        if not narrower:
            best = found
    bound = min(best.ticks, cases[0].bound) if cases else best.ticks
    if must is not None:
        if bound > -_BONUS / 2:
            return None
        best, bound = replace(best, ticks=best.ticks + _BONUS, bound=np.inf), bound + _BONUS
    if bound == np.inf:
        return None
    return best if bound == best.bound else replace(best, bound=bound)


def rest_costs(table: Table, most: int) -> Floats:
    """(2**n,): what the lines outside each subset cost at least, if the subset itself is one more package.

    A lower bound where an option's limits would be broken by using it twice.
    """
    rows = _rows(table, most)
    best = table.cheapest(())
    # The subset itself takes one package.
    placed = shipped(best, table.lines, rows - 1 if rows > 1 else 1)[-1:]
    costs = Together(table.lines, Single(BACKORDER, placed[0], 0, 1), _backorder(table, 1, None)).value
    return np.ascontiguousarray(costs[0, ::-1])  # the complement of mask M is full - M


Narrower = tuple[tuple[int, ...], tuple[Shared, ...], Table]


def _narrowed(case: _Case, found: Partition) -> list[Narrower]:
    """What to ask instead of ``case`` because the partition ``found`` may not be; empty if it may."""
    columns = [part.column for part in found.parts if part.column != BACKORDER]
    twice = tuple(sorted({c for c in columns if columns.count(c) > 1}))
    if twice:
        return [((*case.apart, *twice), case.groups, case.table)]
    over = case.table.overdrawn([part for part in found.parts if part.column != BACKORDER])
    if over is None:
        return []
    if not any(over.crosses(group) for group in case.groups):
        return [(case.apart, (*case.groups, over), case.table)]
    shipped_by = [part for part in found.parts if part.column != BACKORDER and over.columns[part.column]]
    lines = [line for part in shipped_by for line in lines_in(part.subset)]
    return [(case.apart, case.groups, case.table.with_line_off(over, lines[:i], line)) for i, line in enumerate(lines)]


class _Search:
    """One question to a table: see :func:`best_partition`."""

    def __init__(self, table: Table, rows: int, ban: Ban | None, must: int | None) -> None:
        self.table, self.rows, self.ban, self.must = table, rows, ban, must

    def relaxed(self, apart: tuple[int, ...], groups: tuple[Shared, ...]) -> Partition | None:
        """The best partition if only the columns ``apart`` and the ``groups`` are held to their limits."""
        table = self.table
        shipping = self._way(None, sorted(groups, key=lambda group: -group.columns.sum()), apart)
        way = Together(table.lines, shipping, _backorder(table, self.rows, self.ban))
        ticks, parts = way.plan(table.full, self.rows - 1)
        return Partition(ticks, tuple(sorted(parts)), ticks) if parts else None

    def _way(self, columns: Flags | None, groups: list[Shared], apart: tuple[int, ...]) -> Way:
        """The best use of some columns (None for all), ``groups`` of them limited, the largest first."""
        outer: list[tuple[Shared, list[Shared]]] = []
        for group in groups:
            holder = next((inner for other, inner in outer if group.within(other)), None)
            if holder is None:
                outer.append((group, []))
            else:
                holder.append(group)
        grouped = [group.columns for group, _ in outer]
        single = [c for c in apart if (columns is None or columns[c]) and not any(held[c] for held in grouped)]
        if columns is None and not grouped:
            excluded = np.array(single, np.intp)
        else:
            out = np.zeros(len(self.table.quotes.options), np.bool_) if columns is None else ~columns
            out |= np.logical_or.reduce([out, *grouped])
            out[single] = True
            excluded = np.flatnonzero(out)
        way: Way = self._pooled(excluded)
        for column in single:
            way = Together(self.table.lines, way, Single(column, self._prices(column), self._one, self.rows))
        for group, inner in outer:
            way = Together(self.table.lines, way, Limited(self._way(group.columns, inner, apart), group.allowed))
        return way

    @property
    def _one(self) -> int:
        """What a package counts in rows."""
        return 1 if self.rows > 1 else 0

    def _pooled(self, excluded: Index) -> Pooled:
        ban = self.ban
        if ban is None or ban.column == BACKORDER or ban.column in excluded:
            return Pooled(self.table, self.table.cheapest(excluded), excluded, self.rows, None, BACKORDER)
        ranked = self.table.ranked(excluded) if len(excluded) else self.table.undivided
        best = np.where(ban.subsets & (ranked.column == ban.column), ranked.second, ranked.best)
        return Pooled(self.table, best, excluded, self.rows, ban.subsets, ban.column)

    def _prices(self, column: int) -> Floats:
        prices = self.table.at(column)
        if self.ban is not None and self.ban.column == column:
            prices[self.ban.subsets] = np.inf
        if column == self.must:
            prices -= _BONUS
        return prices


def _backorder(table: Table, rows: int, ban: Ban | None) -> Single:
    prices = table.backorder
    if ban is not None and ban.column == BACKORDER:
        prices = np.where(ban.subsets, np.inf, prices)
    return Single(BACKORDER, prices, 0, rows)


def _rows(table: Table, most: int) -> int:
    """Rows that the limit on packages needs: one where it cannot bind."""
    return most + 1 if 0 < most < table.lines else 1
