"""Ways to place lines, built from one another: many columns at once, one column, several ways together, a limit.

A way knows for each subset of the lines the least cost of placing exactly those: ``value`` (rows, 2**n) in ticks. Row j
uses at most j packages; where no limit on packages can bind there is one row, which uses any number. The empty subset
costs nothing.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from routing.arrays import Flags, Floats, Index
from routing.subsets import levels, subsets_of
from routing.table import Table


class Part(NamedTuple):
    """Lines (a bit mask) that go together to a column of the quotes, or to ``BACKORDER``."""

    column: int
    subset: int


class Way(Protocol):
    """``packages``: the numbers of packages worth trying when another way takes the rest."""

    packages: Sequence[int]

    @property
    def value(self) -> Floats:
        """(rows, 2**n): least cost of each subset."""
        ...

    def parts(self, mask: int, row: int) -> Iterator[Part]:
        """Where the lines of ``mask`` go in the plan behind ``value[row, mask]``, which is finite."""
        ...


class Pooled:
    """Columns of which each may take several packages: ``best`` (2**n,) is the cheapest package of each subset."""

    def __init__(
        self, table: Table, best: Floats, excluded: Index, rows: int, banned: Flags | None, column: int
    ) -> None:
        self._table, self._best, self._excluded, self._rows = table, best, excluded, rows
        self._banned, self._column = banned, column
        self.packages: Sequence[int] = range(1, rows) if rows > 1 else (0,)

    @cached_property
    def value(self) -> Floats:
        """See :class:`Way`."""
        return shipped(self._best, self._table.lines, self._rows)

    def parts(self, mask: int, row: int) -> Iterator[Part]:
        """See :class:`Way`."""
        while mask:
            row -= 1 if self._rows > 1 else 0
            leading = subsets_of(self._table.lines, mask)[1::2]
            subset = int(leading[(self._best[leading] + self.value[row][mask ^ leading]).argmin()])
            yield Part(self._cheapest(subset), subset)
            mask ^= subset

    def _cheapest(self, subset: int) -> int:
        prices = self._table.of(subset)
        if len(self._excluded):
            prices[self._excluded] = np.inf
        if self._banned is not None and self._banned[subset]:
            prices[self._column] = np.inf
        return int(prices.argmin())


class Single:
    """One column (or backorder) that is used once or not at all: ``prices`` (2**n,) of each subset there."""

    def __init__(self, column: int, prices: Floats, packages: int, rows: int) -> None:
        self._column = column
        self.value: Floats = prices[None] if rows == 1 else np.broadcast_to(prices, (rows, len(prices)))
        self.packages: Sequence[int] = (packages,)

    def parts(self, mask: int, row: int) -> Iterator[Part]:
        """See :class:`Way`."""
        del row  # one package, whatever is allowed
        if mask:
            yield Part(self._column, mask)


class Together:
    """Some lines one way, the others another way."""

    def __init__(self, lines: int, first: Way, second: Way) -> None:
        self._lines, self._first, self._second = lines, first, second
        self.packages: Sequence[int] = range(1, len(first.value)) if len(first.value) > 1 else (0,)

    @cached_property
    def value(self) -> Floats:
        """See :class:`Way`."""
        before, after = self._first.value, self._first.value.copy()
        for used in self._second.packages:
            for row in range(used, len(after)):
                for level in levels(self._lines):
                    taken = self._second.value[used][level.inside] + before[row - used][level.outside]
                    after[row, level.masks] = np.minimum(after[row, level.masks], taken.min(axis=1))
        return after

    def plan(self, mask: int, row: int) -> tuple[float, list[Part]]:
        """``value[row, mask]``, without working out the others, and its parts; none where it is infinite."""
        least, used, subset = self._choice(mask, row)
        if least == np.inf:
            return least, []
        return least, [*self._second.parts(subset, used), *self._first.parts(mask ^ subset, row - used)]

    def parts(self, mask: int, row: int) -> Iterator[Part]:
        """See :class:`Way`."""
        yield from self.plan(mask, row)[1] if mask else ()

    def _choice(self, mask: int, row: int) -> tuple[float, int, int]:
        """The least cost of the mask, and the packages and the subset of it that go the second way."""
        chosen = (float(self._first.value[row, mask]), 0, 0)
        inside = subsets_of(self._lines, mask)[1:]
        for used in self._second.packages:
            if used <= row:
                costs = self._second.value[used][inside] + self._first.value[row - used][mask ^ inside]
                pick = int(costs.argmin())
                if costs[pick] <= chosen[0]:  # among equals the way that is held to its limits
                    chosen = (float(costs[pick]), used, int(inside[pick]))
        return chosen


class Limited:
    """Another way for the subsets that are ``allowed`` (2**n,) only."""

    def __init__(self, way: Way, allowed: Flags) -> None:
        self._way, self.packages = way, way.packages
        self.value: Floats = np.where(allowed, way.value, np.inf)

    def parts(self, mask: int, row: int) -> Iterator[Part]:
        """See :class:`Way`."""
        return self._way.parts(mask, row)


def shipped(best: Floats, lines: int, rows: int) -> Floats:
    """(rows, 2**n): least cost of placing exactly the lines of each mask in packages at ``best`` (2**n,) each."""
    value = np.full((rows, len(best)), np.inf)
    value[:, 0] = 0.0
    if rows == 1:
        for level in levels(lines):
            value[0, level.masks] = (best[level.leading] + value[0][level.trailing]).min(axis=1)
    for row in range(1, rows):
        for level in levels(lines):
            value[row, level.masks] = (best[level.leading] + value[row - 1][level.trailing]).min(axis=1)
    return value
