"""Named parts of what a line costs, stored factored so that no order x option x term cube is ever held.

A rate that depends on less than (line, option) is stored once: handling per location, stock value per SKU and
location, shipping per weight per order and option. It is multiplied out for one order at a time.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from routing.arrays import Floats, Index, Real, Whole

By = Literal["line", "order", "sku", "location", "option"]


@dataclass(frozen=True, eq=False, slots=True)
class LineTerm:
    """One named part of the cost of serving a line by an option: ``rate x amount``, in cents.

    ``rate``: (n, K) where ``by`` is ``line``, (O, K) where it is ``order``, (K,) where it is ``option``; (S, L) where
    it is ``sku`` and (L,) where it is ``location``, which all options of a location share. Cents per unit of
    ``amount``, negative for a credit. ``amount``: (n,), such as units or grams of each line, or None for 1.

    The product is rounded to a whole cent, ties to even: one multiplication in float64 and one rounding, so the same
    on every machine. Two whole numbers multiply exactly.
    """

    rate: Real
    by: By
    amount: Real | None = None

    def cents(self, order: int, lines: slice, skus: Whole, columns: Index, places: Whole | None = None) -> Floats:
        """Whole cents of the lines of one order at the options ``columns`` (k,), as float64 (n or 1, k).

        ``lines`` is the order's slice of all lines and ``skus`` (n,) their SKUs; ``places`` (k,) are the locations of
        the options, the options themselves if not given.
        """
        where: Whole = columns if places is None else places
        if self.by == "line":
            rate = self.rate[lines].take(columns, axis=1)
        elif self.by == "order":
            rate = self.rate[order].take(columns)[None]
        elif self.by == "sku":
            rate = self.rate[skus[:, None], where]
        else:
            rate = self.rate.take(where if self.by == "location" else columns)[None]
        if self.amount is None:
            return np.rint(rate, dtype=np.float64)
        product = np.multiply(rate, self.amount[lines, None], dtype=np.float64)
        return np.rint(product, out=product)

    def cents_at(self, order: Index, line: Index, sku: Whole, option: Whole, place: Whole) -> Floats:
        """(k,): whole cents of ``line`` (k,) of ``order`` (k,), each at one ``option`` (k,); its ``sku`` and the
        option's ``place`` (k,)."""
        keys: dict[By, tuple[Whole, ...]] = {
            "line": (line, option), "order": (order, option), "sku": (sku, place), "location": (place,),
            "option": (option,),
        }  # fmt: skip
        rate = self.rate[keys[self.by]]
        amount: Real = np.ones(len(line)) if self.amount is None else self.amount[line]
        return np.rint(np.multiply(rate, amount, dtype=np.float64))

    def largest(self) -> float:
        """An upper bound on the cents of any line at any option, credits counted without their sign."""
        rate = float(np.abs(self.rate, dtype=np.float64).max(initial=0.0))
        return rate if self.amount is None else rate * float(np.abs(self.amount, dtype=np.float64).max(initial=0.0))
