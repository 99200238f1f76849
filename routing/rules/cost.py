"""What every rule cost in a run: the run repeated without the rule, at the duals that it left behind.

For duals y, the sum of what every order costs alone, y included, less y times all stock and capacity, is a bound that
no plan of the batch can cost less than (Lagrange). Without a rule only some orders cost another sum, so the bound
without it needs only those anew. The difference of both bounds is the estimate; what the plan and the bounds prove
gives the interval around it.

What a rule had kept back costs nothing at the run's duals, or as much as its first unit, so where a rule kept much back
they are far from the prices that would hold without it. Then both bounds are first raised by as many steps.

Duals are rounded to whole cents first: any duals that are not negative give a bound, and whole ones an exact one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from retail.errors import Refused
from routing.arrays import Cents, Flags, Index, Real
from routing.batch.raising import raised
from routing.check import check
from routing.plan import Plan
from routing.problem import Prices, Problem
from routing.rules.compile import Compiled, compile_rules
from routing.rules.document import RuleSet
from routing.rules.draft import Tally, rows_with_any, term
from routing.rules.scene import Scene
from routing.split import split
from routing.terms import LineTerm

STEPS = 32
"""Subgradient steps that raise a bound: most of what there is to gain comes with the first 16."""

UNLIMITED = 2**60
"""Orders priced anew: as many as it takes."""


class Solved(Protocol):
    """What a solver says of a problem: a plan that passed the check, cents that no plan is below, and the duals."""

    @property
    def plan(self) -> Plan: ...

    @property
    def bound(self) -> int: ...

    @property
    def prices(self) -> Prices: ...


@dataclass(frozen=True, slots=True)
class RuleCost:
    """What one rule did and cost. Cents.

    ``paid``: under the rule's own term in the plan, credits below zero; 0 for a hard rule. ``saving``: estimate of how
    much less the best plan without the rule would cost, its own term included; proved to be in ``low`` to ``high``. All
    three are None for a rule that only delays orders, for one that was not in force, and for one that was ``skipped``
    because the work of pricing orders anew had reached its limit.
    """

    rule: str
    kind: str
    tally: Tally
    paid: int
    saving: int | None
    low: int | None
    high: int | None
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """A rule's cost, tried: the problem was solved again without it. ``saving``: of one plan over the other; the true
    one is in ``low`` to ``high``. ``agrees``: the interval of the estimate and this one have a value in common, as they
    must."""

    cost: RuleCost
    saving: int
    low: int
    high: int
    agrees: bool


class RuleCosts:
    """Costs of the rules of one run.

    ``build`` makes the problem of the run from compiled rules, always with the same orders, lines and options; it
    raises what it likes. ``outcome`` is what the run ended with. ``orders_max``: once more orders than that
    have been priced anew, further rules are skipped; a run of more orders has no estimates at all. Raising a bound
    counts every order once, though it takes about three times as long as pricing them. Raises
    :class:`Refused` where the plan does not fit the problem that is built, or duals are missing their shape.
    """

    def __init__(
        self,
        rule_set: RuleSet,
        scene: Scene,
        now_ms: int,
        build: Callable[[Compiled], Problem],
        outcome: Solved,
        orders_max: int = UNLIMITED,
    ) -> None:
        self._rule_set, self._scene, self._now_ms, self._build = rule_set, scene, now_ms, build
        self._outcome = outcome
        self._duals = _whole(outcome.prices)
        self._compiled = compile_rules(rule_set, scene, now_ms)
        self._problem = replace(build(self._compiled), prices=self._duals)
        if check(replace(self._problem, prices=Prices()), outcome.plan):
            raise Refused("outcome", "its plan does not fit the problem of these rules", "give the run's own plan")
        self._left = orders_max - self._problem.orders
        self.bound = outcome.bound
        if self._left >= 0:
            self._values = _values(self._problem, np.arange(self._problem.orders))
            self._lagrange = _bound(self._problem, self._values)
            self._raised = max(self._lagrange, raised(self._problem, STEPS))
            self.bound = max(self._raised, outcome.bound)

    def table(self, rules: Sequence[str] | None = None) -> list[RuleCost]:
        """The costs of these rules, or of all, in the order of the document."""
        named = [rule.id for rule in self._rule_set.rules] if rules is None else list(rules)
        return [self.of(rule_id) for rule_id in named]

    def of(self, rule_id: str) -> RuleCost:
        """The cost of one rule. Raises :class:`Refused` if there is no such rule."""
        rule = self._rule_set.rule(rule_id)
        tally = self._compiled.tallies.get(rule_id, Tally())
        terms = self._outcome.plan.terms
        name = term(rule_id)
        paid = int(self._outcome.plan.cents[:, terms.index(name)].sum()) if name in terms else 0
        if rule.holds or rule_id not in self._compiled.tallies:
            return RuleCost(rule_id, rule.kind, tally, paid, None, None, None)
        if self._left < 0:
            return RuleCost(rule_id, rule.kind, tally, paid, None, None, None, skipped=True)
        found = self._compared(self._without(rule_id))
        if found is None:
            return RuleCost(rule_id, rule.kind, tally, paid, 0, 0, 0)
        estimate, bound = found
        # The plan of the run is allowed without the rule too, where nothing is paid under its term.
        low, high = self.bound - (self._outcome.plan.total - paid), self._outcome.plan.total - bound
        if not rule.soft:
            low, high = max(low, 0), max(high, 0)  # to drop a hard rule only adds plans, so it never costs
        return RuleCost(rule_id, rule.kind, tally, paid, min(max(estimate, low), high), low, high)

    def try_without(self, rule_id: str, solve: Callable[[Problem], Solved]) -> Resolved:
        """Solve again without the rule and compare. Raises :class:`Refused` for a rule that has no cost."""
        cost = self.of(rule_id)
        if cost.skipped:
            raise Refused("rule", f"{rule_id} was skipped: the work has reached its limit", "raise orders_max")
        if cost.saving is None or cost.low is None or cost.high is None:
            raise Refused("rule", f"{rule_id} only delays orders or is not in force", "name a rule that has a cost")
        without = replace(self._without(rule_id), prices=Prices())
        again = solve(without)
        plan = self._outcome.plan.total
        low, high = self.bound - again.plan.total, plan - again.bound
        agrees = max(low, cost.low) <= min(high, cost.high)
        return Resolved(cost, plan - again.plan.total, low, high, agrees)

    def _without(self, rule_id: str) -> Problem:
        compiled = compile_rules(self._rule_set.without(rule_id), self._scene, self._now_ms)
        return replace(self._build(compiled), prices=self._duals)

    def _compared(self, without: Problem) -> tuple[int, int] | None:
        """The estimate, and cents that no plan of ``without`` is below; None if it is the same problem.

        A difference within the run's own gap is left as it is: more work would not tell it from none.
        """
        changed = _changed(self._problem, without)
        if not changed.any():
            return None
        bound = self._bound_at(without, changed)
        estimate = self._lagrange - bound
        if self._left < 0 or abs(estimate) <= self._outcome.plan.total - self.bound:
            return estimate, bound
        self._left -= without.orders
        bound = max(bound, raised(without, STEPS))
        return self._raised - bound, bound

    def _bound_at(self, problem: Problem, changed: Flags) -> int:
        values, orders = self._values.copy(), np.flatnonzero(changed)
        self._left -= len(orders)
        values[orders] = _values(problem, orders)
        return _bound(problem, values)


def _whole(prices: Prices) -> Prices:
    stock = None if prices.stock is None else np.rint(prices.stock).astype(np.int64)
    return Prices(stock, None if prices.capacity is None else np.rint(prices.capacity).astype(np.int64))


def _values(problem: Problem, orders: Index) -> Cents:
    """What each order costs at least by itself at the problem's prices."""
    return np.array([split(problem, order).bound for order in orders.tolist()], np.int64)


