"""The catalogue import against a real PostgreSQL: what is written, what stores are told, what HTTP shows."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from central import imports
from central.catalog.http import router
from central.imports import Imported, Request, Tools
from central.platform import downlink, problems
from retail.clock import ManualClock
from retail.ids import SeededIds
from sync_protocol.codec import decode_delta
from sync_protocol.streams import (
    CATALOGUE,
    PRICE,
    CatalogueDelta,
    ItemRecord,
    PriceDelta,
    PriceRecord,
    TaxRecord,
)

CLOCK = ManualClock()
TEA, MILK = "4006381333931", "3760020501068"
TAX = "code,rate_percent,inclusive\nstd,19,yes\nfood,7,yes\n"
ITEMS = (
    "sku,gtin,name,unit,tax_code,weight_g,department,age_minimum,hazard,price,currency\n"
    f"TEA,{TEA},Green tea,each,food,250,Food,,,2.99,EUR\n"
    f"MILK,{MILK},Milk,each,food,1030,Food,,,1.19,EUR\n"
    "NUTS,,Nuts,gram,food,,Food,,,19.90,EUR\n"
)


class Shop:
    """A centre's catalogue, and the files that it is imported from."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self.engine, self._folder = engine, folder
        self._ids = SeededIds(1, CLOCK)

    async def take(self, items: str, tax: str | None = TAX) -> Imported:
        """Import the content of a file of items, and of a tax table."""
        file = self._folder / "items.csv"
        file.write_text(items, encoding="utf-8")
        tax_file = None
        if tax is not None:
            tax_file = self._folder / "tax.csv"
            tax_file.write_text(tax, encoding="utf-8")
        request = Request("catalogue", file, tax=tax_file)
        return await imports.run(self.engine, request, Tools(self._ids, CLOCK, _adjust))

    async def told(self, zone: str = "all") -> list[ItemRecord | TaxRecord | PriceRecord]:
        """All that the stores of a zone were told, in order: first the catalogue, then the prices."""
        records: list[ItemRecord | TaxRecord | PriceRecord] = []
        async with self.engine.connect() as conn:
            for stream in (CATALOGUE, PRICE):
                for row in await downlink.since(conn, downlink.zone(zone), stream, 0, 1000):
                    delta = decode_delta(stream, row.delta)
                    if isinstance(delta, CatalogueDelta):
                        records += [*delta.taxes, *delta.items]
                    elif isinstance(delta, PriceDelta):
                        records += delta.prices
        return records


async def _adjust(*_: object) -> None:
    raise AssertionError("a catalogue import moves no stock")


@pytest.fixture
def shop(engine: AsyncEngine, tmp_path: Path) -> Shop:
    return Shop(engine, tmp_path)


@pytest_asyncio.fixture
async def http(engine: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app)
    app.include_router(router(engine))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://centre") as client:
        yield client


async def test_items_prices_and_taxes_are_told_to_the_stores_taxes_first(shop: Shop) -> None:
    done = await shop.take(ITEMS)
    assert done.figures == {"added": 3, "changed": 0, "unchanged": 0, "prices_changed": 3, "taxes_changed": 2}
    assert await shop.told() == [
        TaxRecord("std", 190_000, True),
        TaxRecord("food", 70_000, True),
        ItemRecord("TEA", (f"0{TEA}",), "Green tea", "each", "food", 250),
        ItemRecord("MILK", (f"0{MILK}",), "Milk", "each", "food", 1030),
        ItemRecord("NUTS", (), "Nuts", "gram", "food"),
        PriceRecord("TEA", "EUR", 299),
        PriceRecord("MILK", "EUR", 119),
        PriceRecord("NUTS", "EUR", 1990),
    ]


async def test_the_same_files_again_change_and_tell_nothing(shop: Shop) -> None:
    await shop.take(ITEMS)
    before = await shop.told()
    done = await shop.take(ITEMS)
    assert done.figures == {"added": 0, "changed": 0, "unchanged": 3, "prices_changed": 0, "taxes_changed": 0}
    assert await shop.told() == before


async def test_two_imports_of_one_file_at_the_same_time_tell_it_once(shop: Shop) -> None:
    done = await asyncio.gather(*(shop.take(ITEMS) for _ in range(3)))
    assert sorted(one.figures["added"] for one in done) == [0, 0, 3]
    assert len(await shop.told()) == 8


async def test_only_what_changed_is_told(shop: Shop) -> None:
    await shop.take(ITEMS)
    before = len(await shop.told())
    changed = ITEMS.replace("Green tea", "White tea").replace("1.19", "1.29").replace("food,,Food", "food,,Snacks")
    done = await shop.take(changed, TAX.replace("7,yes", "8,yes"))
    assert done.figures == {"added": 0, "changed": 2, "unchanged": 0, "prices_changed": 1, "taxes_changed": 1}
    told = await shop.told()
    assert len(told) == before + 3  # a department is the centre's own affair
    assert {TaxRecord("food", 80_000, True), PriceRecord("MILK", "EUR", 129)} < set(told)
    assert ItemRecord("TEA", (f"0{TEA}",), "White tea", "each", "food", 250) in told


