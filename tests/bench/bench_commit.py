"""How long a sale takes until it is durable, beside a bare write and fdatasync of as many bytes."""

import asyncio
import time
from dataclasses import dataclass, field
from statistics import fmean, median

from tests.bench.benchmark import Benchmark, Bound, Row, Setting
from tests.bench.commits import Commits
from tests.bench.disk import BareFile, filled, grown
from tests.bench.figures import Figures, alternating, paired_ratio, percentile_ms
from tests.bench.shop import REGISTERS, Shop, open_shop


@dataclass(frozen=True)
class Size:
    """How many rounds, and in each how many sales: by the one client, and by each of eight."""

    rounds: int
    alone: int
    together: int


WHOLE, QUICK = Size(30, 40, 20), Size(2, 10, 3)


@dataclass
class Measured:
    """Seconds and rates, round by round."""

    bare: list[list[float]] = field(default_factory=list)
    in_place: list[list[float]] = field(default_factory=list)
    alone: list[list[float]] = field(default_factory=list)
    commit: list[list[float]] = field(default_factory=list)
    together: list[list[float]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    group_sizes: list[float] = field(default_factory=list)
    processor_s: list[float] = field(default_factory=list)


async def run(setting: Setting) -> Figures:
    """Milliseconds of a durable sale, alone and among eight registers, and their ratios to the bare disk."""
    size = QUICK if setting.quick else WHOLE
    commits, measured = Commits(), Measured()
    async with open_shop(setting.folder / "box", commits.observe) as shop:
        lone_bytes, group_bytes = await _warmed_up(shop, commits, size)
        with (
            grown(setting.folder / "grown", lone_bytes) as bare,
            filled(setting.folder / "filled", lone_bytes, size.alone) as in_place,
        ):
            for _ in range(size.rounds):
                await _alone(shop, commits, measured, size, bare, in_place)
                await _together(shop, commits, measured, size)
    return _figures(measured) | {"sale_bytes": lone_bytes, "eight_sale_bytes": group_bytes}


async def _warmed_up(shop: Shop, commits: Commits, size: Size) -> tuple[int, int]:
    """Statements are compiled, pages are cached. Returns how many bytes a sale adds to the write-ahead log of a new
    box, which nobody has emptied yet: alone, and in a group."""
    await _together(shop, commits, Measured(), size)
    marks = [shop.store.wal_bytes]
    for _ in range(size.alone):
        await shop.sell(shop.customers.request(REGISTERS[0]))
    marks.append(shop.store.wal_bytes)
    await _together(shop, commits, Measured(), size)
    marks.append(shop.store.wal_bytes)
    return (marks[1] - marks[0]) // size.alone, (marks[2] - marks[1]) // (size.together * len(REGISTERS))


async def _alone(
    shop: Shop, commits: Commits, measured: Measured, size: Size, bare: BareFile, in_place: BareFile
) -> None:
    """A sale, a bare write and one in place by turns, in changing order: they share every mood of the disk, and none
    comes so close upon its like that it waits for what that left undone in the file system's journal."""
    commits.forget()
    bare.start_anew()
    in_place.start_anew()
    seconds, written, overwritten, processor_s = list[float](), list[float](), list[float](), 0.0
    for number in range(size.alone):
        request = shop.customers.request(REGISTERS[0])
        if alternating(number):
            written.append(bare.commit())
        begun, processor = time.perf_counter(), time.process_time()
        await shop.sell(request)
        seconds.append(time.perf_counter() - begun)
        processor_s += time.process_time() - processor
        if not alternating(number):
            written.append(bare.commit())
        overwritten.append(in_place.commit())
    await commits.all_told(size.alone)
    measured.alone.append(seconds)
    measured.commit.append(list(commits.seconds))
    measured.bare.append(written)
    measured.in_place.append(overwritten)
    measured.processor_s.append(processor_s / size.alone)


async def _together(shop: Shop, commits: Commits, measured: Measured, size: Size) -> None:
    """Eight registers, each of which sells again as soon as its sale is durable."""
    commits.forget()
    requests = {number: [shop.customers.request(number) for _ in range(size.together)] for number in REGISTERS}
    seconds: list[float] = []

    async def register(number: str) -> None:
        for request in requests[number]:
            begun = time.perf_counter()
            await shop.sell(request)
            seconds.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as clients:
        for number in REGISTERS:
            clients.create_task(register(number))
    measured.rates.append(len(seconds) / (time.perf_counter() - begun))
    await commits.all_told(len(seconds))
    measured.together.append(seconds)
    measured.group_sizes.append(fmean(commits.sizes))


def _figures(measured: Measured) -> Figures:
    bare_rates = [len(seconds) / sum(seconds) for seconds in measured.bare]
    return {
        "sales": sum(map(len, measured.alone)) + sum(map(len, measured.together)),
        "bare_p50_ms": percentile_ms(measured.bare, 50),
        "bare_p99_ms": percentile_ms(measured.bare, 99),
        "in_place_p50_ms": percentile_ms(measured.in_place, 50),
        "in_place_p99_ms": percentile_ms(measured.in_place, 99),
        "sale_p50_ms": percentile_ms(measured.alone, 50),
        "sale_p99_ms": percentile_ms(measured.alone, 99),
        "sale_processor_ms": 1e3 * median(measured.processor_s),
        "sale_ratio": paired_ratio(measured.alone, measured.bare),
        "commit_p50_ms": percentile_ms(measured.commit, 50),
        "commit_ratio": paired_ratio(measured.commit, measured.bare),
        "eight_p50_ms": percentile_ms(measured.together, 50),
        "eight_p99_ms": percentile_ms(measured.together, 99),
        "eight_per_s": median(measured.rates),
        "eight_group_sales": fmean(measured.group_sizes),
        "eight_rate_ratio": median(rate / bare for rate, bare in zip(measured.rates, bare_rates, strict=True)),
    }


BENCHMARK = Benchmark(
    name="commit",
    title="Durable sale",
    about=(
        "A sale as `POST /v1/sales` makes it, without HTTP: `checkout.sell` in a transaction of the real "
        "`BoxStore` (SQLite in WAL mode, synchronous=FULL, group commit; no replica, so the box checkpoints by "
        "itself) for a basket of 2.7 lines on average. Timed from the call until the caller is told that the sale is "
        "durable. One client sells one basket after the other; then eight registers sell at once, each again as "
        "soon as its last sale is durable. Processor time is of all threads of the process."
    ),
    against=(
        "a bare write of as many bytes as a lone sale adds to the write-ahead log, to the end of a growing file on "
        "the same file system, and one fdatasync. Lone sales and bare writes alternate one by one, in rounds of 40 "
        "with 160 sales of eight registers in between. A bare write over what a file already holds is told too: it "
        "spares the file system its own journal."
    ),
    targets=(
        "a lone sale takes at most 1.3 times a bare write at the median, where a bare write takes 4 ms; on a faster "
        "disk its processor time weighs more. For information: p99 25 ms, and 1,200 sales/s of eight registers."
    ),
    rows=(
        Row("sale_ratio", "lone sale ÷ bare write, p50", "×", target=Bound(1.3)),
        Row("sale_p50_ms", "lone sale, p50", "ms"),
        Row("sale_p99_ms", "lone sale, p99", "ms", target=Bound(25)),
        Row("sale_processor_ms", "processor time of a lone sale", "ms"),
        Row("commit_ratio", "its COMMIT alone ÷ bare write, p50", "×"),
        Row("commit_p50_ms", "its COMMIT alone, p50", "ms"),
        Row("bare_p50_ms", "bare write, p50", "ms"),
        Row("bare_p99_ms", "bare write, p99", "ms"),
        Row("in_place_p50_ms", "bare write over what is there, p50", "ms"),
        Row("in_place_p99_ms", "bare write over what is there, p99", "ms"),
        Row("sale_bytes", "bytes in the write-ahead log for a lone sale", "B", 0),
        Row("eight_rate_ratio", "sales/s of eight registers ÷ bare writes/s", "×"),
        Row("eight_per_s", "eight registers", "sales/s", 0, Bound(1200, at_least=True)),
        Row("eight_p50_ms", "a sale of theirs, p50", "ms"),
        Row("eight_p99_ms", "a sale of theirs, p99", "ms"),
        Row("eight_group_sales", "sales in one commit", "", 1),
        Row("eight_sale_bytes", "bytes in the write-ahead log for a sale of theirs", "B", 0),
        Row("sales", "sales measured", "", 0),
    ),
    run=run,
)
