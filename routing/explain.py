"""Why an order goes where it goes: every figure recomputed from the problem, exact in whole cents.

The question is that of the single order on the stock and capacity which it met (:func:`routing.seen.seen_by`).
"""

from dataclasses import replace

import numpy as np

from routing.alternatives import Blocked, Other, Small
from routing.alternatives_large import Large
from routing.arrays import Cents
from routing.funnel import funnel, whole_order
from routing.labels import Labels
from routing.left import Left
from routing.obstacles import obstacles
from routing.plan import Plan
from routing.price import cost_by_term
from routing.problem import BACKORDER, Problem
from routing.quotes import quote, wishes
from routing.reasons import Alternative, Choice, Explanation, Package, Refusal
from routing.seen import Seen, seen_by
from routing.subsets import EXACT_LINES
from routing.wording import sentence

LISTED = 5
"""How many candidates and refused locations an explanation lists, unless asked for another number."""


def explain(
    problem: Problem, plan: Plan, order: int, labels: Labels | None = None, listed: int = LISTED
) -> Explanation:
    """Explain one order of a plan that has passed the check. ``labels`` name the locations and SKUs of ``problem``."""
    seen = seen_by(problem, plan, order)
    labels = labels or Labels()
    own = replace(labels, skus=[labels.sku(int(sku)) for sku in seen.skus])
    return _Order(seen, own, listed).explanation(order, plan, problem.lines_of(order))


class _Order:
    """One order as it was seen, and the questions that its explanation asks."""

    def __init__(self, seen: Seen, labels: Labels, listed: int) -> None:
        problem = seen.problem
        self.seen, self.problem, self.labels, self.listed = seen, problem, labels, listed
        self.left = Left.all_of(problem)
        self.names = (*problem.terms, *problem.price_names)
        self.quotes, most = quote(problem, 0, self.left), problem.packages_limit(0)
        self.plans = Small(self.quotes, most) if len(self.quotes.units) <= EXACT_LINES else Large(self.quotes, most)

    def explanation(self, order: int, plan: Plan, lines: slice) -> Explanation:
        """All of it; ``order`` and ``lines`` are those of the plan."""
        assignment = plan.assignment[lines]
        chosen = self._choice(assignment)
        runner_up = self.plans.runner_up(assignment)
        refused, more = self._refused(assignment, chosen)
        why = Explanation(
            order=order,
            sentence="",
            chosen=chosen,
            excess=int(plan.excess[order]),
            runner_up=None if runner_up is None else self._alternative(runner_up, chosen),
            runner_up_proven=self.plans.proven,
            refused=refused,
            refused_more=more,
            funnel=funnel(self.problem, 0, self.left),
            whole=whole_order(self.problem, 0, self.left),
            candidates=tuple(self._alternative(other, chosen) for other in self.plans.through(self.listed)),
        )
        collected = self.problem.pickup_of(0) >= 0
        return replace(why, sentence=sentence(self.labels, why, self.problem.locations, collected=collected))

    def _choice(self, assignment: Cents) -> Choice:
        cents = cost_by_term(self.problem, 0, assignment, with_prices=True)
        packages = tuple(
            Package(place, self.labels.location(place), tuple(np.flatnonzero(assignment == place).tolist()))
            for place in np.unique(assignment[assignment != BACKORDER]).tolist()
        )
        return Choice(
            packages=packages,
            backordered=tuple(np.flatnonzero(assignment == BACKORDER).tolist()),
            cents=int(cents[: len(self.problem.terms)].sum()),
            value=int(cents.sum()),
            terms={name: c for name, c in zip(self.names, cents.tolist(), strict=True) if c},
        )

    def _alternative(self, other: Other, chosen: Choice) -> Alternative:
        choice = self._choice(other.assignment)
        changes = {name: choice.terms.get(name, 0) - chosen.terms.get(name, 0) for name in self.names}
        difference = choice.value - chosen.value
        if choice == chosen:
            change = "none: this is the plan"
        else:
            change = f"more than {self.labels.money(max(difference, 0))} cheaper"
        return Alternative(choice, difference, {name: c for name, c in changes.items() if c}, change)

    def _refused(self, assignment: Cents, chosen: Choice) -> tuple[tuple[Refusal, ...], int]:
        wished = wishes(self.problem, 0, self.seen.held, self.quotes)
        found, more = self.plans.blocked(wished, assignment, chosen.value, self.listed)
        refusals = (self._refusal(blocked, chosen) for blocked in found)
        return tuple(refusal for refusal in refusals if refusal.obstacles), more

    def _refusal(self, blocked: Blocked, chosen: Choice) -> Refusal:
        return Refusal(
            location=blocked.location,
            name=self.labels.location(blocked.location),
            saving=chosen.value - blocked.other.value,
            choice=self._choice(blocked.other.assignment),
            obstacles=obstacles(self.seen, blocked.location, blocked.lines, self.labels),
        )
