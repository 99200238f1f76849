"""The parser of ESC/POS: every byte of what real programs send, and no trouble with what nobody sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.escpos.commands import CommandParser

PIECES = st.lists(
    st.binary(max_size=12)
    | st.sampled_from(
        [b"\x1b", b"\x1d", b"\x1c", b"\x10", b"\x1d(k", b"\x1dv0", b"\x1b*!", b"\x1dk", b"\x1b&", b"\x1cq"]
    )
    | st.binary(min_size=1, max_size=3).map(lambda end: b"\x1d" + end),
    max_size=30,
)


def commands(data: bytes, cut: int | None = None) -> tuple[list[tuple[str, bytes]], CommandParser]:
    parser, found = CommandParser(), []
    for at in range(0, len(data), cut or max(len(data), 1)):
        parser.push(data[at : at + (cut or len(data))])
        while (command := parser.pull()) is not None:
            found.append((command.name, command.raw))
    return found, parser


def test_every_byte_of_a_captured_stream_is_part_of_a_known_command(captured: bytes) -> None:
    parser = CommandParser()
    parser.push(captured)
    seen = []
    while (command := parser.pull()) is not None:
        assert command.known, command
        seen.append(command.raw)
    assert b"".join(seen) == captured
    assert len(parser) == 0


@given(PIECES.map(b"".join))
def test_any_bytes_are_read_without_loss_and_without_waiting_for_ever(data: bytes) -> None:
    found, parser = commands(data)
    assert sum(len(raw) for _, raw in found) + len(parser) == len(data)


@given(PIECES.map(b"".join), st.integers(1, 7))
def test_how_bytes_are_cut_on_their_way_changes_no_command(data: bytes, cut: int) -> None:
    whole, pieces = commands(data)[0], commands(data, cut)[0]
    assert [each for each in pieces if each[0] != "text"] == [each for each in whole if each[0] != "text"]
    assert b"".join(raw for _, raw in pieces) == b"".join(raw for _, raw in whole)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x1b@", "ESC @"),
        (b"\x1b!\x38", "ESC !"),
        (b"\x1b \x02", "ESC SP"),
        (b"\x1bp\x00\x19\xfa", "ESC p"),
        (b"\x1bD\x08\x10\x00", "ESC D"),
        (b"\x1b*\x21\x02\x00abcdef", "ESC *"),
        (b"\x1b*\x00\x02\x00ab", "ESC *"),
        (b"\x1b&\x03AB\x01abc\x02abcdef", "ESC &"),
        (b"\x1d(H\x06\x000000AB", "GS ( H"),
        (b"\x1d8L\x02\x00\x00\x000\x32", "GS 8 L"),
        (b"\x1dV\x00", "GS V"),
        (b"\x1dV\x42\x00", "GS V"),
        (b"\x1dk\x04ABC\x00", "GS k"),
        (b"\x1dk\x49\x03{BA", "GS k"),
        (b"\x1dv0\x00\x02\x00\x01\x00ab", "GS v"),
        (b"\x1d*\x01\x01abcdefgh", "GS *"),
        (b"\x1cq\x01\x01\x00\x01\x00abcdefgh", "FS q"),
        (b"\x10\x04\x01", "DLE EOT"),
        (b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08", "DLE DC4"),
        (b"\n", "LF"),
    ],
)
def test_a_command_is_as_long_as_the_manual_says(data: bytes, name: str) -> None:
    found, parser = commands(data + b"rest")
    assert found == [(name, data), ("text", b"rest")]
    assert len(parser) == 0
    found, parser = commands(data[:-1])
    assert found == []


def test_an_unknown_command_costs_its_two_bytes_and_nothing_else() -> None:
    parser = CommandParser()
    parser.push(b"\x1b\x7fHello")
    unknown, text = parser.pull(), parser.pull()
    assert unknown is not None and not unknown.known and unknown.raw == b"\x1b\x7f"
    assert text is not None and text.arguments == b"Hello"
