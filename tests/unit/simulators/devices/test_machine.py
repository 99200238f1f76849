"""The simulated printer's own conduct: status, proofs, paper, the cutter, the drawer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.escpos.machine import (
    OUTPUT_ANSWERS_MAX,
    Faults,
    Kicked,
    Machine,
    Printed,
    Proved,
    Strange,
)
from simulators.devices.escpos.state import Model

CUT = b"\x1dVB\x00"
CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
CONTINUE, GIVE_UP = b"\x10\x05\x01", b"\x10\x05\x02"


def proof(process_id: bytes) -> bytes:
    return b"\x1d(H\x06\x0000" + process_id


def status(machine: Machine, kind: int) -> int:
    machine.transmit(1000)
    machine.receive(bytes((0x10, 0x04, kind)))
    (answer,) = machine.transmit(10)
    return answer


def slips(machine: Machine) -> list[str]:
    return [event.document.text() for event in machine.drain() if isinstance(event, Printed)]


def test_a_captured_stream_is_printed_whole(captured: bytes) -> None:
    machine = Machine()
    assert machine.receive(captured) == len(captured)
    events = machine.drain()
    assert not [event for event in events if isinstance(event, Strange)]
    printed = b"".join(event.document.raw for event in events if isinstance(event, Printed))
    assert captured.startswith(printed)
    assert len(captured) - len(printed) <= 5  # after the last cut comes at most a drawer kick


@given(
    st.lists(st.binary(max_size=30) | st.sampled_from([CUT, CLEAR, CONTINUE, GIVE_UP, b"\x1da\x0f", proof(b"abcd")]))
)
def test_whatever_is_sent_the_printer_goes_on(pieces: list[bytes]) -> None:
    machine = Machine(faults=Faults(paper_lines=20))
    for piece in pieces:
        assert 0 <= machine.receive(piece) <= len(piece)
        machine.transmit(7)
    for event in machine.drain():
        if isinstance(event, Printed):
            event.document.text()
    machine.load_paper()
    machine.receive(CLEAR)
    assert status(machine, 1) & 0x93 == 0x12


def test_each_cut_makes_a_slip() -> None:
    machine = Machine()
    machine.receive(b"one\n" + CUT + b"two\n\x1dV\x00" + CUT + b"three\n\x1bi")
    assert slips(machine) == ["one\n", "two\n", "three\n"]


def test_styles_last_from_one_slip_to_the_next_and_are_remembered_with_it() -> None:
    machine = Machine(Model(dots=120))
    machine.receive(b"\x1ba\x01a\n" + CUT + b"b\n" + CUT + b"\x1b@c\n" + CUT)
    assert slips(machine) == ["    a\n", "    b\n", "c\n"]


def test_a_proof_comes_once_everything_before_it_is_on_paper() -> None:
    machine = Machine(faults=Faults(paper_lines=1))
    machine.receive(b"one\ntwo\n" + CUT + proof(b"0001"))
    assert machine.transmit(100) == b""
    machine.load_paper()
    assert machine.transmit(100) == b"\x37\x220001\x00"
    assert machine.drain()[-1] == Proved(b"0001")


def test_a_proof_waits_for_a_line_that_is_not_printed_yet() -> None:
    machine = Machine()
    machine.receive(b"half a line" + proof(b"0001"))
    assert machine.transmit(100) == b""
    machine.receive(b"\n")
    assert machine.transmit(100) == b"\x37\x220001\x00"


def test_of_several_proofs_that_nobody_has_fetched_only_the_latest_is_given() -> None:
    machine = Machine()
    machine.receive(b"a\n" + proof(b"0001") + b"b\n" + proof(b"0002"))
    assert machine.transmit(100) == b"\x37\x220002\x00"


@pytest.mark.parametrize("wrong", [b"\x1d(H\x06\x0000ab\x1fd", b"\x1d(H\x05\x0000abc", b"\x1d(H\x06\x0010abcd"])
def test_a_proof_request_out_of_range_is_not_answered(wrong: bytes) -> None:
    machine = Machine()
    machine.receive(wrong)
    assert machine.transmit(100) == b""


def test_a_model_that_cannot_prove_keeps_silent() -> None:
    machine = Machine(Model(proves=False))
    machine.receive(b"a\n" + proof(b"0001") + b"\x1dr\x01")
    assert machine.transmit(100) == b"\x00"


def test_cleared_data_are_neither_printed_nor_proved() -> None:
    machine = Machine(faults=Faults(paper_lines=0))
    machine.receive(b"never seen\n" + CUT + proof(b"0001"))
    machine.receive(CLEAR)
    assert machine.transmit(100) == b"\x37\x25\x00"
    machine.load_paper()
    machine.receive(b"seen\n" + CUT + proof(b"0002"))
    assert machine.transmit(100) == b"\x37\x220002\x00"
    assert slips(machine) == ["seen\n"]


def test_clearing_takes_away_what_stands_on_the_line() -> None:
    machine = Machine()
    machine.receive(b"one\nhalf a line")
    machine.receive(CLEAR + b"two\n" + CUT)
    assert slips(machine) == ["one\ntwo\n"]


def test_clearing_ends_half_a_picture_that_would_swallow_the_next_slip() -> None:
    machine = Machine()
    machine.receive(b"\x1dv0\x00\x40\x00\xff\x00" + b"\xaa" * 100)
    machine.receive(CLEAR + b"next\n" + CUT)
    assert slips(machine) == ["next\n"]


@pytest.mark.parametrize(
    ("faults", "answers"),
    [
        (Faults(), (0x16, 0x12, 0x12, 0x12)),
        (Faults(paper_lines=50), (0x16, 0x12, 0x12, 0x1E)),
        (Faults(paper_lines=0), (0x1E, 0x32, 0x12, 0x7E)),
        (Faults(cover_open=True), (0x1E, 0x16, 0x12, 0x12)),
        (Faults(offline=True), (0x1E, 0x12, 0x12, 0x12)),
        (Faults(cutter_error=True), (0x1E, 0x52, 0x1A, 0x12)),
        (Faults(busy=True), (0x16, 0x12, 0x12, 0x12)),
    ],
)
def test_real_time_status_tells_each_fault(faults: Faults, answers: tuple[int, ...]) -> None:
    machine = Machine(faults=faults)
    assert tuple(status(machine, kind) for kind in (1, 2, 3, 4)) == answers


def test_real_time_commands_act_inside_a_picture_and_through_a_full_buffer() -> None:
    machine = Machine(Model(receive_buffer=8), Faults(cover_open=True))
    machine.receive(b"\x1dv0\x00\x02\x00\x04\x00")
    assert machine.receive(b"more") == 0
    assert machine.receive(b"\x10\x04\x02") == 3
    assert machine.transmit(10) == b"\x16"


def test_a_real_time_command_is_heard_however_it_is_cut() -> None:
    machine = Machine()
    for byte in b"text\x10\x04\x01":
        machine.receive(bytes((byte,)))
    assert machine.transmit(10) == b"\x16"


def test_automatic_status_comes_at_once_and_then_with_every_change() -> None:
    machine = Machine()
    machine.receive(b"\x1da\x0f")
    assert machine.transmit(10) == bytes.fromhex("1400000f")
    machine.receive(b"text\n")
    assert machine.transmit(10) == b""
    machine.set_cover(is_open=True)
    assert machine.transmit(10) == bytes.fromhex("3c00000f")
    machine.set_cover(is_open=False)
    machine.load_paper(0)
    assert machine.transmit(10) == bytes.fromhex("1400000f1c000f0f")
    machine.receive(b"\x1da\x00")
    machine.load_paper()
    machine.receive(b"\x10\x04\x04")
    assert machine.transmit(10)[-1:] == b"\x12"


def test_the_drawer_opens_on_either_command_and_says_so() -> None:
    machine = Machine()
    machine.receive(b"\x1bp\x00\x19\xfa")
    assert status(machine, 1) == 0x12
    machine.close_drawer()
    assert status(machine, 1) == 0x16
    machine.set_cover(is_open=True)
    machine.receive(b"\x10\x14\x01\x01\x02")
    assert machine.drain() == [Kicked(2), Kicked(5)]


def test_a_jammed_cutter_stops_the_printer_until_somebody_clears_it_and_the_host_says_so() -> None:
    machine = Machine()
    machine.jam_cutter()
    machine.receive(b"one\n" + CUT + proof(b"0001") + b"two\n" + CUT)
    assert slips(machine) == []
    machine.receive(CONTINUE)
    assert slips(machine) == []
    machine.clear_jam()
    machine.receive(CONTINUE)
    assert slips(machine) == ["one\n", "two\n"]
    assert machine.transmit(100) == b"\x37\x220001\x00"


def test_giving_up_after_a_jam_drops_what_waits() -> None:
    machine = Machine()
    machine.jam_cutter()
    machine.receive(b"one\n" + CUT + proof(b"0001") + b"two\n" + CUT)
    machine.clear_jam()
    machine.receive(GIVE_UP)
    assert slips(machine) == ["one\n"]
    assert machine.transmit(100) == b""


def test_switching_off_leaves_the_half_slip_hanging_and_forgets_the_rest() -> None:
    machine = Machine()
    machine.receive(b"\x1b!\x30half\nunprinted")
    machine.switch_off()
    machine.receive(b"next\n" + CUT)
    first, second = (event.document for event in machine.drain() if isinstance(event, Printed))
    assert (first.cut, first.text()) == (False, "half\n")
    assert second.text() == "next\n"
    assert second.state.tall == 1


def test_a_muted_printer_prints_and_says_nothing() -> None:
    machine = Machine(faults=Faults(mute=True))
    machine.receive(b"a\n" + CUT + proof(b"0001"))
    assert machine.transmit(100) == b""
    assert slips(machine) == ["a\n"]


def test_what_nobody_fetches_does_not_grow_without_end() -> None:
    machine = Machine()
    machine.receive(b"\x10\x04\x01" * (OUTPUT_ANSWERS_MAX + 100))
    assert len(machine.transmit(10**6)) == OUTPUT_ANSWERS_MAX


def test_a_slip_without_end_is_handed_over_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.devices.escpos.machine.DOCUMENT_BYTES_MAX", 100)
    machine = Machine()
    machine.receive(b"0123456789\n" * 10 + CUT)
    parts = [event.document for event in machine.drain() if isinstance(event, Printed)]
    assert [part.cut for part in parts] == [False, True]
    assert "".join(part.text() for part in parts) == "0123456789\n" * 10


def test_the_printer_tells_its_name() -> None:
    machine = Machine()
    machine.receive(b"\x1dIC")
    assert machine.transmit(100) == b"\x5fSIM-80\x00"
