"""The outbox: every message once, in order of its key, and a poison message that holds back nobody else."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.platform import incidents, outbox
from central.platform.outbox import Message, OutboxWorker, Patience, work_one
from central.platform.wakeups import Bell, Wakeups

NO_PAUSE = Patience(attempts_max=3, pause_s=0.0)


async def _put(engine: AsyncEngine, *messages: tuple[str, str]) -> None:
    async with engine.begin() as conn:
        for key, payload in messages:
            await outbox.put(conn, "t", key, payload)


async def _count(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        count: int = (await conn.execute(text("SELECT count(*) FROM outbox"))).scalar_one()
        return count


async def test_many_workers_do_each_message_once_and_those_of_a_key_in_order(engine: AsyncEngine) -> None:
    await _put(engine, *[(f"k{number % 7}", str(number)) for number in range(60)])
    done: list[tuple[str, int]] = []

    async def handle(conn: AsyncConnection, message: Message) -> None:
        await asyncio.sleep(0.001)
        done.append((message.key, int(message.payload)))

    async def work() -> None:
        while await _count(engine):
            await work_one(engine, {"t": handle}, NO_PAUSE)

    await asyncio.gather(*(work() for _ in range(5)))
    assert Counter(payload for _, payload in done) == Counter(range(60))
    for key in {key for key, _ in done}:
        of_key = [payload for other, payload in done if other == key]
        assert of_key == sorted(of_key)


async def test_a_failed_message_undoes_its_work_and_is_tried_again(engine: AsyncEngine) -> None:
    await _put(engine, ("k", "first"))
    attempts = 0

    async def handle(conn: AsyncConnection, message: Message) -> None:
        nonlocal attempts
        attempts += 1
        await outbox.put(conn, "done", "k", str(attempts))
        if attempts == 1:
            raise ValueError("not today")

    await work_one(engine, {"t": handle}, NO_PAUSE)
    assert await _count(engine) == 1
    await work_one(engine, {"t": handle}, NO_PAUSE)
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT topic, payload FROM outbox"))).all() == [("done", "2")]


async def test_a_poison_message_is_parked_and_holds_back_only_its_own_key(engine: AsyncEngine) -> None:
    await _put(engine, ("bad", "poison\t"), ("bad", "behind"), ("good", "fine"))
    done: list[str] = []

    async def handle(conn: AsyncConnection, message: Message) -> None:
        if "poison" in message.payload:
            raise ValueError("cannot digest \0 this")
        done.append(message.payload)

    for _ in range(10):
        await work_one(engine, {"t": handle}, NO_PAUSE)
    assert done == ["fine"]
    async with engine.begin() as conn:
        [message] = await outbox.parked(conn)
        assert (message.key, message.error) == ("bad", "ValueError: cannot digest  this")
        [found] = await incidents.unresolved(conn)
        assert found.kind == "outbox.parked"
        assert await outbox.discard(conn, message.id, "ops")
        assert not await outbox.discard(conn, message.id, "ops")
        assert await incidents.unresolved(conn) == []
    await work_one(engine, {"t": handle}, NO_PAUSE)
    assert done == ["fine", "behind"]


async def test_a_released_message_is_tried_anew(engine: AsyncEngine) -> None:
    await _put(engine, ("k", "x"))
    cause = "there"
    done: list[str] = []

    async def handle(conn: AsyncConnection, message: Message) -> None:
        if cause:
            raise ValueError(cause)
        done.append(message.payload)

    for _ in range(4):
        await work_one(engine, {"t": handle}, NO_PAUSE)
    async with engine.begin() as conn:
        [message] = await outbox.parked(conn)
        assert await outbox.release(conn, message.id, "ops")
    cause = ""
    assert await work_one(engine, {"t": handle}, NO_PAUSE)
    assert done == ["x"]


async def test_a_worker_is_woken_by_the_commit_and_stops_when_cancelled(engine: AsyncEngine, database_url: str) -> None:
    done = asyncio.Event()

    async def handle(conn: AsyncConnection, message: Message) -> None:
        done.set()

    wakeups = Wakeups(database_url)
    bell = wakeups.bell(outbox.CHANNEL)
    worker = OutboxWorker(engine, {"t": handle}, bell, poll_s=30.0)
    async with asyncio.timeout(10):
        tasks = [asyncio.create_task(wakeups.run()), asyncio.create_task(worker.run())]
        await asyncio.sleep(0.2)
        await _put(engine, ("k", "x"))
        await done.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_worker_outlives_the_loss_of_its_database(engine: AsyncEngine, database_url: str) -> None:
    done = asyncio.Event()

    async def handle(conn: AsyncConnection, message: Message) -> None:
        done.set()

    worker = asyncio.create_task(OutboxWorker(engine, {"t": handle}, Bell(), poll_s=0.05).run())
    await asyncio.sleep(0.2)
    async with engine.connect() as conn:
        with pytest.raises(Exception, match="terminating connection"):
            await conn.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()")
            )
    await _put(engine, ("k", "x"))
    async with asyncio.timeout(10):
        await done.wait()
    assert not worker.done()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
