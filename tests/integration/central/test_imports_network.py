"""The network import against a real PostgreSQL: what is kept, and that the same file again changes nothing."""

import gzip
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from central import imports
from central.fleet.tables import location
from central.imports import Imported, Request, Tools
from central.platform import downlink
from retail.clock import ManualClock
from retail.errors import Refused
from retail.ids import SeededIds
from sync_protocol.codec import decode_delta
from sync_protocol.streams import CATALOGUE, PRICE, CatalogueDelta, PriceDelta

NETWORK = Path(__file__).parents[3].parent / "shared/data/network"
STORES, ZIPS = NETWORK / "bestbuy_stores.csv", NETWORK / "us_zip_centroids.csv"
CLOCK = ManualClock()

OWN = (
    "location,kind,name,currency,country,zip,lat,lon,hours,zone,backing\n"
    "S0001,store,Union Square,USD,US,10003,40.73,-73.99,Daily 9-5,east,edge\n"
    "W0001,warehouse,Depot,USD,US,10003,40.74,-73.98,Daily 24 hours,all,edge\n"
    "S0002,store,Nowhere,USD,,,,,,all,none\n"
    "S0003,kiosk,Wrong,USD,,,,,,all,none\n"
)


async def _adjust(*_: object) -> None:
    raise AssertionError("a network import moves no stock")


def _tools(seed: int = 1) -> Tools:
    return Tools(SeededIds(seed, CLOCK), CLOCK, _adjust)


async def _import(engine: AsyncEngine, file: Path, zips: Path | None = None, seed: int = 1) -> Imported:
    return await imports.run(engine, Request("network", file, zip_centroids=zips), _tools(seed))


async def _locations(engine: AsyncEngine) -> list[dict[str, object]]:
    async with engine.connect() as conn:
        rows = await conn.execute(select(location).order_by(location.c.location))
        return [dict(row) for row in rows.mappings()]


