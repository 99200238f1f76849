"""The solver as the rest of the centre sees it: a process of its own that is asked, and replaced when it fails.

Building models and walking over orders holds the interpreter's lock, so a thread would stop the API. The process is
started with the first question (a fresh interpreter, nothing is forked), lives on from run to run, carries a parent
death signal, and runs at low priority with one thread of linear algebra: requests come first.
"""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog
from prometheus_client import Counter

from central.sourcing.question import Asked
from central.sourcing.solver_process import DONE, LENGTH_BYTES, frame
from firmware_config.supervisor import bound_to_parent
from retail.errors import NeedsAttention, Retryable

log = structlog.get_logger(__name__)

NICENESS = 10
PARTS_MAX = 1_000_000
PART_BYTES_MAX = 1 << 31
_REPLAY = "the inputs of the run are stored: replay it and report what it says"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

STARTS = Counter("tillway_solver_starts_total", "Solver processes that were started.")
FAILURES = Counter("tillway_solver_failures_total", "Questions that ended a solver process.", ["how"])


class SolverFailed(Retryable):
    """The process ended, or took too long and was killed. The next question gets a new one."""


class QuestionRefused(NeedsAttention):
    """The inputs are no question that can be decided, or the plan did not pass its check."""


@dataclass(frozen=True)
class Reply:
    """An answer as it came: canonical bytes, the explanations in their order, and the solver's own seconds."""

    answer: bytes
    explanations: tuple[bytes, ...]
    seconds: float


class Solver:
    """Asks one question at a time; others wait their turn. Use it on the main thread, and :meth:`close` it."""

    def __init__(self, name: str, deadline_s: float) -> None:
        self._name, self._deadline_s = name, deadline_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int:
        """The process that is running now; 0 for none."""
        return 0 if self._process is None or self._process.returncode is not None else self._process.pid

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(self.close())

    async def ask(self, asked: Asked) -> Reply:
        """Have a question decided.

        Raises :class:`SolverFailed` after a crash or the deadline, :class:`QuestionRefused` where asking again would
        end the same way. A question whose asker is cancelled ends the process: its answer would come to the next.
        """
        parts = await self._exchanged((asked.network, asked.core, asked.moment))
        return Reply(parts[2], tuple(parts[3:]), float(parts[1]))

    async def weigh(self, asked: Asked, answer: bytes) -> bytes:
        """What the rules of a decided question did and cost: :class:`central.sourcing.rule_costs.RunRules`, encoded.

        Raises as :meth:`ask` does.
        """
        return (await self._exchanged((asked.network, asked.core, asked.moment, answer)))[2]

    async def _exchanged(self, question: tuple[bytes, ...]) -> list[bytes]:
        async with self._turn:
            process = await self._running()
            is_answered = False
            try:
                async with asyncio.timeout(self._deadline_s):
                    parts = await _exchange(process, frame(question))
                is_answered = True
            except TimeoutError as error:
                FAILURES.labels("deadline").inc()
                raise SolverFailed(f"the {self._name} solver took more than {self._deadline_s:g} s") from error
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                FAILURES.labels("crash").inc()
                raise SolverFailed(f"the {self._name} solver ended in the middle of a question") from error
            finally:
                if not is_answered:
                    await asyncio.shield(self.close())
        if parts[0] != DONE:
            raise QuestionRefused(parts[1].decode(), _REPLAY)
        return parts

    async def close(self) -> None:
        """End the process; the next question starts another. Nobody may be waiting for an answer."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()  # it holds nothing that could be left half done
        # The end of a process is only told once its pipes have been read to theirs, and asyncio stops reading a pipe
        # of which much is waiting: who was interrupted in a long answer would wait for ever.
        await process.communicate()
        log.info("solver ended", solver=self._name, pid=process.pid, status=process.returncode)

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        argv = [sys.executable, "-m", "central.sourcing.solver_process"]
        self._process = await asyncio.create_subprocess_exec(
            *bound_to_parent(argv, signal.SIGKILL, prefix=("nice", "-n", str(NICENESS))),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **ONE_THREAD},
            # Ctrl-C in a terminal reaches the centre alone, which ends its solver in order. The session stays that of
            # the centre: Linux may share the processor out among sessions first (sched(7), autogroup), and what is nice
            # in a session of its own gets as much as the centre.
            process_group=0,
        )
        STARTS.inc()
        log.info("solver started", solver=self._name, pid=self._process.pid)
        return self._process


async def _exchange(process: asyncio.subprocess.Process, question: bytes) -> list[bytes]:
    sink, source = process.stdin, process.stdout
    assert sink is not None and source is not None
    sink.write(question)
    await sink.drain()
    count = int.from_bytes(await source.readexactly(LENGTH_BYTES), "big")
    if count > PARTS_MAX:
        raise ConnectionError("what the solver sent is no answer")
    parts = []
    for _ in range(count):
        length = int.from_bytes(await source.readexactly(LENGTH_BYTES), "big")
        if length > PART_BYTES_MAX:
            raise ConnectionError("what the solver sent is no answer")
        parts.append(await source.readexactly(length))
    return parts
