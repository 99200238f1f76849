"""The printer driver: one thread that prints jobs in their order and says of each how sure it is.

Life of a job: it waits until the printer is connected and can print, then all its bytes go out, then comes the proof.
Up to the first byte every failure ends in NOT_SENT; after it, everything but the printer's own word (GS ( H) ends in
UNCERTAIN. A printer that runs out of paper within a job only pauses: the driver goes on waiting, and its health says
what to do.
"""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future

import structlog

from edge_node.peripherals.health import READY, DeviceState, Diagnostics, Health, HealthReport, tell
from edge_node.peripherals.receipt_printer.advice import health_of
from edge_node.peripherals.receipt_printer.inbox import SHUT_DOWN, Inbox, Job
from edge_node.peripherals.receipt_printer.jobs import (
    DrawerOutcome,
    Evidence,
    PrintBytes,
    PrinterLimits,
    PrintOutcome,
    PrintResult,
)
from edge_node.peripherals.receipt_printer.printing import Printing, whole_job
from edge_node.peripherals.receipt_printer.protocol import (
    CONTINUE_AFTER_ERROR,
    PrinterStatus,
    drawer_kick,
    scrap_mark,
)
from edge_node.peripherals.receipt_printer.session import Session
from edge_node.peripherals.receipt_printer.transport import ConnectionLost, Transport, Unreachable
from firmware_config.profiles import PrinterProfile
from retail.clock import Clock

_CLAIMED = Health(DeviceState.CLAIMED, "connected, waiting for its first word")
_GLANCE_S = 0.001
"""A read that waits for nothing; zero would mean for ever to libusb."""


