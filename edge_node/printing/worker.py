"""Takes one printer's jobs in order: marks, prints, stores the proof."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

import structlog

from edge_node.ports import Printer, PrintJob, PrintOrder, PrintOutcome, PrintState, Tx, UnitOfWork
from edge_node.printing.queue import prints_as_copy, recover, settle, settle_late, take_next
from retail.errors import NeedsAttention, Retryable

log = structlog.get_logger(__name__)

PAUSE_S_MIN, PAUSE_S_MAX = 0.5, 10.0
"""Pause before a printer that took nothing is tried again; it doubles."""


class PrintWorker:
    """Serves the printer called ``name``. ``on_proof`` runs in the transaction that stores a proof."""

    def __init__(
        self, name: str, printer: Printer, store: UnitOfWork, on_proof: Callable[[Tx, PrintJob], None]
    ) -> None:
        self.name, self._printer, self._store, self._on_proof = name, printer, store, on_proof
        self._wake = asyncio.Event()
        self._stopping = False
        self._late_proofs: list[str] = []

    def wake(self) -> None:
        """Something was queued."""
        self._wake.set()

    def proved_late(self, process_id: str) -> None:
        """The printer has answered for an attempt that was given up."""
        self._late_proofs.append(process_id)
        self._wake.set()

    def stop(self) -> None:
        """Begin no further job; :meth:`run` returns after the one that is being printed."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Print until :meth:`stop`. The disk and the printer may come and go."""
        recovered = False
        pause_s = PAUSE_S_MIN
        while not self._stopping:
            self._wake.clear()
            try:
                if not recovered:
                    await self._store.write(lambda tx: recover(tx, self.name))
                    recovered = True
                await self._settle_late()
                outcome = await self._print_next()
            except (Retryable, NeedsAttention) as failure:
                log.warning("printing waits for the database", printer=self.name, problem=str(failure))
                outcome, recovered = PrintOutcome.NOT_SENT, False  # what was sent meanwhile is uncertain now
            if outcome is PrintOutcome.NOT_SENT:
                await self._pause(pause_s)
                pause_s = min(2 * pause_s, PAUSE_S_MAX)
                continue
            pause_s = PAUSE_S_MIN
            if outcome is None:
                await self._wake.wait()

    async def _print_next(self) -> PrintOutcome | None:
        """Print one job; None when nothing waits."""
        job = await self._store.write(lambda tx: take_next(tx, self.name))
        if job is None:
            return None
        result = await self._printer.print(PrintOrder(job.process_id, job.document, prints_as_copy(job)))
        settled = await self._store.write(lambda tx: settle(tx, job.number, result, self._on_proof))
        if settled is not None and settled.state is PrintState.FAILED:
            log.error("a slip was printed again and again without proof", printer=self.name, job=str(job.id))
        return result.outcome

    async def _settle_late(self) -> None:
        while self._late_proofs:
            proof = self._late_proofs[0]
            await self._store.write(partial(settle_late, printer=self.name, proof=proof, on_proof=self._on_proof))
            self._late_proofs.pop(0)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not for longer than until the program stops."""
        deadline = asyncio.get_running_loop().time() + seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                while not self._stopping:
                    self._wake.clear()
                    await self._wake.wait()
