"""Leases: one holder at a time, and a token that fences the holder who does not know that it lost."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from central.platform import generation, leases


async def test_only_one_holds_a_lease_and_its_token_contains_the_generation(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        token = await leases.acquire(conn, "sourcing", "a", 60)
        assert token is not None
        assert token >> 20 == await generation.current(conn)
        assert await leases.acquire(conn, "sourcing", "b", 60) is None
        assert await leases.acquire(conn, "sourcing", "a", 60) == token  # renewed
        assert await leases.acquire(conn, "other", "b", 60) is not None


async def test_the_next_holder_fences_the_one_before(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        old = await leases.acquire(conn, "sourcing", "a", 0.0)
        assert old is not None
        new = await leases.acquire(conn, "sourcing", "b", 60)
        assert new is not None
        assert new > old
        await leases.check(conn, "sourcing", new)
        with pytest.raises(leases.LeaseLost):
            await leases.check(conn, "sourcing", old)


async def test_a_lease_that_was_given_back_goes_to_the_next_with_a_higher_token(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        old = await leases.acquire(conn, "sourcing", "a", 60)
        assert old is not None
        await leases.release(conn, "sourcing", old)
        new = await leases.acquire(conn, "sourcing", "b", 60)
        assert new is not None
        assert new > old


async def test_a_checked_lease_cannot_change_hands_before_the_commit(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        token = await leases.acquire(conn, "sourcing", "a", 0.2)
        assert token is not None
    taken = asyncio.Event()

    async def take() -> None:
        async with engine.begin() as conn:
            assert await leases.acquire(conn, "sourcing", "b", 60) is not None
        taken.set()

    async with engine.begin() as conn:
        await leases.check(conn, "sourcing", token)
        await asyncio.sleep(0.25)  # it expires while the work is being written
        taking = asyncio.create_task(take())
        await asyncio.sleep(0.1)
        assert not taken.is_set()
    await taking
