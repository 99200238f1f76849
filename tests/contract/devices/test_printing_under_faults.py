"""Whatever happens to a printer, the driver's word about a job holds. The seed of a failing run replays its faults."""

import random
import re
import time
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from edge_node.peripherals.receipt_printer.jobs import PrintBytes, PrintOutcome, PrintResult
from edge_node.peripherals.receipt_printer.protocol import process_id
from tests.contract.devices.conftest import MakeDriver
from tests.contract.devices.helpers import CUT, outcome
from tests.contract.devices.rigs import Rig

STEPS = 60
LINES = 12
PATIENCE = dict.fromkeys(("connect_s", "ready_s", "stall_s", "proof_s", "silence_s", "clear_s"), 0.5)


def job(number: int) -> PrintBytes:
    lines = "".join(f"job {number} line {line}\n" for line in range(LINES))
    return PrintBytes(process_id(number), b"\x1b@" + lines.encode() + CUT)


def faults(rig: Rig, dice: random.Random) -> list[Callable[[], None]]:
    printer = rig.printer
    return [
        lambda: printer.load_paper(dice.randrange(30)),
        printer.load_paper,
        printer.open_cover,
        printer.close_cover,
        printer.dawdle,
        lambda: printer.dawdle(busy=False),
        printer.hold_offline,
        printer.put_online,
        printer.mute,
        lambda: printer.mute(muted=False),
        lambda: rig.unplug_after(dice.randrange(1, 400)),
        lambda: replug(rig),
        lambda: replug(rig),
    ]


def replug(rig: Rig) -> None:
    rig.unplug()
    rig.plug()


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_of_a_job_is_true_of_the_paper(rig: Rig, make_driver: MakeDriver, seed: int) -> None:
    dice = random.Random(seed)
    driver = make_driver(patience=PATIENCE)
    hands, futures = faults(rig, dice), dict[int, Future[PrintOutcome]]()
    for number in range(STEPS):
        if dice.random() < 0.5:
            futures[number] = driver.submit(job(number))
        else:
            dice.choice(hands)()
        time.sleep(dice.random() * 0.01)
    for mend in (rig.printer.load_paper, rig.printer.close_cover, rig.printer.put_online):
        mend()
    rig.printer.dawdle(busy=False)
    rig.printer.mute(muted=False)
    replug(rig)
    results = {number: outcome(future).result for number, future in futures.items()}
    assert outcome(driver.submit(job(1000))).result is PrintResult.PROVED, "the printer is not usable any more"
    rig.printer.switch_off()

    whole = re.compile("".join(rf"job (?P<n{line}>\d+) line {line}\n" for line in range(LINES)))
    slips = [slip.text() for slip in rig.printer.slips]
    for number, result in results.items():
        seen = [text for text in slips if f"job {number} line" in text]
        if result is PrintResult.PROVED:
            assert len(seen) == 1, f"job {number} was proved and is on {len(seen)} slips"
            assert whole.fullmatch(seen[0]), f"job {number} was proved and reads {seen[0]!r}"
        elif result is PrintResult.NOT_SENT:
            assert not seen, f"job {number} was not sent and is on paper"
    numbers = [set(re.findall(r"job (\d+) line", text)) for text in slips]
    assert all(len(each) <= 1 for each in numbers), "two jobs share a slip"
