"""From a rule set, a scene and a moment to the arrays that a ``Problem`` takes from rules.

Every location stays in the question, also those that may not serve: only so can an explanation say why a nearer one
was passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from routing.arrays import Cents, Flags, Index, Whole
from routing.problem import NO_LEG, Reason
from routing.rules.document import Policy, RuleSet
from routing.rules.draft import Bound, Cause, Draft, Held, Tally
from routing.rules.match import Where
from routing.rules.options import pickup_of, pool_of, shut_by_service
from routing.rules.policies import policies_of, stages_of
from routing.rules.rule import Rule
from routing.rules.scene import PICKUP, SHIP, UNITS_MAX, Scene
from routing.rules.view import Units, View
from routing.terms import LineTerm


@dataclass(frozen=True, eq=False, slots=True)
class Compiled:
    """O orders of n lines over K options at L places, S SKUs. What a ``Problem`` takes has its name there.

    ``blocked`` (O, K), ``line_blocked`` (n, K) or None, ``reasons``
        Codes; ``reason_rules`` names the rule of each reason, empty for what no rule says.
    ``package_terms``, ``line_terms``
        One for each soft rule that charges anything, named ``rule`` and its id.
    ``stock`` (S, L)
        Units less those that rules keep back.
    ``capacity`` (K,), ``ship_capacity`` (K,), ``pickup_capacity`` (K,)
        Units that each option can still handle: in all, of orders sent, of orders collected. See :meth:`pools`.
    ``pool`` (K,)
        The first option of the same place and time, with which the option shares its capacity.
    ``max_packages`` (O,), ``complete`` (O,), ``kits`` (n,)
        ``kits`` numbers lines that stay together, -1 for a line of its own.
    ``pickup`` (O,)
        The only place whose options may serve the order, or -1. A collected order to whose store others transfer has
        -1 and its own ``blocked``.
    ``held``
        Orders that are not to be routed now; nothing may serve them in ``blocked`` either.
    ``segment``, ``policy``, ``stage`` (O,); ``actions`` (O)
        Indices into the rule set, segment -1 for the default policy; how many steps of the fallback are reached; what
        becomes of lines that nobody can serve: wait, backorder, cancel or person.
    ``tallies``
        What each active rule did.
    ``notes``
        What in the scene could not be taken at its word.
    """

    blocked: Whole
    line_blocked: Whole | None
    reasons: tuple[Reason, ...]
    reason_rules: tuple[str, ...]
    package_terms: Mapping[str, Whole]
    line_terms: Mapping[str, LineTerm]
    stock: Units
    capacity: Cents
    ship_capacity: Cents
    pickup_capacity: Cents
    pool: Index
    max_packages: Cents
    complete: Flags
    kits: Index
    pickup: Index
    held: tuple[Held, ...]
    segment: Index
    policy: Index
    stage: Index
    actions: tuple[str, ...]
    policies: tuple[Policy, ...]
    tallies: Mapping[str, Tally]
    notes: tuple[str, ...]
    version: str

    def relaxed(self, order: int) -> tuple[str, ...]:
        """Rules that no longer bind the order, in the order in which they were relaxed."""
        steps = self.policies[int(self.policy[order])].fallbacks[: int(self.stage[order])]
        return tuple(dict.fromkeys(rule for step in steps for rule in step.relax))

    def pools(self, ships: Flags) -> tuple[Cents, Index, Whole]:
        """Capacity as pools that keep the limits of both services apart: ``capacity`` (3K,), ``pool`` (K,), ``leg``
        (O, K).

        An option draws on its pool p, and an order there on a second one: K + p if ``ships`` (O,), else 2K + p; -1
        where that has no limit of its own. It takes up the leg that a transfer would need.
        """
        options = len(self.capacity)
        capacity = np.concatenate([self.capacity, self.ship_capacity, self.pickup_capacity])
        ship, pickup = (
            np.where(limit < UNITS_MAX, first + self.pool, NO_LEG).astype(np.int32)
            for limit, first in ((self.ship_capacity, options), (self.pickup_capacity, 2 * options))
        )
        return capacity, self.pool, np.where(ships[:, None], ship, pickup)


def compile_rules(rule_set: RuleSet, scene: Scene, now_ms: int) -> Compiled:
    """Apply every rule that holds at ``now_ms`` (milliseconds since 1970 UTC).

    Raises :class:`retail.errors.Refused` for a moment that cannot be; data that cannot be right blocks with a reason,
    and where nothing is blocked it is in ``notes``.
    """
    view = View(scene, now_ms)
    draft = Draft(view)
    segment, policy = policies_of(rule_set, view)
    stage, actions = stages_of(rule_set, view, policy)
    for rule in rule_set.in_turn(now_ms):
        bound = _bound(rule_set, rule, view, policy, stage)
        count = draft.tally(rule.id).orders = int(np.count_nonzero(bound.orders))
        if count:
            rule.apply(draft, bound)
    shut_by_service(draft)
    stock = _stock(draft)
    _holds(draft)
    return Compiled(
        blocked=draft.blocked,
        line_blocked=draft.line_blocked,
        reasons=tuple(Reason(cause.text, cause.priced, cause.least_change) for cause in draft.causes),
        reason_rules=tuple(cause.rule for cause in draft.causes),
        package_terms=draft.package_terms,
        line_terms=draft.line_terms,
        stock=stock,
        capacity=draft.capacity,
        ship_capacity=draft.ship_capacity,
        pickup_capacity=draft.pickup_capacity,
        pool=pool_of(view),
        max_packages=draft.max_packages,
        complete=draft.complete,
        kits=_kits(draft),
        pickup=pickup_of(view),
        held=tuple(held for _, held in sorted(draft.held.items())),
        segment=segment,
        policy=policy,
        stage=stage,
        actions=actions,
        policies=rule_set.policies,
        tallies={rule: tally for rule, tally in draft.tallies.items() if rule},
        notes=_notes(view),
        version=rule_set.version,
    )


def every_cause(rule_set: RuleSet, scene: Scene, now_ms: int, order: int) -> list[tuple[Cause, ...]]:
    """For each of the K options, all that keeps it from the order as a whole, each rule on its own.

    ``blocked`` of a compiled rule set names the first only; an option is open once every one of these is lifted.
    """
    days = scene.transit_days
    own_days = None if days is None else days[order : order + 1]
    alone = replace(scene, orders=(scene.orders[order],), transit_days=own_days)
    view = View(alone, now_ms)
    _, policy = policies_of(rule_set, view)
    stage, _ = stages_of(rule_set, view, policy)
    found: list[list[Cause]] = [[] for _ in view.options]
    for rule in (*rule_set.in_turn(now_ms), None):
        draft = Draft(view)
        if rule is None:
            shut_by_service(draft)
        else:
            rule.apply(draft, _bound(rule_set, rule, view, policy, stage))
            _holds(draft)
        for causes, code in zip(found, draft.blocked[0].tolist(), strict=True):
            if code:
                causes.append(draft.causes[code])
    return [tuple(causes) for causes in found]


def _bound(rule_set: RuleSet, rule: Rule, view: View, policy: Index, stage: Index) -> Bound:
    orders = rule.when.orders(view)
    for number, step in rule_set.freed[rule.id]:
        orders = orders & ((policy != number) | (stage < step))
    places, options = view.once(rule.at, lambda: _meant(rule.at, view))
    return Bound(rule.id, orders, places, options, view.order_of)


def _meant(at: Where, view: View) -> tuple[Flags, Flags]:
    """The places (L,) and the options (K,) there that are meant."""
    places = at.places(view.places)
    return places, places[view.place_of]


def _stock(draft: Draft) -> Units:
    """Units less what is kept back; a line that would have been served but for that is blocked with the reason."""
    view = draft.view
    if draft.kept is None:
        return view.units
    left = view.units - draft.kept
    draft.block_denied(view.units, left)
    return left


def _holds(draft: Draft) -> None:
    """An order that is held is served by nobody, whoever forgets to leave it out."""
    for held in draft.held.values():
        row = draft.blocked[held.order]
        row[row == 0] = draft.code(held.rule, Cause(f"may not be asked yet: the order {held.text}"))


def _kits(draft: Draft) -> Index:
    view = draft.view
    kits = np.full(len(view.lines), -1)
    numbers: dict[tuple[int, str], int] = {}
    for number, (line, order) in enumerate(zip(view.lines, view.order_of.tolist(), strict=True)):
        if line.kit and draft.kit_kept[order]:
            kits[number] = numbers.setdefault((order, line.kit), len(numbers))
    return kits


def _notes(view: View) -> tuple[str, ...]:
    found = []
    future = sum(order.placed_ms > view.now_ms for order in view.orders)
    if future:
        found.append(f"{future} orders were placed after now: a clock was set back; their waits count as none")
    negative = int(np.count_nonzero(view.scene.stock.units < 0))
    if negative:
        found.append(f"stock is below zero for {negative} items at a location: it counts as none")
    unzoned = view.once(
        "unzoned", lambda: [place.name for place, zone in zip(view.places, view.zones, strict=True) if zone is None]
    )
    if unzoned:
        found.append(f"{len(unzoned)} locations have no known time zone, first {unzoned[0]}")
    services = {order.service for order in view.orders} - {SHIP, PICKUP}
    if services:
        found.append(f"orders ask for services that are not known, first {min(services)!r:.40}")
    return tuple(found)
