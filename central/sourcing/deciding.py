"""From a snapshot to decisions: which orders are offered where, which offers are moved, and why. Pure.

This is what a run computes, in a process of its own, and what a replay computes again from the stored inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from central.sourcing.domain import (
    SHIP,
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
from central.sourcing.model import Index, Model, bids_of, compiled_for, model_of, prices_of
from central.sourcing.one_by_one import Standing, source_one_by_one
from central.sourcing.options import NOT_WORTH_IT, Options
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
from routing.rules.document import CANCEL, WAIT, RuleSet
from routing.source import priority, source_in_order
from routing.split import split

CANDIDATES_SHOWN = 6

Way = tuple[str, str]
"""A location and the service by which it sends; the service is empty where none is named."""


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
    that rules hold back are left as they are. With a ``delivery`` each day behind a promise has its price, and where
    its services are told apart every location that is asked to send is told by which.

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
    compiled = compiled_for(snapshot, index, rules, now_ms, delivery)
    if compiled.held:
        held = {each.order for each in compiled.held}
        kept = tuple(order for number, order in enumerate(snapshot.orders) if number not in held)
        if not kept:
            return Decided()
        snapshot = replace(snapshot, orders=kept)
        index = Index.of(snapshot)
        compiled = compiled_for(snapshot, index, rules, now_ms, delivery)
    due = None if delivery is None else Due(delivery, now_ms)
    model = model_of(snapshot, index, tariff, rules, compiled, due)
    problem, options = model.problem, model.options
    if steering.kind == "single":
        problem = replace(problem, prices=prices_of(steering.prices, index, problem))
    best = _best(problem, snapshot, index, options, steering)
    if best.plan.sequence is None:  # decided together: each order is explained at what contested units were worth
        problem = replace(problem, prices=best.prices)
    names = {line.sku: line.name or line.sku for order in snapshot.orders for line in order.lines}
    shown = Labels([place.name for place in snapshot.places], [names[sku] for sku in index.skus])
    services = [options.send_by(option) for option in range(len(options.place))]
    ruled = _Ruled(snapshot, replace(model, problem=problem), best.plan, services, steering)
    # Where every location sends by the cheapest service, nobody needs to read so in each sentence.
    told = () if options.are_places else services
    decisions = tuple(
        _decision(
            ruled, number, replace(shown, currency=order.currency, services=told if order.service == SHIP else ())
        )
        for number, order in enumerate(snapshot.orders)
    )
    return Decided(decisions, best.figures, bids_of(best.prices, snapshot, index))


@dataclass(frozen=True)
class _Ruled:
    """A plan with all that explains it; ``services`` (K,) are the names of those by which the options send."""

    snapshot: Snapshot
    model: Model
    plan: Plan
    services: Sequence[str]
    steering: Steering


def _best(problem: Problem, snapshot: Snapshot, index: Index, options: Options, steering: Steering) -> _Best:
    """The one place that asks :mod:`routing` for a plan of all orders."""
    sequence = _sequence(snapshot.orders)
    # No plan is cheaper than if every order were alone: the weakest of bounds, and a proved one.
    unpriced = replace(problem, prices=Prices())
    if steering.kind == "single":
        plan = source_in_order(problem, sequence)
        return _Best(plan, Figures(plan.total, _alone(unpriced), plan.total), Prices())
    now = _standing(snapshot, index, options)
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


def _standing(snapshot: Snapshot, index: Index, options: Options) -> Cents:
    """(n,): the option by which each line is offered now, -1 for an open one and where there is no such option."""
    known = options.numbers()
    ways = (options.standing(order, line) for order in snapshot.orders for line in order.lines)
    return np.array(
        [known.get((index.place.get(place, BACKORDER), send_by), BACKORDER) for place, send_by in ways], np.int64
    )


def _sequence(orders: Sequence[OpenOrder]) -> Sequenced:
    """Who takes scarce stock first: the earliest promise, then the oldest order."""
    never = np.zeros(len(orders), np.int64)
    promise = [NEVER_MS if order.promise_ms is None else order.promise_ms for order in orders]
    return priority(np.array(promise, np.int64), never, never, np.array([-o.placed_ms for o in orders], np.int64))


def _decision(ruled: _Ruled, number: int, labels: Labels) -> Decision:
    snapshot, options = ruled.snapshot, ruled.model.options
    order, action = snapshot.orders[number], ruled.model.compiled.actions[number]
    assignment = ruled.plan.assignment[ruled.model.problem.lines_of(number)]
    served: dict[Way, list[OpenLine]] = {}
    backordered: list[OpenLine] = []
    standing = [options.standing(order, line) if line.offered_to else None for line in order.lines]
    ways = [_way(snapshot, options, order, option) for option in assignment.tolist()]
    stays = any(now and not way for now, way in zip(standing, ways, strict=True))
    if stays:
        # Nobody is asked for less than before: where the plan has no place for a line that somebody was asked for,
        # the order's offers stay until they are answered or taken back.
        ways = [now or way for now, way in zip(standing, ways, strict=True)]
    for line, way in zip(order.lines, ways, strict=True):
        if way:
            served.setdefault(way, []).append(line)
        else:
            backordered.append(line)
    moved = _moved(order, standing, ways)
    gone = {each.task for each in moved}
    wishes = tuple(
        Wish(location, tuple(lines), send_by)
        for (location, send_by), lines in sorted(served.items())
        if any(line.task is None or line.task in gone for line in lines)
    )
    cancelled: list[OpenLine] = []
    if action == CANCEL and ruled.steering.cancels:
        # What is cancelled is gone: only all orders together, not one at the prices of others, show that nobody can.
        # And where an offer stays beside the plan, its lines may be what keeps the others from a place.
        if ruled.steering.kind == "batch" and not stays:
            cancelled, backordered = backordered, []
        action = WAIT
    explanation: dict[str, object] = {}
    if wishes or cancelled or (backordered and unserved(backordered, action) != order.told):
        explanation = _why(ruled, number, labels, moved)
    return Decision(order, wishes, moved, tuple(backordered), explanation, action, tuple(cancelled))


def _way(snapshot: Snapshot, options: Options, order: OpenOrder, option: int) -> Way | None:
    if option == BACKORDER:
        return None
    return snapshot.places[options.place[option]].location, options.served_by(order, option)


def _moved(order: OpenOrder, standing: Sequence[Way | None], ways: Sequence[Way | None]) -> tuple[MovedOffer, ...]:
    """The offers that lose a line, to another location or service, or to which another line is added."""
    changes = [(line, now, way) for line, now, way in zip(order.lines, standing, ways, strict=True) if now != way]
    lost = {line.task for line, now, way in changes if now and way}
    grown = {way for _, _, way in changes if way}
    offers = {
        MovedOffer(line.task, line.rev, *now): None
        for line, now in zip(order.lines, standing, strict=True)
        if now and line.task is not None and (line.task in lost or now in grown)
    }
    return tuple(offers)


def _why(ruled: _Ruled, number: int, labels: Labels, moved: Sequence[MovedOffer]) -> dict[str, object]:
    snapshot, compiled = ruled.snapshot, ruled.model.compiled
    order = snapshot.orders[number]
    why = explain(ruled.model.problem, ruled.plan, number, labels, CANDIDATES_SHOWN).to_dict()
    why["funnel"] = _without(why["funnel"], NOT_WORTH_IT.text)
    _name_locations(why, snapshot, ruled.services if order.service == SHIP else ())
    names = {place.location: place.name for place in snapshot.places}
    why["lines"] = [
        {"line": str(line.line_id), "sku": line.sku, "name": line.name, "quantity": line.quantity}
        for line in order.lines
    ]
    why["policy"] = compiled.policies[int(compiled.policy[number])].id
    why["relaxed"] = list(compiled.relaxed(number))
    why["currency"] = order.currency
    why["moved_from"] = [
        names.get(each.location, each.location) + (f" by {each.send_by}" if each.send_by and labels.services else "")
        for each in moved
    ]
    return why


def _without(funnel: Any, reason: str) -> list[dict[str, Any]]:
    """The steps of a funnel but those of one ``reason``, whose options count as never looked at."""
    steps, hidden = [], sum(step["removed"] for step in funnel if step["reason"] == reason)
    for step in funnel:
        if step["reason"] == reason:
            hidden -= step["removed"]
        else:
            steps.append({**step, "remaining": step["remaining"] - hidden})
    return steps


def _name_locations(part: object, snapshot: Snapshot, send_by: Sequence[str]) -> None:
    """Put keys where the optimiser's explanation has positions in its arrays, which mean nothing to anybody else, and
    the service by which each option (K,) sends, if it has a name; ``send_by`` is empty for what is collected."""
    if isinstance(part, dict):
        where = part.get("location")
        if isinstance(where, int):
            part["location"] = snapshot.places[where].location
            option = part.pop("option")
            if send_by and send_by[option]:
                part["send_by"] = send_by[option]
        for each in part.values():
            _name_locations(each, snapshot, send_by)
    elif isinstance(part, list):
        for each in part:
            _name_locations(each, snapshot, send_by)


def _nowhere(order: OpenOrder) -> Decision:
    why: dict[str, object] = {
        "sentence": "There is no location yet: import the network first.", "currency": order.currency, "lines": [],
    }  # fmt: skip
    waiting = tuple(line for line in order.lines if not line.offered_to)
    return Decision(order, (), (), waiting, {} if unserved(waiting) == order.told else why)
