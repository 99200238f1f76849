"""Barcodes against a library that draws them independently, and against codes from the shelf."""

import pytest
from barcode import EAN8, EAN13, ITF, UPCA, Code39, Code128
from barcode.codabar import CODABAR
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.escpos.barcodes import _CODE_93, Undrawable, human_readable, modules

DIGITS = st.text("0123456789")


@given(st.text("0123456789", min_size=12, max_size=12))
def test_ean_13_is_drawn_as_the_library_draws_it(digits: str) -> None:
    assert modules(67, digits.encode()) == EAN13(digits).build()[0]


@given(st.text("0123456789", min_size=7, max_size=7))
def test_ean_8_is_drawn_as_the_library_draws_it(digits: str) -> None:
    assert modules(68, digits.encode()) == EAN8(digits).build()[0]


@given(st.text("0123456789", min_size=11, max_size=11))
def test_upc_a_is_drawn_as_the_library_draws_it(digits: str) -> None:
    assert modules(65, digits.encode()) == UPCA(digits).build()[0]


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%", min_size=1, max_size=20))
def test_code_39_is_drawn_as_the_library_draws_it(text: str) -> None:
    assert modules(69, text.encode()) == Code39(text, add_checksum=False).build()[0]


@given(st.text("0123456789", min_size=2, max_size=20).filter(lambda digits: len(digits) % 2 == 0))
def test_interleaved_2_of_5_is_drawn_as_the_library_draws_it(digits: str) -> None:
    assert modules(70, digits.encode()) == ITF(digits, narrow=1, wide=3).build()[0]


@given(st.text("0123456789-$:/.+", min_size=1, max_size=20))
def test_codabar_is_drawn_as_the_library_draws_it(text: str) -> None:
    assert modules(71, f"A{text}B".encode()) == CODABAR(f"A{text}B", narrow=1, wide=3).build()[0]


@given(st.text("ABCDEFabcdef-:/?.", min_size=1, max_size=20))
def test_code_128_is_drawn_as_the_library_draws_it(text: str) -> None:
    # Letters and signs only: with digits the library changes to code set C, which is a choice and not a difference.
    assert modules(73, b"{B" + text.encode()) == Code128(text).build()[0]


def test_code_128_changes_its_code_set_where_it_is_told_to() -> None:
    mixed = modules(73, b"{BS{C\x04\x0c{B-{C\x00\x07{Bx")
    assert mixed == Code128("S0412-0007x").build()[0]
    assert human_readable(73, b"{BS{C\x04\x0c{B-{C\x00\x07{Bx") == "S0412-0007x"


def test_code_93_has_47_patterns_of_nine_modules_with_three_bars_each() -> None:
    assert len(set(_CODE_93)) == 47
    assert all(len(code) == 9 and code.count("10") == 3 and code[0] == "1" and code[-1] == "0" for code in _CODE_93)


def test_code_93_carries_the_check_characters_of_its_standard() -> None:
    # USS-93, example "TEST93": check characters + and 6.
    body = "".join(_CODE_93[value] for value in (29, 14, 28, 29, 9, 3, 41, 6))
    assert modules(72, b"TEST93") == f"101011110{body}1010111101"


@pytest.mark.parametrize(
    ("short", "long"), [(b"123456", b"01234500006"), (b"425261", b"04210000526"), (b"127890", b"01200000789")]
)
def test_upc_e_stands_for_its_upc_a(short: bytes, long: bytes) -> None:
    assert modules(66, short) == modules(66, long)


def test_upc_e_of_a_known_code() -> None:
    # 0 425261 4: parity of check digit 4 is EOEEOO.
    assert (
        modules(66, b"425261")
        == "101" + "0011101" + "0010011" + "0111001" + "0011011" + "0101111" + "0011001" + "010101"
    )


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (65, b"12345"),
        (66, b"12345678901"),
        (67, b"12345678901x"),
        (68, b""),
        (69, b"abc"),
        (70, b"123"),
        (71, b"12345"),
        (72, b"\xff"),
        (72, b""),
        (73, b"no code set"),
        (73, b"{Zxx"),
        (73, b"{C\x64x"),
        (75, b"0950110153001"),
        (99, b"1"),
    ],
)
def test_what_makes_no_barcode_is_refused(kind: int, data: bytes) -> None:
    with pytest.raises(Undrawable):
        modules(kind, data)


@given(st.integers(0, 255), st.binary(max_size=40))
def test_any_data_is_drawn_or_refused(kind: int, data: bytes) -> None:
    try:
        bits = modules(kind, data)
    except Undrawable:
        return
    assert set(bits) == {"0", "1"}
    assert bits[0] == bits[-1] == "1"
    human_readable(kind, data)
