"""Items, stock, scans, status and the limits of the API."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from edge_node.lan.scans import KEPT_MAX, ScanBoard
from edge_node.ports import BOX, DeviceStatus
from edge_node.sync.driver import LinkStatus
from retail.clock import ManualClock
from retail.errors import Fatal, NeedsAttention, Retryable
from sync_protocol.events import AdjustmentLine, StockAdjusted
from sync_protocol.sender import LinkState, SenderCounters
from tests.contract.edge_storage.backends import gtin
from tests.unit.edge_node.lan.conftest import SOFTWARE, Shop

LINK = LinkStatus(LinkState.CURRENT, True, 5, 5, 0.01, 1.5, SenderCounters(batches=3), 0, 2)


async def test_an_item_is_shown_with_its_price_and_its_stock(client: httpx.AsyncClient, shop: Shop) -> None:
    await shop.box.store.write(lambda tx: tx.append(StockAdjusted((AdjustmentLine("SKU-1", 7),), "received"), BOX))
    item = (await client.get(f"/v1/items/{gtin(1)}")).json()
    assert (item["sku"], item["name"], item["sellable"], item["gtins"]) == ("SKU-1", "Article 1", 7, [gtin(1)])
    assert item["price"] == {"amount": 100, "currency": "EUR", "text": "1.00 EUR", "gen": 1, "ver": 1}
    assert (await client.get("/v1/items/SKU-4")).json()["price"] is None


async def test_an_unknown_item_is_not_found_and_a_misread_barcode_is_refused(client: httpx.AsyncClient) -> None:
    unknown = await client.get("/v1/items/SKU-9")
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "item SKU-9 is not known here")
    misread = await client.get("/v1/items/4000000000012")
    assert misread.status_code == 422
    assert "check digit" in misread.json()["errors"][0]["problem"]


async def test_items_come_in_pages(client: httpx.AsyncClient) -> None:
    first = (await client.get("/v1/items", params={"limit": 3})).json()
    rest = (await client.get("/v1/items", params={"limit": 3, "after": first["next"]})).json()
    assert [item["sku"] for item in first["items"] + rest["items"]] == ["SKU-1", "SKU-2", "SKU-3", "SKU-4"]
    assert rest["next"] is None


async def test_stock_is_changed_by_hand_once_for_each_key(client: httpx.AsyncClient) -> None:
    request = {"key": str(uuid4()), "reason": "received", "lines": [{"code": "SKU-1", "quantity": 5}], "staff": "bob",
               "register": "0001"}  # fmt: skip
    first = await client.post("/v1/stock/adjustments", json=request)
    again = await client.post("/v1/stock/adjustments", json=request)
    other = await client.post("/v1/stock/adjustments", json=request | {"reason": "count"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    stock = (await client.get("/v1/stock/SKU-1")).json()
    assert stock["sellable"] == 5
    assert sum(row["quantity"] for row in stock["rows"]) == 0
    page = (await client.get("/v1/stock")).json()
    assert page == {
        "rows": [{"sku": "SKU-1", "state": "sellable", "lot": "", "serial": "", "quantity": 5}], "next": None,
    }  # fmt: skip
    assert (await client.get("/v1/stock/SKU-9")).status_code == 404


async def test_a_register_waits_for_the_next_scan(client: httpx.AsyncClient, shop: Shop) -> None:
    start = (await client.get("/v1/scans")).json()
    assert start["scans"] == []
    waiting = asyncio.create_task(client.get("/v1/scans", params={"after": start["next"], "wait_s": 5}))
    await asyncio.sleep(0.05)
    shop.box.scans.publish("front", gtin(1))
    answer = (await waiting).json()
    assert [(scan["scanner"], scan["code"]) for scan in answer["scans"]] == [("front", gtin(1))]
    empty = (await client.get("/v1/scans", params={"after": answer["next"], "wait_s": 0.01})).json()
    assert empty == {"scans": [], "next": answer["next"]}


async def test_scans_are_forgotten_after_a_while_and_their_numbers_rise_over_a_restart() -> None:
    clock = ManualClock()
    board = ScanBoard(clock)
    for number in range(KEPT_MAX + 5):
        board.publish("front", f"01{number}\x1d10A\x00")
    kept = await board.after(0, 0)
    assert len(kept) == KEPT_MAX
    assert kept[-1].code == f"01{KEPT_MAX + 4}\x1d10A"
    clock.advance(60_000)
    assert ScanBoard(clock).publish("front", "x").id > kept[-1].id


async def test_a_closing_box_lets_waiting_registers_go(client: httpx.AsyncClient, shop: Shop) -> None:
    start = (await client.get("/v1/scans")).json()["next"]
    waiting = asyncio.create_task(client.get("/v1/scans", params={"after": start, "wait_s": 30}))
    await asyncio.sleep(0.05)
    shop.box.scans.close()
    async with asyncio.timeout(2):
        assert (await waiting).json() == {"scans": [], "next": start}
        assert (await client.get("/v1/scans", params={"after": start, "wait_s": 30})).json()["scans"] == []


async def test_the_status_says_how_everything_is_and_what_to_see_to(client: httpx.AsyncClient, shop: Shop) -> None:
    shop.link = LINK
    shop.devices = [DeviceStatus("main", "receipt printer", "error", "the paper is out; load a roll"),
                    DeviceStatus("front", "barcode scanner", "ready", "ready")]  # fmt: skip
    status = (await client.get("/v1/status")).json()
    assert (status["store"], status["role"], status["software"]) == ("S0412", "store", SOFTWARE)
    assert status["log"] == {"head": 1, "acked": 0, "unacked": 1, "oldest_unacked_s": 0.0}
    assert status["link"] == {"state": "current", "connected": True, "round_trip_s": 0.01, "last_ack_age_s": 1.5}
    assert status["streams"] == {"catalogue": 1, "price": 1}
    assert "main: the paper is out; load a roll" in status["attention"]
    assert any("no second copy" in each for each in status["attention"])
    assert not any("front" in each for each in status["attention"])
    shop.link = replace(LINK, state=LinkState.FORKED)
    status = (await client.get("/v1/status")).json()
    assert any("forked" in each for each in status["attention"])


async def test_the_age_of_what_the_centre_does_not_have_is_told(
    client: httpx.AsyncClient, shop: Shop, clock: ManualClock
) -> None:
    await shop.box.store.write(lambda tx: tx.append(StockAdjusted((AdjustmentLine("SKU-1", 7),), "received"), BOX))
    digest = await shop.journal.hash_at(1)
    assert digest is not None
    await shop.journal.acknowledge(1, 1, digest)
    clock.advance(90_000)
    log = (await client.get("/v1/status")).json()["log"]
    assert (log["unacked"], log["oldest_unacked_s"]) == (1, 90.0)


async def test_metrics_speak_prometheus(client: httpx.AsyncClient, shop: Shop) -> None:
    shop.link = LINK
    await shop.box.store.write(lambda tx: tx.append(StockAdjusted((AdjustmentLine("SKU-1", 7),), "received"), BOX))
    await client.get("/v1/items/SKU-9")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    samples = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if line and not line.startswith("#"))
    assert samples["tillway_edge_log_head"] == "2.0"
    assert samples["tillway_edge_log_unacked"] == "2.0"
    assert samples['tillway_edge_link_state{state="current"}'] == "1.0"
    assert samples['tillway_edge_link_events{what="batches"}'] == "3.0"
    assert float(samples["tillway_edge_commit_seconds_count"]) >= 3
    assert float(samples["tillway_edge_disk_free_bytes"]) > 0
    assert samples["tillway_edge_replica_age_seconds"] == "-1.0"
    assert samples['tillway_edge_refusals_total{status="404"}'] == "1.0"


async def test_health_asks_the_database(client: httpx.AsyncClient, shop: Shop) -> None:
    log = await shop.journal.state()
    assert (await client.get("/health")).json() == {"status": "ok", "store": "S0412", "box": str(log.box)}


async def test_a_failed_slip_is_printed_again_when_somebody_asks(client: httpx.AsyncClient) -> None:
    assert (await client.post(f"/v1/print-jobs/{uuid4()}/retry")).status_code == 404
    assert (await client.get("/v1/print-jobs", params={"state": "failed"})).json() == {"jobs": []}


@pytest.mark.parametrize(
    ("failure", "status", "title"),
    [
        (Retryable("too many wait"), 503, "Try again"),
        (NeedsAttention("the disk is full", "free space"), 503, "Needs attention"),
        (Fatal("the database is damaged", "restore it"), 500, "Stopped"),
    ],
)
async def test_failures_of_the_box_are_told_apart(
    client: httpx.AsyncClient, shop: Shop, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int, title: str
) -> None:
    async def fail(question: object) -> None:
        raise failure

    monkeypatch.setattr(shop.box.store, "read", fail)
    answer = await client.get("/v1/items/SKU-1")
    assert (answer.status_code, answer.json()["title"]) == (status, title)
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("retry-after" in answer.headers) == isinstance(failure, Retryable)


async def test_a_request_that_is_too_large_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    honest = await client.post("/v1/quotes", content=b"x" * 300_000, headers={"content-type": "application/json"})
    assert (honest.status_code, honest.json()["title"]) == (413, "Too large")

    async def endless():
        for _ in range(300):
            yield b" " * 1_024

    silent = await client.post("/v1/quotes", content=endless(), headers={"content-type": "application/json"})
    assert silent.status_code == 413


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"lines": 1e999}', b"[" * 50_000, b'"\\ud800"', b"9" * 5_000])
async def test_what_is_not_json_is_refused_in_words(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/quotes", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_path_and_a_wrong_method_are_problem_documents(client: httpx.AsyncClient) -> None:
    missing = await client.get("/v1/nothing")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    wrong = await client.delete("/v1/items")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
