"""How long it takes from a durable sale at the register to the centre's acknowledgement at the box."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from statistics import fmean, median
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.ingest.driver import FleetDesk, Ingest
from central.platform.engine import libpq_url, make_engine
from central.platform.tables import TENANT
from edge_node.storage import SqliteJournal
from edge_node.sync.driver import LinkSettings, SyncDriver
from firmware_config.supervisor import Supervisor
from retail.clock import SystemClock
from simulators.broker import broker_spec, free_port
from sync_protocol import topics
from sync_protocol.frames import Grant, Hello
from sync_protocol.mqtt import BrokerAddress, Mqtt
from tests.bench.benchmark import Benchmark, Bound, Row, Setting
from tests.bench.figures import Figures, percentile_ms
from tests.bench.fleet import enrol
from tests.bench.shop import REGISTERS, STORE, Shop, open_shop
from tests.bench.watched import Log, WatchedJournal
from tests.bench.wire import EchoPath, batch_payload, echo_path, events_packet_bytes

HOST = "127.0.0.1"
ROUNDS, ROUNDS_QUICK = 12, 2
SALES, SALES_QUICK = 50, 10
"""In one round."""
SALES_PER_S = 20.0
BACKLOG = 100
"""Sales made before the link is there: they warm everything up, and are weighed as one batch."""
RAW = 40
"""Round trips and inserts in one round, of each."""
ACKED_S_MAX = 30.0


@dataclass
class Measured:
    """Seconds, round by round."""

    all: list[list[float]] = field(default_factory=list)
    idle: list[list[float]] = field(default_factory=list)
    kept: list[list[float]] = field(default_factory=list)
    trips: list[list[float]] = field(default_factory=list)
    inserts: list[list[float]] = field(default_factory=list)


async def run(setting: Setting) -> Figures:
    """Milliseconds to the acknowledgement, the ratio to the raw parts, and bytes on the wire."""
    log, measured = Log(), Measured()
    port = free_port()
    engine = make_engine(setting.database_url)
    async with contextlib.AsyncExitStack() as parts:
        parts.push_async_callback(engine.dispose)
        supervisor = await parts.enter_async_context(Supervisor())
        await supervisor.start(broker_spec(setting.folder, port))
        shop = await parts.enter_async_context(open_shop(setting.folder / "box"))
        await enrol(engine, STORE, shop.box)
        journal = WatchedJournal(shop, log)
        for _ in range(BACKLOG):
            await shop.sell(shop.customers.request(REGISTERS[0]))
        await parts.enter_async_context(_centre(engine, port))
        await parts.enter_async_context(_running(_driver(journal, shop.box, port).run))
        await _until_acked(log)
        lone, hundred = await _weighed(journal, shop.box)
        echo = parts.enter_context(echo_path(HOST, port))
        raw = parts.enter_context(psycopg.connect(libpq_url(setting.database_url), autocommit=True))
        bare = _BareParts(echo, raw, random.Random(1).randbytes(round(lone)))
        log.batches = 0
        for number in range(ROUNDS_QUICK if setting.quick else ROUNDS):
            await _trickle(shop, log, measured, number, SALES_QUICK if setting.quick else SALES)
            await asyncio.to_thread(bare.measure, measured)
    return _figures(log, measured, lone, hundred)


async def _trickle(shop: Shop, log: Log, measured: Measured, seed: int, sales: int) -> None:
    """Sales at random moments, as people come to a till; returns when all are acknowledged."""
    chance = random.Random(seed)
    first = log.head + 1
    due = time.perf_counter()
    for _ in range(sales):
        request = shop.customers.request(chance.choice(REGISTERS))
        due += chance.expovariate(SALES_PER_S)
        await asyncio.sleep(due - time.perf_counter())
        await shop.sell(request)
    await _until_acked(log)
    sequences = range(first, log.head + 1)
    measured.all.append([log.acked[seq] - log.committed[seq] for seq in sequences])
    measured.kept.append([log.kept[seq] - log.committed[seq] for seq in sequences])
    measured.idle.append([log.acked[seq] - log.committed[seq] for seq in sequences if seq in log.idle])


async def _until_acked(log: Log) -> None:
    async with asyncio.timeout(ACKED_S_MAX):
        while log.head not in log.kept:
            await asyncio.sleep(0.01)


async def _weighed(journal: SqliteJournal, box: UUID) -> tuple[float, float]:
    """Bytes of a packet with one sale (on average), and of one with a hundred, for each of them."""
    entries = list(await journal.read((await journal.state()).head - BACKLOG, BACKLOG))
    before = [await journal.hash_at(entry.seq - 1) or b"" for entry in entries]
    lone = fmean(
        events_packet_bytes(STORE, batch_payload(box, previous, [entry]))
        for previous, entry in zip(before, entries, strict=True)
    )
    return lone, events_packet_bytes(STORE, batch_payload(box, before[0], entries)) / len(entries)


class _BareParts:
    """What an acknowledgement cannot do without: a message there and back, and a durable row in between."""

    def __init__(self, echo: EchoPath, raw: "psycopg.Connection[tuple[object, ...]]", payload: bytes) -> None:
        self._echo, self._raw, self._payload = echo, raw, payload
        self._seq = 0

    def measure(self, measured: Measured) -> None:
        """One round."""
        measured.trips.append([self._echo.round_trip(self._payload) for _ in range(RAW)])
        measured.inserts.append([self._insert() for _ in range(RAW)])

    def _insert(self) -> float:
        self._seq += 1
        values = (TENANT, "S9999", UUID(int=9999), self._seq, UUID(int=self._seq), self._payload, bytes(16))
        begun = time.perf_counter()
        self._raw.execute(
            "INSERT INTO log_entry (tenant, location, box, seq, id, body, hash) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            values,
        )
        return time.perf_counter() - begun


def _driver(journal: SqliteJournal, box: UUID, port: int) -> SyncDriver:
    grant = Grant(STORE, box, 1)
    settings = LinkSettings(STORE, "all", BrokerAddress(HOST, port), grant, "bench")
    return SyncDriver(journal, settings, SystemClock(), random.Random(1).random)


@contextlib.asynccontextmanager
async def _centre(engine: AsyncEngine, port: int) -> AsyncIterator[None]:
    """The centre's ingest as the composition makes it, without what does not lie on the way of an event."""

    async def hello(conn: AsyncConnection, _location: str, frame: Hello) -> None:
        await conn.execute(text("UPDATE box SET last_hello_at = now() WHERE box = :box"), {"box": frame.box})

    async def incident(_conn: AsyncConnection, location: str, _box: UUID, what: str) -> None:
        raise AssertionError(f"{location}: {what}")

    async def repair(_conn: AsyncConnection, _location: str, _hello: Hello) -> None:
        return

    async with Mqtt(BrokerAddress(HOST, port), "centre", [topics.ALL_UPLINKS]) as mqtt:
        ingest = Ingest(engine, mqtt, SystemClock(), FleetDesk(hello, incident), repair)
        async with _running(ingest.run):
            yield


