"""What is asked of the printer driver, and how it ends."""

from dataclasses import dataclass
from enum import StrEnum

from edge_node.peripherals.receipt_printer.protocol import check_process_id
from retail.errors import Refused

JOB_BYTES_MAX = 1_000_000
"""Longest job. A receipt is a few thousand bytes; this is a roll of paper."""


@dataclass(frozen=True, slots=True)
class PrintBytes:
    """A slip, encoded. ``process_id`` (see :func:`protocol.process_id`) is what the printer proves it by.

    It must differ from those of other jobs that may still be in the printer: derive it from the job's number in the
    database. Raises :class:`Refused` for an id that no printer answers and for a job that is too long.
    """

    process_id: bytes
    data: bytes

    def __post_init__(self) -> None:
        check_process_id(self.process_id)
        if not 0 < len(self.data) <= JOB_BYTES_MAX:
            raise Refused("data", f"a job has 1 to {JOB_BYTES_MAX} bytes, this has {len(self.data)}", "split it")


class PrintResult(StrEnum):
    """How a job ended, by what may be done next."""

    PROVED = "proved"
    """It is on paper."""
    UNCERTAIN = "uncertain"
    """It may be on paper, whole or in part: print it again only with COPY on it, or let a person look."""
    NOT_SENT = "not_sent"
    """Not a byte of it went out: printing it again is safe."""


class Evidence(StrEnum):
    """What the printer itself has said about a job."""

    PRINTED = "printed"
    PROCESSED = "processed"
    """It has worked through the data, but cannot tell whether they are on paper. The best that some models can do."""
    SENT = "sent"
    """It has taken all of the data, and this model says no more."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PrintOutcome:
    """The end of a job. ``detail`` says why, in words for people."""

    result: PrintResult
    detail: str = ""
    evidence: Evidence = Evidence.NONE


@dataclass(frozen=True, slots=True)
class DrawerOutcome:
    """Whether the pulse was sent. Whether the drawer has opened shows its sensor: ``PrinterDriver.drawer_is_open``."""

    sent: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PrinterLimits:
    """How long the driver waits, and for what; all in seconds, all above zero."""

    queue_jobs: int = 64
    """Jobs that may wait; one more is refused as not sent."""
    open_s: float = 3.0
    """For one attempt to connect."""
    connect_s: float = 10.0
    """For a printer that is not there, from the moment when the job was handed in."""
    ready_s: float = 600.0
    """For paper, a closed cover and the like, before anything is sent."""
    stall_s: float = 10.0
    """For a printer that takes no more bytes and names no reason."""
    proof_s: float = 20.0
    """For the proof after the last byte, while the printer names no reason."""
    pause_s: float = 1800.0
    """For a person to see to a printer that has stopped within a job."""
    silence_s: float = 5.0
    """For the answer to a status request, which a printer gives at once or never."""
    clear_s: float = 2.0
    """For the answer to clearing the buffers."""
    poll_s: float = 0.5
    """Between status rounds while a job is under way."""
    idle_poll_s: float = 2.0
    """Between status rounds otherwise."""
    tick_s: float = 0.1
    """How long one read or write may take, so that the rest of the driver's work is not late."""
    retry_first_s: float = 0.2
    """Before the second attempt to connect; doubled each time."""
    retry_max_s: float = 5.0
