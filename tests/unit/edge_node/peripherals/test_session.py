"""One connection, with a transport that does exactly what a test says."""

from dataclasses import dataclass, field

import pytest

from edge_node.peripherals.receipt_printer.jobs import PrinterLimits
from edge_node.peripherals.receipt_printer.protocol import PrinterStatus, ProcessIdAnswer
from edge_node.peripherals.receipt_printer.session import Progress, Session, Stalled
from edge_node.peripherals.receipt_printer.transport import ConnectionLost
from firmware_config.profiles import shipped_profiles
from retail.clock import ManualClock

LIMITS = PrinterLimits(stall_s=10.0, silence_s=5.0, pause_s=100.0)
PROFILE = shipped_profiles().find_printer("epson-tm-t20")
PAPER_OUT = bytes.fromhex("18000c0f")
FINE = bytes.fromhex("1000000f")


@dataclass
class Script:
    """Takes as many bytes as ``room`` says, answers from ``answers``; each wait lets a second pass."""

    clock: ManualClock = field(default_factory=ManualClock)
    room: list[int] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    written: bytes = b""
    name: str = "script"
    delivers: bool = True

    def open(self, timeout: float) -> None:
        pass

    def write(self, data: memoryview, timeout: float) -> int:
        taken = bytes(data[: self.room.pop(0) if self.room else len(data)])
        if not taken:
            self.clock.advance(1000)
        self.written += taken
        return len(taken)

    def read(self, timeout: float) -> bytes:
        if not self.answers:
            self.clock.advance(1000)
            return b""
        return self.answers.pop(0)

    def close(self) -> None:
        pass


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def session(script: Script) -> Session:
    return Session(script, PROFILE, LIMITS, script.clock, lambda _: None)


def test_the_rest_of_a_short_command_goes_out_before_anything_else(script: Script, session: Session) -> None:
    script.room = [1]
    assert session.offer(b"\x10\x04\x01", 0.1)
    assert session.offer(b"\x10\x05\x01", 0.1)
    session.send(b"job", Progress(), lambda: False)
    assert script.written == b"\x10\x04\x01\x10\x05\x01job"


def test_a_short_command_of_which_nothing_was_taken_leaves_nothing_behind(script: Script, session: Session) -> None:
    script.room = [0]
    assert not session.offer(b"\x10\x14\x01\x00\x01", 0.1)
    session.send(b"job", Progress(), lambda: False)
    assert script.written == b"job"


def test_a_status_that_nobody_asked_for_changes_nothing(script: Script, session: Session) -> None:
    script.answers = [b"\x7e"]
    session.pump(0.1)
    assert session.status == PrinterStatus()


def test_a_round_asks_one_question_after_the_other_and_ends_with_the_last_answer(
    script: Script, session: Session
) -> None:
    session.ask()
    for answer in (b"\x12", b"\x12", b"\x12", b"\x1e"):
        assert not session.heard
        session.poll(60.0)
        session.poll(60.0)
        script.answers = [answer]
        session.pump(0.1)
    assert session.heard
    assert script.written == b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04"
    session.poll(60.0)
    assert len(script.written) == 12


def test_a_printer_that_stays_silent_is_given_up(script: Script, session: Session) -> None:
    session.poll(0.0)
    script.clock.advance(4_900)
    session.poll(0.0)
    script.clock.advance(200)
    with pytest.raises(ConnectionLost, match="does not answer"):
        session.poll(0.0)


def test_silence_of_a_printer_without_paper_is_forgiven_and_counted_anew_afterwards(
    script: Script, session: Session
) -> None:
    script.answers = [PAPER_OUT]
    session.pump(0.1)
    session.poll(0.0)
    for _ in range(15):
        script.clock.advance(5_000)
        session.poll(0.0)
    script.answers = [FINE]
    session.pump(0.1)
    script.clock.advance(4_000)
    session.poll(0.0)
    script.clock.advance(2_000)
    with pytest.raises(ConnectionLost):
        session.poll(0.0)


def test_even_a_pause_has_an_end(script: Script, session: Session) -> None:
    script.answers = [PAPER_OUT]
    session.pump(0.1)
    session.poll(0.0)
    script.clock.advance(101_000)
    with pytest.raises(ConnectionLost):
        session.poll(0.0)


def test_sending_gives_up_when_nothing_moves_and_says_how_far_it_came(script: Script, session: Session) -> None:
    script.room, progress = [2] + [0] * 100, Progress()
    with pytest.raises(Stalled, match="takes no more data"):
        session.send(b"long job", progress, lambda: False)
    assert (progress.sent, progress.untouched) == (2, False)


def test_sending_waits_while_the_printer_says_why_it_stands(script: Script, session: Session) -> None:
    script.room, script.answers = [2] + [0] * 20, [PAPER_OUT] + [b""] * 18 + [FINE]
    session.send(b"long job", Progress(), lambda: False)
    assert script.written == b"long job"


def test_sending_stops_when_the_program_ends(script: Script, session: Session) -> None:
    script.room = [0] * 100
    progress = Progress()
    with pytest.raises(Stalled, match="stopped"):
        session.send(b"job", progress, lambda: True)
    assert progress.untouched


def test_answers_that_come_while_sending_are_not_lost(script: Script, session: Session) -> None:
    script.room, script.answers = [0], [b"\x37\x22abcd\x00"]
    assert session.send(b"job", Progress(), lambda: False) == [ProcessIdAnswer(b"abcd")]


def test_a_printer_that_cannot_be_cleared_is_not_printed_on(script: Script, session: Session) -> None:
    with pytest.raises(ConnectionLost, match="cleared"):
        session.prepare(clear=True)


def test_a_printer_in_order_is_asked_to_report_by_itself(script: Script, session: Session) -> None:
    script.answers = [b"\x37\x25\x00"]
    session.prepare(clear=True)
    assert script.written == b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08\x1da\x0f"


def test_what_a_failed_write_may_have_sent_is_remembered(
    script: Script, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(data: memoryview, timeout: float) -> int:
        raise ConnectionLost("gone", leaked=True)

    monkeypatch.setattr(script, "write", fail)
    progress = Progress()
    with pytest.raises(ConnectionLost):
        session.send(b"job", progress, lambda: False)
    assert not progress.untouched
