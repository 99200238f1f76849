"""The rule set: a versioned JSON document, read into frozen values and written again without a difference.

::

    {
      "format": 1, "name": "peak", "revision": 7, "default_policy": "standard",
      "policies": [{"id": "standard", "fallbacks": [{"after_minutes": 60, "relax": ["near"]}]}],
      "segments": [{"id": "vip", "match": {"tiers": ["gold"]}, "policy": "standard"}],
      "rules": [{"id": "near", "kind": "distance", "miles": 300}]
    }

Whatever is wrong is refused with its path, ``rules[3].miles``, and what to give instead; nothing is guessed, and a key
that is not known is refused.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

from retail.errors import Refused
from routing.rules import fields
from routing.rules.fields import Choice, Id, Listed, Record, Schema, Spec, Text, Whole, given, inside
from routing.rules.kinds import KINDS, PLACE_IN_TABLE
from routing.rules.match import Match, Where
from routing.rules.rule import Rule, leaves_out

FORMAT = 1
RULES_MAX = 500
SEGMENTS_MAX = 100
POLICIES_MAX = 50
FALLBACKS_MAX = 20
BYTES_MAX = 2**20
"""Most bytes of a document as text."""

WAIT, BACKORDER, CANCEL, PERSON = "wait", "backorder", "cancel", "person"
ACTIONS = (WAIT, BACKORDER, CANCEL, PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """One step for orders that could not be served: rules to relax, or what becomes of what is still unserved."""

    after_minutes: int = given(Whole(0, 525_600), says="minutes of waiting from which the step holds")
    relax: tuple[str, ...] = given(Listed(Id()), (), says="rules that no longer bind the order")
    then: str = given(Choice(ACTIONS[1:]), "", says="what becomes of lines that nobody can serve even so")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for the orders of a segment: the rules that name it, and its fallbacks."""

    id: str = given(Id(), says="the name that segments and rules use")
    note: str = given(Text(), "", says="what the policy is for")
    fallbacks: tuple[Fallback, ...] = given(
        Listed(Record(Fallback), high=FALLBACKS_MAX),
        (),
        says="steps in the order of their time, each on top of those before",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Orders that follow a policy. The first segment that matches an order decides."""

    id: str = given(Id(), says="the name by which decisions refer to the segment")
    note: str = given(Text(), "", says="who is meant")
    match: Match = given(  # noqa: RUF009 - a field
        Record(Match), Match(), says="the orders; left out for all that come so far"
    )
    policy: str = given(Id(), says="the policy that they follow")


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """One revision of everything that ops allow, forbid and price in routing."""

    name: str
    revision: int
    note: str
    default_policy: str
    policies: tuple[Policy, ...]
    segments: tuple[Segment, ...]
    rules: tuple[Rule, ...]

    @property
    def version(self) -> str:
        """What decisions name: ``peak-7``."""
        return f"{self.name}-{self.revision}"

    def in_turn(self, now_ms: int) -> Iterator[Rule]:
        """The rules that hold at that moment, in the order in which their reasons are given."""
        return (rule for rule in self._sorted if rule.active(now_ms))

    @cached_property
    def _sorted(self) -> tuple[Rule, ...]:
        return tuple(sorted(self.rules, key=lambda rule: PLACE_IN_TABLE[rule.kind]))

    @cached_property
    def freed(self) -> Mapping[str, tuple[tuple[int, int], ...]]:
        """By rule, the policies (indices) whose orders it does not bind, and after how many steps of their fallback: 0
        for those that it never binds."""
        found: dict[str, tuple[tuple[int, int], ...]] = {}
        for rule in self.rules:
            steps = []
            for number, policy in enumerate(self.policies):
                if rule.policies and policy.id not in rule.policies:
                    steps.append((number, 0))
                else:
                    at = (step for step, each in enumerate(policy.fallbacks, 1) if rule.id in each.relax)
                    steps += [(number, step) for step in islice(at, 1)]
            found[rule.id] = tuple(steps)
        return found

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id. Raises :class:`Refused` if there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise Refused("rule", f"there is no rule {fields.shown(rule_id)}", "name a rule of the rule set")

    def without(self, rule_id: str) -> "RuleSet":
        """The same without one rule, and without its place in fallbacks."""
        self.rule(rule_id)
        policies = tuple(
            replace(
                policy,
                fallbacks=tuple(
                    replace(step, relax=tuple(other for other in step.relax if other != rule_id))
                    for step in policy.fallbacks
                ),
            )
            for policy in self.policies
        )
        return replace(self, policies=policies, rules=tuple(rule for rule in self.rules if rule.id != rule_id))


_KEYS = ("format", "name", "revision", "note", "default_policy", "policies", "segments", "rules")
_NEEDED = ("format", "name", "revision", "default_policy", "policies")
_HEAD: dict[str, Spec] = {
    "format": Whole(FORMAT, FORMAT),
    "name": Id(),
    "revision": Whole(1, 10**9),
    "default_policy": Id(),
}


def parse_text(text: str | bytes) -> RuleSet:
    """A rule set from JSON of at most ``BYTES_MAX`` bytes. Raises :class:`Refused`."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > BYTES_MAX:
        raise Refused("document", f"it has {size} bytes, at most {BYTES_MAX} are allowed", "divide it or shorten notes")
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_not_a_number)
    except (ValueError, RecursionError) as error:  # bad syntax or encoding, an endless number, brackets without end
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Refused("document", f"it is not JSON{where}", "mend the brackets, commas or quotation marks") from error
    return parse(value)


