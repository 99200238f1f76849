"""The life of a print job, as use cases inside a transaction.

A job is marked as sent, durably, before a byte leaves the box: after a crash it is known that paper may exist. Without
the printer's proof it is printed again, marked as a copy, and after :data:`COPIES_MAX` copies a person is asked.
"""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from edge_node.ports import PrintJob, PrintOutcome, PrintResult, PrintState, Tx

COPIES_MAX = 3

_FIRST, _LAST = 0x20, 0x7E
_SYMBOLS = _LAST - _FIRST + 1
_LENGTH = 4


def process_id(attempt: int) -> str:
    """The 4 characters, 0x20 to 0x7E, by which a printer proves an attempt: they repeat after 81 million attempts."""
    characters = []
    for _ in range(_LENGTH):
        attempt, digit = divmod(attempt, _SYMBOLS)
        characters.append(chr(_FIRST + digit))
    return "".join(reversed(characters))


def recover(tx: Tx, printer: str) -> int:
    """After a start: what was sent without proof is uncertain. Returns how many jobs that are."""
    interrupted = tx.print_jobs(states=[PrintState.SENT], printer=printer, limit=10_000)
    for job in interrupted:
        tx.save_print_job(_without_proof(job, "the box stopped while it was printing"))
    return len(interrupted)


def take_next(tx: Tx, printer: str) -> PrintJob | None:
    """The oldest job to print, marked as sent; None when nothing waits."""
    waiting = tx.print_jobs(states=[PrintState.QUEUED, PrintState.UNCERTAIN], printer=printer, limit=1)
    if not waiting:
        return None
    job = replace(
        waiting[0],
        state=PrintState.SENT,
        process_id=process_id(tx.next_print_attempt()),
        attempts=waiting[0].attempts + 1,
        sent_ms=tx.now_ms,
    )
    tx.save_print_job(job)
    return job


def settle(tx: Tx, number: int, result: PrintResult, on_proof: Callable[[Tx, PrintJob], None]) -> PrintJob | None:
    """Note what came of an attempt. ``on_proof`` does what the proof allows, in the same transaction."""
    job = tx.print_job(number)
    if job is None or job.state is not PrintState.SENT:
        return job
    if result.outcome is PrintOutcome.PROVED:
        job = replace(job, state=PrintState.PROVED, proved_ms=tx.now_ms, note="")
        on_proof(tx, job)
    elif result.outcome is PrintOutcome.TAKEN:
        job = replace(job, state=PrintState.TAKEN, note=result.note)
    elif result.outcome is PrintOutcome.UNCERTAIN:
        job = _without_proof(job, result.note)
    else:
        waits = PrintState.UNCERTAIN if job.attempts > 1 else PrintState.QUEUED
        job = replace(job, state=waits, attempts=job.attempts - 1, note=result.note)
    tx.save_print_job(job)
    return job


def settle_late(tx: Tx, printer: str, proof: str, on_proof: Callable[[Tx, PrintJob], None]) -> PrintJob | None:
    """A printer proved an attempt that was given up: it need not be printed again. None if nobody waits for it."""
    given_up = tx.print_jobs(states=[PrintState.UNCERTAIN, PrintState.FAILED], printer=printer, limit=1_000)
    job = next((each for each in given_up if each.process_id == proof), None)
    if job is not None:
        job = replace(job, state=PrintState.PROVED, proved_ms=tx.now_ms, note="")
        on_proof(tx, job)
        tx.save_print_job(job)
    return job


def try_again(tx: Tx, job_id: UUID) -> PrintJob | None:
    """A person has seen to the printer: print a failed job again. None if no job of that id has failed."""
    failed = tx.print_jobs(states=[PrintState.FAILED], limit=1_000)
    job = next((each for each in failed if each.id == job_id), None)
    if job is not None:
        job = replace(job, state=PrintState.UNCERTAIN, attempts=1, note="")
        tx.save_print_job(job)
    return job


def prints_as_copy(job: PrintJob) -> bool:
    """Whether the present attempt must say COPY."""
    return job.is_copy or job.attempts > 1


def _without_proof(job: PrintJob, note: str) -> PrintJob:
    state = PrintState.UNCERTAIN if job.attempts <= COPIES_MAX else PrintState.FAILED
    return replace(job, state=state, note=note)
