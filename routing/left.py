"""Stock and capacity that earlier orders have left, as one order sees them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from routing.arrays import Cents, Whole
from routing.problem import BACKORDER, NO_LEG, Problem


@dataclass(frozen=True, eq=False, slots=True)
class Left:
    """Units left: ``stock`` (S, L) and ``capacity`` (C,). Only :meth:`take` changes them."""

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

    def take(self, problem: Problem, order: int, assignment: Cents) -> None:
        """Deduct what one order uses; ``assignment`` (lines of the order,) of options or -1."""
        lines = problem.lines_of(order)
        served = np.flatnonzero(assignment != BACKORDER)
        options, units = assignment[served], problem.line_qty[lines][served]
        places, pools = (options, options) if problem.separate else (problem.places[options], problem.pools[options])
        np.subtract.at(self.stock, (problem.line_sku[lines][served], places), units.astype(self.stock.dtype))
        np.subtract.at(self.capacity, pools, units.astype(self.capacity.dtype))
        leg = problem.leg_of(order)
        if leg is not None:
            carried = leg[options] != NO_LEG
            np.subtract.at(self.capacity, leg[options][carried], units[carried].astype(self.capacity.dtype))
