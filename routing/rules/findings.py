"""What lint says of a rule set."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``text`` is what is wrong with what stands at ``path``, ``remedy`` what to do about it.

    An ``error`` is a contradiction: orders would have nowhere to go. A ``warning`` is a rule or segment that does
    nothing or not what it seems to. A ``note`` is worth knowing.
    """

    severity: Severity
    path: str
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.path}: {self.text}; {self.remedy}"
