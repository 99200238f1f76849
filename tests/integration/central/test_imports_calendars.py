"""Imports of days and collections, and the postal areas that come with a network."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from central import imports
from central.fleet import postal_areas
from central.fleet.geography import Position
from central.imports import COLLECTIONS, DAYS, NETWORK, Imported, Request, Tools
from retail.clock import ManualClock
from retail.errors import Refused
from retail.ids import SeededIds

CLOCK = ManualClock()
STORES = (
    "location,kind,name,currency,country,zip,lat,lon,hours\n"
    "S0001,store,Union Square,USD,US,10003,40.73,-73.99,Daily 9-5\n"
    "S0002,store,Broadway,USD,US,10003,40.73,-73.99,Daily 9-5\n"
)
ZIPS = "zip,lat,lon\n10003,40.73,-73.99\n501,40.81,-73.04\n"


async def _adjust(*_: object) -> None:
    raise AssertionError("a calendar moves no stock")


async def take_in(
    engine: AsyncEngine, folder: Path, kind: str, content: str, zips: str | None = None, seed: int = 1
) -> Imported:
    file = folder / "file.csv"
    file.write_text(content, encoding="utf-8")
    beside = None
    if zips is not None:
        beside = folder / "zips.csv"
        beside.write_text(zips, encoding="utf-8")
    tools = Tools(SeededIds(seed, CLOCK), CLOCK, _adjust)
    return await imports.run(engine, Request(kind, file, zip_centroids=beside), tools)


async def rows(engine: AsyncEngine, query: str) -> list[tuple[object, ...]]:
    async with engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(text(query))]


async def test_days_with_hours_of_their_own_are_set_and_taken_back(engine: AsyncEngine, tmp_path: Path) -> None:
    await take_in(engine, tmp_path, NETWORK, STORES)
    found = await take_in(
        engine, tmp_path, DAYS,
        "location,day,hours,reason\nS0001,2026-12-24,10am-2pm,Christmas Eve\nS0001,2026-12-25,closed,\n"
        "S0002,2026-12-25,closed,\n", seed=2,
    )  # fmt: skip
    assert found.figures == {"set": 3, "taken_back": 0}
    assert await rows(engine, "SELECT location, day::text, hours, reason FROM location_day ORDER BY 1, 2") == [
        ("S0001", "2026-12-24", [["10:00", "14:00"]], "Christmas Eve"),
        ("S0001", "2026-12-25", [], ""), ("S0002", "2026-12-25", [], ""),
    ]  # fmt: skip
    again = await take_in(
        engine, tmp_path, DAYS, "location,day,hours\nS0001,2026-12-24,9-5\nS0001,2026-12-25,\n", seed=3
    )
    assert again.figures == {"set": 1, "taken_back": 1}
    assert await rows(engine, "SELECT location, hours FROM location_day ORDER BY 1") == [
        ("S0001", [["09:00", "17:00"]]), ("S0002", []),
    ]  # fmt: skip


async def test_a_wrong_day_is_refused_in_the_report_and_the_others_go_on(engine: AsyncEngine, tmp_path: Path) -> None:
    await take_in(engine, tmp_path, NETWORK, STORES)
    found = await take_in(
        engine, tmp_path, DAYS,
        "location,day,hours\nS0001,24.12.2026,closed\nS9999,2026-12-24,closed\nS0001,2026-12-24,whenever\n"
        "S0001,2026-12-25,closed\nS0001,2026-12-25,9-5\n", seed=2,
    )  # fmt: skip
    [report] = found.reports
    assert {(each.row, each.field) for each in report.findings} == {
        (1, "day"), (2, "location"), (3, "hours"), (5, "day"),
    }  # fmt: skip
    assert (report.rows_read, report.rows_kept, report.rows_refused) == (5, 1, 4)


async def test_collections_that_differ_are_set_and_taken_back(engine: AsyncEngine, tmp_path: Path) -> None:
    await take_in(engine, tmp_path, NETWORK, STORES)
    heading = "location,service,days,cutoff\n"
    found = await take_in(
        engine, tmp_path, COLLECTIONS,
        f"{heading}S0001,ground,mon-wed,14:30\nS0001,express,none,\nS0002,ground,someday,14:30\n"
        "S0002,express,mon,25:00\n", seed=2,
    )  # fmt: skip
    assert found.figures == {"set": 2, "taken_back": 0}
    assert [(each.row, each.field) for each in found.reports[0].findings] == [(3, "days"), (4, "cutoff")]
    assert await rows(engine, "SELECT location, service, days, cutoff FROM location_collection ORDER BY 2") == [
        ("S0001", "express", [], "00:00"), ("S0001", "ground", ["mon", "tue", "wed"], "14:30"),
    ]  # fmt: skip
    again = await take_in(engine, tmp_path, COLLECTIONS, f"{heading}S0001,express,,\n", seed=3)
    assert again.figures == {"set": 0, "taken_back": 1}


async def test_a_file_of_another_kind_is_refused(engine: AsyncEngine, tmp_path: Path) -> None:
    for kind in (DAYS, COLLECTIONS):
        with pytest.raises(Refused, match="heading"):
            await take_in(engine, tmp_path, kind, STORES)


async def test_the_postal_areas_of_a_network_import_are_kept(engine: AsyncEngine, tmp_path: Path) -> None:
    await take_in(engine, tmp_path, NETWORK, STORES, ZIPS)
    await take_in(engine, tmp_path, NETWORK, STORES, ZIPS.replace("40.81", "40.82"), seed=2)
    async with engine.connect() as conn:
        assert await postal_areas.find(conn, "US", "00501") == Position(40.82, -73.04)
        assert await postal_areas.find(conn, "US", "99999") is None


@pytest.mark.parametrize(
    ("country", "code", "key"),
    [
        ("US", "501", "00501"), ("US", "10003-1234", "10003"), ("US", "SW1A 1AA", None),
        ("GB", "sw1a 1aa", "SW1A1AA"), ("PL", "00-950", "00950"), ("DE", "", None), ("JP", "１００", None),
    ],
)  # fmt: skip
def test_a_postal_code_is_looked_up_as_people_write_it(country: str, code: str, key: str | None) -> None:
    assert postal_areas.key_of(country, code) == key
