"""Every assignment of one order, priced and tested one by one: the truth that the solver is held against."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.left import Left
from routing.problem import Problem


@dataclass(frozen=True)
class Everything:
    """All assignments (N, n), their cost (N,) and which of them are allowed; ``kinds`` (n,) of lines that are alike.

    The cost is what is minimised: the problem's prices of contested units are part of it.
    """

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
    """``free`` names an option that no rule, stock or capacity limits, and which takes nothing from the others."""
    a, b = int(problem.order_ptr[order]), int(problem.order_ptr[order + 1])
    options, n = problem.options, b - a
    grid = np.indices((options + 1,) * n).reshape(n, -1).T - 1
    costs = np.array([[_line(problem, order, i, k) for k in range(options)] for i in range(a, b)]).reshape(n, -1)
    cents = np.zeros(len(grid), np.int64)
    allowed = np.ones(len(grid), bool)
    fits = np.ones((n, options), bool)
    for i in range(n):
        for k in range(options):
            fits[i, k] = k == free or _may(problem, order, a + i, k, left)
            here = grid[:, i] == k
            cents[here] += costs[i, k]
            allowed[here] &= fits[i, k]
        cents[grid[:, i] == -1] += int(problem.backorder[a + i])
    for k in range(options):
        used = (grid == k).any(axis=1)
        cents[used] += sum(int(t[k] if t.ndim == 1 else t[order, k]) for t in problem.package_terms.values())
        held = ((grid == k) << np.arange(n)).sum(axis=1)
        parcel = [_parcel(problem, order, k, [a + i for i in range(n) if mask >> i & 1]) for mask in range(1 << n)]
        allowed &= np.array([price is not None for price in parcel])[held]
        cents += np.array([price or 0 for price in parcel])[held]
    for source, limit in _limits(problem, order, left):
        drawn = np.zeros(len(grid), np.int64)
        for i in range(n):
            units = [0 if k in (-1, free) else source(a + i, k) for k in range(-1, options)]
            drawn += np.array(units)[grid[:, i] + 1]
        allowed &= drawn <= limit
    most = 0 if problem.max_packages is None else int(problem.max_packages[order])
    if most:
        allowed &= sum((grid == k).any(axis=1).astype(int) for k in range(options)) <= most
    if problem.complete is not None and problem.complete[order]:
        allowed &= (grid == -1).all(axis=1) | (grid != -1).all(axis=1)
    kits = [-1] * n if problem.kits is None else problem.kits[a:b].tolist()
    for i in range(n):
        for j in range(i):
            if kits[i] == kits[j] != -1:
                allowed &= grid[:, i] == grid[:, j]
    return Everything(grid, cents, allowed, _kinds(problem, a, b, costs, fits, kits))


def _place(problem: Problem, option: int) -> int:
    return option if problem.place is None else int(problem.place[option])


def _pools(problem: Problem, order: int, option: int) -> list[int]:
    pool = _place(problem, option) if problem.pool is None else int(problem.pool[option])
    leg = -1 if problem.leg is None else int(problem.leg[order, option])
    return [pool] if leg < 0 else [pool, leg]


def _may(problem: Problem, order: int, line: int, option: int, left: Left) -> bool:
    place, qty = _place(problem, option), problem.line_qty[line]
    return (
        problem.blocked[order, option] == 0
        and (problem.line_blocked is None or problem.line_blocked[line, option] == 0)
        and (problem.pickup is None or problem.pickup[order] in (-1, place))
        and left.stock[problem.line_sku[line], place] >= qty
        and all(left.capacity[pool] >= qty for pool in _pools(problem, order, option))
    )


def _limits(problem: Problem, order: int, left: Left) -> Iterator[tuple[Callable[[int, int], int], int]]:
    """What a line takes by an option from each stock and each pool, and how much there is."""
    for sku in range(left.stock.shape[0]):
        for place in range(left.stock.shape[1]):
            yield (
                (
                    lambda line, k, sku=sku, place=place: (
                        int(problem.line_qty[line])
                        if problem.line_sku[line] == sku and _place(problem, k) == place
                        else 0
                    )
                ),
                int(left.stock[sku, place]),
            )
    for pool in range(len(left.capacity)):
        yield (
            (lambda line, k, pool=pool: int(problem.line_qty[line]) * _pools(problem, order, k).count(pool)),
            int(left.capacity[pool]),
        )


def _parcel(problem: Problem, order: int, option: int, lines: list[int]) -> int | None:
    """What the weight of a package costs; None where it is too heavy."""
    parcels = problem.parcels
    if parcels is None or not lines:
        return 0
    index = int(parcels.tariff[option] if parcels.tariff.ndim == 1 else parcels.tariff[order, option])
    if index < 0:
        return 0
    tariff = parcels.tariffs[index]
    billable = float(sum(int(parcels.grams[line]) for line in lines))
    if tariff.divisor and parcels.volume is not None:
        billable = max(billable, sum(int(parcels.volume[line]) for line in lines) / tariff.divisor)
    prices = [
        cents for upto, cents in zip(tariff.upto.tolist(), tariff.cents.tolist(), strict=True) if billable <= upto
    ]
    return int(prices[0]) if prices else None


def _line(problem: Problem, order: int, line: int, option: int) -> int:
    total = 0
    for term in problem.line_terms.values():
        row: dict[str, tuple[int, ...]] = {
            "line": (line, option),
            "order": (order, option),
            "option": (option,),
            "sku": (int(problem.line_sku[line]), _place(problem, option)),
            "location": (_place(problem, option),),
        }
        total += round(float(term.rate[row[term.by]]) * (1.0 if term.amount is None else float(term.amount[line])))
    units, prices = int(problem.line_qty[line]), problem.prices
    if prices.stock is not None:
        total += round(float(prices.stock[problem.line_sku[line], _place(problem, option)]) * units)
    if prices.capacity is not None:
        total += round(sum(float(prices.capacity[pool]) for pool in _pools(problem, order, option)) * units)
    return total


def _kinds(problem: Problem, a: int, b: int, costs: Any, fits: Any, kits: list[int]) -> Any:
    """Lines that may be swapped; those of a kit with the lines of another kit that is alike as a whole."""
    parcels, looks = problem.parcels, []
    for i in range(b - a):
        kit = [j for j in range(b - a) if j == i or kits[j] == kits[i] != -1]
        sums = np.zeros(3 + costs.shape[1], np.int64)
        for j in kit:
            grams = 0 if parcels is None else int(parcels.grams[a + j])
            volume = 0 if parcels is None or parcels.volume is None else int(parcels.volume[a + j])
            sums += [int(problem.backorder[a + j]), grams, volume, *np.where(fits[j], costs[j], -999_999)]
        units = sorted((int(problem.line_sku[a + j]), int(problem.line_qty[a + j])) for j in kit)
        looks.append((kit.index(i), units, sums.tolist()))
    return np.array([looks.index(look) for look in looks])
