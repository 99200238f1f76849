"""Whole runs of stores and centre through faults: one seed, one run, the same every time.

`SIM_SEEDS=1000 pytest tests/simulation` lives through a thousand seeds; `SIM_SEED=7` through that one alone.
"""

import contextlib
import functools
import os
from collections import Counter

import pytest

from tests.simulation.scenario import Report, run
from tests.simulation.violation import Violation

FIXED_SEEDS = range(11)
SEEDS = (
    [int(os.environ["SIM_SEED"])] if "SIM_SEED" in os.environ
    else range(max(len(FIXED_SEEDS), int(os.environ.get("SIM_SEEDS", "0"))))
)  # fmt: skip

FAULTS = (
    "drop", "duplicate", "late and out of order", "truncate", "bit flip", "line cut", "broker restart",
    "box crash before commit", "box crash after commit", "box crash before publish", "box crash after publish",
    "box crash before the acknowledgement is stored", "box crash after the acknowledgement is stored",
    "centre crash before commit", "centre crash after commit", "centre restored", "old primary goes on",
    "overtaken by the other worker", "disk copied",
)  # fmt: skip
ANSWERS = (
    "status ok", "status gap", "status bad", "verdict take", "verdict repeat", "verdict gap", "verdict fork",
    "credit 0", "probe", "resend", "stream behind", "hello repair", "fork seen by a box",
    "machine renamed after a fork", "acked moved back by a new generation", "frame refused by a box",
    "frame refused by the centre", "unreadable body kept as a dead letter",
)  # fmt: skip
TASKS = (
    "task accepted", "task rejected", "task start_asked", "task packed", "task shipped", "task released",
    "task withdrawn while offered", "task withdrawn while assigned", "task answer to an older rev",
)  # fmt: skip
MUST_FIRE = (*FAULTS, *ANSWERS, *TASKS)


@functools.cache
def report(seed: int) -> Report:
    try:
        return run(seed)
    except Violation as violation:
        pytest.fail(f"{violation}\nReplay it: SIM_SEED={seed} pytest tests/simulation", pytrace=False)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_fault_breaks_a_promise(seed: int) -> None:
    assert report(seed).fired["status ok"] > 0


def test_every_fault_and_every_answer_fires(capsys: pytest.CaptureFixture[str]) -> None:
    seeds = sorted({*FIXED_SEEDS, *SEEDS})
    fired = sum((report(seed).fired for seed in seeds), Counter())
    lines = [f"{fired[name]:8} {name}" for name in sorted(fired.keys() | set(MUST_FIRE))]
    with capsys.disabled() if "SIM_SEEDS" in os.environ else contextlib.nullcontext():
        print("\n".join([f"\nin {len(seeds)} seeds:", *lines]))
    assert not [name for name in MUST_FIRE if not fired[name]]


def test_a_seed_repeats_its_run_exactly() -> None:
    once, again = run(3), run(3)
    assert once == again
    assert once.fingerprint != report(4).fingerprint
