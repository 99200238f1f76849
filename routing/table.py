"""The cheapest single package for every subset of an order's bundles: G[T] = min over l of what T costs by option l.

That is a fixed part, the costs of its lines and the price of its weight, which is no sum: it has a row of its own.

Sums of subsets are doubled up line by line (2**n x k additions). A matrix product of the 2**n x n bits would do the
same, but 0 x infinity is not a number there.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np

from routing.arrays import Flags, Floats, Index, Whole
from routing.quotes import Numbers, Quotes, Weighed
from routing.subsets import lines_in

Columns = tuple[int, ...] | Index

_BLOCK_LINES = 6  # 64 subsets at a time stay in the processor's cache


class Ranked(NamedTuple):
    """Per subset (2**n,): the cheapest package, its column, and the cheapest of all other columns."""

    best: Floats
    column: Index
    second: Floats


class Shared(NamedTuple):
    """``columns`` (k,) that draw on the same units, and the subsets (2**n,) that these ``allowed`` all of them have."""

    columns: Flags
    allowed: Flags

    def within(self, other: "Shared") -> bool:
        """The other holds all columns of this one."""
        return not (self.columns & ~other.columns).any()

    def crosses(self, other: "Shared") -> bool:
        """Both have columns in common and columns of their own."""
        return bool((self.columns & other.columns).any()) and not self.within(other) and not other.within(self)


class Table:
    """Package prices of one order in ticks; ``columns`` index its quotes' options, and its bundles are its lines."""

    def __init__(self, quotes: Quotes) -> None:
        self.quotes = quotes
        self.lines = len(quotes.units)
        self.full = (1 << self.lines) - 1
        self.backorder = _sums(quotes.backorder)
        if quotes.complete:
            self.backorder[1:-1] = np.inf
        self._needs = [(_sums(s.need), s.stock) for s in quotes.shared]
        self._weight = None if quotes.weighed is None else _Weight(quotes.weighed)

    def cheapest(self, apart: Columns) -> Floats:
        """(2**n,): the cheapest package of each subset without the columns ``apart``; infinite for the empty one."""
        best = np.full(self.full + 1, np.inf)
        for start, prices in self._blocks(apart):
            prices.min(axis=1, out=best[start : start + len(prices)], initial=np.inf)
        best[0] = np.inf
        return best

    def ranked(self, apart: Columns) -> Ranked:
        """The same with the winning column and the runner-up's price, to ask "what if not there"."""
        sets = self.full + 1
        ranked = Ranked(np.full(sets, np.inf), np.zeros(sets, np.intp), np.full(sets, np.inf))
        if len(self.quotes.options) == 0:
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
    def units(self) -> Whole:
        """(2**n,): units of each subset."""
        return _sums(self.quotes.units)

    @cached_property
    def undivided(self) -> Ranked:
        """:meth:`ranked` with no column apart, which every such question starts from."""
        return self.ranked(())

    def at(self, column: int) -> Floats:
        """(2**n,): the price of each subset as one package from ``column``; infinite where it does not fit."""
        prices: Floats = _sums(self.quotes.lines[:, column]) + self.quotes.fixed[column]
        if self._weight is not None:
            prices += self._weight.at(column)
        prices[self.units > self.quotes.room[column]] = np.inf
        for need, stock in self._needs:
            prices[need > stock[column]] = np.inf
        prices[0] = np.inf
        return prices

    def of(self, subset: int) -> Floats:
        """(k,): the price of ``subset`` as one package from each column."""
        lines = lines_in(subset)
        prices: Floats = self.quotes.fixed + self.quotes.lines[lines].sum(axis=0)
        if self._weight is not None:
            prices += self._weight.of(slice(subset, subset + 1))[0]
        prices[self.quotes.room < self.quotes.units[lines].sum()] = np.inf
        for need, stock in self._needs:
            prices[stock < need[subset]] = np.inf
        return prices

    def overdrawn(self, parts: Sequence[tuple[int, int]]) -> Shared | None:
        """The first limit that packages (column, subset) break together, if any."""
        if self.quotes.separate or len(parts) < 2:
            return None
        for draw in self.quotes.draws():
            need, drawn = _sums(draw.need), Counter[int]()
            for entries in draw.entries:
                for column, subset in parts:
                    drawn[int(entries[column])] += int(need[subset])
            for entry, units in sorted(drawn.items()):
                if entry >= 0 and units > draw.have[entry]:
                    columns = np.logical_or.reduce([entries == entry for entries in draw.entries])
                    return Shared(columns, need <= draw.have[entry])
        return None

    def with_line_off(self, shared: Shared, on: list[int], off: int) -> Self:
        """The same order, the lines ``on`` only by the shared columns and the line ``off`` by none of them."""
        lines, backorder = self.quotes.lines.copy(), self.quotes.backorder.copy()
        lines[np.ix_(np.array(on, np.intp), ~shared.columns)] = np.inf
        backorder[on] = np.inf
        lines[off, shared.columns] = np.inf
        return type(self)(replace(self.quotes, lines=lines, backorder=backorder))

    def through(self, rest: Floats) -> tuple[Floats, Index]:
        """Per column (k,): the least of package T from there plus ``rest[T]`` (2**n,) over all T, and that T."""
        count = len(self.quotes.options)
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

    def _blocks(self, apart: Columns) -> Iterator[tuple[int, Floats]]:
        """Rows of subset prices (rows, k), 64 at a time: (first subset, prices that the caller may change)."""
        quotes = self.quotes
        low, high = _sums(quotes.lines[:_BLOCK_LINES]), _sums(quotes.lines[_BLOCK_LINES:])
        low += quotes.fixed
        if len(apart):
            low[:, apart] = np.inf
        tight = self._tight
        for block, more in enumerate(high):
            start = block * len(low)
            prices = low if len(high) == 1 else low + more
            if self._weight is not None:
                prices += self._weight.of(slice(start, start + len(low)))
            if len(tight):
                prices[:, tight] = np.where(self._over(slice(start, start + len(low)), tight), np.inf, prices[:, tight])
            yield start, prices

    @cached_property
    def _tight(self) -> Index:
        """Columns where the whole order would not fit although single lines do."""
        over = self.quotes.room < self.quotes.units.sum()
        for need, stock in self._needs:
            over |= stock < need[-1]
        return np.flatnonzero(over)

    def _over(self, rows: slice, columns: Index) -> Flags:
        over: Flags = self.units[rows, None] > self.quotes.room[columns]
        for need, stock in self._needs:
            over |= need[rows, None] > stock[columns]
        return over


class _Weight:
    """The price of every subset by every price list that some column uses; 0 where none does."""

    def __init__(self, weighed: Weighed) -> None:
        grams, volume, used = _sums(weighed.grams), _sums(weighed.volume), weighed.used()
        rows = [weighed.ticks(index, grams, volume) for index in used]
        self._prices = np.stack([np.zeros(len(grams)), *rows], axis=1)  # (2**n, lists + 1)
        self._prices[0] = 0.0
        self._row = np.searchsorted([-1, *used], weighed.tariff)

    def at(self, column: int) -> Floats:
        """(2**n,): the price of each subset from one column."""
        return self._prices[:, self._row[column]]

    def of(self, subsets: slice) -> Floats:
        """(rows, k): the price of each of the ``subsets`` from each column."""
        return self._prices[subsets][:, self._row]


def _sums(values: Numbers) -> Numbers:
    """(n, ...) -> (2**n, ...): the sum over the lines of every subset."""
    sums = np.zeros((1 << len(values), *values.shape[1:]), values.dtype)
    for line, value in enumerate(values):
        sums[1 << line : 2 << line] = sums[: 1 << line] + value
    return sums
