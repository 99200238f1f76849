"""The print queue and the printer, as the rest of the box sees them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from edge_node.ports.documents import Document


class PrintKind(StrEnum):
    """What a job prints."""

    RECEIPT = "receipt"
    PICK_LIST = "pick_list"
    CANCEL_SLIP = "cancel_slip"
    TEST = "test"


class PrintState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    SENT = "sent"
    """Bytes may be on their way to the printer; nothing is known yet."""
    PROVED = "proved"
    """The printer said that all of it is on paper."""
    UNCERTAIN = "uncertain"
    """Perhaps printed, perhaps not: it is printed again, marked as a copy."""
    FAILED = "failed"
    """Printed again as often as allowed, without proof: a person must look at the printer."""
    TAKEN = "taken"
    """The printer took all of it, and this model cannot tell more: it is not printed again by itself."""
    CANCELLED = "cancelled"
    """No longer wanted before it was printed."""


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One slip to print.

    ``number`` orders the jobs. ``subject`` is the sale's or task's id. ``process_id`` is what the printer was asked to
    repeat as proof of the last attempt; ``attempts`` counts how often bytes were sent. ``is_copy``: every printing of
    this job is a copy, as a customer's reprint is. ``note`` says in words why a job waits or failed.
    """

    id: UUID
    number: int
    printer: str
    kind: PrintKind
    subject: str
    document: Document
    state: PrintState = PrintState.QUEUED
    process_id: str = ""
    attempts: int = 0
    is_copy: bool = False
    note: str = ""
    queued_ms: int = 0
    sent_ms: int = 0
    proved_ms: int = 0


class PrintOutcome(StrEnum):
    """What is known after an attempt to print."""

    PROVED = "proved"
    UNCERTAIN = "uncertain"
    TAKEN = "taken"
    """All of it went out to a printer that cannot prove what it prints."""
    NOT_SENT = "not_sent"
    """Not a byte left the box: nothing was printed."""


@dataclass(frozen=True, slots=True)
class PrintResult:
    """The outcome, and what a person should know about it."""

    outcome: PrintOutcome
    note: str = ""


@dataclass(frozen=True, slots=True)
class PrintOrder:
    """What a printer is asked to print. ``process_id`` is 4 characters 0x20 to 0x7E; ``is_copy`` prints COPY on it."""

    process_id: str
    document: Document
    is_copy: bool


class Printer(Protocol):
    """A receipt printer. It prints one order after the other."""

    async def print(self, order: PrintOrder) -> PrintResult:
        """Print, and return when the outcome is known. Has a deadline of its own; raises nothing."""
        ...

    def open_drawer(self) -> None:
        """Open the cash drawer that hangs on the printer, if one does. Returns at once and never fails."""
        ...
