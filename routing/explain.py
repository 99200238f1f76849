"""Why an order goes where it goes: every figure recomputed from the problem, exact in whole cents.

The question is that of the single order on the stock and capacity which it met (:func:`routing.seen.seen_by`), at the
problem's prices of contested units. For orders decided together these are the duals of the batch: every difference is
exact in cents at these prices.
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
from routing.wording import joined, least_changes, sentence

LISTED = 5
"""How many candidates and refused locations an explanation lists, unless asked for another number."""


def explain(
    problem: Problem, plan: Plan, order: int, labels: Labels | None = None, listed: int = LISTED
) -> Explanation:
    """Explain one order of a plan that has passed the check. ``labels`` name the options and SKUs of ``problem``."""
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
        # Where the plan is not the best there is, only what would beat the best one counts as refused.
        best = chosen.value if runner_up is None else min(chosen.value, runner_up.value)
        refused, more = self._refused(assignment, chosen, best)
        why = Explanation(
            order=order,
            sentence="",
            chosen=chosen,
            excess=int(plan.excess[order]),
            together=plan.sequence is None,
            runner_up=None if runner_up is None else self._alternative(runner_up, chosen),
            runner_up_proven=self.plans.proven,
            refused=refused,
            refused_more=more,
            funnel=funnel(self.problem, 0, self.left, self.quotes),
            whole=whole_order(self.quotes),
            candidates=tuple(self._alternative(other, chosen) for other in self.plans.through(self.listed)),
            least_changes=(),
        )
        collected = self.problem.pickup_of(0) >= 0
        network = (self.problem.options, "location" if self.problem.separate else "option")
        told = sentence(self.labels, why, network, collected=collected)
        return replace(why, sentence=told, least_changes=least_changes(why))

    def _name(self, option: int) -> str:
        return self.labels.option(option, int(self.problem.places[option]))

    def _choice(self, assignment: Cents) -> Choice:
        cents = cost_by_term(self.problem, 0, assignment, with_prices=True)
        packages = tuple(
            Package(
                location=int(self.problem.places[option]),
                option=option,
                name=self._name(option),
                lines=tuple(np.flatnonzero(assignment == option).tolist()),
            )
            for option in np.unique(assignment[assignment != BACKORDER]).tolist()
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

    def _refused(self, assignment: Cents, chosen: Choice, best: int) -> tuple[tuple[Refusal, ...], int]:
        wished = wishes(self.problem, 0, self.seen.held, self.quotes)
        found, more = self.plans.blocked(wished, assignment, best, self.listed)
        refusals = (self._refusal(blocked, chosen) for blocked in found)
        return tuple(refusal for refusal in refusals if refusal.obstacles), more

    def _refusal(self, blocked: Blocked, chosen: Choice) -> Refusal:
        stand = obstacles(self.seen, blocked.option, blocked.other.assignment, self.labels)
        return Refusal(
            location=int(self.problem.places[blocked.option]),
            option=blocked.option,
            name=self._name(blocked.option),
            saving=chosen.value - blocked.other.value,
            choice=self._choice(blocked.other.assignment),
            obstacles=stand,
            least_change=joined([obstacle.least_change for obstacle in stand]) if stand else "",
        )
