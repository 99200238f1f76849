"""Contradictions and dead rules, in plain words, before a rule set is used.

What the document alone shows is found here; with a scene, :mod:`.lint_scene` adds what only the network and the orders
show. No finding does not mean that a rule set is good: it means that nothing was found.
"""

from collections.abc import Collection, Iterator
from itertools import combinations

from routing.rules.document import RuleSet
from routing.rules.facts import EVERY_FACT, REMEDIES, Fact, Lack
from routing.rules.findings import Finding, Severity
from routing.rules.kinds_network import Pause
from routing.rules.kinds_orders import Exclude, Only, OrderValue
from routing.rules.kinds_soft import Prefer
from routing.rules.lint_scene import lint_scene
from routing.rules.match import Where
from routing.rules.rule import Rule
from routing.rules.scene import Scene

FINDINGS_MAX = 200
"""What is beyond is left out; the errors come first."""

_SEVERITIES = ("error", "warning", "note")


def lint(
    rule_set: RuleSet, scene: Scene | None = None, now_ms: int = 0, known: Collection[Fact] = EVERY_FACT
) -> list[Finding]:
    """Everything that was found, errors first, then in the order of the document; at most ``FINDINGS_MAX``.

    ``now_ms`` (milliseconds since 1970 UTC) decides what is past. ``known`` are the facts that the scenes carry on
    which the rules will be used.
    """
    found = [
        *_impossible(rule_set),
        *_unknown(rule_set, known),
        *_contradictions(rule_set),
        *_segments(rule_set),
        *_policies(rule_set),
        *_past(rule_set, now_ms),
        *_superfluous(rule_set),
        *(() if scene is None else lint_scene(rule_set, scene, now_ms)),
    ]
    return sorted(found, key=lambda finding: _SEVERITIES.index(finding.severity))[:FINDINGS_MAX]


def _at(rule_set: RuleSet, rule: Rule) -> str:
    return f"rules[{rule_set.rules.index(rule)}]"


def _impossible(rule_set: RuleSet) -> Iterator[Finding]:
    for number, segment in enumerate(rule_set.segments):
        why = segment.match.impossible()
        if why:
            text = f"segment {segment.id} can match no order: {why}"
            yield Finding("error", f"segments[{number}].match", text, "swap or drop one of the two")
    for number, rule in enumerate(rule_set.rules):
        why = rule.impossible()
        if why:
            yield Finding("error", f"rules[{number}]", f"rule {rule.id} cannot be meant: {why}", "mend or drop it")


def _unknown(rule_set: RuleSet, known: Collection[Fact]) -> Iterator[Finding]:
    for number, segment in enumerate(rule_set.segments):
        for fact in segment.match.needs():
            if fact not in known:
                text = f"segment {segment.id} needs {fact}, which is never known here: no order would be in it"
                yield Finding("error", f"segments[{number}].match", text, REMEDIES[fact])
    for number, rule in enumerate(rule_set.rules):
        lacks = {**rule.needs(), **dict.fromkeys(rule.when.needs(), Lack.IDLE)}
        for fact, lack in lacks.items():
            if fact not in known:
                text = f"rule {rule.id} needs {fact}, which is never known here: {lack}"
                yield Finding("error", f"rules[{number}]", text, REMEDIES[fact])


def _together(one: Rule, other: Rule) -> bool:
    """Some order may be bound by both at some moment, as far as the document shows."""
    policies = not one.policies or not other.policies or not set(one.policies).isdisjoint(other.policies)
    after = one.ends is not None and other.starts is not None and other.starts >= one.ends
    before = other.ends is not None and one.starts is not None and one.starts >= other.ends
    return policies and not after and not before and not one.when.disjoint(other.when)


def _contradictions(rule_set: RuleSet) -> Iterator[Finding]:
    for rule in rule_set.rules:
        if isinstance(rule, (Exclude, Pause)) and rule.at == Where():
            verb = "leaves out" if isinstance(rule, Exclude) else "pauses"
            whom = "every order" if not rule.policies and rule.when.covers(type(rule.when)()) else "the orders it binds"
            yield Finding(
                "error" if isinstance(rule, Exclude) else "warning",
                _at(rule_set, rule),
                f"rule {rule.id} {verb} every location, so {whom} can go nowhere",
                "name locations or groups in at",
            )
    for one, other in combinations(rule_set.rules, 2):
        why = _contradiction(one, other) if _together(one, other) else ""
        if why:
            severity: Severity = "warning" if one.soft or other.soft else "error"
            text = f"rules {one.id} and {other.id} contradict each other: {why}"
            yield Finding(severity, _at(rule_set, other), text, "drop one, or let them bind different orders")


