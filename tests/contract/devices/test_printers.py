"""What the printer driver promises, on every way to a printer."""

import time
from pathlib import Path

import msgspec

from edge_node.peripherals.documents import ReceiptLine, ReceiptSlip, Row
from edge_node.peripherals.health import DeviceState, Health
from edge_node.peripherals.receipt_printer.encoder import Encoder
from edge_node.peripherals.receipt_printer.jobs import Evidence, PrintBytes, PrintOutcome, PrintResult
from edge_node.peripherals.receipt_printer.protocol import process_id
from firmware_config.profiles import PrinterProfile
from tests.contract.devices.conftest import MakeDriver
from tests.contract.devices.helpers import CUT, SOON_S, order, outcome, ready, state, text_of_all, under_way, until
from tests.contract.devices.rigs import Rig

# The plain way


def test_a_job_is_proved_by_the_printers_own_word(rig: Rig, make_driver: MakeDriver) -> None:
    driver = make_driver()
    assert outcome(driver.submit(order(1))) == PrintOutcome(PrintResult.PROVED, "", Evidence.PRINTED)
    assert rig.printer.proofs == [process_id(1)]
    assert text_of_all(rig) == "job 1\n" * 3


def test_jobs_are_printed_in_their_order(rig: Rig, make_driver: MakeDriver) -> None:
    driver = make_driver()
    futures = [driver.submit(order(number, 1)) for number in (1, 2, 3)]
    assert {outcome(future).result for future in futures} == {PrintResult.PROVED}
    assert text_of_all(rig) == "job 1\njob 2\njob 3\n"


def test_a_printer_that_takes_little_at_a_time_loses_no_byte(rig: Rig, make_driver: MakeDriver) -> None:
    driver = make_driver()
    lines = [f"{number:06d}" for number in range(2000)]
    job = PrintBytes(process_id(1), "\n".join(lines).encode() + b"\n" + CUT)
    assert outcome(driver.submit(job)).result is PrintResult.PROVED
    assert text_of_all(rig).split() == lines


def test_the_driver_says_how_the_printer_is(rig: Rig, make_driver: MakeDriver) -> None:
    told: list[Health] = []
    driver = ready(make_driver(on_health=told.append))
    rig.printer.open_cover()
    until(lambda: "close it until it clicks" in driver.health().text)
    rig.printer.close_cover()
    until(lambda: state(driver) is DeviceState.READY)
    assert [health.state for health in told] == [
        DeviceState.CLAIMED,
        DeviceState.READY,
        DeviceState.ERROR,
        DeviceState.READY,
    ]


def test_diagnostics_count_what_happened_and_show_nothing_that_was_printed(rig: Rig, make_driver: MakeDriver) -> None:
    driver = make_driver()
    outcome(driver.submit(order(1)))
    told = driver.diagnostics()
    assert (told["jobs_proved"], told["jobs_uncertain"], told["jobs_waiting"], told["connections"]) == (1, 0, 0, 1)
    assert "job 1" not in str(told)


# People in the way


def test_paper_that_runs_out_within_a_job_keeps_it_pending_until_there_is_a_new_roll(
    rig: Rig, make_driver: MakeDriver
) -> None:
    driver = ready(make_driver(patience={"proof_s": 0.3, "stall_s": 0.3, "silence_s": 0.3}))
    rig.printer.load_paper(2)
    future = driver.submit(order(1, 10))
    until(lambda: "put in a new roll" in driver.health().text)
    time.sleep(0.35)  # waiting for a person outlasts waiting for a machine
    assert not future.done()
    attention = driver.health().attention()
    assert attention is not None
    assert attention.remedy == "put in a new roll"
    rig.printer.load_paper()
    assert outcome(future).result is PrintResult.PROVED
    assert text_of_all(rig) == "job 1\n" * 10


def test_a_job_longer_than_the_printers_buffer_survives_an_open_cover(rig: Rig, make_driver: MakeDriver) -> None:
    driver = ready(make_driver(patience={"stall_s": 0.3, "silence_s": 0.3}))
    rig.printer.load_paper(1)
    future = driver.submit(order(1, 3000))
    until(lambda: state(driver) is DeviceState.ERROR)
    rig.printer.open_cover()
    rig.printer.load_paper()
    time.sleep(0.35)
    assert not future.done()
    rig.printer.close_cover()
    assert outcome(future).result is PrintResult.PROVED
    assert text_of_all(rig) == "job 1\n" * 3000


