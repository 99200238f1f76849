"""docs/rules.md and the code say the same: every kind, every field, every example and every limit."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from routing.rules import document, fields
from routing.rules.kinds import KINDS
from routing.rules.lint import FINDINGS_MAX, lint
from routing.rules.match import Match, Where
from routing.rules.rule import COMMON

GUIDE = (Path(__file__).parents[4] / "docs" / "rules.md").read_text()
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", GUIDE, re.MULTILINE | re.DOTALL))
EXAMPLES: list[dict[str, Any]] = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)]
WHOLE = next(example for example in EXAMPLES if "format" in example)


def test_the_guide_has_every_kind_in_the_order_of_the_table() -> None:
    assert list(SECTIONS) == list(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_is_described_with_all_its_fields_and_an_example_that_uses_them(kind: str) -> None:
    text, example = SECTIONS[kind].split("```json\n")
    shown = json.loads(example.split("```")[0])
    own = {field.name for field in dataclasses.fields(KINDS[kind])} - COMMON
    assert shown["kind"] == kind
    assert {name for name in own if f"`{name}`" not in text} == set()
    assert own - set(shown) <= {"most"}


def test_every_example_is_read_and_fits_the_schema() -> None:
    rules = [example for example in EXAMPLES if "kind" in example]
    assert len(rules) + 1 == len(EXAMPLES)
    together = {**WHOLE, "segments": [], "policies": [{"id": "standard"}], "rules": rules}
    for each in (WHOLE, together):
        document.parse(each)
        jsonschema_rs.validator_for(document.schema()).validate(each)


def test_the_rule_set_of_the_guide_is_faultless() -> None:
    assert lint(document.parse(WHOLE), None, 0) == []


def test_every_condition_is_in_the_guide() -> None:
    names = {field.name for of in (Match, Where, document.Fallback) for field in dataclasses.fields(of)}
    assert {name for name in names if f"`{name}`" not in GUIDE} == set()


def test_every_limit_is_in_the_guide() -> None:
    sizes = GUIDE.split("### Sizes\n")[1].split("\n##")[0]
    limits = (
        document.RULES_MAX, document.SEGMENTS_MAX, document.POLICIES_MAX, document.FALLBACKS_MAX, fields.LIST_MAX,
        fields.TEXT_MAX, document.BYTES_MAX, fields.CENTS_MAX,
    )  # fmt: skip
    assert [limit for limit in limits if str(limit) not in sizes] == []
    assert f"Findings end at {FINDINGS_MAX}" in GUIDE
