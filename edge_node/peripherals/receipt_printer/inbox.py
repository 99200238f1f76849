"""What waits for a printer's thread: jobs in their order, and what people want at once."""

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field

from edge_node.peripherals.receipt_printer.jobs import DrawerOutcome, PrintBytes, PrintOutcome, PrintResult
from edge_node.peripherals.receipt_printer.session import Progress

SHUT_DOWN = "the printer is being shut down"


@dataclass(slots=True, eq=False)
class Job:
    """An order on its way; ``handed_in`` by the clock's monotonic seconds."""

    order: PrintBytes
    handed_in: float
    future: Future[PrintOutcome] = field(default_factory=Future)
    progress: Progress = field(default_factory=Progress)

    def begin(self) -> bool:
        """Whether it is still wanted; from now on it cannot be cancelled."""
        return self.future.running() or self.future.set_running_or_notify_cancel()


Kick = Future[DrawerOutcome]


class Inbox:
    """Filled by any thread, emptied by one, which sleeps here. Holds at most ``jobs_max`` jobs."""

    def __init__(self, jobs_max: int) -> None:
        self._jobs_max = jobs_max
        self._wake = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._kicks: deque[Kick] = deque()
        self._recovery = False
        self._nudged = False
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether nothing more is taken in."""
        return self._closed

    def __len__(self) -> int:
        """Jobs that wait."""
        with self._wake:
            return len(self._jobs)

    def add_job(self, job: Job) -> None:
        """Take ``job``, or end it as not sent where that cannot be."""
        with self._wake:
            if not self._closed and len(self._jobs) < self._jobs_max:
                self._jobs.append(job)
                self._nudge()
                return
        detail = SHUT_DOWN if self._closed else "too many jobs wait for the printer"
        job.future.set_result(PrintOutcome(PrintResult.NOT_SENT, detail))

    def add_kick(self, kick: Kick) -> None:
        """Take the wish to open the drawer."""
        with self._wake:
            if not self._closed and len(self._kicks) < self._jobs_max:
                self._kicks.append(kick)
                self._nudge()
                return
        kick.set_result(DrawerOutcome(False, SHUT_DOWN if self._closed else "the printer does not listen"))

    def want_recovery(self) -> None:
        """Take the wish to go on after an error."""
        with self._wake:
            self._recovery = True
            self._nudge()

    def close(self) -> None:
        """Take nothing more."""
        with self._wake:
            self._closed = True
            self._nudge()

    def next_job(self) -> Job | None:
        """The first job that is still wanted."""
        with self._wake:
            while self._jobs:
                job = self._jobs.popleft()
                if job.begin():
                    return job
        return None

    def put_back(self, job: Job) -> None:
        """Let ``job`` be the next one again."""
        with self._wake:
            self._jobs.appendleft(job)

    def take_jobs(self, handed_in_before: float = float("inf")) -> list[Job]:
        """Remove and give all jobs that are older."""
        with self._wake:
            taken = [job for job in self._jobs if job.handed_in < handed_in_before]
            self._jobs = deque(job for job in self._jobs if job.handed_in >= handed_in_before)
        return [job for job in taken if job.begin()]

    def take_kicks(self) -> list[Kick]:
        """Remove and give all wishes to open the drawer."""
        with self._wake:
            taken, self._kicks = list(self._kicks), deque()
        return [kick for kick in taken if kick.set_running_or_notify_cancel()]

    def take_recovery(self) -> bool:
        """Whether somebody wished to go on after an error since the last call."""
        with self._wake:
            wanted, self._recovery = self._recovery, False
        return wanted

    def sleep(self, seconds: float) -> None:
        """Sleep, until something new comes in; not at all where it did since the last sleep."""
        with self._wake:
            if not self._nudged:
                self._wake.wait(seconds)
            self._nudged = False

    def _nudge(self) -> None:
        self._nudged = True
        self._wake.notify()
