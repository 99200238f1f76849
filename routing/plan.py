"""The answer: where every line goes, in which packages, at what cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from routing.arrays import Cents, Index
from routing.price import costs_by_term
from routing.problem import BACKORDER, Problem


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """A decision for every line of a problem. Give it to :func:`routing.check.check` before acting on it.

    ``assignment`` (n,)
        Option that serves the line, or -1 for backorder.
    ``package_order``, ``package_option`` (P,); ``line_package`` (n,)
        One package per order and option that it uses, by order, then option; each line's package, or -1.
    ``terms``, ``cents`` (O, terms)
        What each order costs by named term, in cents. Prices that steered the choice are not in it.
    ``excess`` (O,)
        Most cents by which the order's plan may exceed its best one at the time: 0 where it was proven.
    ``sequence`` (O,), or None
        The orders as they were decided, each on what the earlier ones left; None where all were decided together.
    """

    assignment: Cents
    package_order: Index
    package_option: Cents
    line_package: Index
    terms: tuple[str, ...]
    cents: Cents
    excess: Cents
    sequence: Index | None

    @classmethod
    def of(
        cls, problem: Problem, assignment: Cents, excess: Cents | None = None, sequence: Sequence[int] | None = None
    ) -> Self:
        """Derive packages and costs from an ``assignment`` (n,) of all lines."""
        order_of = np.repeat(np.arange(problem.orders), np.diff(problem.order_ptr))
        served = np.flatnonzero(assignment != BACKORDER)
        packages, package = np.unique(order_of[served] * problem.options + assignment[served], return_inverse=True)
        line_package = np.full(len(assignment), -1, np.intp)
        line_package[served] = package
        return cls(
            assignment=assignment,
            package_order=packages // max(problem.options, 1),
            package_option=packages % max(problem.options, 1),
            line_package=line_package,
            terms=problem.terms,
            cents=costs_by_term(problem, range(problem.orders), assignment),
            excess=np.zeros(problem.orders, np.int64) if excess is None else excess,
            sequence=None if sequence is None else np.array(sequence, np.intp),
        )

    @property
    def total(self) -> int:
        """Cost of all orders, in cents."""
        return int(self.cents.sum())

    def cost_of(self, order: int) -> dict[str, int]:
        """Cents of one order by term, zeros left out."""
        return {name: int(c) for name, c in zip(self.terms, self.cents[order], strict=True) if c}
