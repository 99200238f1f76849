"""Rows of a network file: what is taken, what is reported and not believed, what is refused."""

import io
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.fleet.geography import Position
from central.fleet.network_checks import Surroundings
from central.fleet.network_rows import COLUMNS, STORE_LIST_COLUMNS, adapter, read_location, read_places
from central.fleet.place import NO_HOURS, NO_TIME_ZONE, Place
from central.importing.csv_file import Table
from central.importing.rows import once_each
from retail.cleaning import Action, CleaningReport
from retail.errors import Refused

HEADING = "location,kind,name,currency"
CENTROIDS = {"10003": Position(40.7318, -73.9885), "72401": Position(35.86, -90.65), "02128": Position(42.36, -71.01)}
NEW_YORK = {"zip": "10003", "country": "US", "lat": "40.73", "lon": "-73.99", "hours": "Daily 9-5"}


def _read(
    content: str, known: Mapping[str, Place] | None = None, beside: Surroundings | None = None
) -> tuple[list[Place], CleaningReport]:
    table = Table(io.BytesIO(content.encode()), CleaningReport("network", "stores.csv"))
    rows = once_each(map(adapter(table), table.rows()), read_location, "location", table.report)
    return read_places(rows, known or {}, beside or Surroundings(CENTROIDS), table.report), table.report


def _read_one(
    known: Place | None = None, beside: Surroundings | None = None, **cells: str
) -> tuple[Place | None, CleaningReport]:
    row = {"location": "S0001", "kind": "store", "name": "Union Square", "currency": "USD"} | cells
    line = ",".join(f'"{cell}"' for cell in row.values())
    places, report = _read(f"{','.join(row)}\n{line}\n", {known.location: known} if known else {}, beside)
    return (places[0] if places else None), report


def _problems(report: CleaningReport) -> dict[str, str]:
    return {finding.field: finding.problem for finding in report.findings}


def test_a_full_row_of_our_own_format_becomes_a_place() -> None:
    place, report = _read_one(
        address="52 E 14th St", city="New York", region="NY", time_zone="America/New_York", legal_entity="Shop Inc.",
        backing="edge", ships="yes", pickups="no", capacity_units_per_day="400", zone="east",
        groups="mall | flagship|mall", delivery_services="ground|adult signature", certifications="", **NEW_YORK,
    )  # fmt: skip
    assert place == Place(
        "S0001", "store", "edge", "Union Square", "Shop Inc.", "USD", "US", "NY", "New York", "10003", "52 E 14th St",
        "America/New_York", 40.73, -73.99, "believed", place.hours if place else None, "east",
        ("flagship", "mall"), ("adult signature", "ground"), (), True, False, 400, True,
    )  # fmt: skip
    assert place is not None and place.hours is not None and place.hours["sun"] == [["09:00", "17:00"]]
    assert report.findings == []


def test_a_published_store_list_becomes_stores_that_nothing_answers_for() -> None:
    places, report = _read(
        "id,type,name,address,city,state,zip,lat,lon,hours,services\n"
        "12,BigBox,Boston,1 Main St,Boston,MA,2128,42.36,-71.01,Mon: 10-9,Repairs\n"
        "123456,Mobile,Far,2 Main St,Boston,MA,02128-1234,42.36,-71.01,Mon: 10-9,\n"
    )
    assert [(place.location, place.kind, place.backing, place.zip) for place in places] == [
        ("S0012", "store", "none", "02128"),
        ("S123456", "store", "none", "02128-1234"),
    ]
    assert {(place.country, place.currency, place.region) for place in places} == {("US", "USD", "MA")}
    assert {place.delivery_services for place in places} == {()}  # its services are what customers find there
    assert report.rows_by_action[Action.REPAIRED] == {1}