def parse(value: object) -> RuleSet:
    """A rule set from what JSON became. Raises :class:`Refused` with the path of the first thing that is wrong."""
    if not isinstance(value, dict):
        raise Refused("document", f"{fields.shown(value)} is not an object", "give keys and values in curly brackets")
    found = fields.keyed("", value, _KEYS)
    for key in _NEEDED:
        if key not in found:
            raise Refused(key, "it is missing", f"give {key}")
    head: dict[str, Any] = {key: spec.parse(key, found[key]) for key, spec in _HEAD.items()}
    rule_set = RuleSet(
        name=head["name"],
        revision=head["revision"],
        note=Text().parse("note", found.get("note", "")),
        default_policy=head["default_policy"],
        policies=_records(Policy, "policies", found["policies"], 1, POLICIES_MAX),
        segments=_records(Segment, "segments", found.get("segments", []), 0, SEGMENTS_MAX),
        rules=tuple(
            _rule(f"rules[{number}]", entry)
            for number, entry in enumerate(fields.entries("rules", found.get("rules", []), 0, RULES_MAX))
        ),
    )
    _names(rule_set)
    return rule_set


def _records(of: Any, path: str, value: object, low: int, high: int) -> tuple[Any, ...]:
    found = fields.entries(path, value, low, high)
    return tuple(fields.parse_record(of, f"{path}[{number}]", entry) for number, entry in enumerate(found))


def _rule(path: str, value: object) -> Rule:
    if not isinstance(value, dict):
        raise Refused(path, f"{fields.shown(value)} is not an object", "give keys and values in curly brackets")
    if "kind" not in value:
        raise Refused(f"{path}.kind", "it is missing", f"give one of {', '.join(KINDS)}")
    of = KINDS[Choice(tuple(KINDS)).parse(f"{path}.kind", value["kind"])]
    for key in leaves_out(of) & value.keys():
        why = "the locations" if key == "at" else "some orders only: it changes what a location has for all"
        raise Refused(inside(path, key), f"a rule of kind {of.kind} cannot be about {why}", "leave it out")
    rest = {key: entry for key, entry in value.items() if key != "kind"}
    rule: Rule = fields.parse_record(of, path, rest, leaves_out(of))
    return rule


