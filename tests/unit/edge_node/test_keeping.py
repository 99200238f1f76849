"""Parts of the box that fail and come back."""

import asyncio

import pytest

from edge_node import keeping as keeping_module
from edge_node.keeping import keeping


async def test_a_part_that_fails_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_module, "RESTART_S_MIN", 0.001)
    starts = 0
    running = asyncio.Event()

    async def part() -> None:
        nonlocal starts
        starts += 1
        if starts < 4:
            raise OSError("not yet")
        running.set()
        await asyncio.Event().wait()

    async with keeping("part", part), asyncio.timeout(2):
        await running.wait()
    assert starts == 4


async def test_a_part_that_ends_by_itself_is_left_alone() -> None:
    starts = 0

    async def part() -> None:
        nonlocal starts
        starts += 1

    async with keeping("part", part) as task:
        await task
    assert starts == 1


async def test_a_part_is_cancelled_at_the_end() -> None:
    cancelled = False

    async def part() -> None:
        nonlocal cancelled
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled = True
            raise

    async with keeping("part", part):
        await asyncio.sleep(0)
    assert cancelled
