"""The centre's own bookings: in the ledger, in its own log, on the way to the box; and what proves them."""

import asyncio

import pytest
from sqlalchemy import text

from central.inventory.use_cases import adjust_stock, availability, check_stock
from central.orders.check import check_claims
from central.platform import downlink
from central.platform.event_log import CENTRE_BOX
from retail.errors import Refused
from sync_protocol import chain
from sync_protocol.body import decode_body
from sync_protocol.codec import decode_delta
from sync_protocol.effects import stock_moves
from sync_protocol.events import AdjustmentLine, Sale, SaleLine, TenderLine
from sync_protocol.streams import FOREIGN, ForeignDelta, ForeignEntry
from tests.integration.central.shop import STORES, Shop

A, B = STORES


async def book(shop: Shop, *lines: AdjustmentLine, location: str = A, reason: str = "correction") -> None:
    async with shop.engine.begin() as conn:
        await adjust_stock(conn, location, lines, reason, shop.ids, shop.clock, "eve", "found behind the shelf")


async def foreign(shop: Shop, location: str = A) -> list[ForeignEntry]:
    async with shop.engine.connect() as conn:
        stored = await downlink.since(conn, location, FOREIGN, 0, 1_000)
    entries: list[ForeignEntry] = []
    for row in stored:
        delta = decode_delta(FOREIGN, row.delta)
        assert isinstance(delta, ForeignDelta)
        entries += delta.entries
    return entries


async def test_what_the_centre_books_reaches_the_box_under_the_same_id_with_the_same_effect(shop: Shop) -> None:
    await book(shop, AdjustmentLine("tea", -3), AdjustmentLine("mug", 2, lot="L1"))
    last = (await foreign(shop))[-1]
    assert await shop.rows("SELECT kind, staff FROM event WHERE id = :id", id=last.id) == [("stock.adjusted", "eve")]
    at_the_box = {(m.sku, m.lot, m.source, m.target, m.quantity) for m in stock_moves(decode_body(last.body))}
    query = "SELECT sku, lot, source, target, quantity FROM stock_move WHERE event_id = :id"
    assert set(await shop.rows(query, id=last.id)) == at_the_box
    assert len(at_the_box) == 2
    sellable = "SELECT sum(quantity) FROM stock_balance WHERE location = :l AND sku = 'tea' AND state = 'sellable'"
    assert await shop.rows(sellable, l=A) == [7]


async def test_the_centres_own_log_is_contiguous_and_chained_whoever_writes_at_once(shop: Shop) -> None:
    await asyncio.gather(*(book(shop, AdjustmentLine("tea", 1), AdjustmentLine("mug", -1)) for _ in range(8)))
    query = "SELECT seq, id, body, hash FROM log_entry WHERE location = :l AND box = :b ORDER BY seq"
    digest = chain.seed(CENTRE_BOX)
    entries = await shop.rows(query, l=A, b=CENTRE_BOX)
    for expected, (seq, event_id, body, stored) in enumerate(entries, start=1):
        digest = chain.link(digest, CENTRE_BOX, seq, event_id, body)
        assert (seq, stored) == (expected, digest)
    assert len(entries) == 9  # the opening stock before
    assert [entry.id for entry in await foreign(shop)] == [event_id for _, event_id, _, _ in entries]


async def test_a_booking_too_large_for_one_event_becomes_several_and_loses_nothing(shop: Shop) -> None:
    lines = [AdjustmentLine("tea", 1, serial=f"serial-{number:05d}-xxxx") for number in range(1_200)]
    await book(shop, *lines)
    entries = await foreign(shop)
    assert len(entries) > 3
    received = [line for entry in entries[1:] for line in decode_body(entry.body).payload.lines]  # type: ignore[union-attr]
    assert received == lines
    async with shop.engine.connect() as conn:
        assert (await availability(conn, ["tea"]))["tea"].available == 20 + 1_200
        assert await check_stock(conn) == []


@pytest.mark.parametrize(
    ("location", "line", "reason", "field"),
    [
        ("S9999", AdjustmentLine("tea", 1), "correction", "location"),
        (A, AdjustmentLine("tea", 1), "because", "reason"),
        (A, AdjustmentLine("tea\x00", 1), "correction", "lines"),
        (A, AdjustmentLine("tea", 2**63), "correction", "lines"),
    ],
)
async def test_a_wrong_booking_is_refused_and_changes_nothing(
    shop: Shop, location: str, line: AdjustmentLine, reason: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        await book(shop, AdjustmentLine("mug", 1), line, location=location, reason=reason)
    assert refused.value.field == field
    assert await shop.rows("SELECT count(*) FROM event") == [2]


async def test_a_sale_lowers_what_can_be_promised_and_may_take_it_below_zero(shop: Shop) -> None:
    line = SaleLine("tea", "", "Green tea", 12, "each", 250, 3000, "std", 479, 1, 1)
    sale = Sale(shop.ids.uuid7(), "S0001-0001-000001", "EUR", (line,), (TenderLine("cash", 3000, 3000),), 3000, 479)
    await shop.box_says(A, sale)
    async with shop.engine.connect() as conn:
        found = (await availability(conn, ["tea"]))["tea"]
        assert {place.location: (place.sellable, place.available) for place in found.places} == {
            A: (-2, 0),
            B: (10, 10),
        }
        assert await check_stock(conn) == []


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE stock_balance SET quantity = quantity + 1 WHERE sku = 'tea'", "a balance differs"),
        ("DELETE FROM stock_move WHERE sku = 'tea'", "a balance differs"),
        ("UPDATE stock_move SET source = 'nowhere' WHERE sku = 'tea'", "a move leads from"),
        ("DELETE FROM event", "a move belongs to no event"),
        ("INSERT INTO reservation_balance (sku, location, state, quantity) VALUES ('tea', '', 'wanted', 2)",
         "a reservation balance"),
    ],
)  # fmt: skip
async def test_the_checker_finds_what_was_tampered_with(shop: Shop, damage: str, what: str) -> None:
    async with shop.engine.begin() as conn:
        assert await check_stock(conn) == []
        await conn.execute(text(damage))
        assert any(finding.what.startswith(what) for finding in await check_stock(conn))


async def test_the_checker_finds_a_claim_without_an_order_line(shop: Shop) -> None:
    async with shop.engine.begin() as conn:
        assert await check_claims(conn) == []
        await conn.execute(
            text("INSERT INTO reservation_entry (order_line, sku, state, quantity, reason)"
                 " VALUES (gen_random_uuid(), 'tea', 'wanted', 2, 'x')")
        )  # fmt: skip
        [finding] = await check_claims(conn)
        assert finding.detail == "wanted: 2 claimed, 0 due"
