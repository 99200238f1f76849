"""What a benchmark is to the program that runs all of them and writes about them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figures


@dataclass(frozen=True)
class Setting:
    """Where a benchmark runs. ``folder`` is empty and lies on the disk that is measured.

    ``database_url`` is a migrated, empty database; empty for a benchmark that needs none. ``quick`` asks for the
    smallest run that still gives every figure: for a smoke test, not for a page.
    """

    folder: Path
    database_url: str = ""
    quick: bool = False


@dataclass(frozen=True)
class Bound:
    """The most (or, for a rate, the least) that a figure should be."""

    value: float
    at_least: bool = False

    def is_met(self, figure: float) -> bool:
        """Whether ``figure`` keeps to it."""
        return figure >= self.value if self.at_least else figure <= self.value


@dataclass(frozen=True)
class Row:
    """One figure in a table. ``unit`` is written after it; ``digits`` follow the decimal point."""

    figure: str
    text: str
    unit: str = ""
    digits: int = 2
    target: Bound | None = None


@dataclass(frozen=True)
class Benchmark:
    """One benchmark. ``about`` says what is measured and how, ``against`` what its ratio is to, ``targets`` what for.

    A row with a target is in the summary too.
    """

    name: str
    title: str
    about: str
    against: str
    targets: str
    rows: Sequence[Row]
    run: Callable[[Setting], Awaitable[Figures]]
    needs_database: bool = False
