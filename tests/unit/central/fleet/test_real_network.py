"""The network import on every store of a real chain, with its real dirt (see shared/data/README.md)."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from central.fleet.calendars import read_hours
from central.fleet.geography import DISTANCE_KM_MAX, Position, distance_km, read_centroids, zip_digits
from central.fleet.network_checks import Surroundings
from central.fleet.network_rows import adapter, read_location, read_places
from central.fleet.place import Place
from central.importing.csv_file import open_table
from central.importing.rows import once_each
from retail.cleaning import CleaningReport
from routing.calendars.hours import ready_by
from routing.calendars.limits import MINUTE_MS, NEVER_MS
from routing.calendars.timetable import Timetable

NETWORK = Path(__file__).parents[4].parent / "shared/data/network"
STORES, ZIPS = NETWORK / "bestbuy_stores.csv", NETWORK / "us_zip_centroids.csv"

pytestmark = pytest.mark.skipif(not STORES.exists() or not ZIPS.exists(), reason=f"{NETWORK.name}/ is not there")

Read = tuple[dict[str, Place], dict[str, Position], CleaningReport]


@pytest.fixture(scope="module")
def read() -> Read:
    report, zip_report = CleaningReport("network", STORES.name), CleaningReport("zip_centroids", ZIPS.name)
    with open_table(ZIPS, zip_report) as table:
        centroids = read_centroids(table.rows(), zip_report)
    assert zip_report.rows_refused == 0
    with open_table(STORES, report) as table:
        rows = once_each(map(adapter(table), table.rows()), read_location, "location", report)
        places = read_places(rows, {}, Surroundings(centroids), report)
    return {place.location: place for place in places}, centroids, report


def test_every_row_is_taken_and_can_take_orders(read: Read) -> None:
    places, _, report = read
    assert (report.rows_read, report.rows_kept, report.rows_refused) == (1565, 1565, 0)
    assert all(place.open_for_orders for place in places.values())


def test_the_two_wrong_coordinates_are_found_and_no_other(read: Read) -> None:
    places, _, _ = read
    refused = {place.location: place.time_zone for place in places.values() if place.coordinate_state == "refused"}
    assert refused == {"S1536": "America/Chicago", "S0895": "America/Phoenix"}


def test_the_limit_lies_in_a_gap_of_the_distances(read: Read) -> None:
    places, centroids, _ = read
    distances = sorted(
        distance_km(place.position, centroids[digits])
        for place in places.values()
        if place.position and (digits := zip_digits(place.zip)) in centroids and digits
    )
    assert len(distances) == 1551
    within = [distance for distance in distances if distance <= DISTANCE_KM_MAX]
    assert distances[len(within)] / within[-1] > 1.6
    assert max(later / earlier for earlier, later in zip(within[-50:], within[-49:], strict=False)) < 1.2


def test_the_zips_that_a_spreadsheet_shortened_are_repaired_and_14_are_unknown(read: Read) -> None:
    places, _, report = read
    assert report.rows_repaired == 19
    assert all(len(place.zip.split("-")[0]) == 5 for place in places.values())
    assert Counter(place.coordinate_state for place in places.values()) == {
        "believed": 1549, "unverified": 14, "refused": 2,
    }  # fmt: skip


def test_all_hours_are_read_and_the_doubtful_ones_named(read: Read) -> None:
    places, _, report = read
    assert all(place.hours for place in places.values())
    by_problem = {problem: count for problem, count in report.counts.items() if problem.startswith("hours")}
    assert by_problem == {
        "hours: a day is not named and was taken as closed": 4,
        "hours: 12-11 may begin at noon or at midnight; it was read as noon": 1,
    }
    kiosk = places["S8002"].hours
    assert kiosk is not None and kiosk["sat"] == [["00:00", "23:59"]]
    assert Counter(tuple(map(tuple, (place.hours or {})["sun"])) for place in places.values()).most_common(1) == [
        ((("11:00", "20:00"),), 711)
    ]


@pytest.mark.parametrize("night", ["2026-03-08T05:00+00:00", "2026-11-01T03:00+00:00", "2026-12-24T18:00+00:00"])
def test_every_store_is_ready_in_its_opening_hours_also_when_clocks_change(read: Read, night: str) -> None:
    places = [place for place in read[0].values() if place.time_zone and place.hours]
    calendars = [read_hours(str(place.time_zone), place.hours or {}, {}) for place in places]
    assert len({calendar.zone for calendar in calendars}) > 10
    now_ms = int(datetime.fromisoformat(night).timestamp() * 1000)
    found = Timetable.of(calendars, [], now_ms).ready_by(now_ms, 60)
    assert [ready_by(calendar, now_ms, 60) for calendar in calendars] == found.tolist()
    for calendar, ready_ms in zip(calendars, found.tolist(), strict=True):
        assert now_ms + 60 * MINUTE_MS <= ready_ms < NEVER_MS
        local = datetime.fromtimestamp(ready_ms / 1000, calendar.tz)
        minute = local.hour * 60 + local.minute
        assert any(span.opens <= minute < span.closes for span in calendar.on(local.toordinal()))
