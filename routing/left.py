"""Stock and capacity that earlier orders have left, as one order sees them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from routing.arrays import Cents, Whole
from routing.problem import BACKORDER, Problem


@dataclass(frozen=True, eq=False, slots=True)
class Left:
    """Units left: ``stock`` (S, L) and ``capacity`` (L,). Only :meth:`take` changes them."""

    stock: Whole
    capacity: Whole

    @classmethod
    def all_of(cls, problem: Problem) -> Self:
        """What the problem starts with, not copied: for a single order, which takes nothing."""
        return cls(problem.stock, problem.capacity)

    @classmethod
    def copy_of(cls, problem: Problem) -> Self:
        """A working copy from which a sequence of orders takes."""
        return cls(problem.stock.copy(), problem.capacity.copy())

    def take(self, problem: Problem, lines: slice, assignment: Cents) -> None:
        """Deduct what the lines of one order use; ``assignment`` (lines of the order,) of locations or -1."""
        served = np.flatnonzero(assignment != BACKORDER)
        where, units = assignment[served], problem.line_qty[lines][served]
        np.subtract.at(self.stock, (problem.line_sku[lines][served], where), units.astype(self.stock.dtype))
        np.subtract.at(self.capacity, where, units.astype(self.capacity.dtype))
