"""Every assignment of one order, priced and tested one by one: the truth that the solver is held against."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.left import Left
from routing.problem import Problem


@dataclass(frozen=True)
class Everything:
    """All assignments (N, n), their cost (N,) and which of them are allowed; ``kinds`` (n,) of lines that are alike."""

    assignments: Any
    cents: Any
    allowed: Any
    kinds: Any

    def least(self, among: Any = None) -> int | None:
        """The least cost of the allowed ones, of those marked true in ``among`` if given."""
        allowed = self.allowed if among is None else self.allowed & among
        return int(self.cents[allowed].min()) if allowed.any() else None

    def backordered(self) -> Any:
        return (self.assignments == -1).sum(axis=1)

    def packages(self) -> Any:
        return np.array([len(set(row) - {-1}) for row in self.assignments.tolist()])

    def differs_from(self, assignment: Any) -> Any:
        """True where swapping lines that are alike does not give ``assignment``."""
        return (self._canonical(self.assignments) != self._canonical(assignment[None])).any(axis=1)

    def _canonical(self, assignments: Any) -> Any:
        result = assignments.copy()
        for kind in set(self.kinds.tolist()):
            members = np.flatnonzero(self.kinds == kind)
            result[:, members] = np.sort(assignments[:, members], axis=1)
        return result


def everything(problem: Problem, order: int, left: Left, free: int | None = None) -> Everything:
    """``free`` names a location that no rule, stock or capacity limits."""
    a, b = int(problem.order_ptr[order]), int(problem.order_ptr[order + 1])
    places, n = problem.locations, b - a
    grid = np.indices((places + 1,) * n).reshape(n, -1).T - 1
    costs = np.array([[_line(problem, order, i, place) for place in range(places)] for i in range(a, b)]).reshape(n, -1)
    cents = np.zeros(len(grid), np.int64)
    allowed = np.ones(len(grid), bool)
    fits = np.ones((n, places), bool)
    for i in range(n):
        sku, qty = problem.line_sku[a + i], problem.line_qty[a + i]
        for place in range(places):
            ok = problem.blocked[order, place] == 0 and left.stock[sku, place] >= qty <= left.capacity[place]
            ok = ok and (problem.line_blocked is None or problem.line_blocked[a + i, place] == 0)
            ok = ok and (problem.pickup is None or problem.pickup[order] in (-1, place))
            fits[i, place] = ok or place == free
            here = grid[:, i] == place
            cents[here] += costs[i, place]
            allowed[here] &= fits[i, place]
        cents[grid[:, i] == -1] += int(problem.backorder[a + i])
    for place in range(places):
        here = grid == place
        used = here.any(axis=1)
        cents[used] += sum(int(t[place] if t.ndim == 1 else t[order, place]) for t in problem.package_terms.values())
        if place != free:
            allowed &= here @ problem.line_qty[a:b] <= left.capacity[place]
            for sku in set(problem.line_sku[a:b].tolist()):
                drawn = here[:, problem.line_sku[a:b] == sku] @ problem.line_qty[a:b][problem.line_sku[a:b] == sku]
                allowed &= drawn <= left.stock[sku, place]
    most = 0 if problem.max_packages is None else int(problem.max_packages[order])
    if most:
        allowed &= sum((grid == place).any(axis=1).astype(int) for place in range(places)) <= most
    return Everything(grid, cents, allowed, _kinds(problem, a, b, costs, fits))


def _line(problem: Problem, order: int, line: int, place: int) -> int:
    total = 0
    for term in problem.line_terms.values():
        row = {"line": line, "order": order, "sku": int(problem.line_sku[line])}
        rate = term.rate[place] if term.by == "location" else term.rate[row[term.by], place]
        total += round(float(rate) * (1.0 if term.amount is None else float(term.amount[line])))
    return total


def _kinds(problem: Problem, a: int, b: int, costs: Any, fits: Any) -> Any:
    looks = [
        (int(problem.line_sku[i]), int(problem.line_qty[i]), int(problem.backorder[i]), *np.where(f, c, -999).tolist())
        for i, f, c in zip(range(a, b), fits, costs, strict=True)
    ]
    return np.array([looks.index(look) for look in looks])
