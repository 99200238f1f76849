"""What a barcode scanner on the box has read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scan:
    """One code. ``id`` rises from scan to scan, also over a restart; ``at_ms`` is the box's wall clock."""

    id: int
    at_ms: int
    scanner: str
    code: str
