"""What every rule did and cost in a stored batch, from its question and its answer. Pure.

It is asked after the offers are out, in a process that decides nothing, so it delays no order. Moving an offer is not
counted here: the figures are those of the plan alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from central.sourcing.answer import Answer
from central.sourcing.domain import SHIP, OpenOrder
from central.sourcing.facts import with_facts
from central.sourcing.lateness import Due
from central.sourcing.model import Index, compiled_for, prices_of, problem_of, scene_of
from central.sourcing.question import Question
from routing.arrays import Cents
from routing.plan import Plan
from routing.problem import BACKORDER, Prices, Problem
from routing.rules.compile import Compiled, compile_rules
from routing.rules.cost import RuleCost, RuleCosts
from routing.rules.document import parse

ORDERS_MAX = 20_000
"""Orders priced anew for one run, all its rules together; further rules are named without an estimate."""


@dataclass(frozen=True)
class RuleLine:
    """One rule of a run. ``blocked``: pairs of an order or a line and a location that it shut, ``first`` of which
    nothing else had shut before; ``units`` of stock that it kept back; ``held`` orders that it held back.

    Money in minor units: ``paid`` under the rule's price, ``saving`` without it, which is proved to be in ``low`` to
    ``high``; None where there is none to estimate. ``skipped``: the limit of work was reached before it.
    """

    rule: str
    kind: str
    orders: int
    blocked: int
    first: int
    units: int
    held: int
    paid: int
    saving: int | None = None
    low: int | None = None
    high: int | None = None
    skipped: bool = False


@dataclass(frozen=True)
class RunRules:
    """All rules of a run in the order of their document; ``problem`` says why there are none."""

    rules: tuple[RuleLine, ...] = ()
    problem: str = ""

    def encoded(self) -> bytes:
        """As JSON."""
        return msgspec.json.encode(self)


_RUN_RULES = msgspec.json.Decoder(RunRules)


def read(encoded: bytes) -> RunRules:
    """What :meth:`RunRules.encoded` made."""
    return _RUN_RULES.decode(encoded)


@dataclass(frozen=True)
class _Ran:
    """What the run ended with."""

    plan: Plan
    bound: int
    prices: Prices = field(default_factory=Prices)


def rule_costs(question: Question, answer: Answer, orders_max: int = ORDERS_MAX) -> RunRules:
    """What every rule did and cost in the batch that ``answer`` decided.

    Raises :class:`retail.errors.Refused` where the answer is no plan of the question, as when an order's offers were
    left as they are although the plan had no place for them.
    """
    body, now_ms = question.rules.body, question.now_ms
    rules = with_facts(None if body is None else parse(body))
    decided = {each.order for each in answer.orders}
    orders = tuple(order for order in question.snapshot.orders if order.order_id in decided)
    if not orders or not question.snapshot.places:
        return RunRules(problem="there was nothing to decide")
    snapshot = replace(question.snapshot, orders=orders)
    index = Index.of(snapshot)
    ships = np.array([order.service == SHIP for order in orders])
    due = None if question.delivery is None else Due(question.delivery, now_ms)

    def build(compiled: Compiled) -> Problem:
        # Always all pools: whether a limit is of one service alone may follow from the very rule that is left out.
        capacity, pool, leg = compiled.pools(ships)
        problem = problem_of(snapshot, index, question.tariff, compiled, due)
        return replace(problem, capacity=capacity, pool=pool, leg=leg)

    scene = scene_of(snapshot, index)
    problem = build(compile_rules(rules, scene, now_ms))
    # Of two problems of which one prices moves, no plan's costs differ by more than the price of moving every offer.
    standing = sum(bool(line.offered_to) for order in orders for line in order.lines)
    ran = _Ran(
        Plan.of(problem, _assignment(orders, answer, index)),
        answer.bound - question.steering.move_cents * standing,
        prices_of(answer.prices, index, problem),
    )
    costs = RuleCosts(rules, scene, now_ms, build, ran, orders_max)
    held = {}
    if len(orders) < len(question.snapshot.orders):
        held = dict(compiled_for(question.snapshot, Index.of(question.snapshot), rules, now_ms).tallies)
    return RunRules(tuple(_line(cost, held[cost.rule].held if cost.rule in held else 0) for cost in costs.table()))


def _assignment(orders: Sequence[OpenOrder], answer: Answer, index: Index) -> Cents:
    """(n,): the place of every line after the run: where it is asked for now, else where it was; -1 if it waits."""
    places: list[int] = []
    by_order = {each.order: each for each in answer.orders}
    for order in orders:
        answered = by_order[order.order_id]
        asked = {line: index.place[ask.location] for ask in answered.ask for line in ask.lines}
        waits = set(answered.waits)
        places += [
            BACKORDER if line.line_id in waits
            else asked.get(line.line_id, index.place.get(line.offered_to, BACKORDER))
            for line in order.lines
        ]  # fmt: skip
    return np.array(places, np.int64)


def _line(cost: RuleCost, held: int) -> RuleLine:
    tally = cost.tally
    return RuleLine(
        cost.rule, cost.kind, tally.orders, tally.pairs + tally.line_pairs, tally.first, tally.units,
        max(tally.held, held), cost.paid, cost.saving, cost.low, cost.high, cost.skipped,
    )  # fmt: skip
