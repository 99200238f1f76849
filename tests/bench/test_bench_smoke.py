"""Each benchmark runs in its quick form and gives every figure that the page shows; how fast does not matter here."""

import math
from pathlib import Path

import pytest

from tests.bench.__main__ import BENCHMARKS
from tests.bench.benchmark import Benchmark, Setting
from tests.bench.report import Outcome, page


@pytest.mark.parametrize(
    "benchmark", [pytest.param(each, id=each.name) for each in BENCHMARKS if not each.needs_database]
)
async def test_a_benchmark_gives_its_figures(benchmark: Benchmark, tmp_path: Path) -> None:
    await gives_its_figures(benchmark, Setting(tmp_path, quick=True))


@pytest.mark.parametrize("benchmark", [pytest.param(each, id=each.name) for each in BENCHMARKS if each.needs_database])
async def test_a_benchmark_of_the_centre_gives_its_figures(
    benchmark: Benchmark, tmp_path: Path, database_url: str
) -> None:
    await gives_its_figures(benchmark, Setting(tmp_path, database_url, quick=True))


async def gives_its_figures(benchmark: Benchmark, setting: Setting) -> None:
    figures = await benchmark.run(setting)
    assert {row.figure for row in benchmark.rows} == set(figures)
    assert {name: value for name, value in figures.items() if not (math.isfinite(value) and value > 0)} == {}
    text = page("today", {"a fact": "a value"}, [Outcome(benchmark, figures, ("0.0", "0.0"))])
    assert all(row.text in text for row in benchmark.rows)
