"""The rules that every decision and every promise obeys, whatever ops publish. Pure."""

from dataclasses import replace

from routing.rules.defaults import default_rules
from routing.rules.document import RuleSet

FACTS = frozenset({"needs_box", "same_country", "closed", "offered", "asked_before"})
"""Kinds of rules that say what cannot be done at all: they hold whether or not a document says so."""


def with_facts(rules: RuleSet | None) -> RuleSet:
    """``rules`` with those of the program's that every document has; the program's own where there are none."""
    built_in = default_rules()
    if rules is None:
        return built_in
    said = {rule.kind for rule in rules.rules}
    taken = {rule.id for rule in rules.rules}
    missing = [
        replace(rule, id=rule.id if rule.id not in taken else f"built-in-{rule.id}")
        for rule in built_in.rules
        if rule.kind in FACTS - said
    ]
    return replace(rules, rules=(*rules.rules, *missing))
