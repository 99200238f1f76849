"""The cheapest way to divide an order's lines into packages and backordered lines: dynamic programming over subsets.

With prices G[T] of single packages, f[M] = min over T within M of G[T] + f[M without T] is exact as long as two
packages from one location can be merged into one, which fixed costs of at least zero make no dearer. Where a location's
stock or room serves two parts but not both together, merging fails: that location is then taken out of G and given a
step of its own, in which it may be used once, and the search repeats. Each round only removes plans that cannot be, so
the first plan that can be is the best. Usually there is one round.

A limit on packages adds a layer per package: f[j, M] uses at most j. Backorder is a step that no limit counts.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from routing.arrays import Flags, Floats
from routing.problem import BACKORDER
from routing.subsets import levels, subsets_of
from routing.table import Table


class Part(NamedTuple):
    """Lines (a bit mask) that go together to a column of the quotes, or to ``BACKORDER``."""

    column: int
    subset: int


@dataclass(frozen=True, slots=True)
class Partition:
    """Parts that cover every line once, one per column, and their sum in ticks."""

    ticks: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Ban:
    """``column`` (or ``BACKORDER``) may not hold the ``subsets`` (2**n,) marked true."""

    column: int
    subsets: Flags


class _Step(NamedTuple):
    """A column of its own, or backorder: ``prices`` (2**n,) and what is best without it, ``before`` (layers, 2**n)."""

    column: int
    prices: Floats
    before: Floats
    uses: int
    optional: bool = True

    def after(self, lines: int) -> Floats:
        """(layers, 2**n): what is best once some of each mask's lines may go here, together."""
        after = self.before.copy() if self.optional else np.full_like(self.before, np.inf)
        for layer in range(self.uses, len(after)):
            for level in levels(lines):
                taken = self.prices[level.inside] + self.before[layer - self.uses][level.outside]
                after[layer, level.masks] = np.minimum(after[layer, level.masks], taken.min(axis=1))
        return after

    def choice(self, lines: int, mask: int, layer: int) -> tuple[int, float]:
        """The subset of ``mask`` that goes here, 0 for none, and the cost of the whole mask then."""
        left_out = float(self.before[layer, mask]) if self.optional else np.inf
        if layer < self.uses:
            return 0, left_out
        inside = subsets_of(lines, mask)
        costs = self.prices[inside] + self.before[layer - self.uses][mask ^ inside]
        pick = int(costs.argmin())
        return (int(inside[pick]), float(costs[pick])) if costs[pick] < left_out else (0, left_out)


def best_partition(table: Table, most: int, ban: Ban | None = None, must: int | None = None) -> Partition | None:
    """The cheapest partition in at most ``most`` packages (0 = no limit), or None if there is none.

    ``ban`` leaves out some packages of one column; ``must`` names a column that has to serve at least one line.
    """
    search = _Search(table, most, ban, must)
    apart: tuple[int, ...] = () if must is None else (must,)
    for _ in range(len(table.quotes.options) + 1):  # every round but the last takes a column apart
        found = search.relaxed(apart)
        if found is None:
            return None
        columns = [part.column for part in found.parts]
        twice = tuple(sorted({c for c in columns if columns.count(c) > 1}))
        if not twice:
            return found
        apart += twice
    raise AssertionError("a column that stands apart was used twice")


def rest_costs(table: Table, most: int) -> Floats:
    """(2**n,): what the lines outside each subset cost at least, if the subset itself is one more package.

    A lower bound where a location's limits would be broken by using it twice.
    """
    layers = _layers(table, most)
    shipped = _ship(table.cheapest(()), table.lines, layers)
    if layers:  # the subset itself takes one package
        shipped = shipped[:-1]
    costs = _Step(BACKORDER, table.backorder, shipped[-1:], uses=0).after(table.lines)
    return np.ascontiguousarray(costs[0, ::-1])  # the complement of mask M is full - M


class _Search:
    """One question to a table: see :func:`best_partition`."""

    def __init__(self, table: Table, most: int, ban: Ban | None, must: int | None) -> None:
        self.table, self.ban, self.must = table, ban, must
        self.layers = _layers(table, most)
        self.uses = 1 if self.layers else 0

    def relaxed(self, apart: tuple[int, ...]) -> Partition | None:
        """The best partition if only the columns ``apart`` are held to one package each."""
        lines, best = self.table.lines, self._cheapest(apart)
        base = _ship(best, lines, self.layers)
        steps = self._steps(base, apart)
        parts: list[Part] = []
        mask, layer = self.table.full, len(base) - 1
        total = steps[-1].choice(lines, mask, layer)[1]
        if not np.isfinite(total):
            return None
        for step in reversed(steps):
            subset = step.choice(lines, mask, layer)[0] if mask else 0
            if subset:
                parts.append(Part(step.column, subset))
                mask ^= subset
                layer -= step.uses
        while mask:
            layer -= self.uses
            leading = subsets_of(lines, mask)[1::2]
            subset = int(leading[(best[leading] + base[layer][mask ^ leading]).argmin()])
            parts.append(Part(self._column(subset, apart), subset))
            mask ^= subset
        return Partition(total, tuple(sorted(parts)))

    def _steps(self, base: Floats, apart: tuple[int, ...]) -> list[_Step]:
        """The columns apart, then backorder, then the one that must be used: the last decides on the whole order."""
        steps: list[_Step] = []
        last = () if self.must is None else (self.must,)
        for column in (*(c for c in apart if c != self.must), BACKORDER, *last):
            before = steps[-1].after(self.table.lines) if steps else base
            uses = 0 if column == BACKORDER else self.uses
            steps.append(_Step(column, self._prices(column), before, uses, optional=column != self.must))
        return steps

    def _cheapest(self, apart: tuple[int, ...]) -> Floats:
        ban = self.ban
        if ban is None or ban.column == BACKORDER or ban.column in apart:
            return self.table.cheapest(apart)
        ranked = self.table.ranked(apart) if apart else self.table.undivided
        return np.where(ban.subsets & (ranked.column == ban.column), ranked.second, ranked.best)

    def _prices(self, column: int) -> Floats:
        prices = self.table.backorder.copy() if column == BACKORDER else self.table.at(column)
        prices[0] = np.inf  # taking none of the lines is the step left out
        if self.ban is not None and self.ban.column == column:
            prices[self.ban.subsets] = np.inf
        return prices

    def _column(self, subset: int, apart: tuple[int, ...]) -> int:
        prices = self.table.of(subset)
        prices[list(apart)] = np.inf
        if self.ban is not None and self.ban.column != BACKORDER and self.ban.subsets[subset]:
            prices[self.ban.column] = np.inf
        return int(prices.argmin())


def _layers(table: Table, most: int) -> int:
    """Layers that the limit needs: none where it cannot bind."""
    return most if 0 < most < table.lines else 0


def _ship(best: Floats, lines: int, layers: int) -> Floats:
    """(1 or layers + 1, 2**n): least cost of shipping exactly the lines of each mask; row j in at most j packages."""
    value = np.full((layers + 1, len(best)), np.inf)
    value[:, 0] = 0.0
    if layers == 0:
        for level in levels(lines):
            value[0, level.masks] = (best[level.leading] + value[0][level.trailing]).min(axis=1)
    for layer in range(1, layers + 1):
        for level in levels(lines):
            value[layer, level.masks] = (best[level.leading] + value[layer - 1][level.trailing]).min(axis=1)
    return value