def _contradiction(one: Rule, other: Rule) -> str:
    for a, b in ((one, other), (other, one)):
        if isinstance(a, Only) and isinstance(b, Only) and a is one and a.at.disjoint(b.at):
            return "no location is among those of both, so nothing is left"
        if isinstance(a, Only) and isinstance(b, Exclude) and b.at.covers(a.at):
            return f"{b.id} leaves out all that {a.id} allows, so nothing is left"
        if isinstance(a, Prefer) and isinstance(b, Exclude) and b.at.covers(a.at):
            return f"{b.id} leaves out all that {a.id} prefers"
        if isinstance(a, Prefer) and isinstance(b, Only) and a.at.disjoint(b.at):
            return f"{b.id} allows nothing of what {a.id} prefers"
        if isinstance(a, OrderValue) and isinstance(b, OrderValue) and a.at == b.at and _no_value(a, b):
            return f"no order is worth at least {a.least} and at most {b.most}"
    return ""


def _no_value(a: OrderValue, b: OrderValue) -> bool:
    return a.least is not None and b.most is not None and a.least > b.most


def _segments(rule_set: RuleSet) -> Iterator[Finding]:
    for number, segment in enumerate(rule_set.segments):
        for earlier in rule_set.segments[:number]:
            if not segment.match.impossible() and earlier.match.covers(segment.match):
                text = f"segment {segment.id} is never reached: {earlier.id} comes first and matches all its orders"
                yield Finding("warning", f"segments[{number}]", text, f"put it before {earlier.id}, or drop it")
                break
    for segment in rule_set.segments:
        if segment.match.covers(type(segment.match)()) and rule_set.default_policy not in _used(rule_set, False):
            text = f"the default policy {rule_set.default_policy} is never used: segment {segment.id} matches all"
            yield Finding("note", "default_policy", text, f"drop segment {segment.id} and make its policy the default")
            break


def _used(rule_set: RuleSet, default: bool = True) -> set[str]:
    return {segment.policy for segment in rule_set.segments} | ({rule_set.default_policy} if default else set())


def _policies(rule_set: RuleSet) -> Iterator[Finding]:
    used = _used(rule_set)
    for number, policy in enumerate(rule_set.policies):
        path = f"policies[{number}]"
        if policy.id not in used:
            text = f"policy {policy.id} is followed by no segment and is not the default"
            yield Finding("warning", path, text, "give it a segment, or drop it")
        relaxed: set[str] = set()
        for place, step in enumerate(policy.fallbacks):
            at = f"{path}.fallbacks[{place}].relax"
            for rule_id in step.relax:
                rule = rule_set.rule(rule_id)
                if rule_id in relaxed:
                    yield Finding("warning", at, f"{rule_id} was relaxed by an earlier step", "name it once")
                elif rule.policies and policy.id not in rule.policies:
                    text = f"{rule_id} does not bind orders of policy {policy.id}, so relaxing it does nothing"
                    yield Finding("warning", at, text, "drop it here, or add the policy to the rule")
                elif rule.soft:
                    text = f"{rule_id} forbids nothing, so relaxing it serves no more orders"
                    yield Finding("note", at, text, "relax a hard rule instead")
                relaxed.add(rule_id)
    for number, rule in enumerate(rule_set.rules):
        if rule.policies and used.isdisjoint(rule.policies):
            text = f"rule {rule.id} binds only policies that no order follows"
            yield Finding("warning", f"rules[{number}].policies", text, "name a policy that is used, or drop the rule")


def _past(rule_set: RuleSet, now_ms: int) -> Iterator[Finding]:
    for number, rule in enumerate(rule_set.rules):
        why = rule.past(now_ms)
        if why:
            yield Finding("warning", f"rules[{number}]", f"rule {rule.id} is past: {why}", "drop it, or renew its date")


def _superfluous(rule_set: RuleSet) -> Iterator[Finding]:
    relaxed = {rule_id for policy in rule_set.policies for step in policy.fallbacks for rule_id in step.relax}
    dead: set[str] = set()
    for number, rule in enumerate(rule_set.rules):
        for other in rule_set.rules:
            if other is rule or type(other) is not type(rule) or other.id in dead or not other.binds_all_of(rule):
                continue
            if other.id in relaxed:
                continue  # once it is relaxed the other one matters
            if rule.soft and other.own() == rule.own() and rule.binds_all_of(other):
                if rule_set.rules.index(other) < number:
                    text = f"rule {rule.id} says what {other.id} says, so the price is charged twice"
                    yield Finding("warning", f"rules[{number}]", text, "drop one of them")
            elif other.forbids_all_of(rule):
                dead.add(rule.id)
                text = f"rule {rule.id} is superfluous: {other.id} forbids all that it forbids"
                yield Finding("warning", f"rules[{number}]", text, "drop it")
                break
