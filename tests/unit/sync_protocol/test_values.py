"""What no value on the wire may be, and how its place is named to a person."""

import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.events import StockAdjusted
from sync_protocol.streams import ItemRecord
from sync_protocol.values import INT_MAX, first_problem
from tests.unit.sync_protocol import strategies

PARTS_MAX = 3


@given(st.text() | st.characters(categories=("Cc", "Cs", "Cf", "Zl", "Zs", "Co", "Cn")))
def test_control_characters_and_half_characters_are_refused_and_all_other_text_is_not(text: str) -> None:
    unlawful = {unicodedata.category(character) for character in text} & {"Cc", "Cs"}
    assert (first_problem(text, PARTS_MAX) is not None) == bool(unlawful)


@given(st.integers())
def test_integers_whose_sign_cannot_change_within_64_bits_are_refused(value: int) -> None:
    assert (first_problem(value, PARTS_MAX) is not None) == (abs(value) > INT_MAX)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (ItemRecord("S", ("4", "\0"), "name", "each", "A"), "gtins[1] holds a control character"),
        (ItemRecord("S", (), "\udc00", "each", "A"), "name holds half a character"),
        (StockAdjusted((), "count", "a\tb"), "note holds a control character"),
        (((), ((2**63,),)), "[1][0][0] does not fit 64 bits"),
        ({"a": 1, "b": (1, 2, 3, 4)}, "[1][1] has 4 parts, at most 3 are allowed"),
        ({"\n": 1}, "[0][0] holds a control character"),
    ],
    ids=["text", "half", "payload", "number", "parts", "key"],
)
def test_the_place_of_a_problem_is_named(value: object, problem: str) -> None:
    assert first_problem(value, PARTS_MAX) == problem


@pytest.mark.parametrize("value", [None, True, b"\0", UUID(int=0), 1.5, (), {}], ids=repr)
def test_what_is_neither_text_nor_number_nor_made_of_parts_has_no_problem(value: object) -> None:
    assert first_problem(value, PARTS_MAX) is None


@given(strategies.FRAME)
def test_lawful_frames_have_no_problem(frame: object) -> None:
    assert first_problem(frame, 256) is None
