"""Price lists of packages by billable weight: breaks, dimensional weight, and a heaviest package that is taken at all.

The price of a package need not be the sum of what its lines would cost, nor below it: where a heavy package costs more
than two light ones, the lines are divided, and where the list ends there is no such package.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from routing.arrays import Floats, Index, Real, Whole


@dataclass(frozen=True, eq=False, slots=True)
class Tariff:
    """One carrier's price list: a package of at most ``upto[b]`` grams, and of more than the break before, costs
    ``cents[b]``.

    ``upto`` (b,) ascending grams, inclusive; ``cents`` (b,) whole cents, in any order; heavier than the last break
    means that the package is not taken. ``divisor``: cubic millimetres that count as one gram (the number that carriers
    print as cm³ per kg, such as 5000), 0 where volume does not count.
    """

    upto: Whole
    cents: Whole
    divisor: int = 0

    def billable(self, grams: Real, volume: Real) -> Floats:
        """Grams that are paid for: the greater of the actual and the dimensional weight, for any shape of both."""
        weight = np.asarray(grams, np.float64)
        return np.maximum(weight, volume / np.float64(self.divisor)) if self.divisor else weight

    def price(self, grams: Real, volume: Real) -> Floats:
        """Whole cents of packages of these grams and cubic millimetres, infinite where they are too heavy."""
        row = np.searchsorted(self.upto, self.billable(grams, volume), side="left")
        prices: Floats = np.append(self.cents.astype(np.float64), np.inf)[row]
        return prices

    def support(self, grams: float) -> tuple[float, float]:
        """(a, b), both at least 0: no package costs less than a + b x its grams, and one of ``grams`` little more.

        In cents and cents per gram, as exact as floating point is.
        """
        upto, cents = self.upto.astype(np.float64), self.cents.astype(np.float64)
        steepest = float((cents[upto > 0] / upto[upto > 0]).min(initial=np.inf))
        chords = (cents[1:] - cents[0]) / (upto[1:] - upto[0])
        slopes = np.array([0.0, *([steepest] if np.isfinite(steepest) else []), *chords[chords > 0]])
        bases = (cents - slopes[:, None] * upto).min(axis=1)
        best = int(np.where(bases < 0, -np.inf, bases + slopes * grams).argmax())
        return float(bases[best]), float(slopes[best])

    @property
    def largest(self) -> int:
        """The dearest package in cents."""
        return int(self.cents.max())


@dataclass(frozen=True, eq=False, slots=True)
class Parcels:
    """How packages are priced by weight.

    ``tariffs``
        The price lists.
    ``tariff`` (K,) or (O, K)
        Index into ``tariffs`` of the list that prices a package of an option (of an order and an option), or -1 where
        weight does not count.
    ``grams`` (n,), ``volume`` (n,), optional
        Whole grams and cubic millimetres of all units of a line together.
    ``name``
        That of the cost term.
    """

    tariffs: tuple[Tariff, ...]
    tariff: Whole
    grams: Whole
    volume: Whole | None = None
    name: str = "parcel"

    def tariff_of(self, order: int) -> Whole:
        """(K,): the price list of each option for one order."""
        return self.tariff if self.tariff.ndim == 1 else self.tariff[order]

    def narrowed(self, lines: slice, order: int) -> Self:
        """The same for one order alone."""
        volume = None if self.volume is None else self.volume[lines]
        return replace(self, tariff=self.tariff_of(order), grams=self.grams[lines], volume=volume)

    def volume_of(self, lines: slice | Index) -> Whole:
        """Cubic millimetres of the lines; 0 where nobody measured them."""
        return np.zeros_like(self.grams[lines]) if self.volume is None else self.volume[lines]
