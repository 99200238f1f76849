"""Selling through the API."""

from uuid import UUID, uuid4

import httpx
import pytest

from edge_node.storage.verify import verify
from tests.contract.edge_storage.backends import gtin
from tests.unit.edge_node.lan.conftest import Shop


def basket(*lines: tuple[str, int], key: UUID | None = None, given: int = 1_000, **more: object) -> dict[str, object]:
    return {
        "key": str(key or uuid4()), "register": "0001", "staff": "anna",
        "lines": [{"code": code, "quantity": quantity} for code, quantity in lines],
        "tenders": [{"tender": "cash", "given": given}],
    } | more  # fmt: skip


async def test_a_sale_answers_with_its_receipt_and_opens_the_drawer(client: httpx.AsyncClient, shop: Shop) -> None:
    answer = await client.post("/v1/sales", json=basket((gtin(1), 2), ("SKU-3", 450)))
    assert answer.status_code == 201
    sale = answer.json()
    assert (sale["receipt"], sale["total"], sale["total_text"], sale["change"]) == (
        "S0412-0001-000001", 425, "4.25 EUR", 575,
    )  # fmt: skip
    assert (sale["register"], sale["staff"], sale["business_day"]) == ("0001", "anna", "2026-01-01")
    assert [(line["sku"], line["quantity"], line["unit"], line["amount"]) for line in sale["lines"]] == [
        ("SKU-1", 2, "each", 200), ("SKU-3", 450, "gram", 225),
    ]  # fmt: skip
    assert shop.drawers == ["0001"]
    assert (await client.get(f"/v1/sales/{sale['id']}")).json() == sale


async def test_the_same_request_again_is_answered_with_the_same_sale_and_opens_no_drawer(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    request = basket(("SKU-1", 1))
    first = await client.post("/v1/sales", json=request)
    again = await client.post("/v1/sales", json=request)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert shop.drawers == ["0001"]


async def test_a_key_that_was_used_for_something_else_is_a_conflict(client: httpx.AsyncClient) -> None:
    key = uuid4()
    await client.post("/v1/sales", json=basket(("SKU-1", 1), key=key))
    answer = await client.post("/v1/sales", json=basket(("SKU-1", 2), key=key))
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "key"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (basket(("SKU-9", 1)), "lines[0].code"),
        (basket(("4000000000012", 1)), "lines[0].code"),
        (basket(("SKU-4", 1)), "lines[0].code"),
        (basket(("SKU\u0000", 1)), "lines[0].code"),
        (basket(("SKU-1", 1), given=99), "tenders"),
        (basket(("SKU-1", 0)), "lines[0].quantity"),
        (basket(("SKU-1", 10**15)), "lines.0.quantity"),
        (basket(("SKU-1", 1), register="0009"), "register"),
        (basket(("SKU-1", 1), staff="\u001b"), "staff"),
        (basket(("SKU-1", 1), staff="x" * 41), "staff"),
        (basket(), "lines"),
        (basket(("SKU-1", 1), key="4711"), "key"),
        (basket(("SKU-1", 1), surprise=1), "surprise"),
        (basket(("SKU-1", 1), tenders=[{"tender": "card", "given": 100}]), "tenders[0].tender"),
        (basket(("SKU-1", 1), tenders=[{"given": -5}]), "tenders.0.given"),
        (basket(("SKU-1", 1), tenders=[{"given": "100"}]), "tenders.0.given"),
        (basket(("SKU-1", 1), tenders=[{"given": True}]), "tenders.0.given"),
    ],
)
async def test_a_bad_request_names_the_field_and_the_remedy(
    client: httpx.AsyncClient, shop: Shop, request_: dict[str, object], field: str
) -> None:
    answer = await client.post("/v1/sales", json=request_)
    assert answer.status_code == 422
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["errors"][0]["field"] == field
    assert problem["errors"][0]["remedy"]
    assert (await shop.journal.state()).head == 1
    assert shop.drawers == []


async def test_a_receipt_is_printed_again_as_a_copy(client: httpx.AsyncClient) -> None:
    sale = (await client.post("/v1/sales", json=basket(("SKU-1", 1)))).json()
    answer = await client.post(f"/v1/sales/{sale['id']}/reprint")
    assert answer.status_code == 202
    jobs = (await client.get("/v1/print-jobs")).json()["jobs"]
    assert [(job["kind"], job["subject"]) for job in jobs] == [("receipt", sale["id"])] * 2
    assert jobs[0]["id"] == answer.json()["print_job"]
    assert (await client.post(f"/v1/sales/{uuid4()}/reprint")).status_code == 404
    assert (await client.get(f"/v1/sales/{uuid4()}")).status_code == 404


async def test_a_quote_prices_a_basket_and_sells_nothing(client: httpx.AsyncClient, shop: Shop) -> None:
    lines = [{"code": gtin(1), "quantity": 2}, {"code": "SKU-2"}]
    quote = (await client.post("/v1/quotes", json={"lines": lines})).json()
    assert (quote["total"], quote["total_text"], quote["tax_total"], quote["age_minimum"]) == (400, "4.00 EUR", 64, 0)
    assert [(tax["code"], tax["net"], tax["tax"], tax["gross"]) for tax in quote["taxes"]] == [("A", 336, 64, 400)]
    assert (await shop.journal.state()).head == 1


async def test_many_registers_at_once_leave_a_whole_log_with_gapless_receipts(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    import asyncio

    answers = await asyncio.gather(*(client.post("/v1/sales", json=basket(("SKU-1", 1))) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {201}
    numbers = sorted(answer.json()["receipt"] for answer in answers)
    assert numbers == [f"S0412-0001-{number:06}" for number in range(1, 101)]
    assert verify(shop.box.store.path).problems == ()
