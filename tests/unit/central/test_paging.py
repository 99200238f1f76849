"""Cursors: opaque, but exactly what they were made of, and nothing that a stranger made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.platform.paging import CURSOR_LENGTH_MAX, decode_cursor, encode_cursor
from retail.errors import Refused

KEYS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=64)


@given(KEYS)
def test_a_cursor_gives_its_key_back_and_fits_an_address(key: str) -> None:
    cursor = encode_cursor(key)
    assert decode_cursor(cursor) == key
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?#% ")


def test_no_cursor_is_the_first_page() -> None:
    assert decode_cursor("") == ""


@given(st.text(max_size=CURSOR_LENGTH_MAX))
def test_anything_else_is_refused_or_a_harmless_key(text: str) -> None:
    try:
        key = decode_cursor(text)
    except Refused as refused:
        assert refused.field == "cursor"
    else:
        assert "\0" not in key


@pytest.mark.parametrize("key", ["a\0b", "a\nb", "\u202e"])
def test_a_key_with_control_characters_is_nobodys_cursor(key: str) -> None:
    with pytest.raises(Refused):
        decode_cursor(encode_cursor(key))