def test_without_paper_nothing_is_sent_and_the_job_may_go_elsewhere(rig: Rig, make_driver: MakeDriver) -> None:
    rig.printer.take_paper_out()
    driver = make_driver(patience={"ready_s": 0.05})
    ended = outcome(driver.submit(order(1)))
    assert ended == PrintOutcome(PrintResult.NOT_SENT, "the printer is out of paper; put in a new roll")
    rig.printer.load_paper()
    assert outcome(driver.submit(order(2))).result is PrintResult.PROVED
    assert text_of_all(rig) == "job 2\n" * 3


def test_paper_that_comes_in_time_is_waited_for(rig: Rig, make_driver: MakeDriver) -> None:
    rig.printer.take_paper_out()
    driver = make_driver()
    future = driver.submit(order(1))
    until(lambda: state(driver) is DeviceState.ERROR)
    rig.printer.load_paper()
    assert outcome(future).result is PrintResult.PROVED


def test_a_jam_in_the_cutter_is_over_when_somebody_says_so(rig: Rig, make_driver: MakeDriver) -> None:
    driver = make_driver()
    rig.printer.jam_cutter()
    future = driver.submit(order(1))
    until(lambda: "cutter" in driver.health().text)
    driver.continue_printing()
    time.sleep(0.06)
    assert not future.done()
    rig.printer.clear_jam()
    driver.continue_printing()
    assert outcome(future).result is PrintResult.PROVED


def test_the_drawer_opens_while_the_paper_is_out(rig: Rig, make_driver: MakeDriver) -> None:
    rig.printer.take_paper_out()
    driver = make_driver(patience={"ready_s": 0.3})
    waiting = driver.submit(order(1))
    assert driver.kick_drawer().result(SOON_S).sent
    until(lambda: rig.printer.kicks == [2])
    until(lambda: driver.drawer_is_open() is True)
    rig.printer.close_drawer()
    until(lambda: driver.drawer_is_open() is False)
    assert outcome(waiting).result is PrintResult.NOT_SENT


def test_a_model_without_a_real_time_pulse_does_not_open_the_drawer_later(
    rig: Rig, make_driver: MakeDriver, profile: PrinterProfile
) -> None:
    driver = ready(make_driver(model=msgspec.structs.replace(profile, realtime_drawer=False)))
    assert driver.kick_drawer().result(SOON_S).sent
    until(lambda: rig.printer.kicks == [2])
    rig.printer.open_cover()
    until(lambda: state(driver) is DeviceState.ERROR)
    assert not driver.kick_drawer().result(SOON_S).sent
    rig.printer.close_cover()
    until(lambda: state(driver) is DeviceState.READY)
    assert rig.printer.kicks == [2]


# Broken lines


def test_an_unplugged_cable_in_the_middle_of_a_job_leaves_it_uncertain(rig: Rig, make_driver: MakeDriver) -> None:
    driver = ready(make_driver())
    rig.unplug_after(300)
    ended = outcome(driver.submit(order(1, 1000)))
    assert ended.result is PrintResult.UNCERTAIN
    assert ended.evidence is Evidence.NONE
    until(lambda: state(driver) is DeviceState.ABSENT)


def test_after_an_interrupted_job_the_next_one_stands_alone(rig: Rig, make_driver: MakeDriver) -> None:
    driver = ready(make_driver())
    rig.unplug_after(300)
    picture = b"\x1dv0\x00\x40\x00\xff\x00" + b"\x55" * 0x40 * 0xFF
    assert outcome(driver.submit(PrintBytes(process_id(1), b"first\n" + picture + CUT))).result is PrintResult.UNCERTAIN
    rig.unplug()
    rig.plug()
    assert outcome(driver.submit(order(2))).result is PrintResult.PROVED
    *before, last = [slip.text() for slip in rig.printer.slips]
    assert last == "job 2\n" * 3
    assert "".join(before).count("*** INTERRUPTED - NOT VALID ***") == 1
    rig.unplug()
    rig.plug()
    assert outcome(driver.submit(order(3))).result is PrintResult.PROVED
    assert text_of_all(rig).count("*** INTERRUPTED - NOT VALID ***") == 1


def test_a_cable_that_goes_before_the_proof_leaves_the_job_uncertain(rig: Rig, make_driver: MakeDriver) -> None:
    driver = ready(make_driver())
    future = under_way(rig, driver, 1)
    rig.unplug()
    assert outcome(future).result is PrintResult.UNCERTAIN


def test_nothing_is_sent_to_a_printer_that_is_not_there(rig: Rig, make_driver: MakeDriver) -> None:
    rig.unplug()
    driver = make_driver(patience={"connect_s": 0.05})
    ended = outcome(driver.submit(order(1)))
    assert ended.result is PrintResult.NOT_SENT
    assert state(driver) is DeviceState.ABSENT
    assert driver.health().remedy
    rig.plug()
    until(lambda: state(driver) is DeviceState.READY)
    assert rig.printer.slips == []


