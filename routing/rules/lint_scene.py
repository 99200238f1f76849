"""What is wrong with a rule set where only the network and the orders of a moment show it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from routing.rules.compile import Compiled, compile_rules
from routing.rules.document import RuleSet
from routing.rules.findings import Finding
from routing.rules.match import Where
from routing.rules.policies import NO_SEGMENT
from routing.rules.rule import Rule
from routing.rules.scene import PICKUP, SHIP, Scene

NAMED_MAX = 20
"""Orders that are named one by one."""

_BLAMED_MAX = 3


def lint_scene(rule_set: RuleSet, scene: Scene, now_ms: int) -> Iterator[Finding]:
    """Names that mean nothing here, segments without orders, orders that can go nowhere, pins on shut locations."""
    known = _Known.of(scene)
    for number, rule in enumerate(rule_set.rules):
        yield from _names(rule, f"rules[{number}]", known, scene)
    compiled = compile_rules(rule_set, scene, now_ms)
    for number, segment in enumerate(rule_set.segments):
        if scene.orders and not (compiled.segment == number).any():
            yield Finding("note", f"segments[{number}]", f"segment {segment.id} has no order now", "none needed")
    yield from _nowhere(rule_set, scene, compiled)
    yield from _pins(scene, compiled)
    for note in compiled.notes:
        yield Finding("note", "scene", note, "mend the data")


@dataclass(frozen=True, slots=True)
class _Known:
    """Names that occur in the scene, by the field of a rule that uses them."""

    locations: frozenset[str]
    groups: frozenset[str]
    services: frozenset[str]
    certifications: frozenset[str]
    tags: frozenset[str]

    @classmethod
    def of(cls, scene: Scene) -> "_Known":
        places = scene.places
        return cls(
            frozenset(place.location for place in places),
            frozenset(group for place in places for group in place.groups),
            frozenset(service for place in places for service in place.services)
            | {option.service for option in scene.options}
            | {SHIP, PICKUP, ""},
            frozenset(name for place in places for name in place.certifications),
            frozenset(tag for order in scene.orders for line in order.lines for tag in line.tags),
        )


def _names(rule: Rule, path: str, known: _Known, scene: Scene) -> Iterator[Finding]:
    missing = _missing(rule.at.locations, known.locations)
    if missing:
        yield Finding("warning", f"{path}.at.locations", f"there is no location {missing}", "mend the name")
    missing = _missing((*rule.at.groups, *rule.at.not_groups), known.groups)
    if missing:
        yield Finding("warning", f"{path}.at.groups", f"no location is in group {missing}", "mend the name, or drop it")
    if rule.at != Where() and scene.places and not rule.at.places(scene.places).any():
        yield Finding("warning", f"{path}.at", f"rule {rule.id} names no location", "widen at, or drop the rule")
    own = rule.own()
    if own.get("service", "") not in known.services:
        yield Finding("warning", f"{path}.service", f"no location offers {own['service']}", "mend the name")
    if own.get("certification", "") not in known.certifications | {""}:
        text = f"no location is certified for {own['certification']}"
        yield Finding("warning", f"{path}.certification", text, "mend the name, or certify one")
    missing = _missing(own.get("tags", ()), known.tags)
    if missing and scene.orders:
        yield Finding("note", f"{path}.tags", f"no line has the tag {missing} now", "mend the name if it is wrong")


def _missing(names: Iterable[str], known: frozenset[str]) -> str:
    return ", ".join(name for name in list(names)[:NAMED_MAX] if name not in known)


def _nowhere(rule_set: RuleSet, scene: Scene, compiled: Compiled) -> Iterator[Finding]:
    routed = np.ones(len(scene.orders), np.bool_)
    routed[[held.order for held in compiled.held]] = False
    shut = np.all(compiled.blocked != 0, axis=1) & routed
    for number in (*range(len(rule_set.segments)), NO_SEGMENT):
        mine = (compiled.segment == number) & routed
        lost = np.flatnonzero(shut & mine)
        if not len(lost):
            continue
        segment = "the default policy" if number == NO_SEGMENT else f"segment {rule_set.segments[number].id}"
        count, every = len(lost), len(lost) == np.count_nonzero(mine)
        whole = f"every location is shut to all {count} orders" if every else f"{count} orders have no location"
        codes, times = np.unique(compiled.blocked[lost], return_counts=True)
        blame: Counter[str] = Counter()
        for code, many in zip(codes.tolist(), times.tolist(), strict=True):
            blame[compiled.reason_rules[code] or "where the order is collected"] += many
        names = ", ".join(name for name, _ in blame.most_common(_BLAMED_MAX)) or "there is no location at all"
        path = "default_policy" if number == NO_SEGMENT else f"segments[{number}]"
        yield Finding(
            "error" if every else "warning",
            path,
            f"of {segment}, {whole}; most is shut by: {names}",
            "loosen one of these, or give the policy a fallback that relaxes it",
        )


def _pins(scene: Scene, compiled: Compiled) -> Iterator[Finding]:
    first: dict[str, list[int]] = {}
    for number, option in enumerate(scene.columns):
        first.setdefault(scene.places[option.place].location, []).append(number)
    pinned = [(number, order) for number, order in enumerate(scene.orders) if order.pinned_location]
    for number, order in pinned[:NAMED_MAX]:
        path = f"orders[{number}]"
        options = first.get(order.pinned_location)
        if options is None:
            text = f"order {order.order_id} is pinned to {order.pinned_location}, which is no location"
            yield Finding("warning", path, text, "pin it to a location of the network")
        elif compiled.blocked[number][options].all():
            code = int(compiled.blocked[number][options[0]])
            place = scene.places[scene.columns[options[0]].place].name
            text = f"order {order.order_id} is pinned to {place}, which {compiled.reasons[code].text}"
            yield Finding("warning", path, text, "move the pin, or relax the rule that shuts the location")