def _write(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def _bytes_of(file: Path) -> bytes:
    return file.read_bytes()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return _write(tmp_path / "stores.csv", OWN)


async def test_places_and_the_report_are_stored_together(engine: AsyncEngine, own: Path) -> None:
    done = await _import(engine, own)
    assert done.figures == {"added": 3, "changed": 0, "unchanged": 0, "taking_orders": 2}
    stored = {row["location"]: row for row in await _locations(engine)}
    assert stored["S0001"]["hours"] == {
        day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    }
    assert stored["S0001"]["time_zone"] == "America/New_York"
    assert (stored["S0002"]["open_for_orders"], stored["S0002"]["closed_reason"]) == (
        False, "its time zone and opening hours are not known",
    )  # fmt: skip
    async with engine.connect() as conn:
        report = (await conn.execute(text("SELECT * FROM import_report"))).mappings().one()
        findings = (await conn.execute(text("SELECT * FROM import_finding ORDER BY finding_no"))).mappings().all()
        audit = (await conn.execute(text("SELECT * FROM audit"))).mappings().one()
    assert report["report_id"] == done.report_id
    assert (report["kind"], report["source"]) == ("network", "stores.csv")
    assert (report["rows_read"], report["rows_kept"], report["rows_refused"]) == (4, 3, 1)
    assert report["finished_at"] >= report["started_at"]
    assert [row["row"] for row in findings] == sorted(row["row"] for row in findings)
    assert {"row": 4, "field": "kind", "value": "kiosk", "action": "refused"}.items() <= findings[-1].items()
    assert (audit["action"], audit["subject"]) == ("import.network", f"import/{done.report_id}")


async def test_the_same_file_again_changes_nothing_but_adds_a_report(engine: AsyncEngine, own: Path) -> None:
    await _import(engine, own)
    before = await _locations(engine)
    done = await _import(engine, own, seed=2)
    assert done.figures == {"added": 0, "changed": 0, "unchanged": 3, "taking_orders": 2}
    assert await _locations(engine) == before
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM import_report"))).scalar_one() == 2


async def test_a_changed_row_changes_its_place_only(engine: AsyncEngine, own: Path) -> None:
    await _import(engine, own)
    before = {row["location"]: row for row in await _locations(engine)}
    _write(own, OWN.replace("Union Square", "Times Square"))
    assert (await _import(engine, own, seed=2)).figures["changed"] == 1
    after = {row["location"]: row for row in await _locations(engine)}
    assert after["S0001"]["name"] == "Times Square"
    assert after["S0001"]["changed_at"] != before["S0001"]["changed_at"]
    assert [after[key] for key in ("S0002", "W0001")] == [before[key] for key in ("S0002", "W0001")]


async def test_what_ops_set_outlives_an_import_that_does_not_mention_it(engine: AsyncEngine, tmp_path: Path) -> None:
    file = _write(tmp_path / "list.csv", "id,name,state,hours\n12,Boston,MA,Mon: 10-9\n")
    await _import(engine, file)
    async with engine.begin() as conn:
        await conn.execute(update(location).values(backing="edge", ships=True, capacity_units_per_day=40, zone="east"))
    await _import(engine, file, seed=2)
    (stored,) = await _locations(engine)
    assert (stored["location"], stored["backing"], stored["ships"]) == ("S0012", "edge", True)
    assert (stored["capacity_units_per_day"], stored["zone"]) == (40, "east")


async def test_what_rules_call_a_place_by_is_stored_and_the_same_file_again_changes_nothing(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    heading = "location,kind,name,currency,groups,delivery_services,certifications"
    file = _write(tmp_path / "own.csv", f"{heading}\nS0001,store,One,USD,mall|outlet,post|ground,hazmat\n")
    await _import(engine, file)
    (stored,) = await _locations(engine)
    assert (stored["groups"], stored["delivery_services"]) == (("mall", "outlet"), ("ground", "post"))
    assert stored["certifications"] == ("hazmat",)
    assert (await _import(engine, file, seed=2)).figures["unchanged"] == 1


async def test_a_file_that_cannot_be_understood_changes_nothing_at_all(engine: AsyncEngine, own: Path) -> None:
    _write(own, OWN.encode() + b"S0009,store,Caf\xe9,USD,,,,,,all,none\n")
    with pytest.raises(Refused, match="line 6 is not UTF-8"):
        await _import(engine, own)
    assert await _locations(engine) == []
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM import_report"))).scalar_one() == 0


async def test_a_new_zone_is_told_the_whole_catalogue(engine: AsyncEngine, own: Path, tmp_path: Path) -> None:
    items = _write(tmp_path / "items.csv", "sku,name,tax_code,price,currency\nTEA,Tea,std,2.50,USD\n")
    tax = _write(tmp_path / "tax.csv", "code,rate_percent,inclusive\nstd,8.875,no\n")
    await imports.run(engine, Request("catalogue", items, tax=tax), _tools())
    await _import(engine, own, seed=2)
    async with engine.connect() as conn:
        for zone in ("all", "east"):
            catalogue = await downlink.since(conn, downlink.zone(zone), CATALOGUE, 0, 10)
            deltas = [decode_delta(CATALOGUE, row.delta) for row in catalogue]
            known = [delta for delta in deltas if isinstance(delta, CatalogueDelta)]
            assert [tax.code for delta in known for tax in delta.taxes] == ["std"]
            assert [item.sku for delta in known for item in delta.items] == ["TEA"]
            (price,) = await downlink.since(conn, downlink.zone(zone), PRICE, 0, 10)
            told = decode_delta(PRICE, price.delta)
            assert isinstance(told, PriceDelta) and told.prices[0].price == 250


@pytest.mark.skipif(not STORES.exists(), reason=f"{NETWORK.name}/ is not there")
async def test_a_real_chain_is_imported_whole_and_again_without_change(engine: AsyncEngine, tmp_path: Path) -> None:
    packed = _write(tmp_path / "stores.csv.gz", gzip.compress(_bytes_of(STORES)))
    done = await _import(engine, STORES, ZIPS)
    assert done.figures == {"added": 1565, "changed": 0, "unchanged": 0, "taking_orders": 1565}
    assert [report.rows_kept for report in done.reports] == [1565, 33791]
    again = await _import(engine, packed, ZIPS, seed=2)
    assert again.figures["unchanged"] == 1565
    without_zips = await _import(engine, packed, seed=3)
    assert without_zips.figures["unchanged"] == 1565
    async with engine.connect() as conn:
        refused = await conn.execute(
            text("SELECT location FROM location WHERE coordinate_state = 'refused' ORDER BY 1")
        )
        assert list(refused.scalars()) == ["S0895", "S1536"]