def test_a_job_that_waits_for_an_absent_printer_is_printed_once_it_comes(rig: Rig, make_driver: MakeDriver) -> None:
    rig.unplug()
    driver = make_driver()
    future = driver.submit(order(1))
    until(lambda: state(driver) is DeviceState.ABSENT)
    rig.plug()
    assert outcome(future).result is PrintResult.PROVED


def test_a_printer_is_found_again_after_each_unplugging(rig: Rig, make_driver: MakeDriver) -> None:
    driver = make_driver()
    for number in (1, 2, 3):
        assert outcome(driver.submit(order(number, 1))).result is PrintResult.PROVED
        rig.unplug()
        rig.plug()
    assert text_of_all(rig) == "job 1\njob 2\njob 3\n"


def test_a_printer_that_says_nothing_any_more_leaves_the_job_uncertain(rig: Rig, make_driver: MakeDriver) -> None:
    driver = ready(make_driver(patience={"silence_s": 0.2}))
    future = under_way(rig, driver, 1)
    rig.printer.mute()
    assert outcome(future).result is PrintResult.UNCERTAIN


def test_a_printer_that_takes_nothing_any_more_leaves_the_job_uncertain(rig: Rig, make_driver: MakeDriver) -> None:
    driver = ready(make_driver(patience={"stall_s": 0.2, "silence_s": 0.2}))
    rig.printer.dawdle()
    before = rig.printer.bytes_taken
    future = driver.submit(order(1, 100_000))
    until(lambda: rig.printer.bytes_taken > before + 1000)
    rig.printer.stall()
    assert outcome(future).result is PrintResult.UNCERTAIN


# Whose proof it is


def test_the_proof_of_a_job_that_was_given_up_is_not_taken_for_the_next_ones(rig: Rig, make_driver: MakeDriver) -> None:
    late: list[bytes] = []
    driver = ready(make_driver(on_late_proof=late.append, patience={"proof_s": 0.3}))
    rig.printer.dawdle()
    first = driver.submit(order(1))
    assert outcome(first) == PrintOutcome(PrintResult.UNCERTAIN, "the printer gave no proof")
    rig.printer.dawdle(busy=False)
    until(lambda: late == [process_id(1)])
    assert outcome(driver.submit(order(2))).result is PrintResult.PROVED
    assert rig.printer.proofs == [process_id(1), process_id(2)]
    assert late == [process_id(1)]


def test_the_proof_of_an_earlier_job_that_comes_while_the_next_is_under_way_proves_nothing_of_it(
    rig: Rig, make_driver: MakeDriver
) -> None:
    late: list[bytes] = []
    driver = ready(make_driver(on_late_proof=late.append, patience={"proof_s": 0.3}))
    rig.printer.dawdle()
    assert outcome(driver.submit(order(1))).result is PrintResult.UNCERTAIN
    second = under_way(rig, driver, 2)
    rig.printer.load_paper(50)  # enough for the first job, not for the second
    rig.printer.dawdle(busy=False)
    until(lambda: bool(late) or second.done())
    assert late == [process_id(1)]
    assert not second.done()
    rig.printer.load_paper()
    assert outcome(second).result is PrintResult.PROVED


def test_a_new_process_cleans_up_after_one_that_died_within_a_job(rig: Rig, make_driver: MakeDriver) -> None:
    rig.transport.open(1.0)
    half = b"half a receipt\n\x1dv0\x00\x40\x00\xff\x00\x55\x55"
    assert rig.transport.write(memoryview(half), 1.0) == len(half)
    until(lambda: rig.printer.bytes_taken == len(half))
    rig.transport.close()
    driver = make_driver(interrupted=True)
    assert outcome(driver.submit(order(1))).result is PrintResult.PROVED
    scrap, slip = (each.text() for each in rig.printer.slips)
    assert scrap == "half a receipt\n*** INTERRUPTED - NOT VALID ***\n"
    assert slip == "job 1\n" * 3


def test_an_article_named_like_a_command_does_not_open_the_drawer(
    rig: Rig, make_driver: MakeDriver, profile: PrinterProfile, escpos_cache: Path
) -> None:
    slip = ReceiptSlip(
        "S", "C1", "now", (ReceiptLine("Soap\x1bp\x00\x19\xfa\x10\x14\x01\x00\x01", "1.00"),), Row("T", "1.00")
    )
    job = PrintBytes(process_id(1), Encoder(profile, escpos_cache).receipt(slip))
    assert outcome(make_driver().submit(job)).result is PrintResult.PROVED
    assert "Soap" in text_of_all(rig)
    assert rig.printer.kicks == []