class PrinterDriver:
    """Prints on one printer. Every method may be called from any thread and returns at once, except :meth:`close`.

    ``on_health`` hears every change of health; ``on_late_proof`` of a process id that the printer has answered after
    its job had already ended as uncertain; both are called in the driver's thread. ``interrupted`` says that an earlier
    process may have stopped within a job: the printer is cleared first, and a scrap marks what may hang out of it.
    """

    def __init__(
        self,
        transport: Transport,
        profile: PrinterProfile,
        clock: Clock,
        *,
        name: str = "receipt printer",
        limits: PrinterLimits | None = None,
        on_health: Callable[[Health], None] | None = None,
        on_late_proof: Callable[[bytes], None] | None = None,
        interrupted: bool = False,
    ) -> None:
        self._transport = transport
        self._profile = profile
        self._clock = clock
        self._limits = limits or PrinterLimits()
        self._on_late_proof = on_late_proof
        self._log = structlog.get_logger().bind(device=name)
        self._health = HealthReport(name, on_health)
        self._inbox = Inbox(self._limits.queue_jobs)
        self._session: Session | None = None
        self._status: PrinterStatus | None = None
        self._half_slip = interrupted
        self._counts: Counter[str] = Counter()
        self._last_proof_ms: int | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; it connects by itself."""
        self._thread.start()

    def submit(self, order: PrintBytes) -> Future[PrintOutcome]:
        """Print ``order`` after those before it. The future never fails; it can be cancelled until printing starts."""
        job = Job(order, self._clock.monotonic())
        self._inbox.add_job(job)
        return job.future

    def kick_drawer(self) -> Future[DrawerOutcome]:
        """Open the drawer now, past the jobs that wait, and even while the paper is out where the model can."""
        kick: Future[DrawerOutcome] = Future()
        self._inbox.add_kick(kick)
        return kick

    def continue_printing(self) -> None:
        """Somebody has taken the paper out of the cutter: let the printer go on where it stopped."""
        self._inbox.want_recovery()

    def health(self) -> Health:
        """How the printer is."""
        return self._health.now

    def drawer_is_open(self) -> bool | None:
        """What the drawer's sensor says; None while the printer has not told."""
        status = self._status
        if status is None or status.drawer_pin_high is None:
            return None
        return status.drawer_pin_high is self._profile.drawer_open_high

    def diagnostics(self) -> Diagnostics:
        """Counts and states for support."""
        health = self.health()
        counted = [f"jobs_{result.value}" for result in PrintResult] + ["connections", "late_proofs", "noise_bytes"]
        return {
            "profile": self._profile.name,
            "where": self._transport.name,
            "state": health.state.value,
            "detail": health.text,
            "jobs_waiting": len(self._inbox),
            "last_job_ms": self._last_proof_ms,
            **{name: self._counts[name] for name in counted},
        }

    def close(self, timeout: float = 10.0) -> None:
        """Stop; what was not sent ends as such. Waits at most ``timeout`` seconds for the thread."""
        self._inbox.close()
        if self._thread.is_alive():
            self._thread.join(timeout)
        else:
            self._refuse_everything()

    # The thread

    def _run(self) -> None:
        retry_s = self._limits.retry_first_s
        while not self._inbox.closed:
            try:
                session, printing = self._connect()
                retry_s = self._limits.retry_first_s
                while not self._inbox.closed:
                    self._serve(session, printing)
            except (Unreachable, ConnectionLost) as error:
                self._disconnect(error)
                self._inbox.sleep(retry_s)
                retry_s = min(retry_s * 2, self._limits.retry_max_s)
            except Exception as error:  # noqa: BLE001 - a bug must not end printing until somebody restarts the box
                self._log.exception("the printer driver failed")
                self._disconnect(ConnectionLost(f"the driver failed: {type(error).__name__}"))
                self._inbox.sleep(self._limits.retry_max_s)
        self._disconnect(None)
        self._refuse_everything()

    def _connect(self) -> tuple[Session, Printing]:
        self._transport.open(self._limits.open_s)
        session = Session(self._transport, self._profile, self._limits, self._clock, self._heard)
        printing = Printing(
            session,
            self._profile,
            self._limits,
            self._clock,
            scrap=scrap_mark(self._profile.cut) if self._half_slip else b"",
            attend=lambda: self._attend(session),
            stopping=lambda: self._inbox.closed,
            on_late_proof=self._proved_late,
        )
        self._session = session
        self._counts["connections"] += 1
        self._health.set(READY if session.heard else _CLAIMED)
        session.prepare(clear=self._half_slip)
        return session, printing

    def _disconnect(self, error: Unreachable | ConnectionLost | None) -> None:
        """Without a connection: jobs that have waited long enough end, and all kicks, because those mean now."""
        if self._session is not None:
            self._counts["noise_bytes"] += self._session.noise_bytes
        self._session = self._status = None
        self._transport.close()
        if error is None:
            self._health.set(Health(DeviceState.ABSENT, "shut down"))
            return
        remedy = error.remedy if isinstance(error, Unreachable) else "see that it is switched on and connected"
        self._health.set(Health(DeviceState.ABSENT, error.problem, remedy))
        self._refuse_jobs(self._clock.monotonic() - self._limits.connect_s, error.problem)
        self._refuse_kicks(error.problem)

    def _serve(self, session: Session, printing: Printing) -> None:
        """One job, or a moment of listening where there is none."""
        self._attend(session)
        job = self._inbox.next_job()
        if job is not None:
            self._end(job, self._print(printing, job))
            return
        session.poll(self._limits.idle_poll_s)
        printing.listen(_GLANCE_S if session.heard else self._limits.tick_s)
        if session.heard:
            self._inbox.sleep(self._limits.tick_s)

    def _print(self, printing: Printing, job: Job) -> PrintOutcome:
        try:
            outcome = printing.print_job(job)
        except ConnectionLost as error:
            if job.progress.untouched:
                self._inbox.put_back(job)
            else:
                self._half_slip = not self._transport.delivers or job.progress.sent < self._length(job)
                self._end(job, PrintOutcome(PrintResult.UNCERTAIN, f"{error.problem} while the job was under way"))
            raise
        except Exception:
            self._end(job, PrintOutcome(PrintResult.UNCERTAIN, "the driver failed"))
            raise
        if outcome.evidence is not Evidence.NONE:
            # Whatever an earlier job has left is out, and so is the scrap that marks it.
            self._half_slip = False
        return outcome

    def _length(self, job: Job) -> int:
        return len(whole_job(job, self._profile))

    def _end(self, job: Job, outcome: PrintOutcome) -> None:
        self._counts[f"jobs_{outcome.result.value}"] += 1
        if outcome.result is PrintResult.PROVED:
            self._last_proof_ms = round((self._clock.monotonic() - job.handed_in) * 1000)
        else:
            self._log.warning("a job was not proved", result=outcome.result.value, detail=outcome.detail)
        job.future.set_result(outcome)

    def _attend(self, session: Session) -> None:
        """What people want at once: the drawer, and printing on after a jam."""
        for kick in self._inbox.take_kicks():
            try:
                kick.set_result(self._kick(session))
            except ConnectionLost as error:
                kick.set_result(DrawerOutcome(False, error.problem))
                raise
        if self._inbox.take_recovery():
            session.offer(CONTINUE_AFTER_ERROR, self._limits.tick_s)
            session.ask()

    def _kick(self, session: Session) -> DrawerOutcome:
        realtime = self._profile.realtime_drawer
        if session.status.pauses and not realtime:
            # From the buffer it would open the drawer some time later, when nobody stands there.
            return DrawerOutcome(False, health_of(session.status).text)
        sent = session.offer(drawer_kick(self._profile.drawer_pin, realtime=realtime), self._limits.tick_s)
        return DrawerOutcome(sent, "" if sent else "the printer takes no data right now")

    def _heard(self, status: PrinterStatus) -> None:
        self._status = status
        self._health.set(health_of(status))

    def _proved_late(self, process_id: bytes) -> None:
        self._counts["late_proofs"] += 1
        tell(self._on_late_proof, process_id, self._log)

    def _refuse_everything(self) -> None:
        self._refuse_jobs(float("inf"), SHUT_DOWN)
        self._refuse_kicks(SHUT_DOWN)

    def _refuse_jobs(self, handed_in_before: float, detail: str) -> None:
        for job in self._inbox.take_jobs(handed_in_before):
            self._end(job, PrintOutcome(PrintResult.NOT_SENT, detail))

    def _refuse_kicks(self, detail: str) -> None:
        for kick in self._inbox.take_kicks():
            kick.set_result(DrawerOutcome(False, detail))