def _names(rule_set: RuleSet) -> None:
    """Every name is given once, and everything that is named is there."""
    for what in ("policies", "segments", "rules"):
        names = [entry.id for entry in getattr(rule_set, what)]
        for number, name in enumerate(names):
            if name in names[:number]:
                raise Refused(f"{what}[{number}].id", f"{name} is there already", "give it a name of its own")
    policies = {policy.id for policy in rule_set.policies}
    rules = {rule.id: rule for rule in rule_set.rules}
    _there("default_policy", [rule_set.default_policy], policies, "policy")
    for number, segment in enumerate(rule_set.segments):
        _there(f"segments[{number}].policy", [segment.policy], policies, "policy")
    for number, rule in enumerate(rule_set.rules):
        _there(f"rules[{number}].policies", rule.policies, policies, "policy")
    for number, policy in enumerate(rule_set.policies):
        before = -1
        for place, step in enumerate(policy.fallbacks):
            path = f"policies[{number}].fallbacks[{place}]"
            _there(f"{path}.relax", step.relax, rules, "rule")
            for rule_id in step.relax:
                if rules[rule_id].network:
                    problem = f"{rule_id} changes what a location has for all orders"
                    raise Refused(f"{path}.relax", problem, "relax rules about orders only")
            if not step.relax and not step.then:
                raise Refused(path, "it does nothing", "give relax or then")
            if step.after_minutes <= before:
                problem = f"{step.after_minutes} is not after the step before, at {before}"
                raise Refused(f"{path}.after_minutes", problem, "put the steps in the order of their time")
            before = step.after_minutes


def _there(path: str, names: Iterable[str], known: Iterable[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise Refused(path, f"there is no {what} {name}", f"name a {what} of this document")


def dump(rule_set: RuleSet) -> dict[str, object]:
    """The JSON object of a rule set: what :func:`parse` reads back to an equal one."""
    value: dict[str, object] = {
        "format": FORMAT,
        "name": rule_set.name,
        "revision": rule_set.revision,
        "default_policy": rule_set.default_policy,
        "policies": [fields.dump_record(policy) for policy in rule_set.policies],
        "segments": [fields.dump_record(segment) for segment in rule_set.segments],
        "rules": [{"kind": rule.kind, **fields.dump_record(rule)} for rule in rule_set.rules],
    }
    return {**value, "note": rule_set.note} if rule_set.note else value


def schema() -> Schema:
    """The JSON schema (draft 2020-12) of a document, made from the same fields that read it.

    A document that it refuses is refused by :func:`parse` too; names that refer to each other are beyond a schema.
    """
    kinds = []
    for of in KINDS.values():
        record = fields.record_schema(of, leaves_out(of))
        kinds.append(
            {
                **record,
                "title": of.kind,
                "description": " ".join((of.__doc__ or "").split()),
                "properties": {"kind": {"const": of.kind}, **record["properties"]},
                "required": ["kind", *record["required"]],
            }
        )
    lists: dict[str, tuple[Schema, int, int]] = {
        "policies": (fields.record_schema(Policy), 1, POLICIES_MAX),
        "segments": (fields.record_schema(Segment), 0, SEGMENTS_MAX),
        "rules": ({"oneOf": kinds}, 0, RULES_MAX),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tillway rule set",
        "type": "object",
        "properties": {
            **{key: spec.schema() for key, spec in _HEAD.items()},
            "note": Text().schema(),
            **{
                key: {"type": "array", "items": items, "minItems": low, "maxItems": high}
                for key, (items, low, high) in lists.items()
            },
        },
        "required": list(_NEEDED),
        "additionalProperties": False,
        "$defs": {of.__name__: fields.record_schema(of) for of in (Match, Where, Fallback)},
    }


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        again = next(key for number, key in enumerate(keys) if key in keys[:number])
        raise Refused("document", f"the key {fields.shown(again)} is there twice in one object", "keep one of them")
    return found


def _not_a_number(name: str) -> object:
    raise Refused("document", f"{name} is not a number", "give a finite number, or leave it out")
