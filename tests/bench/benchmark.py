"""What a benchmark is to the program that runs all of them and writes about them."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
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
    """The most (or, for a rate, the least) that a figure must be; what is ``hoped`` for may be missed."""

    value: float
    at_least: bool = False
    hoped: bool = False

    def is_met(self, figure: float) -> bool:
        """Whether ``figure`` keeps to it."""
        return figure >= self.value if self.at_least else figure <= self.value


@dataclass(frozen=True)
class Row:
    """One figure in a table. ``unit`` is written after it; ``digits`` follow the decimal point.

    ``without`` is what an infinite figure is called: something that did not come about. Without such a word every
    figure must be finite.
    """

    figure: str
    text: str
    unit: str = ""
    digits: int = 2
    target: Bound | None = None
    without: str = ""


@dataclass(frozen=True)
class Table:
    """Figures beside each other: under ``columns``, of which the first is that of the labels, a label and a figure for
    each of the others, or None. A figure that a run does not give has an empty cell; without any, a line is left out.
    """

    about: str
    columns: Sequence[str]
    lines: Sequence[tuple[str, Sequence[Row | None]]]

    @property
    def rows(self) -> Iterator[Row]:
        """All figures."""
        return (row for _, cells in self.lines for row in cells if row is not None)


@dataclass(frozen=True)
class Picture:
    """A drawing that a run leaves in its folder as ``file``; ``text`` says what it shows to who cannot see it."""

    file: str
    text: str
    about: str


class Skipped(Exception):
    """A benchmark cannot run here; says why. The page keeps what it said about it before."""


@dataclass(frozen=True)
class Benchmark:
    """One benchmark. ``about`` says what is measured and how, ``against`` what its ratio is to, ``targets`` what for.

    A row with a target is in the summary too. ``run`` may raise :class:`Skipped`.
    """

    name: str
    title: str
    about: str
    against: str
    targets: str
    rows: Sequence[Row]
    run: Callable[[Setting], Awaitable[Figures]]
    needs_database: bool = False
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()

    @property
    def every_row(self) -> Sequence[Row]:
        """All figures: those of the tables, then the single ones."""
        return (*(row for each in self.tables for row in each.rows), *self.rows)