def test_findings_about_a_store_list_name_its_own_columns() -> None:
    _, report = _read("id,name,state\nx,Nowhere,\n1,Here," + "M" * 50 + "\n1,Again,\n")
    assert [(finding.row, finding.field) for finding in report.findings if finding.action is Action.REFUSED] == [
        (1, "id"),
        (2, "state"),
        (3, "id"),
    ]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("location", "0001"),
        ("location", "S1"),
        ("location", "S٠٠٠١"),
        ("location", "S0001/#"),
        ("location", ""),
        ("kind", "kiosk"),
        ("kind", "warehouse"),
        ("name", ""),
        ("name", "a\x1bp"),
        ("name", "x" * 121),
        ("currency", "EURO"),
        ("currency", ""),
        ("country", "USA"),
        ("lat", "north"),
        ("lat", "91"),
        ("lon", "181"),
        ("time_zone", "Berlin"),
        ("backing", "cloud"),
        ("ships", "perhaps"),
        ("capacity_units_per_day", "-1"),
        ("capacity_units_per_day", "1.5"),
        ("zone", "North America"),
        ("zone", "+/#"),
        ("groups", "x" * 41),
        ("groups", "a\x1bp"),
        ("certifications", "|".join(map(str, range(21)))),
        ("zip", "\0"),
    ],
    ids=lambda value: f"{value!r:.20}",
)
def test_a_bad_cell_refuses_its_row_with_the_field_and_the_remedy(column: str, cell: str) -> None:
    place, report = _read_one(**(NEW_YORK | {column: cell}))
    assert place is None
    assert [(finding.row, finding.field, finding.action) for finding in report.findings] == [
        (1, column, Action.REFUSED)
    ]
    assert report.findings[0].remedy
    assert (report.rows_read, report.rows_kept, report.rows_refused) == (1, 0, 1)


def test_a_location_that_comes_twice_counts_once() -> None:
    places, report = _read(f"{HEADING}\nS0001,store,One,EUR\nS0001,store,Two,EUR\nS0002,store,Three,EUR\n")
    assert [place.name for place in places] == ["One", "Three"]
    assert [(finding.row, finding.problem) for finding in report.findings if finding.action is Action.REFUSED] == [
        (2, "it came before in this file")
    ]


def test_coordinates_far_from_their_zip_are_kept_but_not_believed_and_the_time_zone_is_that_of_the_zip() -> None:
    place, report = _read_one(**(NEW_YORK | {"zip": "72401"}))
    assert place is not None
    assert (place.coordinate_state, place.lat, place.lon) == ("refused", 40.73, -73.99)
    assert place.time_zone == "America/Chicago"
    assert place.open_for_orders
    assert _problems(report) == {
        "lat": "the coordinates are more than 45 km from the middle of their ZIP area",
        "time_zone": "the time zone was taken from the middle of the ZIP area",
    }
    assert report.findings[0].value == "40.73, -73.99, ZIP 72401"


@pytest.mark.parametrize(("zip_code", "country"), [("99999", "US"), ("10003", "DE"), ("10003", ""), ("K1A", "US")])
def test_coordinates_without_a_known_zip_are_unverified_and_give_the_time_zone_all_the_same(
    zip_code: str, country: str
) -> None:
    place, report = _read_one(**(NEW_YORK | {"zip": zip_code, "country": country}))
    assert place is not None
    assert (place.coordinate_state, place.time_zone, place.open_for_orders) == ("unverified", "America/New_York", True)
    assert _problems(report)["time_zone"] == "the time zone was taken from unverified coordinates"


def test_a_stated_time_zone_is_taken_as_it_is() -> None:
    place, _ = _read_one(**NEW_YORK, time_zone="America/Chicago")
    assert place is not None and place.time_zone == "America/Chicago"


def test_a_place_without_coordinates_takes_the_time_zone_of_its_zip() -> None:
    place, _ = _read_one(**(NEW_YORK | {"lat": "", "lon": ""}))
    assert place is not None
    assert (place.coordinate_state, place.time_zone, place.lat) == ("missing", "America/New_York", None)


def test_a_place_without_time_zone_or_hours_is_kept_and_takes_no_orders() -> None:
    nowhere, report = _read_one(hours="Daily 9-5")
    assert nowhere is not None
    assert (nowhere.open_for_orders, nowhere.closed_reason) == (False, NO_TIME_ZONE)
    assert "takes no orders" in _problems(report)["time_zone"]
    for hours in ("", "call us"):
        closed, report = _read_one(**(NEW_YORK | {"hours": hours}))
        assert closed is not None
        assert (closed.open_for_orders, closed.closed_reason, closed.hours) == (False, NO_HOURS, None)
        assert "takes no orders" in _problems(report)["hours"]
        assert report.rows_kept == 1
    bare, _ = _read_one()
    assert bare is not None and bare.closed_reason == "its time zone and opening hours are not known"
    never, _ = _read_one(**(NEW_YORK | {"hours": "Daily: closed"}))
    assert never is not None and never.closed_reason == "it is never open"