def _bound(problem: Problem, values: Cents) -> int:
    """The sum of ``values`` less the worth of all stock and capacity; what is beyond the orders' wishes has none."""
    wanted = np.zeros(len(problem.stock), np.int64)
    np.add.at(wanted, problem.line_sku, problem.line_qty.astype(np.int64))
    total = int(values.sum())
    useful = (
        (problem.prices.stock, problem.stock, wanted[:, None]),
        (problem.prices.capacity, problem.capacity, wanted.sum()),
    )
    for price, limit, most in useful:
        if price is not None:
            total -= int((price * np.minimum(limit, most).astype(np.int64)).sum())
    return total


def _changed(one: Problem, other: Problem) -> Flags:
    """(O,): orders whose cost alone may differ between two problems of the same orders and options."""
    if one.blocked.shape != other.blocked.shape or not np.array_equal(one.order_ptr, other.order_ptr):
        raise Refused("build", "it made a problem of other orders or options", "keep all, also those that are held")
    shape, count = one.blocked.shape, len(one.line_sku)
    orders = rows_with_any((one.blocked != 0) != (other.blocked != 0))
    lines = rows_with_any(_shut(one) != _shut(other))
    for name in ("max_packages", "complete", "pickup"):
        orders |= _unequal(getattr(one, name), getattr(other, name), (len(orders),))
    orders |= not np.array_equal(one.capacity, other.capacity)
    orders |= rows_with_any(_unequal(one.leg, other.leg, shape))
    lines |= _unequal(one.kits, other.kits, (count,))
    lines |= rows_with_any(one.stock != other.stock)[one.line_sku]
    for name in {*one.package_terms, *other.package_terms}:
        tables = (one.package_terms.get(name, _NOTHING), other.package_terms.get(name, _NOTHING))
        orders |= rows_with_any(np.broadcast_to(np.not_equal(*tables), shape))
    for name in {*one.line_terms, *other.line_terms}:
        mine, theirs = one.line_terms.get(name), other.line_terms.get(name)
        if not _same(mine, theirs):
            for changed in (mine, theirs):
                if changed is not None:
                    lines |= _charged(one, changed)
    return orders | _orders_of(one, lines)


