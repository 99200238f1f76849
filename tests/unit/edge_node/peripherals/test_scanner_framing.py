"""What a scanner sends, cut into codes; and noise, which never is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_node.peripherals.scanner.framing import STALE_MS, Scan, ScannerFraming
from firmware_config.profiles import ScannerProfile, Suffix

SUFFIXES = {Suffix.CR: b"\r", Suffix.LF: b"\n", Suffix.CRLF: b"\r\n", Suffix.TAB: b"\t"}
CODES = st.text(alphabet=[*map(chr, range(0x20, 0x7F)), "\x1d"], min_size=1, max_size=60).filter(
    lambda code: not code.startswith("]")
)


def framing(suffix: Suffix = Suffix.CR, length_max: int = 256) -> ScannerFraming:
    return ScannerFraming(ScannerProfile(model="test", suffix=suffix, length_max=length_max))


@given(st.lists(CODES, max_size=5), st.sampled_from(list(SUFFIXES)), st.integers(1, 9))
def test_codes_come_out_as_they_were_scanned_however_the_line_cuts_them(
    codes: list[str], suffix: Suffix, cut: int
) -> None:
    data = b"".join(code.encode() + SUFFIXES[suffix] for code in codes)
    cutter = framing(suffix)
    scans = [scan for at in range(0, len(data), cut) for scan in cutter.feed(data[at : at + cut], at / 1000)]
    assert scans == [Scan(code) for code in codes]
    assert cutter.refused == 0


@pytest.mark.parametrize(
    ("sent", "scan"),
    [
        (b"]E04006381333931", Scan("4006381333931", "]E0")),
        (b"]E496385074", Scan("96385074", "]E4")),
        (b"]C101040063813339311725123110A\x1d3701", Scan("01040063813339311725123110A\x1d3701", "]C1")),
        (b"]Q1https://id.example/01/04006381333931", Scan("https://id.example/01/04006381333931", "]Q1")),
        (b"4006381333931", Scan("4006381333931")),
        (b"]-x", Scan("]-x")),
    ],
)
def test_the_symbology_identifier_is_taken_off_and_reported(sent: bytes, scan: Scan) -> None:
    assert framing().feed(sent + b"\r", 0.0) == [scan]


def test_without_a_suffix_silence_ends_a_code() -> None:
    cutter = framing(Suffix.NONE)
    assert cutter.feed(b"40063", 0.0) == []
    assert cutter.feed(b"81333931", 0.02) == []
    assert cutter.idle(0.06) == []
    assert cutter.idle(0.08) == [Scan("4006381333931")]
    assert cutter.feed(b"96385074", 1.0) == []
    assert cutter.feed(b"12345670", 2.0) == [Scan("96385074")]


def test_half_a_code_does_not_begin_the_next_one() -> None:
    cutter = framing()
    cutter.feed(b"4006", 0.0)
    assert cutter.feed(b"96385074\r", STALE_MS / 1000 + 0.01) == [Scan("96385074")]
    assert cutter.refused == 1


@pytest.mark.parametrize("noise", [b"\x00\r", b"40063\xff81\r", b"\x1b[A\r", b"\xc3\xa9\r", b"]E0\r"])
def test_noise_is_refused_and_counted(noise: bytes) -> None:
    cutter = framing()
    assert cutter.feed(noise + b"96385074\r", 0.0) == [Scan("96385074")]
    assert cutter.refused == 1


def test_a_code_that_is_too_long_is_refused_whole_and_costs_no_memory() -> None:
    cutter = framing(length_max=20)
    for _ in range(100):
        assert cutter.feed(b"9" * 1000, 0.0) == []
        assert len(cutter._buffer) <= 23
    assert cutter.feed(b"\r96385074\r", 0.0) == [Scan("96385074")]
    assert cutter.refused == 1


def test_the_longest_allowed_code_passes_with_its_identifier() -> None:
    assert framing(length_max=20).feed(b"]d2" + b"9" * 20 + b"\r", 0.0) == [Scan("9" * 20, "]d2")]


@given(st.lists(st.tuples(st.binary(max_size=40), st.floats(0, 1))), st.sampled_from(Suffix))
def test_nothing_that_comes_over_the_line_is_too_much(pieces: list[tuple[bytes, float]], suffix: Suffix) -> None:
    cutter, now = framing(suffix, length_max=30), 0.0
    for data, pause in pieces:
        now += pause
        for scan in cutter.feed(data, now):
            assert scan.text.isascii()
            assert len(scan.text) <= 30
            assert all(character == "\x1d" or character.isprintable() for character in scan.text)