def test_coordinates_at_sea_give_no_time_zone() -> None:
    place, _ = _read_one(**(NEW_YORK | {"zip": "", "lat": "30", "lon": "-140"}))
    assert place is not None and place.time_zone is None


def test_columns_that_the_file_lacks_leave_what_is_known() -> None:
    known, _ = _read_one(backing="edge", ships="yes", capacity_units_per_day="5", zone="east", **NEW_YORK)
    assert known is not None
    places, _ = _read(f"{HEADING}\nS0001,store,New name,USD\n", {"S0001": known})
    assert places == [replace(known, name="New name")]
    emptied, _ = _read_one(known, backing="", ships="", capacity_units_per_day="", zone="")
    assert emptied is not None
    assert (emptied.backing, emptied.ships, emptied.capacity_units_per_day, emptied.zone) == (
        "none",
        False,
        None,
        "all",
    )


def test_a_verdict_and_its_time_zone_outlive_an_import_without_zip_areas() -> None:
    for zip_code, zone in (("10003", "America/New_York"), ("72401", "America/Chicago")):
        cells = NEW_YORK | {"zip": zip_code}
        judged, _ = _read_one(**cells)
        again, _ = _read_one(judged, Surroundings(None), **cells)
        assert again == judged
        moved, _ = _read_one(judged, Surroundings(None), **(cells | {"lat": "40.74"}))
        assert moved is not None and judged is not None
        assert (moved.coordinate_state, judged.time_zone) == ("unverified", zone)
    assert moved.time_zone == "America/New_York"


def test_zip_areas_that_come_later_put_a_wrong_time_zone_right() -> None:
    cells = NEW_YORK | {"zip": "72401"}
    unverified, report = _read_one(None, Surroundings(None), **cells)
    assert unverified is not None and unverified.time_zone == "America/New_York"
    assert report.findings == []
    judged, _ = _read_one(unverified, **cells)
    assert judged is not None and (judged.coordinate_state, judged.time_zone) == ("refused", "America/Chicago")


def test_the_same_row_again_changes_nothing() -> None:
    for cells in (NEW_YORK, NEW_YORK | {"zip": "2128"}, NEW_YORK | {"hours": "?"}, {}):
        once, _ = _read_one(**cells)
        twice, _ = _read_one(once, **cells)
        assert once == twice


def test_a_place_that_a_person_closed_stays_closed() -> None:
    place, _ = _read_one(**NEW_YORK)
    assert place is not None
    closed = replace(place, open_for_orders=False, closed_reason="rebuilt until June")
    again, _ = _read_one(closed, **NEW_YORK)
    assert again == closed


def test_a_place_that_a_box_speaks_for_keeps_its_backing() -> None:
    beside = Surroundings(CENTROIDS, frozenset({"S0001"}))
    place, report = _read_one(None, beside, backing="none", **NEW_YORK)
    assert place is not None and place.backing == "edge"
    assert [(finding.field, finding.action) for finding in report.findings] == [("backing", Action.REPAIRED)]


_CELL = st.one_of(
    st.sampled_from(
        ["", "S0001", "W0001", "12", "store", "EUR", "US", "2128", "40.7", "-181", "Mon: 9-5", "edge", "\0"]
    ),
    st.text(max_size=8),
)


@given(
    st.sampled_from([COLUMNS, STORE_LIST_COLUMNS]),
    st.lists(st.lists(_CELL, min_size=19, max_size=19), max_size=5),
    st.booleans(),
)
def test_any_cells_are_taken_or_refused_and_every_row_is_accounted_for(
    columns: tuple[str, ...], rows: list[list[str]], with_zips: bool
) -> None:
    text = "\n".join(",".join(cells[: len(columns)]) for cells in [list(columns), *rows])
    try:
        places, report = _read(
            text.encode("utf-8", "ignore").decode(), beside=Surroundings(CENTROIDS if with_zips else None)
        )
    except Refused as error:
        assert error.field == "file"
        return
    assert len(places) == report.rows_kept
    assert report.rows_kept + report.rows_refused == report.rows_read
    assert len({place.location for place in places}) == len(places)
    assert all(place.open_for_orders == (not place.closed_reason) for place in places)
    assert all(place.time_zone and place.hours for place in places if place.open_for_orders)
