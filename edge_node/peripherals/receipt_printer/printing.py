"""One job on one connection: wait until the printer can print, send everything, wait for the proof."""

from collections.abc import Callable

from edge_node.peripherals.receipt_printer.advice import health_of
from edge_node.peripherals.receipt_printer.inbox import SHUT_DOWN, Job
from edge_node.peripherals.receipt_printer.jobs import Evidence, PrinterLimits, PrintOutcome, PrintResult
from edge_node.peripherals.receipt_printer.patience import Patience
from edge_node.peripherals.receipt_printer.protocol import (
    QUEUED_STATUS_REQUEST,
    Answer,
    ProcessIdAnswer,
    QueuedStatus,
    proof_request,
)
from edge_node.peripherals.receipt_printer.session import Progress, Session, Stalled
from edge_node.peripherals.receipt_printer.transport import ConnectionLost
from firmware_config.profiles import PrinterProfile, Proof
from retail.clock import Clock


def whole_job(job: Job, profile: PrinterProfile) -> bytes:
    """A job as it goes out: the question whether it is printed stands behind it."""
    match profile.proof:
        case Proof.PROCESS_ID:
            return job.order.data + proof_request(job.order.process_id)
        case Proof.QUEUED_STATUS:
            return job.order.data + QUEUED_STATUS_REQUEST
        case Proof.NONE:
            return job.order.data


class Printing:
    """Prints jobs on ``session``.

    ``scrap`` goes out before the first job, where an interrupted one may have left half a slip. ``attend`` does what
    cannot wait (the drawer) and is called between commands only; ``stopping`` says that the program ends;
    ``on_late_proof`` hears of jobs that the printer proves after they were given up.
    """

    def __init__(
        self,
        session: Session,
        profile: PrinterProfile,
        limits: PrinterLimits,
        clock: Clock,
        *,
        scrap: bytes,
        attend: Callable[[], None],
        stopping: Callable[[], bool],
        on_late_proof: Callable[[bytes], None],
    ) -> None:
        self._session = session
        self._profile = profile
        self._limits = limits
        self._clock = clock
        self._scrap = scrap
        self._attend = attend
        self._stopping = stopping
        self._on_late_proof = on_late_proof
        self._queued_due = 0
        """Answers to GS r that the printer still owes; they do not say to which job they belong."""

    def print_job(self, job: Job) -> PrintOutcome:
        """Print ``job``. Raises :class:`ConnectionLost`; ``job.progress`` says then what went out."""
        obstacle = self._until_ready(job)
        if obstacle:
            return PrintOutcome(PrintResult.NOT_SENT, obstacle)
        try:
            self._session.send(self._scrap, Progress(), self._stopping)
            self._scrap = b""
            answers = self._session.send(whole_job(job, self._profile), job.progress, self._stopping)
        except Stalled as stalled:
            if job.progress.untouched:
                return PrintOutcome(PrintResult.NOT_SENT, stalled.detail)
            # What the printer has of this job must not meet the next one.
            raise ConnectionLost(stalled.detail) from stalled
        return self._await_proof(job, answers)

    def listen(self, timeout: float) -> None:
        """Read once while no job is under way."""
        self._sift(self._session.pump(timeout))

    def _until_ready(self, job: Job) -> str:
        """Waits until the printer can print; what stands against it once that takes too long."""
        self._session.ask()
        deadline = max(job.handed_in + self._limits.ready_s, self._clock.monotonic() + self._limits.tick_s)
        while not self._session.heard or self._session.status.pauses:
            if self._stopping():
                return SHUT_DOWN
            if self._session.heard and self._clock.monotonic() > deadline:
                return health_of(self._session.status).text
            self._session.poll(self._limits.poll_s)
            self.listen(self._limits.tick_s)
            self._attend()
        return ""

    def _await_proof(self, job: Job, answers: list[Answer]) -> PrintOutcome:
        if self._profile.proof is Proof.NONE:
            detail = "sent; this printer cannot tell whether it has printed"
            return PrintOutcome(PrintResult.UNCERTAIN, detail, Evidence.SENT)
        self._queued_due += self._profile.proof is Proof.QUEUED_STATUS
        patience = Patience(self._limits.proof_s, self._limits.pause_s, self._clock.monotonic())
        while True:
            outcome = self._sift(answers, job.order.process_id)
            if outcome is not None:
                return outcome
            if self._stopping():
                return PrintOutcome(PrintResult.UNCERTAIN, "the program was stopped before the printer gave its proof")
            pauses = self._session.status.pauses
            if patience.is_over(self._clock.monotonic(), pauses=pauses):
                detail = health_of(self._session.status).text if pauses else "the printer gave no proof"
                return PrintOutcome(PrintResult.UNCERTAIN, detail)
            self._session.poll(self._limits.poll_s)
            answers = self._session.pump(self._limits.tick_s)
            self._attend()

    def _sift(self, answers: list[Answer], expected: bytes | None = None) -> PrintOutcome | None:
        """How the job ``expected`` ended, if ``answers`` say so; proofs of other jobs are passed on."""
        outcome = None
        for answer in answers:
            if isinstance(answer, ProcessIdAnswer) and answer.process_id == expected:
                outcome = PrintOutcome(PrintResult.PROVED, "", Evidence.PRINTED)
            elif isinstance(answer, ProcessIdAnswer):
                self._on_late_proof(answer.process_id)
            elif isinstance(answer, QueuedStatus) and self._queued_due:
                self._queued_due -= 1
                if expected is not None and not self._queued_due:
                    detail = "the printer has worked through it, but this model cannot tell whether it is on paper"
                    outcome = PrintOutcome(PrintResult.UNCERTAIN, detail, Evidence.PROCESSED)
        return outcome
