"""Memory of the solver's process, which is asked one small batch after another, none like another.

It is read when the process is at rest, waiting for the next question: right after an answer it still holds what the
answer was made of.
"""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

from central.sourcing.solver import Solver
from tests.bench.figures import Figures
from tests.integration.central.sourcing_questions import question

WARM_UP = 50
SAYS_EVERY = 100
ORDERS, PLACES = 12, 6
"""Small, and yet contested: linear and integer programmes are solved in every run."""
DEADLINE_S = 120.0
_REST_POLL_S = 0.001
_KIB_IN_MB = 1024
_WAITS = "S"
"""How the kernel calls a process that sleeps until something comes (proc(5))."""


async def measure(runs: int, warm_up: int = WARM_UP) -> Figures:
    """Resident memory in MB (2^20 bytes) after the first ``warm_up`` questions, after half of ``runs`` more, and after
    all of them."""
    half = warm_up + runs // 2
    async with Solver("steady", DEADLINE_S) as solver:
        return {
            "before_mb": await _after(solver, range(warm_up)),
            "half_mb": await _after(solver, range(warm_up, half)),
            "after_mb": await _after(solver, range(half, warm_up + runs)),
        }


async def _after(solver: Solver, seeds: Iterable[int]) -> float:
    """What the process holds once it has answered the questions of ``seeds``."""
    for seed in seeds:
        await solver.ask(question(seed, ORDERS, PLACES).asked())
        if seed % SAYS_EVERY == SAYS_EVERY - 1:
            print(f"  {seed + 1} questions: {await resident_mb(solver.pid):.1f} MB", file=sys.stderr, flush=True)
    return await resident_mb(solver.pid)


async def resident_mb(pid: int) -> float:
    """VmRSS of a process as soon as it is at rest."""
    status = Path(f"/proc/{pid}/status")
    while (said := _said(status))["State"] != _WAITS:
        await asyncio.sleep(_REST_POLL_S)
    return int(said["VmRSS"]) / _KIB_IN_MB


def _said(status: Path) -> dict[str, str]:
    """The first word of what the kernel tells of a process under each name."""
    lines = (line.partition(":") for line in status.read_text(encoding="utf-8").splitlines())
    return {name: (value.split() or [""])[0] for name, _, value in lines}
