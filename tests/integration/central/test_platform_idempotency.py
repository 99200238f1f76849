"""Idempotency keys: the second request gets the first one's answer, and a different one is told so."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from central.platform import idempotency
from central.platform.idempotency import Answer, fingerprint
from central.platform.problems import Problem


async def test_the_second_request_gets_the_first_answer(engine: AsyncEngine) -> None:
    request = fingerprint({"b": 1, "a": [2]})
    async with engine.begin() as conn:
        assert await idempotency.begin(conn, "adjust", "k1", request) is None
        await idempotency.finish(conn, "adjust", "k1", Answer(201, {"id": "x"}))
    async with engine.begin() as conn:
        assert await idempotency.begin(conn, "adjust", "k1", fingerprint({"a": [2], "b": 1})) == Answer(
            201, {"id": "x"}
        )
        assert await idempotency.begin(conn, "other", "k1", request) is None


async def test_another_content_under_the_same_key_is_a_conflict(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await idempotency.begin(conn, "adjust", "k1", fingerprint(1))
        with pytest.raises(Problem) as refused:
            await idempotency.begin(conn, "adjust", "k1", fingerprint(2))
    assert refused.value.status == 409


async def test_a_request_that_failed_may_be_sent_again_and_two_at_once_do_the_work_once(engine: AsyncEngine) -> None:
    with pytest.raises(RuntimeError):
        async with engine.begin() as conn:
            assert await idempotency.begin(conn, "adjust", "k1", b"h") is None
            raise RuntimeError("the work failed")
    worked = 0

    async def work() -> None:
        nonlocal worked
        async with engine.begin() as conn:
            if await idempotency.begin(conn, "adjust", "k1", b"h") is None:
                worked += 1
                await asyncio.sleep(0.05)
                await idempotency.finish(conn, "adjust", "k1", Answer(200, {}))

    await asyncio.gather(work(), work(), work())
    assert worked == 1