async def test_a_refused_row_changes_nothing_and_the_others_are_taken(shop: Shop) -> None:
    done = await shop.take(ITEMS + "BAD,4006381333932,Bad,each,food,,,,,1,EUR\nODD,,Odd,each,luxury,,,,,1,EUR\n")
    assert done.figures["added"] == 3
    assert [(finding.row, finding.field) for finding in done.reports[0].findings] == [(4, "gtin"), (5, "tax_code")]
    async with shop.engine.connect() as conn:
        kinds = await conn.execute(text("SELECT kind, rows_read, rows_refused FROM import_report ORDER BY kind"))
        assert [tuple(row) for row in kinds] == [("catalogue", 5, 2), ("tax", 2, 0)]


async def test_a_barcode_of_a_stored_item_is_taken_away_before_it_is_given_to_another(shop: Shop) -> None:
    await shop.take(ITEMS)
    done = await shop.take(f"sku,gtin\nMILK,{TEA}\n", None)
    assert done.reports[0].rows_refused == 1
    done = await shop.take(f"sku,gtin\nTEA,\nMILK,{MILK}|{TEA}\n", None)
    assert done.figures["changed"] == 2
    assert (await shop.told())[-5] == ItemRecord("TEA", (), "Green tea", "each", "food", 250)
    assert (await shop.told())[-4] == ItemRecord("MILK", (f"0{MILK}", f"0{TEA}"), "Milk", "each", "food", 1030)


async def test_a_second_currency_adds_a_price_and_leaves_the_first(shop: Shop, http: httpx.AsyncClient) -> None:
    await shop.take(ITEMS)
    done = await shop.take("sku,price,currency\nTEA,3.25,USD\n", None)
    assert done.figures["prices_changed"] == 1
    assert (await http.get("/v1/items/TEA")).json()["prices"] == [
        {"currency": "EUR", "price": 299},
        {"currency": "USD", "price": 325},
    ]


async def test_a_zone_that_was_never_told_anything_hears_of_everything(shop: Shop) -> None:
    await shop.take(ITEMS)
    async with shop.engine.begin() as conn:
        await conn.execute(
            text(
                "INSERT INTO location (location, kind, name, currency, zone) VALUES ('S1', 'store', 'x', 'EUR', 'east')"
            )
        )
    assert await shop.told("east") == []
    await shop.take("sku,price,currency\nTEA,3.09,EUR\n", None)
    assert len(await shop.told("east")) == 9
    assert (await shop.told("east"))[-1] == (await shop.told("all"))[-1] == PriceRecord("TEA", "EUR", 309)


async def test_a_large_catalogue_is_told_in_lawful_deltas(shop: Shop) -> None:
    rows = "".join(f"SKU{number:05},Item number {number},std,{number}.50,EUR\n" for number in range(3_000))
    await shop.take("sku,name,tax_code,price,currency\n" + rows)
    told = await shop.told()
    assert len(told) == 2 + 3_000 + 3_000
    assert len(set(told)) == len(told)


async def test_items_are_read_over_http_page_by_page(shop: Shop, http: httpx.AsyncClient) -> None:
    await shop.take(ITEMS)
    first = (await http.get("/v1/items", params={"limit": 2})).json()
    second = (await http.get("/v1/items", params={"limit": 2, "cursor": first["next"]})).json()
    assert [item["sku"] for item in first["items"] + second["items"]] == ["MILK", "NUTS", "TEA"]
    assert second["next"] is None
    assert second["items"][0] == {
        "sku": "TEA", "name": "Green tea", "unit": "each", "gtins": [f"0{TEA}"], "tax_code": "food", "weight_g": 250,
        "department": "Food", "tags": [], "age_minimum": 0, "hazard": "", "withdrawn": False,
        "prices": [{"currency": "EUR", "price": 299}],
    }  # fmt: skip
    assert (await http.get("/v1/items/TEA")).json() == second["items"][0]


async def test_a_sku_with_a_slash_has_an_address_too(shop: Shop, http: httpx.AsyncClient) -> None:
    await shop.take("sku,name,tax_code\nA/B c,Odd,std\n")
    assert (await http.get("/v1/items/A%2FB%20c")).json()["sku"] == "A/B c"


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/v1/items/NONE", 404, "not-found"),
        ("/v1/items/a%00b", 422, "refused"),
        ("/v1/items/%20", 422, "refused"),
        ("/v1/items/" + "x" * 65, 422, "refused"),
        ("/v1/items/" + "x" * 300, 422, "invalid"),
        ("/v1/items?limit=0", 422, "invalid"),
        ("/v1/items?cursor=nonsense", 422, "refused"),
    ],
    ids=["unknown", "NUL", "blank", "long", "very long", "limit", "cursor"],
)
async def test_wrong_requests_are_answered_with_problem_documents(
    http: httpx.AsyncClient, path: str, status: int, kind: str
) -> None:
    answer = await http.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:tillway:problem:{kind}"
