"""What the printer driver promises that does not depend on the way to the printer: tried on USB only."""

import msgspec
import pytest

from edge_node.peripherals.health import DeviceState
from edge_node.peripherals.receipt_printer.jobs import Evidence, PrintOutcome, PrintResult
from firmware_config.profiles import PrinterProfile, Proof
from tests.contract.devices.conftest import MakeDriver
from tests.contract.devices.helpers import order, outcome, ready, state, text_of_all, under_way, until
from tests.contract.devices.rigs import LIMITS, Rig

pytestmark = pytest.mark.parametrize("rig", ["usb"], indirect=True)


def test_a_listener_that_fails_does_not_stop_the_printer(rig: Rig, make_driver: MakeDriver) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("nobody home")

    driver = make_driver(on_health=broken, on_late_proof=broken)
    assert outcome(driver.submit(order(1))).result is PrintResult.PROVED


# Models that know less


def test_a_model_without_proof_says_at_least_that_it_has_worked_through_a_job(
    rig: Rig, make_driver: MakeDriver, profile: PrinterProfile
) -> None:
    driver = make_driver(model=msgspec.structs.replace(profile, proof=Proof.QUEUED_STATUS), patience={"proof_s": 0.3})
    ended = outcome(driver.submit(order(1)))
    assert (ended.result, ended.evidence) == (PrintResult.UNCERTAIN, Evidence.PROCESSED)
    rig.printer.dawdle()
    assert outcome(driver.submit(order(2))).evidence is Evidence.NONE
    third = under_way(rig, driver, 3)
    rig.printer.load_paper(50)  # enough for the second job, whose answer is not the third one's
    rig.printer.dawdle(busy=False)
    until(lambda: state(driver) is DeviceState.ERROR)
    assert not third.done()
    rig.printer.load_paper()
    assert outcome(third).evidence is Evidence.PROCESSED
    assert text_of_all(rig).endswith("job 3\n")


def test_a_model_that_never_answers_prints_all_the_same(
    rig: Rig, make_driver: MakeDriver, profile: PrinterProfile
) -> None:
    rig.printer.mute()
    silent = msgspec.structs.replace(
        profile, proof=Proof.NONE, realtime_status=False, status_back=False, clears_buffers=False
    )
    driver = make_driver(model=silent)
    ended = outcome(driver.submit(order(1)))
    assert (ended.result, ended.evidence) == (PrintResult.UNCERTAIN, Evidence.SENT)
    until(lambda: len(rig.printer.slips) == 1)
    assert state(driver) is DeviceState.READY


# The queue


def test_a_full_queue_refuses_at_once_and_says_so(rig: Rig, make_driver: MakeDriver) -> None:
    driver = ready(make_driver())
    first = under_way(rig, driver, 0)
    waiting = [driver.submit(order(number)) for number in range(1, LIMITS.queue_jobs + 1)]
    refused = driver.submit(order(99))
    assert refused.result(0) == PrintOutcome(PrintResult.NOT_SENT, "too many jobs wait for the printer")
    rig.printer.dawdle(busy=False)
    assert {outcome(future).result for future in [first, *waiting]} == {PrintResult.PROVED}


def test_a_job_can_be_taken_back_while_it_waits(rig: Rig, make_driver: MakeDriver) -> None:
    driver = ready(make_driver())
    under_way(rig, driver, 1)
    second, third = driver.submit(order(2)), driver.submit(order(3))
    assert second.cancel()
    rig.printer.dawdle(busy=False)
    assert outcome(third).result is PrintResult.PROVED
    assert "job 2" not in text_of_all(rig)


def test_closing_ends_every_job_and_tells_which_were_sent(rig: Rig, make_driver: MakeDriver) -> None:
    driver = ready(make_driver())
    sent, waiting = under_way(rig, driver, 1), driver.submit(order(2))
    driver.close()
    assert (outcome(sent).result, outcome(waiting).result) == (PrintResult.UNCERTAIN, PrintResult.NOT_SENT)
    assert outcome(driver.submit(order(3))).result is PrintResult.NOT_SENT
    assert not driver.kick_drawer().result(0).sent
