"""The print queue."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status

from edge_node.lan.box import TheBox
from edge_node.lan.models import Answer, Limit
from edge_node.lan.problems import NotFound, documented
from edge_node.ports import PrintJob, PrintState, View
from edge_node.printing.queue import try_again

router = APIRouter(prefix="/v1/print-jobs", tags=["printing"])


class PrintJobOut(Answer):
    """A slip to print. ``subject`` is the sale or the task. ``attempts`` counts how often it was sent."""

    id: UUID
    number: int
    printer: str
    kind: str
    subject: str
    state: str
    attempts: int
    note: str
    queued_ms: int
    sent_ms: int
    proved_ms: int


class PrintJobs(Answer):
    """Print jobs, the newest first."""

    jobs: list[PrintJobOut]


@router.get("", responses=documented(422), summary="What was and will be printed")
async def print_jobs(
    box: TheBox, state: Annotated[list[PrintState] | None, Query(max_length=10)] = None, limit: Limit = 100
) -> PrintJobs:
    """The newest jobs, or the oldest in the given states."""

    def question(view: View) -> list[PrintJobOut]:
        jobs = view.print_jobs(states=state, limit=limit) if state else view.recent_print_jobs(limit)
        return [_job(job) for job in sorted(jobs, key=lambda job: -job.number)]

    return PrintJobs(jobs=await box.store.read(question))


@router.post(
    "/{job_id}/retry",
    status_code=status.HTTP_202_ACCEPTED,
    responses=documented(400, 404, 413, 422),
    summary="Print a failed slip again",
)
async def retry(box: TheBox, job_id: UUID) -> PrintJobOut:
    """For a person who has seen to the printer. Only a job that has failed is found."""
    job = await box.store.write(lambda tx: try_again(tx, job_id))
    if job is None:
        raise NotFound(f"failed print job {job_id}")
    return _job(job)


def _job(job: PrintJob) -> PrintJobOut:
    return PrintJobOut(
        id=job.id, number=job.number, printer=job.printer, kind=job.kind.value, subject=job.subject,
        state=job.state.value, attempts=job.attempts, note=job.note, queued_ms=job.queued_ms, sent_ms=job.sent_ms,
        proved_ms=job.proved_ms,
    )  # fmt: skip
