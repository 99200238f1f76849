"""Downlink streams: contiguous versions, a chain that a box can check, and a commit that wakes the sender."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from central.platform import downlink, generation
from central.platform.wakeups import Wakeups
from sync_protocol import chain
from sync_protocol.codec import decode_delta
from sync_protocol.downlink import Cursor, Follow, fit
from sync_protocol.frames import StreamDelta
from sync_protocol.streams import CATALOGUE, DELTA_BYTES_MAX, PRICE, CatalogueDelta, ItemRecord, PriceDelta, PriceRecord


def _price(number: int) -> PriceDelta:
    return PriceDelta((PriceRecord(f"sku-{number}", "EUR", number),))


async def test_a_box_can_follow_what_was_appended(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        assert await downlink.head(conn, "S1", PRICE) is None
        for number in range(3):
            version = await downlink.append(conn, "S1", PRICE, _price(number))
        stored = await downlink.since(conn, "S1", PRICE, 0, 10)
        assert version.gen == await generation.current(conn)
        assert await downlink.head(conn, "S1", PRICE) == version
    message = StreamDelta(PRICE, version.gen, 0, 3, tuple(row.delta for row in stored), version.hash)
    followed = fit(Cursor(0, 0, chain.ZERO), message)
    assert isinstance(followed, Follow)
    assert [decode_delta(PRICE, delta) for _, delta in followed.deltas] == [_price(0), _price(1), _price(2)]


async def test_streams_and_scopes_count_by_themselves_and_a_page_starts_after_its_version(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        for number in range(4):
            await downlink.append(conn, "S1", PRICE, _price(number))
        other = await downlink.append(conn, downlink.zone("all"), PRICE, _price(9))
        assert other.ver == 1
        assert [row.ver for row in await downlink.since(conn, "S1", PRICE, 1, 2)] == [2, 3]


async def test_writers_at_the_same_time_leave_no_gap(engine: AsyncEngine) -> None:
    async def write(number: int) -> None:
        async with engine.begin() as conn:
            await downlink.append(conn, "S1", PRICE, _price(number))

    await asyncio.gather(*(write(number) for number in range(20)))
    async with engine.connect() as conn:
        rows = await downlink.since(conn, "S1", PRICE, 0, 100)
    digest = chain.ZERO
    for expected, row in enumerate(rows, start=1):
        digest = chain.stream_hash(digest, expected, row.delta)
        assert (row.ver, row.hash) == (expected, digest)
    assert len(rows) == 20


async def test_many_records_are_split_so_that_each_delta_fits_a_message(engine: AsyncEngine) -> None:
    items = [ItemRecord(f"sku-{n}", (), "x" * 100, "each", "std") for n in range(2_000)]
    async with engine.begin() as conn:
        await downlink.append_records(conn, "S1", CATALOGUE, items, CatalogueDelta)
        rows = await downlink.since(conn, "S1", CATALOGUE, 0, 100)
    assert len(rows) > 1
    assert max(len(row.delta) for row in rows) <= DELTA_BYTES_MAX
    received = [item for row in rows for item in _items(row.delta)]
    assert received == items


def _items(delta: bytes) -> tuple[ItemRecord, ...]:
    decoded = decode_delta(CATALOGUE, delta)
    assert isinstance(decoded, CatalogueDelta)
    return decoded.items


async def test_a_commit_rings_the_bell_and_a_rollback_does_not(engine: AsyncEngine, database_url: str) -> None:
    wakeups = Wakeups(database_url)
    bell = wakeups.bell(downlink.CHANNEL)
    listening = asyncio.create_task(wakeups.run())
    try:
        assert await bell.wait(5) == frozenset()  # it listens now
        async with engine.connect() as conn:
            await downlink.append(conn, "S1", PRICE, _price(1))
            await conn.rollback()
        async with engine.begin() as conn:
            await downlink.append(conn, "S2", PRICE, _price(1))
        assert await bell.wait(5) == {"S2/price"}
        assert await bell.wait(0.05) == frozenset()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
