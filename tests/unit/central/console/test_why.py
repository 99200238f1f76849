"""An explanation is shown whatever it holds: they are kept for years, and other versions wrote some of them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.console import frame
from central.console.money import change, money
from central.console.why import why
from tests.browser.day.explained import explained
from web_kit.assets import Assets
from web_kit.pages import Pages

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("sentence", "chosen", "excess", "runner_up", "runner_up_proven", "refused", "refused_more", "funnel", "whole",
        "candidates")  # fmt: skip
INNER = ("packages", "backordered", "cents", "value", "terms", "choice", "difference", "least_change", "name", "saving",
         "obstacles", "text", "reason", "removed", "remaining", "lines")  # fmt: skip
ALMOST = st.recursive(
    JSON, lambda inner: st.dictionaries(st.sampled_from(INNER), inner, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=20,
)  # fmt: skip


PAGES = Pages(Path(frame.__file__).with_name("templates"), Assets("/static", []))
PAGES.add(filters={"money": money, "change": change}, names={})


def test_the_real_thing_is_shown_whole() -> None:
    explanation: Any = explained()["split"]
    read = why(explanation)
    assert read.sentence == explanation["sentence"]
    assert read.chosen.title == "Bloomington Mall + Columbus warehouse"
    assert sum(term.chosen for term in read.terms) == read.chosen.cents == explanation["chosen"]["cents"]
    assert read.runner_up is not None
    assert sum(term.difference for term in read.terms) == read.runner_up.difference
    assert read.locations == 60
    assert read.funnel[-1].remaining == read.locations - sum(step.removed for step in read.funnel)
    assert [refusal.saving for refusal in read.refused] == sorted((r.saving for r in read.refused), reverse=True)


def test_an_empty_explanation_shows_nothing_and_fails_nowhere() -> None:
    read = why({})
    assert (read.sentence, read.terms, read.refused, read.funnel, read.runner_up) == ("", [], [], [], None)
    assert read.chosen.title == "Nowhere"
    assert read.largest_term == 0


@given(st.dictionaries(st.sampled_from(KEYS), ALMOST, max_size=10))
def test_no_explanation_however_odd_breaks_the_page(explanation: dict[str, Any]) -> None:
    decision = {"why": why(explanation), "at_ms": 0, "rule_version": "rules-1", "run": None}
    assert "rules-1" in PAGES.part("console/why.html", "why_here", decision, "USD", 0, str)


def test_what_would_have_changed_it_is_told_of_the_runner_up_and_of_what_kept_others_out() -> None:
    changes = ["Elm Street: more than $0.84 cheaper", "Oak Road: lift: has no box", 7, "Ash: 2 units more"]
    assert why({"least_changes": changes}).changes == [
        ("Elm Street", "more than $0.84 cheaper"), ("Oak Road", "if this did not hold: has no box"),
        ("Ash", "2 units more"),
    ]  # fmt: skip


def test_terms_that_nobody_pays_are_told_apart_and_come_last() -> None:
    choice = {"cents": 640, "value": 900, "terms": {"stock price": 260, "shipping": 640}}
    read = why({"chosen": choice})
    assert [(term.name, term.is_paid) for term in read.terms] == [("shipping", True), ("stock price", False)]
    assert (read.chosen.cents, read.chosen.value) == (640, 900)


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [(0, "USD", "$0.00"), (-5, "USD", "-$0.05"), (123456789, "EUR", "€1,234,567.89"), (500, "JPY", "¥500"),
     (1234, "KWD", "1.234 KWD"), (100, "XXX", "1.00 XXX")],
)  # fmt: skip
def test_money_reads_as_people_write_it(minor: int, currency: str, words: str) -> None:
    assert money(minor, currency) == words


def test_a_difference_has_its_sign() -> None:
    assert [change(minor, "USD") for minor in (90, -20, 0)] == ["+$0.90", "-$0.20", "$0.00"]
