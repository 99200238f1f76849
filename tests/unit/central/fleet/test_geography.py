"""Where a location is: distances, ZIP codes, verdicts and time zones."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.fleet.geography import (
    DISTANCE_KM_MAX,
    EARTH_RADIUS_KM,
    Position,
    distance_km,
    is_time_zone,
    judge,
    read_centroids,
    read_position,
    time_zone_at,
    whole_zip,
    zip_digits,
)
from central.importing.csv_file import Table
from central.importing.rows import Row
from retail.cleaning import CleaningReport
from retail.errors import Refused

BERLIN, PARIS = Position(52.52, 13.405), Position(48.8566, 2.3522)
DEGREE_KM = 6371.0088 * 3.141592653589793 / 180

positions = st.builds(Position, st.floats(-90, 90), st.floats(-180, 180))


def test_berlin_is_877_km_from_paris() -> None:
    assert distance_km(BERLIN, PARIS) == pytest.approx(877.5, abs=0.5)


@given(positions, positions)
def test_a_distance_is_the_same_both_ways_and_never_more_than_half_round_the_earth(
    one: Position, other: Position
) -> None:
    distance = distance_km(one, other)
    assert distance == pytest.approx(distance_km(other, one))
    assert 0 <= distance <= EARTH_RADIUS_KM * 3.14159266
    assert distance_km(one, one) == 0


@pytest.mark.parametrize(
    ("position", "centroid", "state"),
    [
        (None, BERLIN, "missing"),
        (Position(0, 0), None, "refused"),
        (BERLIN, None, "unverified"),
        (Position(52.52 + (DISTANCE_KM_MAX - 0.1) / DEGREE_KM, 13.405), BERLIN, "believed"),
        (Position(52.52 + (DISTANCE_KM_MAX + 0.1) / DEGREE_KM, 13.405), BERLIN, "refused"),
    ],
    ids=["none", "zero", "no centroid", "just near", "just far"],
)
def test_coordinates_are_believed_up_to_the_limit(
    position: Position | None, centroid: Position | None, state: str
) -> None:
    verdict = judge(position, centroid)
    assert verdict.state == state
    assert bool(verdict.reason) == bool(verdict.remedy) == (state != "believed")


def test_the_remedy_says_how_far_apart_they_are() -> None:
    assert "877 km apart" in judge(BERLIN, PARIS).remedy


@pytest.mark.parametrize(
    ("text", "digits", "whole"),
    [
        ("55425", "55425", "55425"),
        ("2128", "02128", "02128"),
        ("961", "00961", "00961"),
        ("28786-6875", "28786", "28786-6875"),
        ("2128-0001", "02128", "02128-0001"),
        ("K1A 0B1", None, "K1A 0B1"),
        ("287866875", None, "287866875"),
        ("٣٣٣٣٣", None, "٣٣٣٣٣"),
        ("", None, ""),
    ],
    ids=repr,
)
def test_zip_codes_get_their_leading_zeros_back(text: str, digits: str | None, whole: str) -> None:
    assert zip_digits(text) == digits
    assert whole_zip(text) == whole


@pytest.mark.parametrize(
    ("lat", "lon", "zone"),
    [
        (40.73, -73.99, "America/New_York"),
        (32.70, -114.60, "America/Phoenix"),
        (18.42, -66.16, "America/Puerto_Rico"),
        (0.0, 0.0, None),
        (30.0, -140.0, None),
    ],
)
def test_a_place_on_land_has_a_time_zone(lat: float, lon: float, zone: str | None) -> None:
    assert time_zone_at(Position(lat, lon)) == zone


@pytest.mark.parametrize("name", ["", "Berlin", "../etc/passwd", "Europe", "a\0b", "/etc/localtime"])
def test_what_is_no_time_zone_is_known_as_such(name: str) -> None:
    assert not is_time_zone(name)
    assert is_time_zone("Europe/Berlin")


def test_one_coordinate_without_the_other_is_refused() -> None:
    assert read_position(Row(1, {"lat": "", "lon": " "})) is None
    assert read_position(Row(1, {"lat": "52.52", "lon": "13.405"})) == BERLIN
    for cells, field in (({"lat": "1", "lon": ""}, "lon"), ({"lat": "", "lon": "1"}, "lat"), ({"lon": "181"}, "lon")):
        with pytest.raises(Refused) as caught:
            read_position(Row(1, cells))
        assert caught.value.field == field


def test_wrong_rows_of_a_file_of_zip_areas_are_reported_and_the_others_taken() -> None:
    content = b"zip,lat,lon\n601,18.18,-66.75\n00601,18.2,-66.7\nK1A,45,-75\n00602,,\n00603,91,0\n00604,18,-67\n"
    table = Table(io.BytesIO(content), CleaningReport("zip_centroids", "zips.csv"))
    assert read_centroids(table.rows(), table.report) == {
        "00601": Position(18.18, -66.75),
        "00604": Position(18.0, -67.0),
    }
    assert [(finding.row, finding.field) for finding in table.report.findings] == [
        (2, "zip"), (3, "zip"), (4, "lat"), (5, "lat"),
    ]  # fmt: skip
    assert table.report.rows_kept == 2
