"""The second copy of the database, as the rest of the box sees it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """How good the second copy is.

    ``age_s`` is how long the oldest commit that is not in the replica has waited, 0 when all are in it, None while
    nothing is known. ``alarm`` says in words what a person should see to, empty for nothing.
    """

    configured: bool
    age_s: float | None
    txid: int
    wal_bytes: int
    alarm: str


class Replica(Protocol):
    """What watches over the second copy."""

    def status(self) -> ReplicaStatus:
        """How it stands now."""
        ...
