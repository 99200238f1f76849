"""POST /v1/promise against a real database: live stock, calendars, capacity, and what is refused."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from central.app import create_app
from central.inventory import postgres as inventory
from central.platform.engine import make_reading_engine
from central.sourcing import rule_sets
from central.sourcing.promises import postgres
from central.sourcing.promises.use_cases import PromiseDesk
from retail.clock import ManualClock
from retail.ids import SeededIds
from routing.rules.document import parse

FRIDAY_MS = 1_800_018_000_000  # Friday, 15 January 2027, 08:00 in New York
HOURS = json.dumps(
    {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")} | {"sat": [["10:00", "14:00"]]}
)
COLUMBUS = {"country": "US", "lat": 39.96, "lon": -83.0}


@dataclass
class Town:
    """Two stores and a warehouse, two items, and the API on them."""

    engine: AsyncEngine
    clock: ManualClock = field(default_factory=lambda: ManualClock(FRIDAY_MS))

    def __post_init__(self) -> None:
        self.ids = SeededIds(7, self.clock)
        self.desk = self.using(PromiseDesk(self.engine, self.clock))

    def using(self, desk: PromiseDesk) -> PromiseDesk:
        """Answer by ``desk`` from now on."""
        app = create_app(self.engine, self.clock, self.ids, version="0", promise_desk=desk)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://centre")
        return desk

    async def do(self, *statements: str) -> None:
        async with self.engine.begin() as conn:
            for statement in statements:
                await conn.exec_driver_sql(statement)

    async def goods(self) -> None:
        await self.do(
            "INSERT INTO tax_code (code, rate_ppm, inclusive) VALUES ('std', 0, false)",
            "INSERT INTO item (sku, name, unit, tax_code, weight_g) VALUES ('tea', 'Tea', 'each', 'std', 500)",
            "INSERT INTO item (sku, name, unit, tax_code, weight_g) VALUES ('mug', 'Mug', 'each', 'std', 400)",
            "INSERT INTO item (sku, name, unit, tax_code, withdrawn) VALUES ('old', 'Old', 'each', 'std', true)",
        )

    async def open(self) -> None:
        for location, kind, lat, lon in (
            ("S0001", "store", 39.96, -83.00), ("S0002", "store", 40.10, -83.10), ("W0001", "warehouse", 33.75, -84.39),
        ):  # fmt: skip
            box = self.ids.uuid7()
            await self.do(
                "INSERT INTO location (location, kind, backing, name, city, currency, country, time_zone, hours, lat,"
                " lon, coordinate_state, ships, pickups, open_for_orders) VALUES"
                f" ('{location}', '{kind}', 'edge', 'Shop {location}', 'Town', 'USD', 'US', 'America/New_York',"
                f" '{HOURS}', {lat}, {lon}, 'believed', true, {kind == 'store'}, true)",
                f"INSERT INTO box (box, location, last_hello_at) VALUES ('{box}', '{location}', now())",
                f"INSERT INTO store_link (location, epoch, box) VALUES ('{location}', 1, '{box}')",
            )

    async def stock(self, location: str, sku: str, units: int) -> None:
        await self.do(
            "INSERT INTO stock_balance (location, sku, state, lot, serial, quantity)"
            f" VALUES ('{location}', '{sku}', 'sellable', '', '', {units})"
            " ON CONFLICT (tenant, location, sku, state, lot, serial) DO UPDATE SET quantity = excluded.quantity"
        )

    async def ask(self, *lines: tuple[str, int], **changes: Any) -> httpx.Response:
        request = {
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
            "destination": COLUMBUS,
        }
        return await self.client.post("/v1/promise", json=request | changes)

    async def promised(self, *lines: tuple[str, int], **changes: Any) -> dict[str, Any]:
        answer = await self.ask(*lines, **changes)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest_asyncio.fixture
async def bare(engine: AsyncEngine) -> AsyncIterator[Town]:
    """A catalogue, and no location."""
    town = Town(engine)
    await town.goods()
    yield town
    await town.client.aclose()


@pytest_asyncio.fixture
async def town(bare: Town) -> Town:
    """Everything, ten of each item at each place."""
    await bare.open()
    for location in ("S0001", "S0002", "W0001"):
        for sku in ("tea", "mug"):
            await bare.stock(location, sku, 10)
    return bare


async def test_a_cart_can_be_collected_nearby_and_sent_fast_or_cheaply(town: Town) -> None:
    found = await town.promised(("tea", 2), ("mug", 1))
    assert [(each["location"], each["complete"], each["ready_by"]) for each in found["pickup"]] == [
        ("S0001", True, "2027-01-15T10:00-05:00"), ("S0002", True, "2027-01-15T10:00-05:00"),
    ]  # fmt: skip
    assert found["pickup"][0]["distance_km"] == 0.0
    fastest, cheapest = found["ship"][0], found["ship"][-1]
    assert (fastest["fastest"], cheapest["cheapest"]) == (True, True)
    # Ground from the store in town takes one business day, over the weekend: nothing is faster, so there is one option.
    assert (fastest["delivery_date"], len(found["ship"])) == ("2027-01-18", 1)
    [package] = fastest["packages"]
    assert (package["location"], package["service"], package["lines"]) == ("S0001", "ground", [0, 1])
    assert package["pack_by"] == "2027-01-15T16:00-05:00"
    assert fastest["price"] == package["price"] == 520 + 55 + 22
    assert found["sentence"] == ("Ready at Shop S0001 by 2027-01-15 10:00. Delivered on 2027-01-18 for 5.97 USD.")


async def test_what_is_dearer_is_offered_only_where_it_is_faster(town: Town) -> None:
    for sku in ("tea", "mug"):
        await town.do(f"DELETE FROM stock_balance WHERE location <> 'W0001' AND sku = '{sku}'")
    await town.do("UPDATE location SET lat = 47.6, lon = -122.3 WHERE location = 'W0001'")  # Seattle: the farthest zone
    found = await town.promised(("tea", 1))
    assert [(each["delivery_date"], each["packages"][0]["service"]) for each in found["ship"]] == [
        ("2027-01-18", "overnight"), ("2027-01-19", "express"), ("2027-01-22", "ground"),
    ]  # fmt: skip
    prices = [each["price"] for each in found["ship"]]
    assert prices == sorted(prices, reverse=True)
    assert found["pickup"] == []
    assert found["pickup_note"] == "no place that hands over orders has any of it"


async def test_what_is_missing_is_said_by_line(town: Town) -> None:
    await town.stock("S0001", "mug", 1)
    found = await town.promised(("tea", 2), ("mug", 12), pickups_max=2)
    assert [each["complete"] for each in found["pickup"]] == [False, False]
    assert found["pickup"][0]["lines"] == [
        {"sku": "tea", "available": 2, "missing": 0}, {"sku": "mug", "available": 1, "missing": 11},
    ]  # fmt: skip
    assert found["pickup"][0]["note"] == "missing: 11 of mug"
    assert found["ship_lines"][1] == {"sku": "mug", "available": 10, "missing": 2}
    assert found["ship"][0]["packages"][0]["lines"] == [0]
    assert "without what is missing" in found["sentence"]


async def test_the_stock_is_that_of_this_moment_and_of_orders(town: Town) -> None:
    assert (await town.promised(("tea", 10)))["pickup"][0]["complete"]
    await town.stock("S0001", "tea", 3)
    await town.do(
        "INSERT INTO reservation_balance (sku, location, state, quantity) VALUES ('tea', 'S0001', 'offered', 1)"
    )
    assert (await town.promised(("tea", 10)))["pickup"][0]["lines"][0]["available"] == 2


async def test_units_that_orders_without_a_place_want_are_promised_to_nobody_else(town: Town) -> None:
    await town.do("INSERT INTO reservation_balance (sku, location, state, quantity) VALUES ('tea', '', 'wanted', 25)")
    found = await town.promised(("tea", 10))
    assert {each["lines"][0]["available"] for each in found["pickup"]} == {5}
    assert found["ship"] == []
    assert found["ship_note"] == "no place that ships has a whole line of it"


async def test_the_view_of_the_stock_is_the_one_that_orders_use(town: Town) -> None:
    chance = random.Random(4)
    locations, skus = ("S0001", "S0002", "W0001"), ("tea", "mug")
    for _ in range(12):
        await town.do("TRUNCATE stock_balance, stock_doubt, reservation_balance")
        for location in locations:
            for sku in skus:
                for lot in chance.sample(("", "a", "b"), chance.randint(0, 3)):
                    await town.do(
                        "INSERT INTO stock_balance (location, sku, state, lot, serial, quantity, changed_at) VALUES"
                        f" ('{location}', '{sku}', '{chance.choice(('sellable', 'sellable', 'damaged'))}', '{lot}', '',"
                        f" {chance.randint(-2, 6)}, now() - interval '{chance.randint(1, 9)} hours')"
                    )
                if chance.random() < 0.5:
                    await town.do(
                        "INSERT INTO stock_doubt (location, sku, available, event_id, at) VALUES ('"
                        f"{location}', '{sku}', {chance.randint(0, 4)}, '{town.ids.uuid7()}',"
                        f" now() - interval '{chance.randint(1, 9)} hours')"
                    )
                for state in ("offered", "set_aside"):
                    await town.do(
                        "INSERT INTO reservation_balance (sku, location, state, quantity)"
                        f" VALUES ('{sku}', '{location}', '{state}', {chance.choice((0, 0, 1, 2))})"
                    )
        async with town.engine.connect() as conn:
            goods = await postgres.read_goods(conn, skus)
            places = await inventory.stock_at(conn, skus)
        found = postgres.stock_of(goods, {location: number for number, location in enumerate(locations)})
        expected = {(each.location, each.sku): each.available for each in places}
        for sku, row in found.row.items():
            assert found.available[row].tolist() == [expected.get((location, sku), 0) for location in locations]


async def test_a_location_that_is_newer_than_the_network_in_memory_is_left_out(town: Town) -> None:
    async with town.engine.connect() as conn:
        goods = await postgres.read_goods(conn, ["tea"])
    assert postgres.stock_of(goods, {"S0002": 0, "S0007": 1}).available.tolist() == [[10, 0]]


async def test_a_location_whose_day_is_full_begins_with_its_next_one(town: Town) -> None:
    await town.do("UPDATE location SET capacity_units_per_day = 5 WHERE location = 'S0001'")
    await take(town, "S0001", 3)
    await town.desk.refresh()
    near = {each["location"]: each["ready_by"] for each in (await town.promised(("tea", 2)))["pickup"]}
    assert near["S0001"] == "2027-01-15T10:00-05:00"
    near = {each["location"]: each["ready_by"] for each in (await town.promised(("tea", 3)))["pickup"]}
    assert (near["S0001"], near["S0002"]) == ("2027-01-16T11:00-05:00", "2027-01-15T10:00-05:00")
    [preferred, *_] = (await town.promised(("tea", 6), pickup_location="S0001"))["pickup"]
    assert preferred["note"] == "Shop S0001 cannot handle so much on one day"


async def take(town: Town, location: str, units: int) -> None:
    """Work that a location was offered today."""
    order, task = town.ids.uuid7(), town.ids.uuid7()
    await town.do(
        "INSERT INTO customer_order (order_id, code, platform, platform_order_id, content_hash, channel, service,"
        " customer_name, currency, total, tax_total, shipping_charged, placed_ms, status) VALUES"
        f" ('{order}', 'C', 'p', '1', '', 'web', 'ship', 'Ada', 'USD', 0, 0, 0, 0, 'working')",
        "INSERT INTO task (task_id, order_id, location, rev, state, service)"
        f" VALUES ('{task}', '{order}', '{location}', 1, 'offered', 'ship')",
        "INSERT INTO task_line (task_id, line_id, sku, quantity)"
        f" VALUES ('{task}', '{town.ids.uuid7()}', 'tea', {units})",
    )


async def test_rules_that_are_published_hold_for_promises_within_the_refresh_interval(town: Town) -> None:
    async def publish(revision: int, *rules: dict[str, Any]) -> None:
        named = [{"id": f"rule-{number}", **rule} for number, rule in enumerate(rules)]
        document = {"format": 1, "name": "peak", "revision": revision, "default_policy": "p", "rules": named,
                    "policies": [{"id": "p"}]}  # fmt: skip
        async with town.engine.begin() as conn:
            await rule_sets.publish(conn, parse(document), "ops")

    async def followed(version: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while (found := await town.promised(("tea", 1), pickup_location="S0001"))["rules"] != version:
                await asyncio.sleep(0.02)
        return found

    town.desk = town.using(PromiseDesk(town.engine, town.clock, refresh_s=0.05))
    fresh = asyncio.create_task(town.desk.run())
    try:
        before = await followed("built-in-1")
        await publish(1, {"kind": "pause", "at": {"locations": ["S0001"]}})
        paused = await followed("peak-1")
        await town.do("UPDATE item SET hazard = 'flammable' WHERE sku = 'tea'",
                      "INSERT INTO price (sku, currency, price) VALUES ('tea', 'USD', 300)")  # fmt: skip
        await publish(2, {"kind": "exclude_products", "tags": ["flammable"], "at": {"locations": ["S0001"]}},
                      {"kind": "order_value", "least": 300, "at": {"locations": ["W0001"]}})  # fmt: skip
        excluded = await followed("peak-2")
        cheap = await town.promised(("tea", 1), value=299)
    finally:
        fresh.cancel()
        await asyncio.gather(fresh, return_exceptions=True)
    assert [found["pickup"][0]["note"] for found in (before, paused, excluded)] == [
        "", "Shop S0001 is paused", "Shop S0001 does not serve flammable products",
    ]  # fmt: skip
    senders = [
        {package["location"] for option in found["ship"] for package in option["packages"]}
        for found in (before, paused, excluded, cheap)
    ]
    assert "S0001" in senders[0]
    assert not any("S0001" in each for each in senders[1:])
    assert "W0001" not in senders[3]


async def test_rules_that_another_program_published_and_this_one_cannot_read_promise_nothing(town: Town) -> None:
    await town.do("INSERT INTO rule_set (version, state, body, digest, actor, published_at) VALUES"
                  " ('new-1', 'published', '{\"format\": 9}', '', 'ops', now())")  # fmt: skip
    answer = await town.ask(("tea", 1))
    assert answer.status_code == 503
    assert "the rules new-1 cannot be read here" in answer.json()["detail"]


async def test_what_rules_ask_for_may_be_told_with_the_cart(town: Town) -> None:
    lines = [{"sku": "tea", "quantity": 1, "gift": True, "kit_parent": "set"}]
    told = {"channel": "ebay", "value": 0, "destination": {**COLUMBUS, "region": "OH"}, "lines": lines}
    assert (await town.promised(**told))["ship"]
    for wrong, field_ in (({"channel": "e\u0000"}, "channel"), ({"value": -1}, "value"), ({"value": 1.5}, "value")):
        answer = await town.ask(("tea", 1), **wrong)
        assert [error["field"] for error in answer.json()["errors"]] == [field_]


async def test_the_preferred_place_comes_first_and_says_why_it_has_nothing(town: Town) -> None:
    found = await town.promised(("tea", 1), pickup_location="S0002")
    assert [each["location"] for each in found["pickup"]] == ["S0002", "S0001"]
    await town.do("UPDATE location SET open_for_orders = false, closed_reason = 'flooded' WHERE location = 'S0002'")
    await town.desk.refresh()
    first = (await town.promised(("tea", 1), pickup_location="S0002"))["pickup"][0]
    assert (first["ready_by"], first["note"]) == (None, "Shop S0002 takes no orders: flooded")
    warehouse = (await town.promised(("tea", 1), pickup_location="W0001"))["pickup"][0]
    assert warehouse["note"] == "Shop W0001 does not hand over orders"


async def test_a_silent_place_is_promised_nothing_of(town: Town) -> None:
    await town.do("UPDATE box SET last_hello_at = now() - interval '1 hour' WHERE location = 'S0001'")
    found = await town.promised(("tea", 1), pickup_location="S0001")
    assert found["pickup"][0]["note"] == "Shop S0001 has been silent for too long"
    assert found["ship"][-1]["packages"][0]["location"] == "S0002"


async def test_a_holiday_and_a_collection_of_its_own_count(town: Town) -> None:
    await town.do(
        "INSERT INTO location_day (location, day, hours, reason) VALUES ('S0001', '2027-01-15', '[]', 'stocktaking')",
        "INSERT INTO location_day (location, day, hours) VALUES ('S0002', '2027-01-15', '[[\"12:00\", \"13:00\"]]')",
        "INSERT INTO location_collection (location, service, days, cutoff)"
        " VALUES ('S0002', 'ground', '[\"sat\"]', '11:30')",
    )
    found = await town.promised(("tea", 1))
    assert [each["ready_by"] for each in found["pickup"]] == ["2027-01-16T11:00-05:00", "2027-01-16T10:00-05:00"]
    # The first store packs on Saturday and is collected from on Monday; the second is collected from on Saturday.
    [option] = found["ship"]
    [package] = option["packages"]
    assert (option["delivery_date"], package["location"]) == ("2027-01-18", "S0002")
    assert package["pack_by"] == "2027-01-16T11:30-05:00"


async def test_the_network_is_read_again_when_it_changed_or_the_clock_was_set_back(town: Town) -> None:
    assert len((await town.promised(("tea", 1)))["pickup"]) == 2
    await town.do("UPDATE location SET pickups = false WHERE location = 'S0002'")
    town.clock.advance(11_000)
    assert len((await town.promised(("tea", 1)))["pickup"]) == 1
    town.clock.set_wall(FRIDAY_MS - 40 * 86_400_000)
    found = await town.promised(("tea", 1))
    assert found["pickup"][0]["ready_by"].startswith("2026-12-07")  # the Monday after that Sunday


async def test_a_calendar_that_makes_no_sense_closes_its_own_location_only(town: Town) -> None:
    await town.do("""UPDATE location SET hours = '{"mon": [["17:00", "09:00"]]}' WHERE location = 'S0001'""")
    found = await town.promised(("tea", 1), pickup_location="S0001")
    assert "its calendar cannot be used" in found["pickup"][0]["note"]
    assert [each["complete"] for each in found["pickup"]] == [False, True]


async def test_large_carts_are_answered_beside_small_ones(town: Town) -> None:
    lines = [("tea", 1)] * 12
    large, small = await asyncio.gather(town.promised(*lines), town.promised(("mug", 1)))
    assert [line["missing"] for line in large["pickup"][0]["lines"]] == [0] * 10 + [1] * 2
    assert small["pickup"][0]["complete"]


async def test_an_empty_network_says_so(bare: Town) -> None:
    found = await bare.promised(("tea", 1), pickup_location="S0001")
    assert (found["pickup"], found["ship"], found["currency"]) == ([], [], "")
    assert found["sentence"] == "Nothing can be promised now."
    assert found["pickup_note"] == found["ship_note"] == "there is no location yet: import the network first"


async def test_a_postal_code_stands_for_its_area_and_a_country_for_the_farthest_zone(town: Town) -> None:
    await town.do("INSERT INTO postal_area (country, zip, lat, lon) VALUES ('US', '43215', 39.96, -83.0)")
    for code in ("43215", "43215-1234"):
        found = await town.promised(("tea", 1), destination={"country": "US", "zip": code})
        assert found["pickup"][0]["distance_km"] == 0.0
    anywhere = await town.promised(("tea", 1), destination={"country": "US"})
    assert anywhere["pickup"][0]["distance_km"] is None
    assert "farthest zone" in anywhere["ship_note"]
    assert anywhere["ship"][-1]["price"] > found["ship"][-1]["price"]
    abroad = await town.promised(("tea", 1), destination={"country": "FR", "lat": 48.9, "lon": 2.3})
    assert (abroad["pickup"], abroad["ship"]) == ([], [])
    assert abroad["ship_note"].startswith("no place that ships can be promised now: Shop ")
    assert abroad["ship_note"].endswith(" is in another country or currency")


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"lines": []}, ["lines"]),
    ({"lines": [{"sku": "tea", "quantity": 0}]}, ["lines.0.quantity"]),
    ({"lines": [{"sku": "tea", "quantity": 100_001}]}, ["lines.0.quantity"]),
    ({"lines": [{"sku": "tea", "quantity": 1.5}]}, ["lines.0.quantity"]),
    ({"lines": [{"sku": "tea", "quantity": 1}] * 201}, ["lines"]),
    ({"lines": [{"sku": "tea", "quantity": 1}, {"sku": "nope", "quantity": 1}, {"sku": "old", "quantity": 1}]},
     ["lines.1.sku", "lines.2.sku"]),
    ({"lines": [{"sku": "te\x00a", "quantity": 1}]}, ["lines.0.sku"]),
    ({"lines": [{"sku": "tea", "quantity": 99_000}]}, ["lines"]),
    ({"destination": None}, ["destination"]),
    ({"destination": {}}, ["destination"]),
    ({"destination": {"zip": "43215"}}, ["destination.country"]),
    ({"destination": {"country": "us"}}, ["destination.country"]),
    ({"destination": {"country": "US", "lat": 1.0}}, ["destination.lon"]),
    ({"destination": {"country": "US", "lat": 91.0, "lon": 0.0}}, ["destination.lat"]),
    ({"destination": {"country": "US", "zip": "99999"}}, ["destination.zip"]),
    ({"destination": {"country": "US", "zip": "nonsense"}}, ["destination.zip"]),
    ({"pickup_location": "S9999"}, ["pickup_location"]),
    ({"pickups_max": 21}, ["pickups_max"]),
    ({"surprise": 1}, ["surprise"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "fields"), WRONG)
async def test_a_wrong_question_is_refused_with_field_and_remedy(
    town: Town, changes: dict[str, Any], fields: list[str]
) -> None:
    answer = await town.ask(("tea", 1), **changes)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    errors = answer.json()["errors"]
    assert [error["field"] for error in errors] == fields
    assert all(error["problem"] and error["remedy"] for error in errors)


async def test_a_network_of_two_currencies_asks_which_one(town: Town) -> None:
    await town.do("UPDATE location SET currency = 'CAD' WHERE location = 'S0002'")
    answer = await town.ask(("tea", 1))
    assert [error["field"] for error in answer.json()["errors"]] == ["currency"]
    found = await town.promised(("tea", 1), currency="CAD")
    assert [each["location"] for each in found["pickup"]] == ["S0002"]


async def test_a_restart_of_the_database_is_no_matter_of_the_shop(town: Town, database_url: str) -> None:
    reading = make_reading_engine(database_url)
    town.desk = town.using(PromiseDesk(town.engine, town.clock, reading=reading))
    try:
        before = [answer.json() for answer in await asyncio.gather(*(town.ask(("tea", 1)) for _ in range(5)))]
        await town.do(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'tillway-reading'"
        )
        assert [answer.json() for answer in await asyncio.gather(*(town.ask(("tea", 1)) for _ in range(5)))] == before
    finally:
        await reading.dispose()
