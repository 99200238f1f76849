"""How fast the centre stores what boxes send, beside PostgreSQL's own way to take rows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from uuid import UUID

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from central.ingest.domain import BoxStep, Rows
from central.ingest.postgres import store
from central.platform.engine import libpq_url, make_engine
from central.platform.tables import TENANT
from simulators.world import generate
from tests.bench.benchmark import Benchmark, Bound, Row, Setting
from tests.bench.figures import Figures, alternating, paired_ratio, percentile_ms
from tests.bench.fleet import BoxLog, enrol
from tests.bench.shop import PRODUCTS

BOXES, BOXES_QUICK = 50, 5
BATCH = 50
ROUNDS, ROUNDS_QUICK = 16, 2

LogRow = tuple[str, str, UUID, int, UUID, bytes, bytes]
_COPY = "COPY log_entry (tenant, location, box, seq, id, body, hash) FROM STDIN"


@dataclass
class Measured:
    """Seconds, round by round; rows and bodies of all rounds."""

    prepared: list[list[float]] = field(default_factory=list)
    stored: list[list[float]] = field(default_factory=list)
    copied: list[list[float]] = field(default_factory=list)
    rows: int = 0
    body_bytes: list[int] = field(default_factory=list)


async def run(setting: Setting) -> Figures:
    """Events a second through the one statement of ingest, and the ratio of its time to that of COPY."""
    products = generate(1, PRODUCTS).products
    boxes = BOXES_QUICK if setting.quick else BOXES
    logs = [BoxLog(f"S{number:04}", products, number) for number in range(1, boxes + 1)]
    twins = {log.box: BoxLog(log.location, (), 0).box for log in logs}
    measured = Measured()
    engine = make_engine(setting.database_url)
    try:
        for log in logs:
            await enrol(engine, log.location, log.box)
        async with await psycopg.AsyncConnection.connect(libpq_url(setting.database_url)) as raw:
            await _round(engine, raw, logs, twins, Measured(), copy_first=True)  # plans are made, files have begun
            for number in range(ROUNDS_QUICK if setting.quick else ROUNDS):
                await _round(engine, raw, logs, twins, measured, copy_first=alternating(number))
    finally:
        await engine.dispose()
    return _figures(measured, boxes * BATCH)


async def _round(
    engine: AsyncEngine,
    raw: psycopg.AsyncConnection,
    logs: Sequence[BoxLog],
    twins: dict[UUID, UUID],
    measured: Measured,
    *,
    copy_first: bool,
) -> None:
    """One batch of each box, stored and copied."""
    steps = [log.step(BATCH) for log in logs]
    rows = [row for log, step in zip(logs, steps, strict=True) for row in _log_rows(log, step, twins[log.box])]
    if copy_first:
        measured.copied.append([await _copy(raw, rows)])
    await _store(engine, steps, measured)
    if not copy_first:
        measured.copied.append([await _copy(raw, rows)])
    measured.body_bytes += [len(entry.body) for step in steps for entry in step.entries]


def _log_rows(log: BoxLog, step: BoxStep, twin: UUID) -> list[LogRow]:
    """The same rows under the name of a box that nobody has heard of."""
    hashes = log.hashes(step.before, step.entries)
    return [
        (TENANT, step.location, twin, entry.seq, entry.id, entry.body, digest)
        for entry, digest in zip(step.entries, hashes, strict=True)
    ]


async def _store(engine: AsyncEngine, steps: Sequence[BoxStep], measured: Measured) -> None:
    """Read the bodies and make rows of them, then store and commit those."""
    begun = time.perf_counter()
    rows = Rows(steps)
    prepared = time.perf_counter()
    async with engine.begin() as conn:
        moved = await store(conn, rows)
    done = time.perf_counter()
    assert len(moved) == len(steps), "a batch was not stored: the figures would be of nothing"
    measured.prepared.append([prepared - begun])
    measured.stored.append([done - begun])
    measured.rows += sum(map(len, rows.relations))


async def _copy(raw: psycopg.AsyncConnection, rows: Sequence[LogRow]) -> float:
    """Seconds to copy and commit ``rows``."""
    begun = time.perf_counter()
    async with raw.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            await copy.write_row(row)
    await raw.commit()
    return time.perf_counter() - begun


def _figures(measured: Measured, events: int) -> Figures:
    return {
        "events": events * len(measured.stored),
        "body_bytes": fmean(measured.body_bytes),
        "rows_an_event": measured.rows / len(measured.body_bytes),
        "stored_per_s": events / median(seconds for [seconds] in measured.stored),
        "copied_per_s": events / median(seconds for [seconds] in measured.copied),
        "store_ratio": paired_ratio(measured.stored, measured.copied),
        "group_p50_ms": percentile_ms(measured.stored, 50),
        "group_p99_ms": percentile_ms(measured.stored, 99),
        "rows_p50_ms": percentile_ms(measured.prepared, 50),
        "copy_p50_ms": percentile_ms(measured.copied, 50),
    }


BENCHMARK = Benchmark(
    name="ingest",
    title="Sustained ingest",
    about=(
        "Batches of 50 sales from each of 50 boxes, handed to `central.ingest` without a broker: bodies are read "
        "and made rows of, then one statement stores all of them (watermarks, log, events, stock moves and "
        "balances, sales, lines, money) and commits, with fsync. The time of such a group is what a box waits for "
        "its acknowledgement in."
    ),
    against=(
        "COPY of the same log entries into `log_entry` alone, with COMMIT, in alternating rounds: the fastest way "
        "in that PostgreSQL has, for one row an event instead of all that follows from it."
    ),
    targets="at least 5,000 events/s, a group within 250 ms at the median.",
    rows=(
        Row("store_ratio", "ingest ÷ COPY of the log entries, p50", "×", 1),
        Row("stored_per_s", "ingest", "events/s", 0, Bound(5000, at_least=True)),
        Row("group_p50_ms", "a group of 2,500 events, p50", "ms", 0, Bound(250)),
        Row("group_p99_ms", "a group of 2,500 events, p99", "ms", 0),
        Row("rows_p50_ms", "of it, reading bodies and making rows, p50", "ms", 0),
        Row("rows_an_event", "rows stored for an event", "", 1),
        Row("copied_per_s", "COPY", "events/s", 0),
        Row("copy_p50_ms", "COPY of as many, p50", "ms", 0),
        Row("body_bytes", "bytes of a body", "B", 0),
        Row("events", "events measured", "", 0),
    ),
    run=run,
    needs_database=True,
)
