"""What every rule did and cost in a stored batch, from its question and its answer. Pure.

It is asked after the offers are out, in a process that decides nothing, so it delays no order. Moving an offer is not
counted here: the figures are those of the plan alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from central.sourcing.answer import Answer
from central.sourcing.distances import Distances
from central.sourcing.domain import OpenOrder, Snapshot
from central.sourcing.facts import with_facts
from central.sourcing.lateness import Due
from central.sourcing.model import Index, compiled_for, prices_of, problem_of, scene_of, seen_by_rules, tells_services
from central.sourcing.options import Options, anywhere, options_of
from central.sourcing.question import Question
from routing.arrays import Cents
from routing.plan import Plan
from routing.problem import BACKORDER, Prices, Problem
from routing.rules.compile import Compiled, compile_rules
from routing.rules.cost import RuleCost, RuleCosts
from routing.rules.document import RuleSet, parse

ORDERS_MAX = 20_000
"""Orders priced anew for one run, all its rules together; further rules are named without an estimate."""


@dataclass(frozen=True)
class RuleLine:
    """One rule of a run. ``blocked``: pairs of an order or a line and a location that it shut, or of one and a service
    of a location where the run told those apart; ``first`` of them nothing else had shut before. ``units`` of stock
    that it kept back; ``held`` orders that it held back.

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
    due = None if question.delivery is None else Due(question.delivery, now_ms)
    distances = Distances.of(orders, snapshot.places)
    options = _options(question, snapshot, index, rules, due, distances)
    scene = scene_of(snapshot, index) if due is None else seen_by_rules(snapshot, index, options, distances, due)

    def build(compiled: Compiled) -> Problem:
        # Always all pools: whether a limit is of one service alone may follow from the very rule that is left out.
        return problem_of(snapshot, index, question.tariff, compiled, distances, options, apart=True)

    problem = build(compile_rules(rules, scene, now_ms))
    # Of two problems of which one prices moves, no plan's costs differ by more than the price of moving every offer.
    standing = sum(bool(line.offered_to) for order in orders for line in order.lines)
    ran = _Ran(
        Plan.of(problem, _assignment(orders, answer, index, options)),
        answer.bound - question.steering.move_cents * standing,
        prices_of(answer.prices, index, problem),
    )
    costs = RuleCosts(rules, scene, now_ms, build, ran, orders_max)
    held = {}
    if len(orders) < len(question.snapshot.orders):
        held = dict(compiled_for(question.snapshot, Index.of(question.snapshot), rules, now_ms).tallies)
    return RunRules(tuple(_line(cost, held[cost.rule].held if cost.rule in held else 0) for cost in costs.table()))


def _options(
    question: Question, snapshot: Snapshot, index: Index, rules: RuleSet, due: Due | None, distances: Distances
) -> Options:
    """Those of the run and all that it might have had without one of its rules: every problem has the same options."""
    if due is not None and tells_services(rules, due):
        options = options_of(snapshot, index.place, question.tariff, due, distances)
        return replace(options, shut=None)
    return options_of(snapshot, index.place, question.tariff, due, distances, anywhere(len(snapshot.places)))


def _assignment(orders: Sequence[OpenOrder], answer: Answer, index: Index, options: Options) -> Cents:
    """(n,): the option of every line after the run: by which it is asked for now, else by which it was; -1 if it
    waits."""
    known = options.numbers()
    found: list[int] = []
    by_order = {each.order: each for each in answer.orders}
    for order in orders:
        answered = by_order[order.order_id]
        asked = {line: (ask.location, ask.send_by) for ask in answered.ask for line in ask.lines}
        for line in order.lines:
            location, send_by = asked.get(line.line_id, options.standing(order, line))
            way = index.place.get(location, BACKORDER), send_by
            found.append(BACKORDER if line.line_id in answered.waits else known.get(way, BACKORDER))
    return np.array(found, np.int64)


def _line(cost: RuleCost, held: int) -> RuleLine:
    tally = cost.tally
    return RuleLine(
        cost.rule, cost.kind, tally.orders, tally.pairs + tally.line_pairs, tally.first, tally.units,
        max(tally.held, held), cost.paid, cost.saving, cost.low, cost.high, cost.skipped,
    )  # fmt: skip
