"""Local times as moments, also on the nights on which clocks change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.errors import Refused
from routing.calendars.limits import MINUTE_MS
from routing.calendars.local_time import DAY_MINUTES, day_at, moment, zone_of
from tests.unit.routing.calendars.days import EPOCH, day, ms, zones_and_moments


@pytest.mark.parametrize(
    ("zone", "on", "minute", "expected"),
    [
        ("Europe/Berlin", "2026-03-29", 150, "2026-03-29T03:00+02:00"),  # 02:30 is skipped: the jump
        ("Europe/Berlin", "2026-03-29", 180, "2026-03-29T03:00+02:00"),
        ("Europe/Berlin", "2026-10-25", 150, "2026-10-25T02:30+02:00"),  # 02:30 comes twice: the first
        ("Europe/Berlin", "2026-10-25", 1440, "2026-10-26T00:00+01:00"),  # the end of a day of 25 hours
        ("America/Sao_Paulo", "2018-11-04", 0, "2018-11-04T01:00-02:00"),  # midnight itself is skipped
        ("Pacific/Apia", "2011-12-30", 600, "2011-12-31T00:00+14:00"),  # the whole day is skipped
        ("Australia/Lord_Howe", "2026-10-04", 135, "2026-10-04T02:30+11:00"),  # half an hour is skipped
    ],
)
def test_a_local_time_is_the_moment_at_which_clocks_show_or_pass_it(
    zone: str, on: str, minute: int, expected: str
) -> None:
    assert moment(zone_of(zone), day(on), minute) == ms(expected)


@given(zones_and_moments(), st.integers(0, DAY_MINUTES))
def test_no_clock_showed_a_local_time_before_its_moment(place: tuple[str, int], minute: int) -> None:
    zone, around_ms = zone_of(place[0]), place[1]
    on = day_at(zone, around_ms)
    at = moment(zone, on, minute)

    def face(when_ms: int) -> tuple[int, int]:
        local = EPOCH.fromtimestamp(when_ms / 1000, zone)
        return local.toordinal(), local.hour * 60 + local.minute

    wanted = (on, minute) if minute < DAY_MINUTES else (on + 1, 0)
    assert face(at) >= wanted
    assert all(face(at - back * MINUTE_MS) < wanted for back in range(1, 200))


def test_the_clock_must_stand_between_1970_and_9998() -> None:
    for now_ms in (-1, 253_370_764_800_000):
        with pytest.raises(Refused, match="set the clock"):
            day_at(zone_of("UTC"), now_ms)


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="not a time zone"):
        zone_of(name)