@contextlib.asynccontextmanager
async def _running(job: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(job())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _figures(log: Log, measured: Measured, lone: float, hundred: float) -> Figures:
    raw = [median(trip) + median(insert) for trip, insert in zip(measured.trips, measured.inserts, strict=True)]
    sales = sum(map(len, measured.all))
    rounds = [(idle, parts) for idle, parts in zip(measured.idle, raw, strict=True) if idle]
    return {
        "sales": sales,
        "idle_sales": sum(map(len, measured.idle)),
        "sales_a_batch": sales / log.batches,
        "ack_p50_ms": percentile_ms(measured.all, 50),
        "ack_p99_ms": percentile_ms(measured.all, 99),
        "ack_kept_p50_ms": percentile_ms(measured.kept, 50),
        "ack_ratio": median(median(each) / parts for each, parts in zip(measured.all, raw, strict=True)),
        "idle_p50_ms": percentile_ms(measured.idle, 50),
        "idle_ratio": median(median(idle) / parts for idle, parts in rounds),
        "trip_p50_ms": percentile_ms(measured.trips, 50),
        "insert_p50_ms": percentile_ms(measured.inserts, 50),
        "lone_bytes": lone,
        "hundred_bytes": hundred,
    }


BENCHMARK = Benchmark(
    name="ack",
    title="From the register to the acknowledgement",
    about=(
        "One box with the real `SyncDriver`, a broker, the centre's real `Ingest` and PostgreSQL with fsync. Sales "
        "come at random moments, 20 a second on average. Timed from the moment at which the sale is durable in the "
        "box until the centre's acknowledgement has come back; until the box has made that durable too is told "
        "beside it. After a batch the link gathers for up to 50 ms, so a sale in a busy moment waits on purpose. "
        "One on an *idle line* (all acknowledged, last batch longer ago) does not: it shows what the code costs. "
        "Box and centre are one process here."
    ),
    against=(
        "the raw parts in alternating rounds: a message of the same size there and back through the same broker "
        "between two bare paho clients, plus one bare INSERT with COMMIT in the same database. Bytes are those of "
        "the whole MQTT packet (QoS 1), topic and frame included, TCP/IP left out."
    ),
    targets="p50 100 ms and p99 500 ms; at most 100 bytes an event in batches of 100.",
    rows=(
        Row("idle_ratio", "sale on an idle line ÷ raw parts, p50", "×", 1),
        Row("idle_p50_ms", "sale on an idle line, p50", "ms", 1),
        Row("ack_ratio", "any sale ÷ raw parts, p50", "×", 1),
        Row("ack_p50_ms", "any sale, p50", "ms", 1, Bound(100)),
        Row("ack_p99_ms", "any sale, p99", "ms", 1, Bound(500)),
        Row("ack_kept_p50_ms", "any sale, until the box keeps the acknowledgement, p50", "ms", 1),
        Row("trip_p50_ms", "raw message there and back, p50", "ms"),
        Row("insert_p50_ms", "raw INSERT and COMMIT, p50", "ms"),
        Row("lone_bytes", "bytes of a packet with one sale", "B", 0),
        Row("hundred_bytes", "bytes an event in a packet of 100", "B", 0, Bound(100)),
        Row("sales_a_batch", "sales in a batch", "", 1),
        Row("idle_sales", "sales on an idle line", "", 0),
        Row("sales", "sales measured", "", 0),
    ),
    run=run,
    needs_database=True,
)
