"""The page about a run: the same Markdown on the terminal and in docs/benchmarks.md.

A run of some benchmarks replaces their sections and their lines of the summary, and leaves the others as they are: see
:func:`merged`.
"""

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from tests.bench.benchmark import Benchmark, Row, Table
from tests.bench.figures import Figures

_PREFACE = (
    "Written by `make bench`; do not edit. A time says little on a machine that others use too, and whose disk changes "
    "its mood from minute to minute. So every speed is a **ratio**, to a bare thing that was measured in alternating "
    "rounds of the same run: the median over the rounds of the ratio of each round's medians. The times beside it are "
    "for orientation. No test depends on any of these figures."
)
WIDTH = 120
_SUMMARY_HEADING = ("figure", "measured", "target", "")


SUMMARY = "Against the targets"
_SAME_MACHINE = ("processor", "memory")
"""Facts by which one machine is told from another."""


@dataclass(frozen=True)
class Outcome:
    """What a benchmark found, and the load average of the machine before and after."""

    benchmark: Benchmark
    figures: Figures
    load: tuple[str, str]


def page(
    date: str,
    facts: Mapping[str, str],
    outcomes: Sequence[Outcome],
    skipped: Mapping[str, str] | None = None,
    *,
    quick: bool = False,
) -> str:
    """The whole page. Sections of a quick run say that they are of one. ``skipped``: titles and why."""
    targets = [
        (f"{outcome.benchmark.title}: {row.text}", *_judged(row, outcome.figures))
        for outcome in outcomes
        for row in outcome.benchmark.every_row
        if row.target is not None and row.figure in outcome.figures
    ]
    sections = {SUMMARY: table(_SUMMARY_HEADING, targets)}
    when = f"{date} in a quick run, much smaller than the text says" if quick else date
    sections |= {outcome.benchmark.title: section(outcome, when) for outcome in outcomes}
    preface = [_PREFACE]
    preface += [f"Not measured this time: {title}, because {reason}." for title, reason in (skipped or {}).items()]
    return _Page("\n\n".join(map(_wrapped, preface)), dict(facts), date, sections).text()


def merged(old: str, new: str, titles: Sequence[str]) -> str:
    """The page ``new``, with the sections of ``old`` on benchmarks that it does not have; all in the order of
    ``titles``. Sections of another machine, or on what is not among the titles, are left out."""
    before, after = _Page.read(old), _Page.read(new)
    if any(before.facts.get(name) != after.facts.get(name) for name in _SAME_MACHINE):
        return new
    targets = _cells(before.sections.get(SUMMARY, ""))[1:], _cells(after.sections[SUMMARY])[1:]
    kept = [row for row in targets[0] if _title(row[0], titles) not in after.sections]
    both = sorted(
        (row for row in (*kept, *targets[1]) if _title(row[0], titles) in titles),
        key=lambda row: titles.index(_title(row[0], titles)),
    )
    every = before.sections | after.sections
    sections = {SUMMARY: table(_SUMMARY_HEADING, both)}
    sections |= {title: every[title] for title in titles if title in every}
    return _Page(after.preface, before.facts | after.facts, after.date, sections).text()


def section(outcome: Outcome, when: str) -> str:
    """What is said about one benchmark, below its title."""
    benchmark, figures = outcome.benchmark, outcome.figures
    before, after = outcome.load
    texts = [
        _wrapped(benchmark.about),
        _wrapped(f"**Ratio** to {benchmark.against}"),
        _wrapped(f"**Target:** {benchmark.targets}"),
    ]
    for each in benchmark.tables:
        texts += [_wrapped(each.about), _filled(each, figures).rstrip()]
    for picture in benchmark.pictures:
        texts += [_wrapped(picture.about), f"![{picture.text}]({picture.file})"]
    if benchmark.rows:
        rows = ((row.text, shown(row, figures)) for row in benchmark.rows if row.figure in figures)
        texts.append(table(("figure", "measured"), rows).rstrip())
    texts.append(f"Measured {when}; load average before {before}, after {after}.\n")
    return "\n\n".join(texts)


def _filled(asked: Table, figures: Figures) -> str:
    lines = [
        (label, *("" if cell is None or cell.figure not in figures else shown(cell, figures) for cell in cells))
        for label, cells in asked.lines
        if any(cell is not None and cell.figure in figures for cell in cells)
    ]
    return table(asked.columns, lines)


@dataclass(frozen=True)
class _Page:
    """The parts of a page: text at its head, facts of the machine, date, and what stands below each title."""

    preface: str
    facts: dict[str, str]
    date: str
    sections: dict[str, str]

    @classmethod
    def read(cls, text: str) -> Self:
        """From the Markdown."""
        head, *rest = text.split("\n## ")
        opening, _, machine = head.partition("\n| ")
        preface = opening.removeprefix("# Benchmarks").strip()
        cells = _cells("| " + machine)
        sections = {}
        for each in rest:
            title, _, below = each.partition("\n\n")
            sections[title] = below.strip() + "\n"
        return cls(preface, {name: value for name, value in cells[1:]}, cells[0][1] if cells else "", sections)

    def text(self) -> str:
        """As Markdown."""
        machine = table(("measured on", self.date), self.facts.items())
        below = [f"## {title}\n\n{text}" for title, text in self.sections.items()]
        return "\n".join([f"# Benchmarks\n\n{self.preface}\n", machine, *below])


def _title(figure: str, titles: Sequence[str]) -> str:
    """The title that a line of the summary begins with, or nothing."""
    return next((title for title in titles if figure.startswith(f"{title}: ")), "")


def _cells(text: str) -> list[list[str]]:
    """The rows of a Markdown table, heading first."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, aligned for the terminal."""
    cells = [heading, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heading))]
    lines = [f"| {' | '.join(map(str.ljust, row, widths))} |" for row in cells]
    lines.insert(1, f"|{'|'.join('-' * (width + 2) for width in widths)}|")
    return "\n".join(lines) + "\n"


def shown(row: Row, figures: Figures) -> str:
    """A figure with its unit."""
    return _with_unit(row, figures[row.figure])


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _judged(row: Row, figures: Figures) -> tuple[str, str, str]:
    assert row.target is not None
    sign = "≥" if row.target.at_least else "≤"
    missed = "missed, hoped for" if row.target.hoped else "**missed**"
    met = "met" if row.target.is_met(figures[row.figure]) else missed
    bound = _with_unit(Row(row.figure, row.text, row.unit, _digits(row.target.value)), row.target.value)
    return shown(row, figures), f"{sign} {bound}", met


def _digits(bound: float) -> int:
    return len(f"{bound:g}".partition(".")[2])


def _with_unit(row: Row, value: float) -> str:
    if math.isinf(value):
        return row.without
    return f"{value:,.{row.digits}f}{'' if row.unit in ('', '×') else ' '}{row.unit}"
