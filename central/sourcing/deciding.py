"""From a snapshot to decisions: which orders are offered where, which offers are moved, and why. Pure.

This is what a run computes, in a process of its own, and what a replay computes again from the stored inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from central.sourcing.domain import (
    Decided,
    Decision,
    Delivery,
    Figures,
    MovedOffer,
    OpenLine,
    OpenOrder,
    Snapshot,
    Steering,
    Wish,
    unserved,
    without_moves,
)
from central.sourcing.facts import with_facts
from central.sourcing.lateness import Due
from central.sourcing.model import Index, bids_of, compiled_for, prices_of, problem_of
from central.sourcing.one_by_one import Standing, source_one_by_one
from central.sourcing.tariff import Tariff
from routing.arrays import Cents, Floats
from routing.arrays import Index as Sequenced
from routing.batch.efforts import EFFORTS
from routing.calendars.limits import NEVER_MS
from routing.explain import explain
from routing.labels import Labels
from routing.optimise import NOT_THERE, Warm, optimise
from routing.plan import Plan
from routing.problem import BACKORDER, Prices, Problem
from routing.rules.compile import Compiled
from routing.rules.document import RuleSet
from routing.source import priority, source_in_order
from routing.split import split

CANDIDATES_SHOWN = 6


@dataclass(frozen=True)
class _Best:
    """A checked plan with what is known of it."""

    plan: Plan
    figures: Figures
    prices: Prices


def decide(
    snapshot: Snapshot,
    tariff: Tariff,
    steering: Steering | None = None,
    rules: RuleSet | None = None,
    now_ms: int = 0,
    delivery: Delivery | None = None,
) -> Decided:
    """Decide on all orders of ``snapshot`` together, or one after another where the effort is ``one-by-one``.

    ``rules`` hold as they are at ``now_ms`` (milliseconds since 1970 UTC); without any, those of the program do. Orders
    that rules hold back are left as they are. With a ``delivery`` each day behind a promise has its price.

    Raises :class:`retail.errors.Refused` for inputs that are no problem, and :class:`routing.check.PlanRefused`, never
    handing on a plan that breaks a limit.
    """
    steering = steering or Steering()
    if steering.effort == "one-by-one":
        snapshot = without_moves(snapshot, only_mixed=steering.kind == "batch")
    if not snapshot.orders or not snapshot.places:
        return Decided(tuple(_nowhere(order) for order in snapshot.orders))
    rules = with_facts(rules)
    index = Index.of(snapshot)
    compiled = compiled_for(snapshot, index, rules, now_ms)
    if compiled.held:
        held = {each.order for each in compiled.held}
        kept = tuple(order for number, order in enumerate(snapshot.orders) if number not in held)
        if not kept:
            return Decided()
        snapshot = replace(snapshot, orders=kept)
        index = Index.of(snapshot)
        compiled = compiled_for(snapshot, index, rules, now_ms)
    due = None if delivery is None else Due(delivery, now_ms)
    problem = problem_of(snapshot, index, tariff, compiled, due)
    if steering.kind == "single":
        problem = replace(problem, prices=prices_of(steering.prices, index, problem))
    best = _best(problem, snapshot, index, steering)
    if best.plan.sequence is None:  # decided together: each order is explained at what contested units were worth
        problem = replace(problem, prices=best.prices)
    names = {line.sku: line.name or line.sku for order in snapshot.orders for line in order.lines}
    shown = [place.name for place in snapshot.places], [names[sku] for sku in index.skus]
    decisions = tuple(
        _decision(_Ruled(snapshot, problem, best.plan, compiled), number, Labels(*shown, order.currency))
        for number, order in enumerate(snapshot.orders)
    )
    return Decided(decisions, best.figures, bids_of(best.prices, snapshot, index))


@dataclass(frozen=True)
class _Ruled:
    """A plan with all that explains it."""

    snapshot: Snapshot
    problem: Problem
    plan: Plan
    compiled: Compiled


def _best(problem: Problem, snapshot: Snapshot, index: Index, steering: Steering) -> _Best:
    """The one place that asks :mod:`routing` for a plan of all orders."""
    sequence = _sequence(snapshot.orders)
    # No plan is cheaper than if every order were alone: the weakest of bounds, and a proved one.
    unpriced = replace(problem, prices=Prices())
    if steering.kind == "single":
        plan = source_in_order(problem, sequence)
        return _Best(plan, Figures(plan.total, _alone(unpriced), plan.total), Prices())
    now = _standing(snapshot, index)
    stay = source_one_by_one(unpriced, sequence, Standing(now, steering.move_cents))
    if steering.effort == "one-by-one":
        return _Best(stay, Figures(stay.total, _alone(unpriced), stay.total), Prices())
    last = Warm(prices_of(steering.prices, index, problem), np.where(now == BACKORDER, NOT_THERE, now),
                steering.move_cents)  # fmt: skip
    found = optimise(unpriced, sequence, EFFORTS[steering.effort], steering.seed, last, place=_where(snapshot.orders))
    work = {"columns": found.columns}
    staying = stay.total + steering.move_cents * int(((now != BACKORDER) & (stay.assignment != now)).sum())
    if staying <= found.cost:  # what stands is as good: leave it alone
        return _Best(stay, Figures(staying, min(found.bound, staying), found.baseline, work), found.prices)
    return _Best(found.plan, Figures(found.cost, found.bound, found.baseline, work), found.prices)


def _alone(problem: Problem) -> int:
    return sum(split(problem, order).bound for order in range(problem.orders))


def _where(orders: Sequence[OpenOrder]) -> Floats:
    """(O, 2): where the orders go in degrees; those of which that is not known in the middle of the others."""
    found = np.array([(np.nan if o.lat is None else o.lat, np.nan if o.lon is None else o.lon) for o in orders])
    known = ~np.isnan(found).any(axis=1)
    found[~known] = found[known].mean(axis=0) if known.any() else 0.0
    return found


def _standing(snapshot: Snapshot, index: Index) -> Cents:
    """(n,): where each line is offered now, -1 for an open one."""
    lines = (line for order in snapshot.orders for line in order.lines)
    return np.array([index.place.get(line.offered_to, BACKORDER) for line in lines], np.int64)


def _sequence(orders: Sequence[OpenOrder]) -> Sequenced:
    """Who takes scarce stock first: the earliest promise, then the oldest order."""
    never = np.zeros(len(orders), np.int64)
    promise = [NEVER_MS if order.promise_ms is None else order.promise_ms for order in orders]
    return priority(np.array(promise, np.int64), never, never, np.array([-o.placed_ms for o in orders], np.int64))


def _decision(ruled: _Ruled, number: int, labels: Labels) -> Decision:
    snapshot, problem = ruled.snapshot, ruled.problem
    order, action = snapshot.orders[number], ruled.compiled.actions[number]
    assignment = ruled.plan.assignment[problem.lines_of(number)]
    served: dict[str, list[OpenLine]] = {}
    backordered: list[OpenLine] = []
    keys = [snapshot.places[place].location if place != BACKORDER else "" for place in assignment.tolist()]
    if any(line.offered_to and not key for line, key in zip(order.lines, keys, strict=True)):
        # Nobody is asked for less than before: where the plan has no place for a line that somebody was asked for,
        # the order's offers stay until they are answered or taken back.
        keys = [line.offered_to or key for line, key in zip(order.lines, keys, strict=True)]
    for line, key in zip(order.lines, keys, strict=True):
        if key:
            served.setdefault(key, []).append(line)
        else:
            backordered.append(line)
    moved = _moved(order, served)
    gone = {each.task for each in moved}
    wishes = tuple(
        Wish(location, tuple(lines))
        for location, lines in sorted(served.items())
        if any(line.task is None or line.task in gone for line in lines)
    )
    explanation: dict[str, object] = {}
    if wishes or (backordered and unserved(backordered, action) != order.told):
        explanation = _why(ruled, number, labels, moved)
    return Decision(order, wishes, moved, tuple(backordered), explanation, action)


def _moved(order: OpenOrder, served: dict[str, list[OpenLine]]) -> tuple[MovedOffer, ...]:
    """The offers that lose a line, or whose location is now asked for more."""
    lost = {
        line.task for location, lines in served.items() for line in lines if line.task and line.offered_to != location
    }
    grown = {location for location, lines in served.items() if any(line.offered_to != location for line in lines)}
    offers = {
        MovedOffer(line.task, line.rev, line.offered_to): None
        for line in order.lines
        if line.task is not None and (line.task in lost or line.offered_to in grown)
    }
    return tuple(offers)


def _why(ruled: _Ruled, number: int, labels: Labels, moved: Sequence[MovedOffer]) -> dict[str, object]:
    snapshot, compiled = ruled.snapshot, ruled.compiled
    order = snapshot.orders[number]
    why = explain(ruled.problem, ruled.plan, number, labels, CANDIDATES_SHOWN).to_dict()
    _name_locations(why, snapshot)
    names = {place.location: place.name for place in snapshot.places}
    why["lines"] = [
        {"line": str(line.line_id), "sku": line.sku, "name": line.name, "quantity": line.quantity}
        for line in order.lines
    ]
    why["policy"] = compiled.policies[int(compiled.policy[number])].id
    why["relaxed"] = list(compiled.relaxed(number))
    why["currency"] = order.currency
    why["moved_from"] = [names.get(each.location, each.location) for each in moved]
    return why


def _name_locations(part: object, snapshot: Snapshot) -> None:
    """Put keys where the optimiser's explanation has positions in its arrays, which mean nothing to anybody else."""
    if isinstance(part, dict):
        where = part.get("location")
        if isinstance(where, int):
            part["location"] = snapshot.places[where].location
            part.pop("option", None)
        for each in part.values():
            _name_locations(each, snapshot)
    elif isinstance(part, list):
        for each in part:
            _name_locations(each, snapshot)


def _nowhere(order: OpenOrder) -> Decision:
    why: dict[str, object] = {
        "sentence": "There is no location yet: import the network first.", "currency": order.currency, "lines": [],
    }  # fmt: skip
    waiting = tuple(line for line in order.lines if not line.offered_to)
    return Decision(order, (), (), waiting, {} if unserved(waiting) == order.told else why)
