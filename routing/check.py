"""A second opinion on every plan: priced again and tested against every limit, in plain Python.

It shares no arithmetic with the solver: it walks over lines one at a time. A plan that it refuses is never used.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from retail.errors import Fatal
from routing.plan import Plan
from routing.problem import BACKORDER, BACKORDER_TERM, Problem
from routing.terms import LineTerm


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a plan does and may not do. ``rule`` is what it breaks; ``order`` is -1 where several share it."""

    rule: str
    order: int
    detail: str


class PlanRefused(Fatal):
    """The solver made a plan that breaks a rule or costs other than it says: a defect, to be reported."""

    def __init__(self, violations: list[Violation]) -> None:
        first = violations[0]
        super().__init__(
            f"a plan was refused: {len(violations)} violations, first {first.rule}: {first.detail}",
            "keep the inputs of this run and report them; route the orders by hand",
        )
        self.violations = violations


def checked(problem: Problem, plan: Plan) -> Plan:
    """The plan itself, if nothing is wrong with it; else raises :class:`PlanRefused`."""
    violations = check(problem, plan)
    if violations:
        raise PlanRefused(violations)
    return plan


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """Everything that is wrong with the plan; empty if it may be used."""
    if not _well_formed(problem, plan):
        return [Violation("form", -1, "an array has the wrong length or names a location that there is not")]
    return [*_limits(problem, plan), *_orders(problem, plan)]


def _well_formed(problem: Problem, plan: Plan) -> bool:
    lines, orders, packages = len(problem.line_sku), problem.orders, len(plan.package_order)
    lengths = (
        plan.assignment.shape == (lines,) == plan.line_package.shape
        and plan.package_location.shape == (packages,)
        and plan.terms == problem.terms
        and plan.cents.shape == (orders, len(problem.terms))
    )
    return lengths and all(BACKORDER <= place < problem.locations for place in plan.assignment.tolist())


def _limits(problem: Problem, plan: Plan) -> Iterator[Violation]:
    stock: Counter[tuple[int, int]] = Counter()
    capacity: Counter[int] = Counter()
    for line, place in enumerate(plan.assignment.tolist()):
        if place != BACKORDER:
            units = int(problem.line_qty[line])
            stock[int(problem.line_sku[line]), place] += units
            capacity[place] += units
    for (sku, place), units in sorted(stock.items()):
        if units > problem.stock[sku, place]:
            detail = f"{units} of {problem.stock[sku, place]} units of SKU {sku} at location {place}"
            yield Violation("stock", -1, detail)
    for place, units in sorted(capacity.items()):
        if units > problem.capacity[place]:
            yield Violation("capacity", -1, f"{units} of {problem.capacity[place]} units at location {place}")


def _orders(problem: Problem, plan: Plan) -> Iterator[Violation]:
    packages = list(zip(plan.package_order.tolist(), plan.package_location.tolist(), strict=True))
    expected = []
    for order, (first, last) in enumerate(pairwise(problem.order_ptr.tolist())):
        places = plan.assignment[first:last].tolist()
        used = sorted(set(places) - {BACKORDER})
        expected += [(order, place) for place in used]
        yield from _eligibility(problem, order, range(first, last), places)
        most = problem.packages_limit(order)
        if most and len(used) > most:
            yield Violation("packages", order, f"{len(used)} packages where {most} are allowed")
        costs = _costs(problem, order, range(first, last), places)
        if costs != plan.cents[order].tolist():
            yield Violation("cost", order, f"says {plan.cents[order].tolist()} cents by term, is {costs}")
        for line, place in enumerate(places, first):
            package = int(plan.line_package[line])
            says = packages[package] if 0 <= package < len(packages) else None
            if says != (None if place == BACKORDER else (order, place)):
                yield Violation("form", order, f"line {line} is not in the package of its location")
    if packages != expected:
        yield Violation("form", -1, "the packages are not those of the assignment")


def _eligibility(problem: Problem, order: int, lines: range, places: list[int]) -> Iterator[Violation]:
    pickup = problem.pickup_of(order)
    for line, place in zip(lines, places, strict=True):
        if place == BACKORDER:
            continue
        if pickup >= 0 and place != pickup:
            yield Violation("pickup", order, f"line {line} is at location {place}, collected at {pickup}")
        code = int(problem.blocked[order, place])
        if code == 0 and problem.line_blocked is not None:
            code = int(problem.line_blocked[line, place])
        if code:
            yield Violation("eligibility", order, f"location {place} {problem.reasons[code].text}")


def _costs(problem: Problem, order: int, lines: range, places: list[int]) -> list[int]:
    costs = dict.fromkeys(problem.terms, 0)
    for name, table in problem.package_terms.items():
        for place in set(places) - {BACKORDER}:
            costs[name] += int(table[place] if table.ndim == 1 else table[order, place])
    for line, place in zip(lines, places, strict=True):
        if place == BACKORDER:
            costs[BACKORDER_TERM] += int(problem.backorder[line])
            continue
        for name, term in problem.line_terms.items():
            costs[name] += _line_cents(term, order, line, int(problem.line_sku[line]), place)
    return list(costs.values())


def _line_cents(term: LineTerm, order: int, line: int, sku: int, place: int) -> int:
    row = {"line": line, "order": order, "sku": sku}
    rate = term.rate[place] if term.by == "location" else term.rate[row[term.by], place]
    amount = 1 if term.amount is None else term.amount[line]
    return round(float(rate) * float(amount))
