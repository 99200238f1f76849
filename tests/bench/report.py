"""The page about a run: the same Markdown on the terminal and in docs/benchmarks.md."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.benchmark import Benchmark, Row
from tests.bench.figures import Figures

_PREFACE = (
    "Written by `make bench`; do not edit. A time says little on a machine that others use too, and whose disk changes "
    "its mood from minute to minute. So every speed is a **ratio**, to a bare thing that was measured in alternating "
    "rounds of the same run: the median over the rounds of the ratio of each round's medians. The times beside it are "
    "for orientation. No test depends on any of these figures."
)
_QUICK = "A quick run, much smaller than the texts say: it shows that everything works, and nothing else."
WIDTH = 120


@dataclass(frozen=True)
class Outcome:
    """What a benchmark found, and the load average of the machine before and after."""

    benchmark: Benchmark
    figures: Figures
    load: tuple[str, str]


def page(date: str, facts: Mapping[str, str], outcomes: Sequence[Outcome], *, quick: bool = False) -> str:
    """The whole page. A quick run says of itself that it is one."""
    machine = table(("measured on", date), facts.items())
    targets = [
        (f"{outcome.benchmark.title}: {row.text}", *_judged(row, outcome.figures))
        for outcome in outcomes
        for row in outcome.benchmark.rows
        if row.target is not None
    ]
    summary = table(("figure", "measured", "target", ""), targets)
    opening = f"# Benchmarks\n\n{_wrapped(_QUICK if quick else _PREFACE)}\n"
    return "\n".join([opening, machine, f"## Against the targets\n\n{summary}", *map(section, outcomes)])


def section(outcome: Outcome) -> str:
    """What is said about one benchmark."""
    benchmark = outcome.benchmark
    before, after = outcome.load
    figures = table(("figure", "measured"), ((row.text, shown(row, outcome.figures)) for row in benchmark.rows))
    texts = (
        f"## {benchmark.title}",
        _wrapped(benchmark.about),
        _wrapped(f"**Ratio** to {benchmark.against}"),
        _wrapped(f"**Target:** {benchmark.targets}"),
        f"{figures}\nLoad average before {before}, after {after}.\n",
    )
    return "\n\n".join(texts)


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
    met = "met" if row.target.is_met(figures[row.figure]) else "**missed**"
    bound = _with_unit(Row(row.figure, row.text, row.unit, _digits(row.target.value)), row.target.value)
    return shown(row, figures), f"{sign} {bound}", met


def _digits(bound: float) -> int:
    return 0 if bound == int(bound) else 1


def _with_unit(row: Row, value: float) -> str:
    return f"{value:,.{row.digits}f}{'' if row.unit in ('', '×') else ' '}{row.unit}"
