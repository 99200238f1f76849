import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.errors import Refused
from retail.text import clean, printable

any_text = st.text(st.characters(exclude_categories=()), max_size=60)  # surrogates, controls and all
UNFIT = ["\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800", "\u202e", "\u2066"]


@given(any_text)
def test_what_printable_leaves_is_always_clean(text: str) -> None:
    shown = printable(text)
    assert clean("name", shown, len(shown)) == shown.strip()


@given(any_text)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    try:
        once = clean("name", text, 60)
    except Refused:
        return
    assert clean("name", once, 60) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once.encode().decode() == once


@given(any_text)
def test_text_is_refused_only_for_what_printable_takes_out(text: str) -> None:
    inner = unicodedata.normalize("NFC", text.strip())
    try:
        assert clean("name", text, 1000) == inner
    except Refused:
        assert printable(inner) != inner


@pytest.mark.parametrize("character", UNFIT)
def test_an_unfit_character_inside_is_refused_by_its_code_point(character: str) -> None:
    with pytest.raises(Refused, match=rf"^name: .*U\+{ord(character):04X}") as refusal:
        clean("name", f"a{character}b", 10)
    str(refusal.value).encode("ascii")


@pytest.mark.parametrize("character", UNFIT)
def test_printable_takes_every_unfit_character_out(character: str) -> None:
    assert printable(f"a{character}b") in {"ab", "a b"}


def test_printable_keeps_words_apart() -> None:
    assert printable("two\nlines\tand a tab\x1b@") == "two lines and a tab@"


@pytest.mark.parametrize("text", ["Crème brûlée", "Ελληνικά", "क्षि", "👩‍🍳 knife", "עברית"])
def test_names_in_any_script_pass_unchanged(text: str) -> None:
    assert clean("name", text, 40) == printable(text) == unicodedata.normalize("NFC", text)


def test_length_counts_what_is_kept() -> None:
    assert clean("name", "  cafe\u0301 ", 4) == "café"
    assert clean("name", "α\u0313\u0300\u0345", 1) == "ᾂ"  # four code points made one: nothing composes more
    with pytest.raises(Refused, match="has 5 characters, at most 4 are allowed"):
        clean("name", "cafés", 4)


def test_nothing_composes_more_code_points_into_one_than_the_length_check_allows_for() -> None:
    decomposed = (unicodedata.normalize("NFD", chr(code)) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert max(len(text) for text in decomposed) == 4


def test_empty_text_is_for_the_caller_to_judge() -> None:
    assert clean("note", " \n", 10) == ""
