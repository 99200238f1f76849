"""Grants, hellos and incidents of boxes."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from central.fleet import reads
from central.fleet.use_cases import Grant, grant, record_hello, record_incident
from central.platform import downlink
from retail.errors import Refused
from sync_protocol import chain
from sync_protocol.frames import Hello
from sync_protocol.streams import PRICE, TASKS, PriceDelta, PriceRecord
from tests.integration.central.shop import STORES, Shop

A, B = STORES
_LOCATION = text("INSERT INTO location (location, kind, name, currency) VALUES (:key, 'store', 'N', 'EUR')")


async def granted(shop: Shop, store: str, box: UUID, *, replace: bool = False) -> Grant:
    async with shop.engine.begin() as conn:
        return await grant(conn, store, box, shop.clock, replace=replace)


def hello(box: UUID, head: int = 5, ver: int = 1) -> Hello:
    cursors = {PRICE: (1, ver, chain.ZERO), "a_newer_one": (1, 9, chain.ZERO)}
    return Hello(1, None, box, 1, False, head, 0, chain.seed(box), b"", cursors, "0.1.0", 1, 2, 250)


async def test_the_same_grant_again_is_the_same_and_starts_at_an_empty_log(shop: Shop) -> None:
    first = shop.grants[A]
    assert await granted(shop, A, first.box) == first
    assert first.epoch == shop.clock.now_ms() // 1000
    query = "SELECT seq, hash FROM watermark WHERE box = :b"
    assert await shop.rows(query, b=first.box) == [(0, chain.seed(first.box))]


async def test_another_box_takes_a_place_only_when_told_so_and_under_a_higher_epoch(shop: Shop) -> None:
    new = shop.ids.uuid7()
    with pytest.raises(Refused, match="--replace"):
        await granted(shop, A, new)
    replaced = await granted(shop, A, new, replace=True)
    assert replaced.epoch == shop.grants[A].epoch + 1
    assert await shop.rows("SELECT state FROM box WHERE box = :b", b=shop.grants[A].box) == ["replaced"]
    assert await shop.rows("SELECT box FROM store_link WHERE location = :l", l=A) == [new]


async def test_two_boxes_that_ask_at_once_do_not_both_get_the_place(shop: Shop) -> None:
    async with shop.engine.begin() as conn:
        await conn.execute(_LOCATION, {"key": "S0009"})
    found = await asyncio.gather(*(granted(shop, "S0009", shop.ids.uuid7()) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, Grant) for one in found) == 1
    assert sum(isinstance(one, Refused) for one in found) == 3


@pytest.mark.parametrize(
    ("store", "setting", "field"),
    [("S9999", "", "store"), (A, "backing = 'wms'", "store"), ("nine/#", "", "store")],
)
async def test_a_place_without_room_for_a_box_is_refused(shop: Shop, store: str, setting: str, field: str) -> None:
    async with shop.engine.begin() as conn:
        if setting:
            await conn.execute(text(f"UPDATE location SET {setting}"))
        await conn.execute(_LOCATION, {"key": "nine/#"})
    with pytest.raises(Refused) as refused:
        await granted(shop, store, shop.ids.uuid7())
    assert refused.value.field == field


async def test_a_box_keeps_its_location(shop: Shop) -> None:
    with pytest.raises(Refused) as refused:
        await granted(shop, B, shop.grants[A].box, replace=True)
    assert refused.value.field == "box"


async def test_the_fleet_shows_what_boxes_say_of_themselves_and_what_they_lack(shop: Shop) -> None:
    box = shop.grants[A].box
    async with shop.engine.begin() as conn:
        for number in range(3):
            await downlink.append(conn, downlink.zone("all"), PRICE, PriceDelta((PriceRecord("tea", "EUR", number),)))
        [unheard, _] = await reads.boxes(conn, "", 10)
        assert (unheard.hello_age_s, unheard.head, unheard.lag) == (None, None, None)
        await record_hello(conn, A, hello(box))
        await record_hello(conn, B, hello(box))  # a box speaks for its own location only
        await record_hello(conn, A, hello(shop.ids.uuid7()))
        [first, second] = await reads.boxes(conn, "", 10)
        assert [place.location for place in await reads.boxes(conn, A, 10)] == [B]
    assert (first.software, first.head, first.acked, first.lag) == ("0.1.0", 5, 0, 5)
    assert first.hello_age_s is not None
    assert first.hello_age_s < 60
    assert first.replica_age_ms == 250
    assert (first.streams_behind[PRICE], first.streams_behind[TASKS]) == (2, 0)
    assert second.hello_age_s is None


async def test_an_incident_is_shown_once_however_often_it_is_found(shop: Shop) -> None:
    box = shop.grants[A].box
    async with shop.engine.begin() as conn:
        for _ in range(3):
            await record_incident(conn, A, box, "the box tells another history")
            await record_incident(conn, A, UUID(int=7), "a box without a grant")
        [first, _] = await reads.boxes(conn, "", 10)
    assert first.incident == "the box tells another history"
    assert await shop.rows("SELECT count(*) FROM incident") == [2]
