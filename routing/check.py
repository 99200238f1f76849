"""A second opinion on every plan: priced again and tested against every limit, in plain Python.

It shares no arithmetic with the solver: it walks over lines one at a time. A plan that it refuses is never used.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from retail.errors import Fatal
from routing.parcels import Parcels
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
        and plan.package_option.shape == (packages,)
        and plan.terms == problem.terms
        and plan.cents.shape == (orders, len(problem.terms))
    )
    return lengths and all(BACKORDER <= option < problem.options for option in plan.assignment.tolist())


def _limits(problem: Problem, plan: Plan) -> Iterator[Violation]:
    stock: Counter[tuple[int, int]] = Counter()
    capacity: Counter[int] = Counter()
    places, pools = problem.places.tolist(), problem.pools.tolist()
    for order, (first, last) in enumerate(pairwise(problem.order_ptr.tolist())):
        leg = problem.leg_of(order)
        for line, option in enumerate(plan.assignment[first:last].tolist(), first):
            if option != BACKORDER:
                units = int(problem.line_qty[line])
                stock[int(problem.line_sku[line]), places[option]] += units
                capacity[pools[option]] += units
                if leg is not None and leg[option] >= 0:
                    capacity[int(leg[option])] += units
    for (sku, place), units in sorted(stock.items()):
        if units > problem.stock[sku, place]:
            detail = f"{units} of {problem.stock[sku, place]} units of SKU {sku} at location {place}"
            yield Violation("stock", -1, detail)
    for pool, units in sorted(capacity.items()):
        if units > problem.capacity[pool]:
            whose = "at location" if problem.separate else "in pool"
            yield Violation("capacity", -1, f"{units} of {problem.capacity[pool]} units {whose} {pool}")


def _orders(problem: Problem, plan: Plan) -> Iterator[Violation]:
    packages = list(zip(plan.package_order.tolist(), plan.package_option.tolist(), strict=True))
    expected = []
    for order, (first, last) in enumerate(pairwise(problem.order_ptr.tolist())):
        options = plan.assignment[first:last].tolist()
        used = sorted(set(options) - {BACKORDER})
        expected += [(order, option) for option in used]
        yield from _eligibility(problem, order, range(first, last), options)
        yield from _together(problem, order, range(first, last), options)
        costs = _costs(problem, order, range(first, last), options)
        if costs is None:
            yield Violation("parcel", order, "a package is heavier than its price list takes")
        elif costs != plan.cents[order].tolist():
            yield Violation("cost", order, f"says {plan.cents[order].tolist()} cents by term, is {costs}")
        for line, option in enumerate(options, first):
            package = int(plan.line_package[line])
            says = packages[package] if 0 <= package < len(packages) else None
            if says != (None if option == BACKORDER else (order, option)):
                yield Violation("form", order, f"line {line} is not in the package of its option")
    if packages != expected:
        yield Violation("form", -1, "the packages are not those of the assignment")


def _eligibility(problem: Problem, order: int, lines: range, options: list[int]) -> Iterator[Violation]:
    pickup = problem.pickup_of(order)
    for line, option in zip(lines, options, strict=True):
        if option == BACKORDER:
            continue
        place = option if problem.place is None else int(problem.place[option])
        if pickup >= 0 and place != pickup:
            yield Violation("pickup", order, f"line {line} is at location {place}, collected at {pickup}")
        code = int(problem.blocked[order, option])
        if code == 0 and problem.line_blocked is not None:
            code = int(problem.line_blocked[line, option])
        if code:
            yield Violation("eligibility", order, f"option {option} {problem.reasons[code].text}")


def _together(problem: Problem, order: int, lines: range, options: list[int]) -> Iterator[Violation]:
    used, most = set(options) - {BACKORDER}, problem.packages_limit(order)
    if most and len(used) > most:
        yield Violation("packages", order, f"{len(used)} packages where {most} are allowed")
    if problem.complete is not None and problem.complete[order] and BACKORDER in options and used:
        yield Violation("complete", order, "is served in part, and goes whole or not at all")
    kits: dict[int, int] = {}
    for line, option in zip(lines, options, strict=True):
        kit = -1 if problem.kits is None else int(problem.kits[line])
        if kit >= 0 and kits.setdefault(kit, option) != option:
            yield Violation("kit", order, f"line {line} is apart from others of kit {kit}")


def _costs(problem: Problem, order: int, lines: range, options: list[int]) -> list[int] | None:
    """Cents by term; None where a package has no price."""
    costs = dict.fromkeys(problem.terms, 0)
    for name, table in problem.package_terms.items():
        for option in set(options) - {BACKORDER}:
            costs[name] += int(table[option] if table.ndim == 1 else table[order, option])
    if problem.parcels is not None:
        for option in set(options) - {BACKORDER}:
            held = [line for line, other in zip(lines, options, strict=True) if other == option]
            cents = _parcel_cents(problem.parcels, order, option, held)
            if cents is None:
                return None
            costs[problem.parcels.name] += cents
    for line, option in zip(lines, options, strict=True):
        if option == BACKORDER:
            costs[BACKORDER_TERM] += int(problem.backorder[line])
            continue
        for name, term in problem.line_terms.items():
            place = option if problem.place is None else int(problem.place[option])
            costs[name] += _line_cents(term, order, line, int(problem.line_sku[line]), option, place)
    return list(costs.values())


def _parcel_cents(parcels: Parcels, order: int, option: int, lines: list[int]) -> int | None:
    index = int(parcels.tariff[option] if parcels.tariff.ndim == 1 else parcels.tariff[order, option])
    if index < 0:
        return 0
    tariff = parcels.tariffs[index]
    grams = sum(int(parcels.grams[line]) for line in lines)
    volume = 0 if parcels.volume is None else sum(int(parcels.volume[line]) for line in lines)
    for upto, cents in zip(tariff.upto.tolist(), tariff.cents.tolist(), strict=True):
        if grams <= upto and (not tariff.divisor or volume <= upto * tariff.divisor):
            return int(cents)
    return None


def _line_cents(term: LineTerm, order: int, line: int, sku: int, option: int, place: int) -> int:
    rows: dict[str, tuple[int, ...]] = {
        "line": (line, option),
        "order": (order, option),
        "option": (option,),
        "sku": (sku, place),
        "location": (place,),
    }
    amount = 1 if term.amount is None else term.amount[line]
    return round(float(term.rate[rows[term.by]]) * float(amount))