_NOTHING = np.zeros(1, np.int64)


def _orders_of(problem: Problem, lines: Flags) -> Flags:
    orders = np.zeros(problem.orders, np.bool_)
    orders[np.repeat(np.arange(problem.orders), np.diff(problem.order_ptr))[lines]] = True
    return orders


def _shut(problem: Problem) -> Flags:
    shape = (len(problem.line_sku), problem.blocked.shape[1])
    return np.zeros(shape, np.bool_) if problem.line_blocked is None else np.not_equal(problem.line_blocked, 0)


def _unequal(mine: Real | Flags | None, theirs: Real | Flags | None, shape: tuple[int, ...]) -> Flags:
    if mine is None or theirs is None:
        return np.full(shape, (mine is None) != (theirs is None), np.bool_)
    return np.not_equal(mine, theirs)


def _same(mine: LineTerm | None, theirs: LineTerm | None) -> bool:
    if mine is None or theirs is None or mine.by != theirs.by or (mine.amount is None) != (theirs.amount is None):
        return False
    amounts = mine.amount is None or theirs.amount is None or np.array_equal(mine.amount, theirs.amount)
    return amounts and np.array_equal(mine.rate, theirs.rate)


def _charged(problem: Problem, changed: LineTerm) -> Flags:
    """(n,): lines for which the term is not 0 everywhere."""
    some: Flags = (
        np.ones(len(problem.line_sku), np.bool_) if changed.amount is None else np.not_equal(changed.amount, 0)
    )
    if changed.rate.ndim == 1:
        return some & np.bool_(changed.rate.any())
    rows = {
        "line": np.arange(len(some)),
        "order": np.repeat(np.arange(problem.orders), np.diff(problem.order_ptr)),
        "sku": problem.line_sku,
    }
    charged: Flags = some & rows_with_any(np.not_equal(changed.rate, 0))[rows[changed.by]]
    return charged
