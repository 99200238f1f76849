import copy
import json
from typing import Any

import hypothesis.strategies as st
import jsonschema_rs
import pytest
from hypothesis import given, settings

from retail.errors import Refused
from routing.rules.defaults import default_rules
from routing.rules.document import BYTES_MAX, FALLBACKS_MAX, RULES_MAX, RuleSet, dump, parse, parse_text, schema
from routing.rules.fields import LIST_MAX
from routing.rules.kinds import KINDS
from tests.unit.routing.rules.documents import documents
from tests.unit.routing.rules.scenes import ruled

SCHEMA = jsonschema_rs.validator_for(schema())
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def bare(**changes: Any) -> dict[str, Any]:
    usual = {"format": 1, "name": "peak", "revision": 7, "default_policy": "p", "policies": [{"id": "p"}]}
    return {**usual, **changes}


def rule(**changes: Any) -> dict[str, Any]:
    return bare(rules=[{"id": "near", "kind": "distance", "miles": 300, **changes}])


@settings(max_examples=60)
@given(documents())
def test_reading_and_writing_give_the_same_rule_set_and_the_schema_agrees(document: dict[str, Any]) -> None:
    found = parse(document)
    again = dump(found)
    assert parse(json.loads(json.dumps(again))) == found
    assert dump(parse(again)) == again
    for form in (document, again):
        assert [error.message for error in SCHEMA.iter_errors(form)] == []


@settings(max_examples=100)
@given(documents(), st.data())
def test_a_damaged_document_is_refused_with_a_path_or_still_read_without_loss(
    document: dict[str, Any], data: st.DataObject
) -> None:
    spot: Any = copy.deepcopy(document)
    whole = spot
    while True:
        keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(spot[key], (dict, list)) and spot[key] and data.draw(st.booleans()):
            spot = spot[key]
            continue
        break
    match data.draw(st.sampled_from(["replace", "drop", "add"])):
        case "replace":
            spot[key] = data.draw(ANY_JSON)
        case "drop":
            del spot[key]
        case _ if isinstance(spot, dict):
            spot["unheard"] = 1
    try:
        found = parse(whole)
    except Refused as refused:
        assert refused.field
        assert refused.remedy
        assert len(str(refused)) < 2_000
    else:
        assert parse(dump(found)) == found


@given(ANY_JSON)
def test_what_is_no_document_is_refused(value: object) -> None:
    with pytest.raises(Refused):
        parse(value)


