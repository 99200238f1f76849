"""Open pages are told what changed, once a second at most, and are let go when the server stops."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import event, insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from central.console.http import _events
from central.console.pulse import TOPICS, Pulse
from central.fleet.tables import box
from central.orders.tables import order_history
from central.platform.engine import make_engine
from central.platform.tables import import_report, incident
from retail.clock import ManualClock, SystemClock
from tests.browser.day import Seeded
from tests.browser.day.times import at, uuid_at


async def _next(stream: AsyncIterator[str]) -> dict[str, Any]:
    async with asyncio.timeout(5):
        message = await anext(stream)
    name, _, data = message.partition("\n")
    assert name == "event: pulse"
    told: dict[str, Any] = json.loads(data.strip().removeprefix("data: "))
    return told


async def _opened(pulse: Pulse) -> AsyncIterator[str]:
    stream = _events(pulse)
    assert (await anext(stream)).startswith("retry: ")
    assert await _next(stream) == {"state": "live", "topics": []}
    return stream


async def test_each_change_is_told_under_its_topic(engine: AsyncEngine, day: Seeded, now_ms: int) -> None:
    pulse = Pulse(engine, SystemClock())
    stream = await _opened(pulse)
    async with engine.connect() as conn:
        order_id = (await conn.execute(order_history.select().limit(1))).one().order_id
    changes = {
        "orders": insert(order_history).values(order_id=order_id, what="packed"),
        "fleet": update(box).where(box.c.location == "S0707").values(last_hello_at=at(now_ms + 1)),
        "attention": insert(incident).values(kind="x", subject="x", problem="x", remedy="x", key="x"),
        "imports": insert(import_report).values(report_id=uuid_at(now_ms, 5), kind="stock", source="x.csv"),
    }
    assert set(changes) == set(TOPICS)
    for topic, change in changes.items():
        async with engine.begin() as conn:
            await conn.execute(change)
        assert await _next(stream) == {"state": "live", "topics": [topic]}
    pulse.close()


async def test_many_pages_share_one_look(engine: AsyncEngine) -> None:
    clock = ManualClock()
    pulse = Pulse(engine, clock)
    asked = 0

    def count(*_: object) -> None:
        nonlocal asked
        asked += 1

    event.listen(engine.sync_engine, "before_cursor_execute", count)
    await asyncio.gather(*(pulse.look() for _ in range(50)))
    assert asked == 1
    clock.advance(1_000)
    await asyncio.gather(*(pulse.look() for _ in range(50)))
    assert asked == 2


async def test_a_database_that_goes_away_is_told_and_so_is_its_return() -> None:
    away = make_engine("postgresql://nobody@127.0.0.1:9/nothing")
    pulse = Pulse(away, SystemClock())
    stream = _events(pulse)
    await anext(stream)
    assert await _next(stream) == {"state": "away", "topics": []}
    pulse.close()
    await away.dispose()


async def test_streams_end_at_once_when_the_server_stops(engine: AsyncEngine) -> None:
    pulse = Pulse(engine, SystemClock())
    streams = [await _opened(pulse) for _ in range(3)]
    waiting = [asyncio.create_task(anext(stream, None)) for stream in streams]
    await asyncio.sleep(0.05)
    pulse.close()
    async with asyncio.timeout(1):
        assert await asyncio.gather(*waiting) == [None, None, None]
