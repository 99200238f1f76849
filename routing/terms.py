"""Named parts of what a line costs, stored factored so that no order x location x term cube is ever held.

A rate that depends on less than (line, location) is stored once: handling per location, stock value per SKU and
location, shipping per weight per order and location. It is multiplied out for one order at a time.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from routing.arrays import Floats, Index, Real, Whole

By = Literal["line", "order", "sku", "location"]


@dataclass(frozen=True, eq=False, slots=True)
class LineTerm:
    """One named part of the cost of serving a line from a location: ``rate x amount``, in cents.

    ``rate``: (n, L) where ``by`` is ``line``, (O, L) where it is ``order``, (S, L) where it is ``sku``, (L,) where it
    is ``location``; cents per unit of ``amount``, negative for a credit. ``amount``: (n,), such as units or grams of
    each line, or None for 1.

    The product is rounded to a whole cent, ties to even: one multiplication in float64 and one rounding, so the same
    on every machine. Two whole numbers multiply exactly.
    """

    rate: Real
    by: By
    amount: Real | None = None

    def cents(self, order: int, lines: slice, skus: Whole, columns: Index) -> Floats:
        """Whole cents of the lines of one order at the locations ``columns`` (k,), as float64 (n or 1, k).

        ``lines`` is the order's slice of all lines and ``skus`` (n,) their SKUs.
        """
        if self.by == "line":
            rate = self.rate[lines].take(columns, axis=1)
        elif self.by == "order":
            rate = self.rate[order].take(columns)[None]
        elif self.by == "sku":
            rate = self.rate[skus[:, None], columns]
        else:
            rate = self.rate.take(columns)[None]
        if self.amount is None:
            return np.rint(rate, dtype=np.float64)
        product = np.multiply(rate, self.amount[lines, None], dtype=np.float64)
        return np.rint(product, out=product)

    def largest(self) -> float:
        """An upper bound on the cents of any line at any location, credits counted without their sign."""
        rate = float(np.abs(self.rate, dtype=np.float64).max(initial=0.0))
        return rate if self.amount is None else rate * float(np.abs(self.amount, dtype=np.float64).max(initial=0.0))
