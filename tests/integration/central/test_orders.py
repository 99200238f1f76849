"""Orders against a real PostgreSQL: intake, the task flow by events, and what the ledgers say of it."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from central.inventory.use_cases import availability, check_stock
from central.orders import postgres, use_cases
from central.orders.http import OrderRequest
from central.orders.postgres import Overtaken, Stored
from central.orders.take_back import TakeBack
from central.orders.use_cases import TASK_EVENT, Plan
from central.platform import downlink
from central.platform.idempotency import fingerprint
from central.platform.outbox import Message
from sync_protocol.codec import decode_delta
from sync_protocol.events import (
    HandedOver,
    MissingLine,
    OfferAccepted,
    OfferRejected,
    Packed,
    Picked,
    Released,
    Shipped,
    Short,
    StartAsked,
    TaskLine,
)
from sync_protocol.streams import TASKS, TaskDelta
from sync_protocol.tasks import TaskUpdate
from tests.integration.central.shop import Shop

A, B = "S0001", "S0002"


async def placed(shop: Shop, number: str = "1001", **changes: Any) -> Stored:
    request = OrderRequest.model_validate(shop.request(number, **changes))
    async with shop.engine.begin() as conn:
        return await use_cases.place(conn, request.checked(), fingerprint(request.model_dump(mode="json")), shop.ids)


async def told(shop: Shop, location: str = A) -> list[TaskUpdate]:
    async with shop.engine.connect() as conn:
        stored = await downlink.since(conn, location, TASKS, 0, 100)
    updates: list[TaskUpdate] = []
    for row in stored:
        delta = decode_delta(TASKS, row.delta)
        assert isinstance(delta, TaskDelta)
        updates += delta.updates
    return updates


async def offered(shop: Shop, location: str = A) -> tuple[UUID, tuple[TaskLine, ...]]:
    """The only open order is offered: the task and its lines as a box sends them back."""
    [demand] = await shop.demand()
    [task] = (await shop.offer(demand, location)).tasks
    return task.task_id, tuple(TaskLine(line.line_id, line.sku, line.quantity) for line in task.lines)


async def available(shop: Shop, sku: str = "tea") -> tuple[int, dict[str, int]]:
    async with shop.engine.connect() as conn:
        found = (await availability(conn, [sku]))[sku]
        assert await check_stock(conn) == []
    return found.available, {place.location: place.available for place in found.places}


async def test_an_order_goes_from_intake_to_shipment_and_every_ledger_agrees(shop: Shop) -> None:
    order = await placed(shop)
    assert await available(shop) == (18, {A: 10, B: 10})
    task, lines = await offered(shop)
    assert await available(shop) == (18, {A: 8, B: 10})
    await shop.says(A, OfferAccepted(task, 1, lines))
    assert await available(shop) == (18, {A: 8, B: 10})
    await shop.says(A, StartAsked(task, 2))
    for line in lines:
        await shop.says(A, Picked(task, line, "code"))
    await shop.says(A, Packed(task, 1))
    await shop.says(A, Shipped(task, lines, "post", "T1"))
    assert await available(shop) == (18, {A: 8, B: 10})
    assert [(update.rev, update.state) for update in await told(shop)] == [
        (1, "offered"), (2, "assigned"), (3, "started"),
    ]  # fmt: skip
    assert await shop.rows("SELECT status FROM customer_order") == ["fulfilled"]
    assert await shop.rows("SELECT sku, quantity FROM shipment_line ORDER BY sku") == [("mug", 1), ("tea", 2)]
    assert await shop.rows("SELECT sum(quantity) FROM reservation_entry") == [0]
    sold = "SELECT sku, quantity FROM stock_balance WHERE state = 'sold' AND location = 'S0001' ORDER BY sku"
    assert await shop.rows(sold) == [("mug", 1), ("tea", 2)]
    history = await shop.rows("SELECT what FROM order_history ORDER BY entry_id")
    assert history == ["received", "offered", "assigned", "started", "picked", "picked", "packed", "shipped"]
    assert order.is_new


async def test_an_offer_says_what_paper_may_say(shop: Shop) -> None:
    await placed(shop)
    await offered(shop)
    [update] = await told(shop)
    assert update.offer is not None
    assert update.offer.destination == "Berlin 10115 DE"
    assert [(line.sku, line.gtin, line.name) for line in update.offer.lines] == [
        ("tea", "04006381333931", "Green tea"), ("mug", "", "Mug"),
    ]  # fmt: skip


async def test_the_same_order_again_is_the_same_and_another_content_a_contradiction(shop: Shop) -> None:
    first, second = await placed(shop), await placed(shop)
    assert (first.order_id, first.code, second.is_new) == (second.order_id, second.code, False)
    with pytest.raises(use_cases.Contradiction):
        await placed(shop, customer_name="Somebody else")
    assert await shop.rows("SELECT count(*) FROM order_line") == [2]
    assert await shop.rows("SELECT sum(quantity) FROM reservation_entry WHERE sku = 'tea'") == [2]


async def test_an_order_sent_many_times_at_once_is_stored_once(shop: Shop) -> None:
    found = await asyncio.gather(*(placed(shop) for _ in range(8)))
    assert len({order.order_id for order in found}) == 1
    assert [order.is_new for order in found].count(True) == 1
    assert await shop.rows("SELECT sum(quantity) FROM reservation_balance WHERE sku = 'tea'") == [2]


async def test_line_ids_follow_from_the_shops_own_numbers(shop: Shop) -> None:
    await placed(shop, "1001")
    await placed(shop, "1002")
    first = await shop.rows("SELECT line_id FROM order_line ORDER BY line_id")
    async with shop.engine.begin() as conn:
        await conn.execute(text("TRUNCATE customer_order, order_line CASCADE"))
    await placed(shop, "1002")
    await placed(shop, "1001")
    assert await shop.rows("SELECT line_id FROM order_line ORDER BY line_id") == first
    assert len(set(first)) == 4


async def test_a_rejected_line_goes_elsewhere_and_the_stores_word_counts_until_its_stock_moves(shop: Shop) -> None:
    await placed(shop)
    task, lines = await offered(shop)
    await shop.says(A, OfferRejected(task, 1, "no_stock", (MissingLine(lines[0].line, "tea", 2, 1),)))
    assert (await available(shop))[1] == {A: 1, B: 10}
    [demand] = await shop.demand()
    assert [line.excluded for line in demand.lines] == [{A}, frozenset()]
    assert (await shop.offer(demand, A)).stale == (lines[0].line,)
    assert len((await shop.offer(demand, B)).tasks) == 1
    await shop.box_says(A, OfferAccepted(shop.ids.uuid7(), 1, (TaskLine(shop.ids.uuid7(), "tea", 1),)))
    assert (await available(shop))[1] == {A: 9, B: 8}


async def test_what_is_short_is_routed_again_without_that_store(shop: Shop) -> None:
    await placed(shop)
    task, lines = await offered(shop)
    await shop.says(A, OfferAccepted(task, 1, lines))
    await shop.says(A, StartAsked(task, 2))
    await shop.says(A, Short(task, TaskLine(lines[0].line, "tea", 1), "not_found"))
    [demand] = await shop.demand()
    [line] = demand.lines
    assert (line.quantity, line.excluded) == (1, {A})
    await shop.says(A, Shipped(task, (TaskLine(lines[0].line, "tea", 1), lines[1]), "post", "T1"))
    second, more = await offered(shop, B)
    await shop.says(B, OfferAccepted(second, 1, more))
    await shop.says(B, StartAsked(second, 2))
    await shop.says(B, Shipped(second, more, "post", "T2"))
    assert await shop.rows("SELECT status FROM customer_order") == ["fulfilled"]
    assert await shop.rows("SELECT sku, sum(quantity) FROM shipment_line GROUP BY sku ORDER BY sku") == [
        ("mug", 1), ("tea", 2),
    ]  # fmt: skip
    assert await available(shop) == (17, {A: 8, B: 9})
    assert await shop.rows("SELECT sum(amount) FROM order_line") == [1400]


async def test_an_overdue_offer_is_taken_back_and_a_late_answer_releases_its_goods(shop: Shop) -> None:
    await placed(shop)
    task, lines = await offered(shop)
    await shop.box_says(A, OfferAccepted(task, 1, lines))  # on its way while the centre takes the task back
    take_back = TakeBack(shop.engine, offer_timeout_s=0.0, start_timeout_s=60.0, interval_s=1.0)
    assert await take_back.look() == 1
    assert await take_back.look() == 0
    await shop.work()
    assert [(update.rev, update.state) for update in await told(shop)] == [(1, "offered"), (2, "withdrawn")]
    assert (await available(shop))[1][A] == 8
    await shop.says(A, Released(task, 2, lines))
    assert (await available(shop))[1][A] == 10
    assert await shop.rows("SELECT state FROM task") == ["released"]
    [demand] = await shop.demand()
    assert demand.lines[0].excluded == {A}


async def test_a_pickup_waits_for_its_store_and_is_handed_over_by_code(shop: Shop) -> None:
    changes = {"service": "pickup", "pickup_location": A, "ship_to": None, "shipping_charged": 0, "total": 1400}
    await placed(shop, **changes)
    task, lines = await offered(shop)
    assert await TakeBack(shop.engine, offer_timeout_s=0.0, start_timeout_s=0.0, interval_s=1.0).look() == 0
    [code] = await shop.rows("SELECT collect_code FROM task")
    assert len(code) == 6
    await shop.says(A, OfferAccepted(task, 1, lines))
    await shop.says(A, StartAsked(task, 2))
    await shop.says(A, HandedOver(task, lines, f"code {code}"))
    assert await shop.rows("SELECT kind, proof FROM shipment") == [("handed_over", f"code {code}")]


async def test_an_event_is_done_once_however_often_its_message_comes(shop: Shop) -> None:
    await placed(shop)
    task, lines = await offered(shop)
    await shop.says(A, OfferAccepted(task, 1, lines))
    await shop.says(A, StartAsked(task, 2))
    event_id = await shop.box_says(A, Short(task, TaskLine(lines[0].line, "tea", 1), "not_found"))
    await shop.work()
    async with shop.engine.begin() as conn:
        await use_cases.on_task_event(conn, Message(1, TASK_EVENT, str(task), str(event_id), 0))
    assert await shop.rows("SELECT sum(quantity), count(*) FROM order_line") == [(3, 3)]


async def test_two_decisions_on_one_order_follow_each_other(shop: Shop) -> None:
    """A start that is confirmed while the order is being cancelled: one of the two happens, not both."""
    for number in range(6):
        order = await placed(shop, str(number))
        demand = next(found for found in await shop.demand() if found.order_id == order.order_id)
        [task] = (await shop.offer(demand)).tasks
        lines = tuple(TaskLine(line.line_id, line.sku, line.quantity) for line in task.lines)
        await shop.says(A, OfferAccepted(task.task_id, 1, lines))
        await shop.box_says(A, StartAsked(task.task_id, 2))

        async def cancel(order_id: UUID = order.order_id) -> bool:
            async with shop.engine.begin() as conn:
                try:
                    return await use_cases.cancel(conn, order_id, "customer")
                except use_cases.Contradiction:
                    return False

        cancelled, _ = await asyncio.gather(cancel(), shop.work())
        [state] = await shop.rows("SELECT state FROM task WHERE task_id = :t", t=task.task_id)
        assert state == ("withdrawn" if cancelled else "started")


async def test_a_line_that_changed_meanwhile_is_not_overwritten(shop: Shop) -> None:
    order = await placed(shop)
    async with shop.engine.begin() as conn:
        book = await postgres.load(conn, order.order_id)
        assert book is not None
        line = next(iter(book.lines.values()))
        await conn.execute(text("UPDATE order_line SET version = version + 1 WHERE line_id = :l"), {"l": line.line_id})
        book.put_line(replace(line, state="cancelled"))
        with pytest.raises(Overtaken):
            await postgres.save(conn, book)


async def test_the_database_itself_refuses_a_second_shipment_of_a_line(shop: Shop) -> None:
    await placed(shop)
    task, lines = await offered(shop)
    await shop.says(A, OfferAccepted(task, 1, lines))
    await shop.says(A, StartAsked(task, 2))
    await shop.says(A, Shipped(task, lines, "post", "T1"))
    with pytest.raises(IntegrityError, match="shipment_line_pkey"):
        async with shop.engine.begin() as conn:
            await conn.execute(text("INSERT INTO shipment_line SELECT * FROM shipment_line"))


async def test_a_task_nobody_knows_is_withdrawn_and_shown(shop: Shop) -> None:
    task = shop.ids.uuid7()
    await shop.says(A, OfferAccepted(task, 1, (TaskLine(shop.ids.uuid7(), "tea", 1),)))
    assert [(update.task, update.state) for update in await told(shop)] == [(task, "withdrawn")]
    assert await shop.rows("SELECT kind, location FROM incident") == [("task.unknown", A)]


async def test_goods_that_left_without_a_start_are_closed_once_and_shown(shop: Shop) -> None:
    await placed(shop)
    task, lines = await offered(shop)
    await shop.says(A, OfferAccepted(task, 1, lines))
    await shop.says(A, Shipped(task, lines, "post", "T1"))
    await shop.says(A, Shipped(task, lines, "post", "T1"))
    assert await shop.rows("SELECT kind FROM incident ORDER BY 1") == [
        "task.shipped_again", "task.unconfirmed_shipment",
    ]  # fmt: skip
    assert await shop.rows("SELECT count(*) FROM shipment_line") == [2]
    [attention] = await shop.rows("SELECT attention FROM customer_order")
    assert "shipped" in attention


async def test_an_order_that_nobody_can_serve_is_shown_to_people_once(shop: Shop) -> None:
    order = await placed(shop)
    plan = Plan(order.order_id, "r1", {"sentence": "nobody has it"}, (), "no location has green tea")
    for _ in range(3):
        async with shop.engine.begin() as conn:
            await use_cases.offer(conn, plan, shop.ids)
    assert await shop.rows("SELECT attention FROM customer_order") == ["no location has green tea"]
    assert await shop.rows("SELECT count(*) FROM decision") == [1]
    [demand] = await shop.demand()
    await shop.offer(demand)
    assert await shop.rows("SELECT attention FROM customer_order") == [""]


async def test_an_order_on_hold_is_not_to_be_routed(shop: Shop) -> None:
    await placed(shop)
    async with shop.engine.begin() as conn:
        await conn.execute(text("UPDATE customer_order SET hold = 'suspicious'"))
    assert await shop.demand() == []


async def test_the_kind_of_the_address_and_the_tags_of_the_catalogue_go_with_the_demand(shop: Shop) -> None:
    async with shop.engine.begin() as conn:
        await conn.execute(text("UPDATE item SET tags = '{launch,oversize}' WHERE sku = 'tea'"))
    box = {"name": "Ada L.", "street": "Postfach 12 34", "city": "Berlin", "zip": "10115", "country": "DE"}
    await placed(shop, ship_to=box)
    [demand] = await shop.demand()
    assert (demand.kind, demand.waiting_ms) == ("po_box", None)
    assert [line.tags for line in demand.lines] == [("launch", "oversize"), ()]


async def test_a_wait_begins_anew_when_a_line_comes_back_after_all_were_accepted(shop: Shop) -> None:
    await placed(shop)
    task, lines = await offered(shop)
    await shop.says(A, OfferRejected(task, 1, "staff", ()))
    assert [demand.waiting_ms for demand in await shop.demand()] == [None]  # it was in nobody's hands
    task, lines = await offered(shop, B)
    await shop.says(B, OfferAccepted(task, 1, lines))
    await shop.says(B, Short(task, TaskLine(lines[0].line, lines[0].sku, 1), "not_found"))
    [began] = await shop.rows("SELECT (extract(epoch FROM waiting_since) * 1000)::bigint FROM customer_order")
    assert [demand.waiting_ms for demand in await shop.demand()] == [began]
    await shop.says(B, Released(task, 2, lines[1:]))
    assert [demand.waiting_ms for demand in await shop.demand()] == [began]


async def test_a_cancelled_order_claims_nothing(shop: Shop) -> None:
    order = await placed(shop)
    await offered(shop)
    async with shop.engine.begin() as conn:
        assert await use_cases.cancel(conn, order.order_id, "customer")
        assert not await use_cases.cancel(conn, shop.ids.uuid7(), "customer")
    assert await available(shop) == (20, {A: 10, B: 10})
    assert await shop.rows("SELECT status FROM customer_order") == ["cancelled"]
