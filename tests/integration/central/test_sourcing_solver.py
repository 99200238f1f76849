"""The solver's process: it answers, is replaced when it fails, keeps no memory, and never outlives its owner."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from central.sourcing import solver as solver_module
from central.sourcing.answer import read
from central.sourcing.question import Asked
from central.sourcing.solver import NICENESS, QuestionRefused, Solver, SolverFailed
from central.sourcing.solver_process import solve
from simulators.broker import free_port
from tests.bench.steady import measure
from tests.integration.central.sourced import network, order, rows, stock
from tests.integration.central.sourcing_questions import question

PATIENCE_S = 60.0
GROWTH_MB_MAX = 4.0
"""What the allocator may keep for itself; 100 kB lost with each question would be as much. The bench asks longer."""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    limit = time.monotonic() + 10
    while is_alive(pid):
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


async def test_its_answer_is_that_of_the_pure_function_bit_for_bit_and_comes_from_another_process() -> None:
    asked = question().asked()
    async with Solver("test", PATIENCE_S) as solver:
        reply = await solver.ask(asked)
        assert solver.pid not in (0, os.getpid())
        _, _, answer, *explanations = solve(asked)
        assert (reply.answer, reply.explanations) == (answer, tuple(explanations))
        assert sum(bool(each.ask) for each in read(reply.answer).orders) > 10
        pid = solver.pid
        assert (await solver.ask(asked)).answer == answer
        assert solver.pid == pid  # one process for many questions
    assert gone(pid)


async def test_it_leaves_the_processor_to_its_owner_and_is_out_of_reach_of_ctrl_c() -> None:
    async with Solver("test", PATIENCE_S) as solver:
        await solver.ask(question(orders=1).asked())
        assert os.getpriority(os.PRIO_PROCESS, solver.pid) == min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, 19)
        assert os.getsid(solver.pid) == os.getsid(0)  # elsewhere niceness may count for nothing
        assert os.getpgid(solver.pid) == solver.pid


async def test_a_question_that_takes_too_long_is_given_up_and_the_next_one_gets_a_new_process() -> None:
    async with Solver("test", 0.3) as solver:
        with pytest.raises(SolverFailed, match=r"more than 0\.3 s"):
            await solver.ask(question(orders=3_000, places=1_000).asked())
        assert solver.pid == 0
    async with Solver("test", PATIENCE_S) as solver:
        assert (await solver.ask(question().asked())).seconds > 0


async def test_a_crash_in_the_middle_of_a_question_is_told_and_the_next_one_gets_a_new_process() -> None:
    async with Solver("test", PATIENCE_S) as solver:
        await solver.ask(question().asked())
        first = solver.pid
        asking = asyncio.create_task(solver.ask(question(orders=3_000, places=1_000).asked()))
        await asyncio.sleep(0.2)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(SolverFailed, match="in the middle"):
            await asking
        await solver.ask(question().asked())
        assert solver.pid not in (0, first)


async def test_who_stops_waiting_ends_the_process_so_that_nobody_gets_another_answer() -> None:
    async with Solver("test", PATIENCE_S) as solver:
        asking = asyncio.create_task(solver.ask(question(orders=3_000, places=1_000).asked()))
        while solver.pid == 0:
            await asyncio.sleep(0.01)
        pid = solver.pid
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert gone(pid)
        small = question(orders=1)
        assert len(read((await solver.ask(small.asked())).answer).orders) == 1


async def test_who_stops_waiting_in_the_middle_of_a_long_answer_ends_the_process_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answering = asyncio.Event()

    async def exchange(process: asyncio.subprocess.Process, asked: bytes) -> list[bytes]:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(asked)
        await process.stdout.readexactly(1)
        answering.set()
        await asyncio.sleep(PATIENCE_S)
        return []

    monkeypatch.setattr(solver_module, "_exchange", exchange)
    async with Solver("test", PATIENCE_S) as solver:
        asking = asyncio.create_task(solver.ask(question(orders=80).asked()))
        await answering.wait()
        pid = solver.pid
        await asyncio.sleep(0.2)  # more has come than asyncio reads for somebody who does not want it
        asking.cancel()
        await asyncio.wait([asking], timeout=PATIENCE_S)
        assert asking.cancelled()
        assert gone(pid)


async def test_what_is_no_question_is_refused_and_the_process_lives_on() -> None:
    async with Solver("test", PATIENCE_S) as solver:
        for asked in (Asked(b"[]", b"{}", b"{}"), Asked(b"\xff", b"", b"null")):
            with pytest.raises(QuestionRefused, match="inputs"):
                await solver.ask(asked)
        pid = solver.pid
        await solver.ask(question().asked())
        assert solver.pid == pid


def test_a_killed_owner_leaves_no_solver_behind_even_in_the_middle_of_a_question() -> None:
    program = """
import asyncio
from central.sourcing.solver import Solver
from tests.integration.central.sourcing_questions import question

async def main():
    solver = Solver("test", 60)
    asking = asyncio.create_task(solver.ask(question(orders=5000, places=2000).asked()))
    while solver.pid == 0:
        await asyncio.sleep(0.01)
    print("solver is", solver.pid, flush=True)
    await asking

asyncio.run(main())
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = next(int(line.split()[-1]) for line in owner.stdout if line.startswith("solver is"))
        time.sleep(0.3)
        assert is_alive(pid)
        owner.kill()
    assert gone(pid)


def solvers_of(owner: int) -> list[int]:
    """The solver processes that ``owner`` has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == owner and b"solver_process" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
    return found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_a_centre_that_is_stopped_leaves_no_solver_behind(
    engine: AsyncEngine, database_url: str, how: signal.Signals
) -> None:
    await network(engine)
    await stock(engine, "S0001", 5)
    await order(engine, 1)
    command = [sys.executable, "-m", "central", "worker"]
    env = {**os.environ, "DATABASE_URL": database_url, "TILLWAY_CENTRAL_BROKER_PORT": str(free_port())}
    centre = await asyncio.create_subprocess_exec(
        *command, cwd=Path(__file__).parents[3], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await rows(engine, "SELECT 1 FROM task") or not solvers_of(centre.pid):
                await asyncio.sleep(0.05)
            solvers = solvers_of(centre.pid)
            centre.send_signal(how)
            assert await centre.wait() == (-how if how == signal.SIGKILL else 0)
    finally:
        if centre.returncode is None:
            centre.kill()
            await centre.wait()
    assert all(gone(pid) for pid in solvers)


async def test_memory_is_flat_over_many_questions() -> None:
    found = await measure(runs=40, warm_up=20)
    assert found["after_mb"] - found["before_mb"] < GROWTH_MB_MAX
