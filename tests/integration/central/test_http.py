"""The API as its callers see it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from central.app import create_app
from central.orders.http import OrderRequest
from central.platform.engine import make_engine
from central.platform.idempotency import fingerprint
from central.platform.limits import BODY_BYTES_MAX
from sync_protocol.events import OfferAccepted, StartAsked, TaskLine
from tests.integration.central.shop import STORES, Shop

A, B = STORES


def client_of(shop: Shop, engine: AsyncEngine) -> httpx.AsyncClient:
    app = create_app(engine, shop.clock, shop.ids, version="0")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://centre")


@pytest_asyncio.fixture
async def client(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(shop, shop.engine) as client:
        yield client


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    return document


def fields(answer: httpx.Response) -> list[str]:
    document = problem(answer, 422)
    assert all(error["problem"] and error["remedy"] for error in document["errors"])
    return [error["field"] for error in document["errors"]]


async def test_an_order_is_created_once_and_found_again(client: httpx.AsyncClient, shop: Shop) -> None:
    first = await client.post("/v1/orders", json=shop.request())
    again = await client.post("/v1/orders", json=shop.request())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    order = (await client.get(f"/v1/orders/{first.json()['order_id']}")).json()
    assert [line["sku"] for line in order["lines"]] == ["tea", "mug"]
    assert [entry["what"] for entry in order["timeline"]] == ["received"]
    by_code = await client.get("/v1/orders", params={"code": first.json()["code"].lower()})
    assert [found["order_id"] for found in by_code.json()["items"]] == [first.json()["order_id"]]
    changed = await client.post("/v1/orders", json=shop.request(customer_name="Bob"))
    assert "another content" in problem(changed, 409)["detail"]


async def test_an_order_says_who_the_customer_is_and_where_an_agent_wants_it_served(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    placed = await client.post("/v1/orders", json=shop.request(customer_tier="gold", pinned_location=B))
    order = (await client.get(f"/v1/orders/{placed.json()['order_id']}")).json()
    assert (order["customer_tier"], order["pinned_location"]) == ("gold", B)
    [demand] = await shop.demand()
    assert (demand.tier, demand.pinned_location, demand.value) == ("gold", B, 1400)
    other = await client.post("/v1/orders", json=shop.request(customer_tier="gold"))
    assert "another content" in problem(other, 409)["detail"]
    assert fields(await client.post("/v1/orders", json=shop.request("2", pinned_location="S9999"))) == [
        "pinned_location"
    ]


async def test_an_order_that_came_before_a_field_was_known_may_be_sent_again(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    before = fingerprint(
        {
            name: value
            for name, value in OrderRequest.model_validate(shop.request()).model_dump(mode="json").items()
            if name not in ("customer_tier", "pinned_location")
        }
    )
    await client.post("/v1/orders", json=shop.request())
    assert await shop.rows("SELECT content_hash FROM customer_order") == [before]


async def test_lists_are_paged_without_repeating_or_skipping(client: httpx.AsyncClient, shop: Shop) -> None:
    for number in range(7):
        await client.post("/v1/orders", json=shop.request(str(number)))
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        page = (await client.get("/v1/orders", params={"limit": 3, "cursor": cursor})).json()
        seen += [order["platform_order_id"] for order in page["items"]]
        cursor, pages = page["next"], pages + 1
    assert (seen, pages) == (["6", "5", "4", "3", "2", "1", "0"], 3)
    assert fields(await client.get("/v1/orders", params={"cursor": "nonsense"})) == ["cursor"]
    assert fields(await client.get("/v1/orders", params={"limit": 0})) == ["query.limit"]


_WRONG_ORDERS: list[tuple[dict[str, Any], str]] = [
    ({"service": "pickup", "pickup_location": "S9999", "ship_to": None}, "pickup_location"),
    ({"customer_name": "Ada\x00"}, "customer_name"),
    ({"customer_name": "\x1b[31mAda"}, "customer_name"),
    ({"customer_name": "   "}, "customer_name"),
    ({"platform_order_id": "\u202eabc"}, "platform_order_id"),
    ({"surprise": 1}, "surprise"),
    ({"total": 18.99}, "total"),
    ({"total": "1899"}, "total"),
    ({"total": 1}, "total"),
    ({"lines": []}, "lines"),
    ({"placed_ms": -1}, "placed_ms"),
    ({"contact": {"fax": "1"}}, "contact.fax.[key]"),
]

_WRONG_LINES: list[tuple[dict[str, Any], str]] = [
    ({"sku": "mystery"}, "lines.0.sku"),
    ({"quantity": 0}, "lines.0.quantity"),
    ({"quantity": -2}, "lines.0.quantity"),
    ({"quantity": 1.5}, "lines.0.quantity"),
    ({"sku": "tea\x00"}, "lines.0.sku"),
    ({"amount": 10**9}, "lines.0.amount"),
]


async def test_a_wrong_order_is_refused_with_field_and_remedy(client: httpx.AsyncClient, shop: Shop) -> None:
    for changes, field in _WRONG_ORDERS:
        assert fields(await client.post("/v1/orders", json=shop.request(**changes))) == [field], changes
    for changes, field in _WRONG_LINES:
        request = shop.request()
        request["lines"][0] |= changes
        assert field in fields(await client.post("/v1/orders", json=request)), changes
    assert await shop.rows("SELECT count(*) FROM customer_order") == [0]


async def test_what_is_no_order_at_all_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"{", b"", b"\xff\xfe", b'"text"', b"[" * 100_000, b'{"a": "\\ud800"}', b"null"):
        answer = await client.post("/v1/orders", content=body, headers={"content-type": "application/json"})
        assert fields(answer), body[:20]


async def test_a_body_over_the_limit_is_not_read(client: httpx.AsyncClient) -> None:
    problem(await client.post("/v1/orders", content=b"x" * (BODY_BYTES_MAX + 1)), 413)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 65_536 + 2):
            yield b" " * 65_536

    problem(await client.post("/v1/orders", content=endless()), 413)


async def test_an_order_is_cancelled_until_its_pick_begins(client: httpx.AsyncClient, shop: Shop) -> None:
    first = (await client.post("/v1/orders", json=shop.request("1"))).json()["order_id"]
    cancelled = await client.post(f"/v1/orders/{first}/cancel", json={"reason": "changed my mind"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert (await client.post(f"/v1/orders/{first}/cancel")).status_code == 200
    second = (await client.post("/v1/orders", json=shop.request("2"))).json()["order_id"]
    [demand] = await shop.demand()
    [task] = (await shop.offer(demand)).tasks
    lines = tuple(TaskLine(line.line_id, line.sku, line.quantity) for line in task.lines)
    await shop.says(A, OfferAccepted(task.task_id, 1, lines))
    await shop.says(A, StartAsked(task.task_id, 2))
    assert "begun to pick" in problem(await client.post(f"/v1/orders/{second}/cancel"), 409)["detail"]
    problem(await client.post(f"/v1/orders/{shop.ids.uuid7()}/cancel"), 404)
    problem(await client.get(f"/v1/orders/{shop.ids.uuid7()}"), 404)


async def test_availability_is_told_by_location(client: httpx.AsyncClient, shop: Shop) -> None:
    await client.post("/v1/orders", json=shop.request())
    found = (await client.get("/v1/availability", params={"sku": "tea"})).json()
    assert (found["available"], found["wanted"]) == (18, 2)
    assert {place["location"]: place["available"] for place in found["locations"]} == {A: 10, B: 10}
    problem(await client.get("/v1/availability", params={"sku": "mystery"}), 404)
    assert fields(await client.get("/v1/availability", params={"sku": "a\x00"})) == ["sku"]


async def test_a_stock_adjustment_is_booked_once_for_each_key(client: httpx.AsyncClient, shop: Shop) -> None:
    request = {"location": A, "reason": "count", "lines": [{"sku": "tea", "quantity": -4}], "note": "shelf 3"}
    for _ in range(3):
        answer = await client.post("/v1/stock-adjustments", json=request, headers={"Idempotency-Key": "k1"})
        assert answer.status_code == 201, answer.text
    found = (await client.get("/v1/availability", params={"sku": "tea"})).json()
    assert found["available"] == 16
    other = await client.post(
        "/v1/stock-adjustments", json=request | {"note": "shelf 4"}, headers={"Idempotency-Key": "k1"}
    )
    problem(other, 409)
    assert fields(await client.post("/v1/stock-adjustments", json=request)) == ["header.idempotency-key"]
    wrong = request | {"lines": [{"sku": "mystery", "quantity": 1}]}
    refused = await client.post("/v1/stock-adjustments", json=wrong, headers={"Idempotency-Key": "k2"})
    assert fields(refused) == ["lines.0.sku"]


async def test_locations_and_boxes_are_listed(client: httpx.AsyncClient) -> None:
    page = (await client.get("/v1/locations", params={"limit": 1})).json()
    assert [place["location"] for place in page["items"]] == [A]
    rest = (await client.get("/v1/locations", params={"cursor": page["next"]})).json()
    assert [place["location"] for place in rest["items"]] == [B]
    assert [box["location"] for box in (await client.get("/v1/fleet")).json()["items"]] == [A, B]


async def test_the_description_asks_no_other_machine_for_anything(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "POST /v1/orders" in page.text
    assert "http://" not in page.text.replace("http://centre", "")
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    document = (await client.get("/openapi.json")).json()
    assert "/v1/orders/{order_id}/cancel" in document["paths"]


async def test_metrics_tell_how_things_stand(client: httpx.AsyncClient, shop: Shop) -> None:
    await client.post("/v1/orders", json=shop.request())
    text_ = (await client.get("/metrics")).text
    assert 'tillway_central_orders{status="open"} 1.0' in text_
    assert "tillway_central_database_up 1.0" in text_
    assert 'route="/v1/orders"' in text_


async def test_health_names_what_is_missing(client: httpx.AsyncClient, shop: Shop) -> None:
    assert (await client.get("/health")).json() == {"status": "ok", "database": "ok", "broker": "not used"}
    async with shop.engine.begin() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["database"]) == (503, "not migrated")


async def test_without_the_database_callers_are_told_to_come_back(shop: Shop) -> None:
    away = make_engine("postgresql://tillway@/tillway?host=/nowhere")
    async with client_of(shop, away) as client:
        for answer in (await client.get("/v1/orders"), await client.post("/v1/orders", json=shop.request())):
            assert "database" in problem(answer, 503)["title"]
            assert int(answer.headers["retry-after"]) > 0
        health = await client.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "waiting")
        assert "tillway_central_database_up 0.0" in (await client.get("/metrics")).text
    await away.dispose()


async def test_an_unexpected_error_shows_nothing_of_the_inside(client: httpx.AsyncClient, shop: Shop) -> None:
    async with shop.engine.begin() as conn:
        await conn.execute(text("DROP TABLE customer_order CASCADE"))
    document = problem(await client.get("/v1/orders"), 500)
    assert "customer_order" not in str(document)
