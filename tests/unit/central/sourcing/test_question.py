"""A question in bytes: equal questions have equal ones, and what is read back is what was asked."""

import random
from dataclasses import replace
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.sourcing import answer, question
from central.sourcing.deciding import decide
from central.sourcing.domain import (
    BidPrices,
    CapacityPrice,
    Decided,
    Load,
    OpenLine,
    OpenOrder,
    Place,
    Snapshot,
    Steering,
    StockPrice,
)
from central.sourcing.question import Asked, Question, Rules
from central.sourcing.solver_process import DONE, REFUSED, solve
from central.sourcing.tariff import Tariff
from retail.errors import Refused

WORDS = st.text("abcé '\"\\\n", max_size=6)
COORDINATE = st.none() | st.floats(-90, 90)
PLACES = st.builds(
    Place, st.uuids().map(str), WORDS, st.booleans(), st.booleans(), WORDS, st.booleans(), st.booleans(), st.booleans(),
    COORDINATE, COORDINATE, st.sampled_from(("USD", "CAD")), st.sampled_from(("US", "")),
    st.none() | st.integers(0, 99), st.sampled_from(("UTC", "America/New_York")), st.frozensets(WORDS, max_size=3),
    st.none() | st.integers(0, 2**50), st.integers(0, 3), st.builds(Load, st.integers(0, 9), st.integers(0, 9)),
    delivery_services=st.frozensets(WORDS, max_size=3), certifications=st.frozensets(WORDS, max_size=3),
)  # fmt: skip
LINES = st.builds(
    OpenLine, st.uuids(), st.integers(1, 9), st.sampled_from("ABC"), WORDS, st.integers(1, 9), st.integers(0, 9_999),
    st.integers(0, 9_999), st.frozensets(WORDS, max_size=3), tags=st.frozensets(WORDS, max_size=2),
)  # fmt: skip
ORDERS = st.builds(
    OpenOrder, st.uuids(), st.sampled_from(("ship", "pickup")), WORDS, COORDINATE, COORDINATE,
    st.sampled_from(("US", "")), st.just("USD"), st.none() | st.integers(0, 2**50), st.integers(0, 2**50),
    st.lists(LINES, min_size=1, max_size=3).map(tuple), kind=st.sampled_from(("", "po_box")), tier=WORDS,
    value=st.none() | st.integers(0, 2**40), waiting_ms=st.none() | st.integers(0, 2**50), pinned_location=WORDS,
)  # fmt: skip


@st.composite
def questions(draw: st.DrawFn) -> Question:
    places = tuple(draw(st.lists(PLACES, max_size=4, unique_by=lambda place: place.location)))
    available = {(place.location, sku): draw(st.integers(1, 9)) for place in places for sku in "ABC"}
    prices = BidPrices((StockPrice("A", "S1", draw(st.floats(0, 1e6))),), (CapacityPrice("S1", 0.1),))
    snapshot = Snapshot(places, tuple(draw(st.lists(ORDERS, max_size=3))), available)
    steering = Steering("single", "one-by-one", 7, 100, prices)
    return Question("USD", snapshot, Tariff(), Rules(), steering, draw(st.integers(0, 2**50)), "tillway 1")


@given(questions())
def test_what_is_read_back_is_what_was_asked(asked: Question) -> None:
    assert question.read(asked.asked()) == asked


@given(questions(), st.randoms())
def test_the_bytes_depend_on_no_order_of_insertion(asked: Question, chance: random.Random) -> None:
    keys = list(asked.snapshot.available)
    chance.shuffle(keys)
    other = replace(asked, snapshot=replace(asked.snapshot, available={k: asked.snapshot.available[k] for k in keys}))
    assert other.asked() == asked.asked()
    assert other.asked().digest == asked.asked().digest


