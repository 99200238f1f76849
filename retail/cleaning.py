"""What a file import found wrong, row by row: nothing is dropped in silence and nothing is believed in silence.

Each :class:`Finding` says which field of which row, what is wrong with it, what was done and what a person could do.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

FINDINGS_MAX = 10_000
"""Findings kept word for word; beyond it they are only counted."""

VALUE_LENGTH_MAX = 200


class Action(StrEnum):
    """What became of the row: left out, taken with a changed value, or taken as it is."""

    REFUSED = "refused"
    REPAIRED = "repaired"
    KEPT = "kept"


@dataclass(frozen=True)
class Finding:
    """Something wrong with ``field`` of ``row``; rows count from 1, the heading not included."""

    row: int
    field: str
    value: str
    problem: str
    remedy: str
    action: Action


@dataclass
class CleaningReport:
    """All findings of one import. ``source`` is the file's name, not its path."""

    kind: str
    source: str
    rows_read: int = 0
    rows_kept: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    rows_by_action: dict[Action, set[int]] = field(default_factory=lambda: {action: set() for action in Action})

    def add(self, row: int, field: str, value: object, problem: str, remedy: str, action: Action) -> None:
        """Note a finding. Values are shortened and stripped of control characters."""
        shown = "".join(character if character.isprintable() else "?" for character in str(value))
        self.counts[f"{field}: {problem}"] += 1
        self.rows_by_action[action].add(row)
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(Finding(row, field, shown[:VALUE_LENGTH_MAX], problem, remedy, action))

    @property
    def rows_refused(self) -> int:
        """Rows that were left out."""
        return len(self.rows_by_action[Action.REFUSED])

    @property
    def rows_repaired(self) -> int:
        """Rows that were taken with a changed value."""
        return len(self.rows_by_action[Action.REPAIRED] - self.rows_by_action[Action.REFUSED])

    def summary(self) -> str:
        """The report in a few lines, the commonest problems first."""
        head = (
            f"{self.kind} from {self.source}: {self.rows_read:,} rows read, {self.rows_kept:,} taken"
            f" ({self.rows_repaired:,} repaired), {self.rows_refused:,} refused"
        )
        return "\n".join([head, *(f"  {count:>7,} x {problem}" for problem, count in self.counts.most_common())])
