"""Runs the benchmarks: ``python -m tests.bench [--only NAME]... [--quick] [--no-write]``.

A whole run writes docs/benchmarks.md, a part of one or a quick one only with ``--write``; a part replaces its own
sections. Everything that is started is stopped and every file removed, also after Ctrl-C.
"""

import argparse
import asyncio
import contextlib
import logging
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog

from retail.clock import SystemClock
from tests.bench import (
    bench_ack,
    bench_api,
    bench_commit,
    bench_ingest,
    bench_memory,
    bench_olist,
    bench_online,
    bench_promise,
    bench_replay,
    bench_routing,
    bench_sourcing,
    machine,
    report,
)
from tests.bench.benchmark import Benchmark, Setting, Skipped
from tests.bench.centre import Server, serving

BENCHMARKS: Sequence[Benchmark] = (
    bench_commit.BENCHMARK,
    bench_routing.BENCHMARK,
    bench_sourcing.BENCHMARK,
    bench_online.BENCHMARK,
    bench_olist.BENCHMARK,
    bench_promise.BENCHMARK,
    bench_api.BENCHMARK,
    bench_replay.BENCHMARK,
    bench_ack.BENCHMARK,
    bench_ingest.BENCHMARK,
    bench_memory.BENCHMARK,
)
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    arguments = _parser().parse_args(argv)
    chosen = [each for each in BENCHMARKS if not arguments.only or each.name in arguments.only]
    write = arguments.write if arguments.write is not None else not (arguments.only or arguments.quick)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        with tempfile.TemporaryDirectory(prefix="tillway-bench-", dir=arguments.dir) as folder:
            text = asyncio.run(_measure(chosen, Path(folder), quick=arguments.quick))
            print(text)
            if write:
                _write(text, chosen, Path(folder))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    return 0


def _write(text: str, chosen: Sequence[Benchmark], folder: Path) -> None:
    """Put what was measured on the page and its pictures beside it."""
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(report.merged(before, text, [each.title for each in BENCHMARKS]), encoding="utf-8")
    for benchmark in chosen:
        for picture in benchmark.pictures:
            drawn = folder / benchmark.name / picture.file
            if drawn.exists():
                shutil.copyfile(drawn, PAGE.parent / picture.file)


async def _measure(chosen: Sequence[Benchmark], folder: Path, *, quick: bool) -> str:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with contextlib.AsyncExitStack() as parts:
        server: Server | None = None
        if any(each.needs_database for each in chosen):
            _say("starting PostgreSQL")
            server = await parts.enter_async_context(serving(folder / "postgresql"))
        outcomes, skipped = [], {}
        for each in chosen:
            try:
                outcomes.append(await _outcome(each, folder, server, quick=quick))
            except Skipped as reason:
                skipped[each.title] = str(reason)
                _say(f"skipped {each.name}: {reason}")
        facts = await machine.facts(folder, await server.settings() if server else {})
    now = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC)
    return report.page(f"{now:%Y-%m-%d %H:%M} UTC", facts, outcomes, skipped, quick=quick)


async def _outcome(benchmark: Benchmark, folder: Path, server: Server | None, *, quick: bool) -> report.Outcome:
    _say(f"measuring {benchmark.name}")
    own = folder / benchmark.name
    own.mkdir()
    url = await server.database(benchmark.name) if server and benchmark.needs_database else ""
    before = machine.load()
    figures = await benchmark.run(Setting(own, url, quick))
    return report.Outcome(benchmark, figures, (before, machine.load()))


def _parser() -> argparse.ArgumentParser:
    names = [each.name for each in BENCHMARKS]
    parser = argparse.ArgumentParser("python -m tests.bench", description="Measure speed and memory, as ratios.")
    parser.add_argument("--only", action="append", choices=names, help="only this one (may be repeated)")
    parser.add_argument("--quick", action="store_true", help="the smallest run, to see that everything works")
    parser.add_argument("--dir", type=Path, help="measure the disk of this folder (default: that of temporary files)")
    parser.add_argument(
        "--write", action=argparse.BooleanOptionalAction, help="write docs/benchmarks.md (default: after a whole run)"
    )
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