def plain(**changes: object) -> Question:
    place = Place("S1", "One", False, True, "", False, True, True, 40.0, -80.0, "USD", "US", None)
    order = OpenOrder(UUID(int=1), "ship", "", 40.0, -80.0, "US", "USD", None, 1, (
        OpenLine(UUID(int=2), 1, "A", "Tea", 1, 100, 100),))  # fmt: skip
    made = Question(
        "USD", Snapshot((place,), (order,), {("S1", "A"): 9}), Tariff(), Rules(), Steering(), 1_000, "tillway 1"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_time_and_prices_make_no_new_subject_but_another_digest_and_everything_else_does() -> None:
    first = plain().asked()
    later = plain(now_ms=2_000).asked()
    assert (later.subject, later.digest == first.digest) == (first.subject, False)
    dearer = plain(steering=Steering(prices=BidPrices((StockPrice("A", "S1", 1.0),)))).asked()
    assert dearer.subject == first.subject
    snapshot = plain().snapshot
    for other in (
        plain(tariff=Tariff(backorder_per_line=9)),
        plain(rules=Rules("peak-7", {"format": 1})),
        plain(snapshot=replace(snapshot, available={("S1", "A"): 8})),
        plain(snapshot=replace(snapshot, places=(replace(snapshot.places[0], silent=True),))),
        plain(snapshot=replace(snapshot, places=(replace(snapshot.places[0], name="Two"),))),
        plain(steering=Steering(move_cents=1)),
        plain(made_by="tillway 2"),
    ):
        assert other.asked().subject != first.subject


def test_what_changes_from_run_to_run_is_not_part_of_the_network() -> None:
    snapshot = plain().snapshot
    busy = replace(snapshot.places[0], silent=True, capacity=3, offline_since_ms=5, rejects=2, load=Load(1, 2, 3, 4))
    other = plain(snapshot=replace(snapshot, places=(busy,)))
    assert other.asked().network == plain().asked().network
    assert question.read(other.asked()).snapshot.places == (busy,)


@pytest.mark.parametrize("core", [b"", b"null", b"{}", b"[" * 100_000, b'{"form": 2}', b"\xff\xfe"])
def test_what_is_no_question_is_refused_in_words(core: bytes) -> None:
    asked = plain().asked()
    with pytest.raises(Refused, match="replay it with the version of the program that made it"):
        question.read(Asked(asked.network, core, asked.moment))
    assert solve(Asked(asked.network, core, asked.moment))[0] == REFUSED


def test_a_question_of_another_form_is_refused_instead_of_misread() -> None:
    asked = plain().asked()
    other = Asked(asked.network, asked.core.replace(b'"form":1', b'"form":9'), asked.moment)
    with pytest.raises(Refused, match="their form is 9, not 1"):
        question.read(other)


def test_a_question_from_before_rules_saw_more_is_read_as_one_in_which_nothing_more_was_known() -> None:
    asked = plain().asked()
    network, core = msgspec.json.decode(asked.network), msgspec.json.decode(asked.core)
    for name in ("delivery_services", "certifications"):
        del network[0][name]
    for name in ("kind", "tier", "value", "waiting_ms", "pinned_location"):
        del core["orders"][0][name]
    older = Asked(msgspec.json.encode(network), msgspec.json.encode(core), asked.moment)
    assert question.read(older) == plain()


def test_an_answer_from_before_lines_were_cancelled_is_the_same_when_it_is_decided_again() -> None:
    made, _ = answer.answer_of(decide(plain().snapshot, Tariff()))
    older = msgspec.json.decode(made.encoded())
    del older["orders"][0]["cancels"]
    assert answer.read(msgspec.json.encode(older)) == made


def test_rules_that_cannot_be_read_are_refused_and_not_left_out() -> None:
    parts = solve(plain(rules=Rules("peak-7", {"format": 1})).asked())
    assert (parts[0], b"is missing" in parts[1]) == (REFUSED, True)


@given(questions())
def test_two_answers_to_one_question_are_the_same_bytes(asked: Question) -> None:
    first, second = solve(asked.asked()), solve(asked.asked())
    assert first[0] == second[0]
    if first[0] == DONE:
        assert first[2:] == second[2:]
        assert answer.read(first[2]).encoded() == first[2]


def test_differences_are_named_and_none_are_found_where_there_are_none() -> None:
    made, why = answer.answer_of(decide(plain().snapshot, Tariff()))
    assert len(why) == 1
    assert answer.differences(made, made) == []
    nothing, _ = answer.answer_of(Decided())
    assert any("is not decided any more" in each for each in answer.differences(made, nothing))
    assert any("was not decided before" in each for each in answer.differences(nothing, made))
    other = replace(made, prices=BidPrices((StockPrice("A", "S1", 1.0),)))
    assert answer.differences(made, other) == ["the prices differ: 1, were 0"]