@settings(max_examples=100)
@given(st.binary(max_size=40) | st.text(max_size=40))
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(Refused):
        parse_text(text)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "document: [] is not an object; give keys and values in curly brackets"),
        (bare(format=2), "format: 2 is out of range; give 1 to 1"),
        (bare(name="Peak"), "name: 'Peak' is not an id; give lower-case letters, digits and single"),
        ({}, "format: it is missing; give format"),
        (bare(polices=[]), "polices: there is no such key here; use format, name, "),
        (bare(policies=[]), "policies: it has 0 entries; give 1 to 50"),
        (bare(policies=[{"id": "p"}, {"id": "p"}]), "policies[1].id: p is there already; give it a name of its own"),
        (bare(default_policy="q"), "default_policy: there is no policy q; name a policy of this document"),
        (bare(segments=[{"id": "s", "policy": "q"}]), "segments[0].policy: there is no policy q"),
        (bare(segments=[{"id": "s", "policy": "p", "match": {"channels": []}}]), "segments[0].match.channels: it "),
        (bare(rules=[{"id": "r"}]), "rules[0].kind: it is missing; give one of needs_box, "),
        (bare(rules=[{"id": "r", "kind": "magic"}]), "rules[0].kind: 'magic' is not known here; give one of "),
        (bare(rules=[7]), "rules[0]: 7 is not an object"),
        (rule(miles="far"), "rules[0].miles: 'far' is not a number; give 0 to 13000"),
        (rule(miles=-1), "rules[0].miles: -1 is out of range"),
        (rule(miles=float("nan")), "rules[0].miles: nan is out of range"),
        (rule(miles=True), "rules[0].miles: True is not a number"),
        (rule(mile=3), "rules[0].mile: there is no such key here; use id, note, policies, when, at, starts"),
        (rule(at={"location": "A"}), "rules[0].at.location: there is no such key here; use locations, groups"),
        (rule(at={"groups": ["a", "a"]}), "rules[0].at.groups[1]: 'a' is there already; name it once"),
        (rule(at={"groups": ["a\u0007b"]}), "rules[0].at.groups[0]: it holds a control character"),
        (rule(at={"groups": [" "]}), "rules[0].at.groups[0]: it is empty"),
        (rule(when={"value_min": 1.5}), "rules[0].when.value_min: 1.5 is not a whole number"),
        (rule(starts="2026-12-24T14:00"), "rules[0].starts: '2026-12-24T14:00' is not a moment; give a date"),
        (rule(starts="2026-02-30T14:00Z"), "rules[0].starts: '2026-02-30T14:00Z' is not a moment"),
        (rule(starts="1969-12-31T23:59Z"), "rules[0].starts: '1969-12-31T23:59Z' is not between 1970 and 9998"),
        (rule(starts=None), "rules[0].starts: None is not a moment"),
        (rule(policies=["q"]), "rules[0].policies: there is no policy q"),
        (rule(note="x" * 201), "rules[0].note: it has 201 characters, at most 200 are allowed; shorten it"),
        (bare(rules=[{"id": "d", "kind": "distance"}]), "rules[0].miles: it is missing; give the greatest"),
        (bare(rules=[{"id": "r", "kind": "closed"}] * 2), "rules[1].id: r is there already"),
        (
            bare(rules=[{"id": "s", "kind": "safety_stock", "units": 2, "when": {}}]),
            "rules[0].when: a rule of kind safety_stock cannot be about some orders only: it changes what a location "
            "has for all; leave it out",
        ),
        (
            bare(rules=[{"id": "m", "kind": "max_packages", "packages": 2, "at": {}}]),
            "rules[0].at: a rule of kind max_packages cannot be about the locations; leave it out",
        ),
        (rule(when={"promised": 1}), "rules[0].when.promised: 1 is neither true nor false"),
        (rule(note=5), "rules[0].note: 5 is not text"),
        (rule(at={"groups": "east"}), "rules[0].at.groups: 'east' is not a list"),
        (bare(rules={}), "rules: {} is not a list; give a list in square brackets"),
        (bare(rules=[{"id": "b", "kind": "blackout", "dates": ["24.12."]}]), "rules[0].dates[0]: '24.12.' is not"),
        (bare(rules=[{"id": "b", "kind": "blackout", "dates": ["2026-02-29"]}]), "rules[0].dates[0]: '2026-02-29'"),
        (bare(rules=[{"id": "c", "kind": "cut_off", "latest": "24:00"}]), "rules[0].latest: '24:00' is not"),
    ],
)  # fmt: skip
def test_an_error_names_the_path_and_the_remedy(document: object, message: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(document)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("fallbacks", "message"),
    [
        ([{"after_minutes": 5}], "policies[0].fallbacks[0]: it does nothing"),
        ([{"after_minutes": 5, "relax": ["x"]}], "policies[0].fallbacks[0].relax: there is no rule x"),
        (
            [{"after_minutes": 5, "relax": ["cap"]}],
            "policies[0].fallbacks[0].relax: cap changes what a location has for",
        ),
        (
            [{"after_minutes": 5, "then": "person"}, {"after_minutes": 5, "then": "cancel"}],
            "policies[0].fallbacks[1].after_minutes: 5 is not after the step before, at 5",
        ),
    ],
)
def test_a_fallback_that_cannot_be_meant_is_refused(fallbacks: list[Any], message: str) -> None:
    with pytest.raises(Refused) as refused:
        ruled({"kind": "capacity", "units": 4, "id": "cap"}, policies=[{"id": "p", "fallbacks": fallbacks}])
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": 1,', "document: it is not JSON at line 1, column 14; mend the brackets"),
        ('{"format": NaN}', "document: NaN is not a number"),
        ('{"name": "a", "name": "b"}', "document: the key 'name' is there twice in one object"),
        ("[" * 100_000, "document: it is not JSON; mend"),
        ('{"format": ' + "1" * 5_000 + "}", "document: it is not JSON; mend"),
        (b"\xff\xfe\xfa", "document: it is not JSON; mend"),
        (" " * (BYTES_MAX + 1), "document: it has 1048577 bytes, at most 1048576 are allowed"),
    ],
)
def test_text_that_cannot_be_read_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_text(text)
    assert str(refused.value).startswith(message)


def test_a_list_and_a_document_have_their_greatest_size() -> None:
    most = [{"id": f"r{number}", "kind": "closed"} for number in range(RULES_MAX)]
    assert len(parse(bare(rules=most)).rules) == RULES_MAX
    with pytest.raises(Refused, match="501 entries"):
        parse(bare(rules=[*most, {"id": "x", "kind": "closed"}]))
    steps = [{"after_minutes": number, "then": "person"} for number in range(FALLBACKS_MAX + 1)]
    assert len(parse(bare(policies=[{"id": "p", "fallbacks": steps[1:]}])).policies[0].fallbacks) == FALLBACKS_MAX
    with pytest.raises(Refused, match=r"policies\[0\].fallbacks: it has 21 entries; give 1 to 20"):
        parse(bare(policies=[{"id": "p", "fallbacks": steps}]))
    names = [f"g{number}" for number in range(LIST_MAX)]
    assert len(parse(rule(at={"groups": names})).rules[0].at.groups) == LIST_MAX
    with pytest.raises(Refused, match="1001 entries"):
        parse(rule(at={"groups": [*names, "x"]}))


def test_a_rule_set_without_one_rule_has_no_trace_of_it() -> None:
    whole = ruled(
        {"kind": "closed", "id": "a"},
        {"kind": "freeze", "id": "b"},
        policies=[{"id": "p", "fallbacks": [{"after_minutes": 1, "relax": ["a", "b"]}]}],
    )
    rest = whole.without("a")
    assert ([each.id for each in rest.rules], rest.policies[0].fallbacks[0].relax) == (["b"], ("b",))
    with pytest.raises(Refused, match="there is no rule 'a'"):
        rest.without("a")


def test_text_is_read_like_what_it_says() -> None:
    assert parse_text(json.dumps(dump(default_rules())).encode()) == default_rules()
    assert isinstance(default_rules(), RuleSet)
    assert default_rules().version == "built-in-1"


def test_every_kind_says_what_it_is() -> None:
    assert len(KINDS) == 42
    for name, kind in KINDS.items():
        assert kind.kind == name
        assert kind.__doc__
        assert not kind.__doc__.startswith(f"{kind.__name__}("), f"{name} has no docstring of its own"
