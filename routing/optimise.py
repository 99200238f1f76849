"""A batch of orders decided together, near the optimum and with a proof of how near.

Example: ``optimise(problem, priority(promise, expiry, tier, age)).gap`` is the most that any plan could still save, as
a share of the plan's cost.
"""

from dataclasses import dataclass, replace

import numpy as np

from retail.errors import Refused
from routing.arrays import Cents, Floats, Index
from routing.batch.compile import Compiled, by_line, compile_batch, listed_of, prices_of, start_of
from routing.batch.efforts import STANDARD
from routing.batch.raising import in_cents
from routing.batch.solve import Effort, Progress, Solution, Start, Watch, solve
from routing.check import checked
from routing.plan import Plan
from routing.problem import Prices, Problem
from routing.source import source_in_order
from routing.terms import LineTerm

NOT_THERE = -2
"""In ``Warm.assignment``: the line was not in the last plan."""

MOVING_TERM = "moving"
"""Name of the cost term of lines that leave the option which the last plan gave them."""


@dataclass(frozen=True, eq=False, slots=True)
class Warm:
    """The last run, for the next one to start from. ``prices``: its duals. ``assignment`` (n,): the option that each
    line was given, -1 for backorder, -2 where it is new; ``move``: cents for moving one line away from its option."""

    prices: Prices
    assignment: Cents
    move: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """``plan`` has passed the check. No plan costs less than ``bound`` cents: ``prices`` prove it, or in a small batch
    the list of all that a better plan could use.

    ``cost`` and ``bound`` count what moving lines costs, ``plan`` and ``baseline`` do not. ``baseline``: cents of the
    plan that takes the orders one by one, each exactly; where nothing moves, the plan is never dearer. ``complete`` is
    false where the watcher ended the run early. ``columns``: ways to serve an order that were weighed.
    """

    plan: Plan
    cost: int
    bound: int
    baseline: int
    prices: Prices
    complete: bool
    columns: int

    @property
    def gap(self) -> float:
        """Most that another plan could save, as a share of the cost."""
        return (self.cost - self.bound) / max(abs(self.cost), 1)


def optimise(
    problem: Problem,
    sequence: Index,
    effort: Effort = STANDARD,
    seed: int = 0,
    last: Warm | None = None,
    watch: Watch | None = None,
    place: Floats | None = None,
) -> Outcome:
    """Decide all orders together; the same arguments give the same plan, bit for bit.

    ``sequence`` (O,) is the order of importance (:func:`routing.source.priority`) in which the baseline serves them;
    where orders compete for scarce units the batch goes by cost, of which the backorder penalty is a part. ``place``
    (O, 2) says where orders go, in degrees or any other plane, if that is known. ``watch`` hears of every stage and may
    end the run; the plan so far is then returned.

    The problem's own prices are not used. Raises :class:`retail.errors.Refused` for a sequence that does not name every
    order once or a last plan of another length.
    """
    asked = replace(problem, prices=Prices())
    if sorted(sequence.tolist()) != list(range(problem.orders)):
        raise Refused("sequence", "does not name every order once", f"arrange the numbers below {problem.orders}")
    if problem.orders == 0:
        return Outcome(source_in_order(asked, sequence), 0, 0, 0, Prices(), True, 0)
    moving = asked if last is None else _with_moves(asked, last)
    compiled = compile_batch(moving, place)
    ended = _Ended(watch)
    baseline = source_in_order(asked, sequence)
    start = Start(listed_of(moving, compiled, baseline.assignment))
    if last is not None:
        earlier = listed_of(moving, compiled, last.assignment)
        start = start._replace(prices=start_of(moving, compiled, last.prices), earlier=earlier)
    found = solve(compiled.batch, effort, seed, ended, start)
    return _outcome(problem, moving, compiled, found, baseline, complete=not ended.early)


class _Ended:
    """Passes progress on and remembers whether the run was ended."""

    def __init__(self, watch: Watch | None) -> None:
        self._watch, self.early = watch, False

    def __call__(self, progress: Progress) -> bool:
        going = self._watch is None or self._watch(progress)
        self.early |= not going
        return going


def _outcome(
    problem: Problem, moving: Problem, compiled: Compiled, found: Solution, baseline: Plan, *, complete: bool
) -> Outcome:
    prices = prices_of(problem, compiled, found.prices)
    bound = in_cents(problem, found.bound)
    best = min(
        (Plan.of(moving, assignment) for assignment in (by_line(compiled, found.options), baseline.assignment)),
        key=lambda plan: plan.total,
    )
    plan = best if moving.terms == problem.terms else Plan.of(problem, best.assignment)
    return Outcome(
        checked(problem, plan), best.total, min(bound, best.total), baseline.total, prices, complete, found.columns
    )


def _with_moves(problem: Problem, last: Warm) -> Problem:
    """The problem with a price on leaving the option of the last plan."""
    lines = len(problem.line_sku)
    if last.assignment.shape != (lines,):
        raise Refused("last", f"has {last.assignment.shape} lines, not {lines}", f"give {NOT_THERE} for new lines")
    if last.move == 0:
        return problem
    known = np.flatnonzero(last.assignment >= 0)
    rate = np.zeros((lines, problem.options), np.int32)
    rate[known] = last.move
    rate[known, last.assignment[known]] = 0
    backorder = problem.backorder.astype(np.int64).copy()
    backorder[known] += last.move
    terms = {**problem.line_terms, MOVING_TERM: LineTerm(rate, "line")}
    return replace(problem, line_terms=terms, backorder=backorder)
