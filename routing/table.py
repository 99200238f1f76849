"""The cheapest single package for every subset of an order's lines: G[T] = min over l of fixed_l + costs of T at l.

Sums of subsets are doubled up line by line (2**n x k additions). A matrix product of the 2**n x n bits would do the
same, but 0 x infinity is not a number there.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np

from routing.arrays import Flags, Floats, Index, Whole
from routing.quotes import Quotes
from routing.subsets import lines_in

Numbers = TypeVar("Numbers", Floats, Whole)

_BLOCK_LINES = 6  # 64 subsets at a time stay in the processor's cache


class Ranked(NamedTuple):
    """Per subset (2**n,): the cheapest package, its column, and the cheapest of all other columns."""

    best: Floats
    column: Index
    second: Floats


class Table:
    """Package prices of one order with at most 12 lines, in ticks; ``columns`` index its quotes' locations."""

    def __init__(self, quotes: Quotes) -> None:
        self.quotes = quotes
        self.lines = len(quotes.units)
        self.full = (1 << self.lines) - 1
        self.units = _sums(quotes.units)
        self.backorder = _sums(quotes.backorder)
        self._needs = [(_sums(np.where(s.members, quotes.units, 0)), s.stock) for s in quotes.shared]

    def cheapest(self, apart: tuple[int, ...]) -> Floats:
        """(2**n,): the cheapest package of each subset without the columns ``apart``; infinite for the empty one."""
        best = np.full(self.full + 1, np.inf)
        for start, prices in self._blocks(apart):
            prices.min(axis=1, out=best[start : start + len(prices)], initial=np.inf)
        best[0] = np.inf
        return best

    def ranked(self, apart: tuple[int, ...]) -> Ranked:
        """The same with the winning column and the runner-up's price, to ask "what if not there"."""
        sets = self.full + 1
        ranked = Ranked(np.full(sets, np.inf), np.zeros(sets, np.intp), np.full(sets, np.inf))
        if len(self.quotes.locations) == 0:
            return ranked
        for start, prices in self._blocks(apart):
            rows, part = np.arange(len(prices)), slice(start, start + len(prices))
            ranked.column[part] = first = prices.argmin(axis=1)
            ranked.best[part] = prices[rows, first]
            prices[rows, first] = np.inf
            ranked.second[part] = prices.min(axis=1)
        ranked.best[0] = ranked.second[0] = np.inf
        return ranked

    @cached_property
    def undivided(self) -> Ranked:
        """:meth:`ranked` with no column apart, which every such question starts from."""
        return self.ranked(())

    def at(self, column: int) -> Floats:
        """(2**n,): the price of each subset as one package from ``column``; infinite where it does not fit."""
        prices: Floats = _sums(self.quotes.lines[:, column]) + self.quotes.fixed[column]
        prices[self.units > self.quotes.room[column]] = np.inf
        for need, stock in self._needs:
            prices[need > stock[column]] = np.inf
        prices[0] = np.inf
        return prices

    def of(self, subset: int) -> Floats:
        """(k,): the price of ``subset`` as one package from each column."""
        prices: Floats = self.quotes.fixed + self.quotes.lines[lines_in(subset)].sum(axis=0)
        prices[self.quotes.room < self.units[subset]] = np.inf
        for need, stock in self._needs:
            prices[stock < need[subset]] = np.inf
        return prices

    def through(self, rest: Floats) -> tuple[Floats, Index]:
        """Per column (k,): the least of package T from there plus ``rest[T]`` (2**n,) over all T, and that T."""
        count = len(self.quotes.locations)
        value, subset = np.full(count, np.inf), np.zeros(count, np.intp)
        for start, prices in self._blocks(()):
            prices += rest[start : start + len(prices), None]
            if start == 0:
                prices[0] = np.inf
            row = prices.argmin(axis=0)
            found = prices[row, np.arange(count)]
            better = found < value
            value[better], subset[better] = found[better], row[better] + start
        return value, subset

    def _blocks(self, apart: tuple[int, ...]) -> Iterator[tuple[int, Floats]]:
        """Rows of subset prices (rows, k), 64 at a time: (first subset, prices that the caller may change)."""
        quotes = self.quotes
        low, high = _sums(quotes.lines[:_BLOCK_LINES]), _sums(quotes.lines[_BLOCK_LINES:])
        low += quotes.fixed
        if apart:
            low[:, apart] = np.inf
        tight = self._tight
        for block, more in enumerate(high):
            start = block * len(low)
            prices = low if len(high) == 1 else low + more
            if len(tight):
                prices[:, tight] = np.where(self._over(slice(start, start + len(low)), tight), np.inf, prices[:, tight])
            yield start, prices

    @cached_property
    def _tight(self) -> Index:
        """Columns where the whole order would not fit although single lines do."""
        over = self.quotes.room < self.units[-1]
        for need, stock in self._needs:
            over |= stock < need[-1]
        return np.flatnonzero(over)

    def _over(self, rows: slice, columns: Index) -> Flags:
        over: Flags = self.units[rows, None] > self.quotes.room[columns]
        for need, stock in self._needs:
            over |= need[rows, None] > stock[columns]
        return over


def _sums(values: Numbers) -> Numbers:
    """(n, ...) -> (2**n, ...): the sum over the lines of every subset."""
    sums = np.zeros((1 << len(values), *values.shape[1:]), values.dtype)
    for line, value in enumerate(values):
        sums[1 << line : 2 << line] = sums[: 1 << line] + value
    return sums
