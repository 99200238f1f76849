"""Documents as strategies, made from the same fields that read them."""

import dataclasses
import functools
from typing import Any

import hypothesis.strategies as st

from routing.rules import fields
from routing.rules.document import Fallback, Policy, Segment
from routing.rules.kinds import KINDS
from routing.rules.rule import leaves_out

_WORDS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=8)
_IDS = st.from_regex(r"\A[a-z0-9]{1,4}(-[a-z0-9]{1,3}){0,2}\Z")


def values(spec: fields.Spec) -> st.SearchStrategy[Any]:
    """JSON values of that form."""
    if isinstance(spec, fields.Whole):
        return st.integers(spec.low, spec.high)
    if isinstance(spec, fields.Number):
        return st.floats(spec.low, spec.high) | st.integers(int(spec.low), int(spec.high))
    if isinstance(spec, fields.Listed):
        return st.lists(values(spec.item), min_size=max(spec.low, 1), max_size=3, unique_by=repr).filter(
            _distinct(spec)
        )
    if isinstance(spec, fields.Choice):
        return st.sampled_from(spec.words)
    if isinstance(spec, fields.Record):
        return records(spec.of)
    if isinstance(spec, fields.Instant):
        return st.integers(10**8, 10**13).map(lambda ms: str(spec.dump(ms)).replace("Z", "+02:00"))
    return {
        fields.Flag: st.booleans(),
        fields.Text: _WORDS,
        fields.Id: _IDS,
        fields.Day: st.dates().filter(lambda d: d.year > 999).map(lambda d: d.isoformat()),
        fields.TimeOfDay: st.times().map(lambda t: f"{t:%H:%M}"),
    }[type(spec)]


def _distinct(spec: fields.Listed) -> Any:
    def distinct(found: list[Any]) -> bool:
        return len({spec.item.parse("", entry) for entry in found}) == len(found)

    return distinct


@functools.cache
def records(of: Any, without: frozenset[str] = frozenset()) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the fields of ``of``, the optional ones sometimes left out."""
    found = {f.name: f for f in dataclasses.fields(of) if f.name not in without}
    needed = {name: values(f.metadata["spec"]) for name, f in found.items() if f.default is dataclasses.MISSING}
    optional = {name: values(f.metadata["spec"]) for name, f in found.items() if f.default is not dataclasses.MISSING}
    return st.fixed_dictionaries(needed, optional=optional)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents that are accepted."""
    rule_ids, policy_ids, segment_ids = (draw(st.lists(_IDS, min_size=1, max_size=4, unique=True)) for _ in range(3))
    rules, some_policies = [], st.lists(st.sampled_from(policy_ids), min_size=1, unique=True)
    for rule_id in rule_ids:
        of = KINDS[draw(st.sampled_from(sorted(KINDS)))]
        common = draw(records(of, leaves_out(of) | {"id", "policies"}))
        rule = {"kind": of.kind, "id": rule_id, **common}
        if not of.network and draw(st.booleans()):
            rule["policies"] = draw(some_policies)
        rules.append(rule)
    relaxable = [rule["id"] for rule in rules if not KINDS[rule["kind"]].network]
    policies = []
    for policy_id in policy_ids:
        steps = []
        for after in sorted(draw(st.sets(st.integers(0, 9), max_size=2))):
            step = draw(records(Fallback, frozenset({"after_minutes", "relax"})))
            if relaxable and draw(st.booleans()):
                step["relax"] = [draw(st.sampled_from(relaxable))]
            if len(step):
                steps.append({**step, "after_minutes": after})
        policy = {**draw(records(Policy, frozenset({"id", "fallbacks"}))), "id": policy_id}
        policies.append({**policy, "fallbacks": steps} if steps else policy)
    segments = [
        {**draw(records(Segment, frozenset({"id", "policy"}))), "id": each, "policy": draw(st.sampled_from(policy_ids))}
        for each in segment_ids
    ]
    return {
        "format": 1,
        "name": draw(_IDS),
        "revision": draw(st.integers(1, 99)),
        "default_policy": draw(st.sampled_from(policy_ids)),
        "policies": policies,
        "segments": segments,
        "rules": rules,
    }
