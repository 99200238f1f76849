"""Each benchmark runs in its quick form and gives every figure that the page shows; how fast does not matter here."""

import math
from pathlib import Path

import pytest

from tests.bench.__main__ import BENCHMARKS
from tests.bench.benchmark import Benchmark, Bound, Row, Setting, Skipped
from tests.bench.report import Outcome, page

SLOW = ("sourcing",)
"""Even these few programs, one after the other, take more than ten seconds."""


@pytest.mark.parametrize(
    "benchmark",
    [
        pytest.param(each, id=each.name, marks=[pytest.mark.slow] if each.name in SLOW else [])
        for each in BENCHMARKS
        if not each.needs_database
    ],
)
async def test_a_benchmark_gives_its_figures(benchmark: Benchmark, tmp_path: Path) -> None:
    await gives_its_figures(benchmark, Setting(tmp_path, quick=True))


@pytest.mark.parametrize("benchmark", [pytest.param(each, id=each.name) for each in BENCHMARKS if each.needs_database])
async def test_a_benchmark_of_the_centre_gives_its_figures(
    benchmark: Benchmark, tmp_path: Path, database_url: str
) -> None:
    await gives_its_figures(benchmark, Setting(tmp_path, database_url, quick=True))


async def gives_its_figures(benchmark: Benchmark, setting: Setting) -> None:
    try:
        figures = await benchmark.run(setting)
    except Skipped as reason:
        pytest.skip(str(reason))
    rows = {row.figure: row for row in benchmark.every_row}
    assert {row.figure for row in benchmark.rows} <= set(figures) <= set(rows)
    assert {name: value for name, value in figures.items() if not is_a_figure(rows[name], value)} == {}
    text = page("today", {"a fact": "a value"}, [Outcome(benchmark, figures, ("0.0", "0.0"))])
    assert all(row.text in text for row in benchmark.rows)
    assert all((setting.folder / picture.file).exists() for picture in benchmark.pictures)


def is_a_figure(row: Row, value: float) -> bool:
    may_be_zero = row.target == Bound(0) or row.unit == "%"
    return (math.isfinite(value) or (value > 0 and row.without != "")) and (value > 0 or may_be_zero)
