"""Locations, their boxes, the catalogue and the day's sales."""

import random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.catalog.tables import item, tax_code
from central.fleet.tables import box, location, store_link, watermark
from central.platform.event_log import event
from central.sales.tables import sale
from tests.browser.day.times import DAY, MINUTE, SECOND, at, uuid_at

STORES = ("S0412", "S0707", "S1002")
WAREHOUSE = "W0001"
CITIES = (
    ("Bloomington", "MN"),
    ("Tempe", "AZ"),
    ("Lexington Park", "MD"),
    ("Trussville", "AL"),
    ("Fort Collins", "CO"),
    ("Ann Arbor", "MI"),
    ("Santa Rosa", "CA"),
    ("Asheville", "NC"),
    ("Bend", "OR"),
    ("Duluth", "GA"),
)
ITEMS = (
    ("Espresso machine, stainless steel", 24900),
    ("Burr coffee grinder", 8950),
    ("Wireless headphones, black", 17900),
    ("USB-C charger 65 W", 3990),
    ("Trail running shoes, 42", 12900),
    ("Rain jacket, M, navy", 14900),
    ("Stainless steel bottle 0.7 l", 2490),
    ("Board game, 2-4 players", 3690),
    ("Desk lamp with dimmer", 5990),
    ("Cast iron pan 28 cm", 6490),
)
HOURS = {day: [["09:00", "21:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")} | {
    "sun": [["11:00", "18:00"]]
}
FORK = "the box tells another history from entry 7691 on (a fork)"

BOXES = {
    # since its last hello, head of its log, stored here, age of its replica, incident
    "S0412": (20 * SECOND, 18_240, 18_240, 900, ""),
    "S0707": (47 * MINUTE, 9_120, 9_104, 1_200, ""),
    "S1002": (31 * SECOND, 7_702, 7_690, 64_000, FORK),
    WAREHOUSE: (8 * SECOND, 40_811, 40_811, 400, ""),
}


def sku(number: int) -> str:
    """The key of an item."""
    return f"SKU-{4711 + number:06}"


def box_id(now_ms: int, key: str) -> Any:
    """The box that speaks for a location."""
    return uuid_at(now_ms - 90 * DAY, list(BOXES).index(key) + 1)


async def write(conn: AsyncConnection, now_ms: int, places: int) -> None:
    """Write all of it."""
    await conn.execute(insert(tax_code).values(code="standard", rate_ppm=70_000, inclusive=False))
    items = [{"sku": sku(n), "name": name, "unit": "each", "tax_code": "standard"} for n, (name, _) in enumerate(ITEMS)]
    await conn.execute(insert(item), items)
    keys = [*STORES, *(f"S{2000 + number}" for number in range(places - len(STORES)))]
    await conn.execute(insert(location), [_store(number, key) for number, key in enumerate(keys)])
    await conn.execute(insert(location).values(**_warehouse()))
    for key in BOXES:
        await _write_box(conn, now_ms, key)
    await conn.execute(insert(sale), _sales(now_ms))


def _store(number: int, key: str) -> dict[str, Any]:
    city, region = CITIES[number % len(CITIES)]
    has_box, unknown = key in STORES, number % 97 == 5
    closed = "closed by ops: stock count until Monday" if key == "S1002" else ""
    return {
        "location": key,
        "kind": "store",
        "backing": "edge" if has_box else "none",
        "name": f"{city} {('Mall', 'Downtown', 'Marketplace', 'Pavilion')[number // len(CITIES) % 4]}",
        "currency": "USD",
        "country": "US",
        "region": region,
        "city": city,
        "zip": f"{55000 + number:05}",
        "address": f"{100 + number} Market Street",
        "time_zone": None if unknown else "America/Chicago",
        "coordinate_state": "refused" if unknown else "believed",
        "hours": None if unknown else HOURS,
        "ships": has_box,
        "pickups": has_box,
        "capacity_units_per_day": 120 if has_box else None,
        "open_for_orders": not unknown and not closed,
        "closed_reason": "its time zone is not known" if unknown else closed,
    }


def _warehouse() -> dict[str, Any]:
    changes = {
        "location": WAREHOUSE,
        "kind": "warehouse",
        "name": "Columbus warehouse",
        "city": "Columbus",
        "region": "OH",
        "time_zone": "America/New_York",
        "capacity_units_per_day": 4000,
        "pickups": False,
    }
    return _store(0, STORES[0]) | changes


async def _write_box(conn: AsyncConnection, now_ms: int, key: str) -> None:
    age, head, stored, replica, trouble = BOXES[key]
    its, enrolled = box_id(now_ms, key), at(now_ms - 90 * DAY)
    hello = {"head": head, "acked": stored, "replica_age_ms": replica, "time_quality": 2, "clock_ms": now_ms - age}
    incident = {"incident": trouble, "incident_at": at(now_ms - 26 * MINUTE)} if trouble else {}
    await conn.execute(
        insert(box).values(
            box=its, location=key, enrolled_at=enrolled, software="0.1.0", last_hello_at=at(now_ms - age), hello=hello,
            **incident,
        )
    )  # fmt: skip
    await conn.execute(insert(store_link).values(location=key, epoch=1, box=its, granted_at=enrolled))
    await conn.execute(insert(watermark).values(location=key, box=its, seq=stored, hash=bytes(16)))
    await conn.execute(
        insert(event).values(
            id=uuid_at(now_ms, stored), location=key, box=its, seq=stored, kind="sale", at_ms=now_ms - age,
            time_quality=2, business_day=at(now_ms).date(), register="0001", staff="Maya",
            received_at=at(now_ms - age - 14 * SECOND),
        )
    )  # fmt: skip


def _sales(now_ms: int) -> list[dict[str, Any]]:
    chance = random.Random(3)
    counts = {"S0412": 312, "S0707": 187, "S1002": 244}
    places = [place for place, count in counts.items() for _ in range(count)]
    return [
        {
            "sale_id": uuid_at(now_ms, 200_000 + number),
            "event_id": uuid_at(now_ms, 300_000 + number),
            "location": place,
            "register": "0001",
            "receipt": f"{place}-0001-{number:06}",
            "business_day": at(now_ms).date(),
            "currency": "USD",
            "total": chance.randrange(500, 20_000),
            "tax_total": 0,
            "rounding": 0,
            "at_ms": now_ms,
            "staff": "Maya",
        }
        for number, place in enumerate(places)
    ]
