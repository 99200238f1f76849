"""Work in opening hours: never outside them, and the same as a walk minute by minute."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retail.errors import Refused
from routing.calendars.hours import Hours, Span, latest_start, packed_by, ready_by
from routing.calendars.limits import DAY_MS, HORIZON_DAYS_MAX, MINUTE_MS, NoDate, Why
from tests.unit.routing.calendars.days import day, hours, ms, open_minutes, zones_and_moments

WALK_DAYS = 3


def daily(zone: str, *spans: tuple[int, int], **exceptions: tuple[tuple[int, int], ...]) -> Hours:
    """The same hours every day, but for exceptions such as ``d2026_12_25=()``."""
    on = {day(name[1:].replace("_", "-")): tuple(Span(*each) for each in those) for name, those in exceptions.items()}
    return Hours(zone, (tuple(Span(*each) for each in spans),) * 7, on)


NINE_TO_FIVE = daily("America/New_York", (540, 1020))


@pytest.mark.parametrize(
    ("now", "minutes", "expected"),
    [
        ("2026-11-20T12:00-05:00", 60, "2026-11-20T13:00-05:00"),
        ("2026-11-20T03:00-05:00", 60, "2026-11-20T10:00-05:00"),
        ("2026-11-20T16:30-05:00", 60, "2026-11-21T09:30-05:00"),  # half an hour is left for tomorrow
        ("2026-11-20T16:00-05:00", 60, "2026-11-21T09:00-05:00"),  # done as it closes: nobody can collect it then
        ("2026-11-20T17:00-05:00", 0, "2026-11-21T09:00-05:00"),
        ("2026-11-20T09:00-05:00", 480 * 3, "2026-11-23T09:00-05:00"),
    ],
)
def test_work_is_done_in_opening_hours_and_goes_on_at_the_next_opening(now: str, minutes: int, expected: str) -> None:
    assert ready_by(NINE_TO_FIVE, ms(now), minutes) == ms(expected)


def test_what_is_packed_as_the_location_closes_is_packed_then() -> None:
    assert packed_by(NINE_TO_FIVE, ms("2026-11-20T16:00-05:00"), 60) == ms("2026-11-20T17:00-05:00")


def test_a_holiday_and_special_hours_take_the_place_of_the_weekday() -> None:
    place = daily("Europe/Berlin", (540, 1080), d2026_12_25=(), d2026_12_26=((720, 780),))
    assert ready_by(place, ms("2026-12-24T18:30+01:00"), 30) == ms("2026-12-26T12:30+01:00")
    assert ready_by(place, ms("2026-12-24T18:30+01:00"), 90) == ms("2026-12-27T09:30+01:00")


def test_an_hour_that_the_clocks_skip_is_no_working_hour() -> None:
    place = daily("Europe/Berlin", (60, 240))  # 01:00 to 04:00
    assert packed_by(place, ms("2026-03-29T01:00+01:00"), 120) == ms("2026-03-29T04:00+02:00")


def test_a_closing_time_that_the_clocks_skip_is_the_moment_of_the_jump() -> None:
    place = daily("Europe/Berlin", (60, 150))  # until 02:30
    assert packed_by(place, ms("2026-03-29T01:00+01:00"), 60) == ms("2026-03-29T03:00+02:00")
    assert packed_by(place, ms("2026-03-29T01:00+01:00"), 61) == ms("2026-03-30T01:01+02:00")


def test_an_hour_that_the_clocks_repeat_is_worked_twice_by_who_is_open_and_reopens_nobody() -> None:
    all_night = daily("Europe/Berlin", (60, 240))
    assert packed_by(all_night, ms("2026-10-25T01:00+02:00"), 240) == ms("2026-10-25T04:00+01:00")
    until_half_past_two = daily("Europe/Berlin", (60, 150))
    assert ready_by(until_half_past_two, ms("2026-10-25T02:10+01:00"), 1) == ms("2026-10-26T01:01+01:00")


def test_a_day_of_25_hours_has_25_hours_of_work_round_the_clock() -> None:
    place = daily("America/New_York", (0, 1440))
    start = ms("2026-11-01T00:00-04:00")
    assert packed_by(place, start, 25 * 60) == ms("2026-11-02T00:00-05:00") == start + 25 * 60 * MINUTE_MS


def test_a_location_that_never_opens_has_no_date_and_says_why() -> None:
    never = daily("UTC")
    for found in (ready_by(never, 0, 10, 30), packed_by(never, 0, 10, 30), ready_by(never, 0, 0, 30)):
        assert found == NoDate(Why.NEVER_OPEN, 30)
        assert str(found) == "is not open within 30 days"
    assert latest_start(never, 10**12, 10, 30) == NoDate(Why.NEVER_OPEN, 30)


def test_work_that_takes_longer_than_the_horizon_has_no_date_and_says_why() -> None:
    found = packed_by(daily("UTC", (0, 10)), 0, 10 * 100, 20)
    assert found == NoDate(Why.TOO_LATE, 20)
    assert latest_start(daily("UTC", (0, 10)), 10**12, 10 * 100, 20) == NoDate(Why.TOO_LATE, 20)


@pytest.mark.parametrize("days", [0, -1, HORIZON_DAYS_MAX + 1])
def test_a_horizon_has_a_limit(days: int) -> None:
    with pytest.raises(Refused, match="horizon"):
        ready_by(NINE_TO_FIVE, 0, 1, days)


@pytest.mark.parametrize(
    "spans", [((600, 500),), ((500, 500),), ((0, 1441),), ((-1, 60),), ((60, 120), (100, 130)), ((90, 95), (10, 20))]
)
def test_hours_that_are_none_are_refused(spans: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(Refused, match="follow each other"):
        daily("UTC", *spans)
    with pytest.raises(Refused, match="below zero"):
        packed_by(NINE_TO_FIVE, 0, -1)
    with pytest.raises(Refused, match="seven"):
        Hours("UTC", ((Span(1, 2),),))


@given(st.data(), zones_and_moments(), st.integers(0, 900))
def test_ready_and_packed_equal_a_walk_minute_by_minute(
    data: st.DataObject, when: tuple[str, int], minutes: int
) -> None:
    zone, now_ms = when
    place = data.draw(hours(zone, now_ms))
    packed, ready, left = None, None, minutes
    if minutes == 0:
        packed = now_ms
    for at, is_open in open_minutes(place, now_ms, WALK_DAYS * 1440):
        if is_open and left == 0:
            ready = at
            break
        left -= is_open and left > 0
        if packed is None and left == 0:
            packed = at + MINUTE_MS
    found_packed, found_ready = (f(place, now_ms, minutes, WALK_DAYS) for f in (packed_by, ready_by))
    limit = now_ms + WALK_DAYS * DAY_MS
    assert found_packed == packed if packed is not None else isinstance(found_packed, NoDate)
    if ready is None:  # the walk ends before the last minute of the horizon does
        assert isinstance(found_ready, NoDate) or found_ready == limit
    else:
        assert found_ready == ready


@given(st.data(), zones_and_moments(), st.integers(0, 2000))
def test_what_begins_later_is_never_ready_earlier(data: st.DataObject, when: tuple[str, int], minutes: int) -> None:
    zone, now_ms = when
    place = data.draw(hours(zone, now_ms))
    starts = sorted(now_ms + data.draw(st.integers(0, 2 * DAY_MS)) for _ in range(4))
    found = [ready_by(place, start, minutes, 20) for start in starts]
    dates = [each for each in found if not isinstance(each, NoDate)]
    assert dates == sorted(dates)
    assert all(later >= start for start, later in zip(starts, found, strict=True) if not isinstance(later, NoDate))


@given(st.data(), zones_and_moments(), st.integers(0, 600))
def test_what_is_ready_is_ready_while_the_location_is_open(
    data: st.DataObject, when: tuple[str, int], minutes: int
) -> None:
    zone, now_ms = when
    place = data.draw(hours(zone, now_ms))
    ready = ready_by(place, now_ms, minutes, 10)
    assume(not isinstance(ready, NoDate))
    assert isinstance(ready, int)
    assert next(open_minutes(place, ready, 1))[1]


@given(st.data(), zones_and_moments(), st.integers(1, 900))
def test_the_latest_start_is_in_time_and_a_moment_later_is_not(
    data: st.DataObject, when: tuple[str, int], minutes: int
) -> None:
    zone, done_by_ms = when
    place = data.draw(hours(zone, done_by_ms))
    start = latest_start(place, done_by_ms, minutes, 10)
    assume(not isinstance(start, NoDate))
    assert isinstance(start, int)
    for begins, in_time in ((start, True), (start + 1, False)):
        packed = packed_by(place, begins, minutes, 20)
        assert (not isinstance(packed, NoDate) and packed <= done_by_ms) == in_time


@given(st.data(), zones_and_moments())
def test_openings_follow_each_other_with_a_pause_between(data: st.DataObject, when: tuple[str, int]) -> None:
    place = data.draw(hours(*when))
    first = day("2026-10-20")
    found = list(place.openings(first, first + 20))
    assert all(each.opens < each.closes for each in found)
    assert all(one.closes < other.opens for one, other in pairwise(found))
