"""What a printer is asked and what it says: codec tests, and bytes that no printer ever sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_node.peripherals.health import DeviceState
from edge_node.peripherals.receipt_printer.advice import health_of
from edge_node.peripherals.receipt_printer.jobs import JOB_BYTES_MAX, PrintBytes
from edge_node.peripherals.receipt_printer.protocol import (
    BLOCK_BYTES_MAX,
    Answer,
    AnswerParser,
    BuffersCleared,
    OtherBlock,
    PaperLevel,
    PrinterStatus,
    ProcessIdAnswer,
    QueuedStatus,
    RealtimeStatus,
    StatusBack,
    drawer_kick,
    process_id,
    proof_request,
    with_realtime,
    with_status_back,
)
from retail.errors import Refused

FINE = PrinterStatus(drawer_pin_high=False)


def parsed(data: bytes) -> list[Answer]:
    return AnswerParser().feed(data)


@given(st.integers(0, 2**70))
def test_every_number_makes_an_id_that_printers_answer(number: int) -> None:
    assert proof_request(process_id(number))[7:] == process_id(number)


@given(st.integers(0, 95**4 - 2))
def test_neighbouring_jobs_have_different_ids(number: int) -> None:
    assert process_id(number) != process_id(number + 1)


def test_the_proof_request_is_that_of_the_manual() -> None:
    assert proof_request(b"0015") == bytes.fromhex("1d 28 48 06 00 30 30 30 30 31 35")


@pytest.mark.parametrize("wrong", [b"", b"abc", b"abcde", b"ab\x1fc", b"ab\x7fc"])
def test_an_id_that_no_printer_answers_is_refused(wrong: bytes) -> None:
    with pytest.raises(Refused):
        proof_request(wrong)


@pytest.mark.parametrize("data", [b"", b"x" * (JOB_BYTES_MAX + 1)], ids=["nothing", "too much"])
def test_a_job_of_impossible_length_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match="bytes"):
        PrintBytes(process_id(1), data)


@pytest.mark.parametrize(
    ("pin", "realtime", "command"),
    [
        (2, True, "10 14 01 00 01"),
        (5, True, "10 14 01 01 01"),
        (2, False, "1b 70 00 32 32"),
        (5, False, "1b 70 01 32 32"),
    ],
)
def test_the_drawer_kick_is_that_of_the_manual(pin: int, realtime: bool, command: str) -> None:
    assert drawer_kick(pin, realtime=realtime) == bytes.fromhex(command)


@pytest.mark.parametrize(
    ("data", "answers"),
    [
        ("37 22 30 30 31 35 00", [ProcessIdAnswer(b"0015")]),
        ("37 25 00", [BuffersCleared()]),
        ("12", [RealtimeStatus(0x12)]),
        ("7e", [RealtimeStatus(0x7E)]),
        ("10 00 00 0f", [StatusBack(bytes.fromhex("1000000f"))]),
        ("3c 08 0c 0f", [StatusBack(bytes.fromhex("3c080c0f"))]),
        ("00", [QueuedStatus(0)]),
        ("0c", [QueuedStatus(0x0C)]),
        ("5f 45 50 53 4f 4e 00", [OtherBlock(b"_EPSON")]),
        ("37 23 31 00", [OtherBlock(b"7#1")]),
        ("12 37 22 20 20 20 20 00 16", [RealtimeStatus(0x12), ProcessIdAnswer(b"    "), RealtimeStatus(0x16)]),
        ("37 22 41 13 42 11 43 44 00", [ProcessIdAnswer(b"ABCD")]),
        ("11 13 80 ff", []),
        ("37 22 41 12", [QueuedStatus(0x22), QueuedStatus(0x41), RealtimeStatus(0x12)]),
    ],
)
def test_the_kinds_of_answers_are_told_apart(data: str, answers: list[Answer]) -> None:
    assert parsed(bytes.fromhex(data)) == answers


def test_a_header_that_nothing_follows_does_not_swallow_answers_for_ever() -> None:
    parser = AnswerParser()
    answers = parser.feed(b"\x37" + b"A" * BLOCK_BYTES_MAX + b"\x00" + b"\x37\x22abcd\x00")
    assert answers[-1] == ProcessIdAnswer(b"abcd")


@given(st.binary(max_size=300), st.lists(st.integers(1, 20), min_size=1))
def test_the_parser_reads_anything_and_however_it_is_cut(data: bytes, cuts: list[int]) -> None:
    parser, answers, at = AnswerParser(), [], 0
    for length in cuts:
        answers += parser.feed(data[at : at + length])
        at += length
    answers += parser.feed(data[at:])
    assert answers == parsed(data)


@given(st.binary(max_size=60).filter(lambda data: not {0x37, 0x5F} & set(data)))
def test_after_any_noise_a_proof_is_still_heard(noise: bytes) -> None:
    # An answer that noise has begun may take up to three bytes; whoever speaks twice is heard.
    answers = parsed(noise + b"\x37\x22abcd\x00" * 2)
    assert ProcessIdAnswer(b"abcd") in answers


@pytest.mark.parametrize(
    ("kind", "value", "status"),
    [
        (1, 0x12, PrinterStatus(drawer_pin_high=False)),
        (1, 0x16, PrinterStatus(drawer_pin_high=True)),
        (1, 0x1A, PrinterStatus(online=False, drawer_pin_high=False)),
        (2, 0x16, PrinterStatus(cover_open=True)),
        (2, 0x1A, PrinterStatus(feeding=True)),
        (2, 0x32, PrinterStatus(paper=PaperLevel.END)),
        (2, 0x52, PrinterStatus(error=True)),
        (3, 0x1A, PrinterStatus(cutter_error=True)),
        (3, 0x32, PrinterStatus(unrecoverable=True)),
        (3, 0x52, PrinterStatus(overheated=True)),
        (4, 0x1E, PrinterStatus(paper=PaperLevel.NEAR_END)),
        (4, 0x7E, PrinterStatus(paper=PaperLevel.END)),
    ],
)
def test_a_status_byte_says_what_the_manual_says(kind: int, value: int, status: PrinterStatus) -> None:
    assert with_realtime(PrinterStatus(), kind, value) == status


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("10 00 00 0f", FINE),
        ("14 00 00 0f", PrinterStatus(drawer_pin_high=True)),
        ("38 00 00 0f", PrinterStatus(online=False, cover_open=True, drawer_pin_high=False)),
        ("18 08 00 0f", PrinterStatus(online=False, error=True, cutter_error=True, drawer_pin_high=False)),
        ("10 00 03 0f", PrinterStatus(paper=PaperLevel.NEAR_END, drawer_pin_high=False)),
        ("18 00 0f 0f", PrinterStatus(online=False, paper=PaperLevel.END, drawer_pin_high=False)),
    ],
)
def test_automatic_status_says_what_the_manual_says(value: str, status: PrinterStatus) -> None:
    assert with_status_back(PrinterStatus(), bytes.fromhex(value)) == status


def test_new_paper_clears_the_end_of_paper() -> None:
    status = with_realtime(PrinterStatus(), 2, 0x32)
    assert with_realtime(with_realtime(status, 2, 0x12), 4, 0x12) == PrinterStatus()


@pytest.mark.parametrize(
    ("status", "state", "says"),
    [
        (FINE, DeviceState.READY, "ready"),
        (PrinterStatus(paper=PaperLevel.NEAR_END), DeviceState.DEGRADED, "new roll at hand"),
        (PrinterStatus(overheated=True, error=True), DeviceState.DEGRADED, "goes on by itself"),
        (PrinterStatus(online=False, feeding=True), DeviceState.DEGRADED, "feed button"),
        (PrinterStatus(online=False, paper=PaperLevel.END), DeviceState.ERROR, "put in a new roll"),
        (PrinterStatus(online=False, cover_open=True, paper=PaperLevel.END), DeviceState.ERROR, "close it"),
        (PrinterStatus(online=False, error=True, cutter_error=True), DeviceState.ERROR, "cutter"),
        (PrinterStatus(online=False, error=True, unrecoverable=True), DeviceState.ERROR, "call service"),
        (PrinterStatus(online=False, error=True), DeviceState.ERROR, "switch it off and on"),
        (PrinterStatus(online=False), DeviceState.ERROR, "offline"),
    ],
)
def test_what_a_person_should_do_is_said_in_plain_words(status: PrinterStatus, state: DeviceState, says: str) -> None:
    health = health_of(status)
    assert health.state is state
    assert says in health.text
    attention = health.attention()
    assert (attention is not None) == (state is DeviceState.ERROR)
    assert attention is None or attention.remedy == health.remedy


@given(st.integers(1, 4), st.integers(0, 255))
def test_a_printer_that_can_print_is_never_reported_as_stopped(kind: int, value: int) -> None:
    status = with_realtime(FINE, kind, value)
    assert status.pauses or health_of(status).state in (DeviceState.READY, DeviceState.DEGRADED)
