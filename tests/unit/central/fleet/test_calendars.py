"""Hours, weekdays and cut-offs as the database keeps them, made into calendars."""

import pytest

from central.fleet.calendars import parse_cutoff, parse_weekdays, read_hours, read_weekdays
from retail.errors import Refused
from routing.calendars.hours import Span


def test_hours_are_read_by_weekday_and_midnight_is_meant_by_its_last_minute() -> None:
    hours = read_hours("Europe/Berlin", {"mon": [["09:00", "12:00"], ["13:00", "23:59"]], "sun": []}, {739975: []})
    assert hours.week == ((Span(540, 720), Span(780, 1440)), (), (), (), (), (), ())
    assert hours.on(739975) == ()


@pytest.mark.parametrize(
    ("zone", "week"),
    [
        ("Mars/Base", {}), ("UTC", {"mon": [["nine", "17:00"]]}), ("UTC", {"mon": [["09:00", "25:00"]]}),
        ("UTC", {"mon": [["17:00", "09:00"]]}),
    ],
)  # fmt: skip
def test_what_is_no_calendar_is_refused(zone: str, week: dict[str, list[list[str]]]) -> None:
    with pytest.raises(Refused):
        read_hours(zone, week, {})


@pytest.mark.parametrize(
    ("text", "days"), [("mon-fri", {0, 1, 2, 3, 4}), ("sat-mon", {5, 6, 0}), ("tue, thu", {1, 3}), ("none", set())]
)
def test_weekdays_are_read_as_people_write_them(text: str, days: set[int]) -> None:
    assert parse_weekdays(text) == days
    assert read_weekdays(["mon", "sun"]) == {0, 6}


@pytest.mark.parametrize("text", ["", "mo", "mon-", "mon-fry", "mon;tue", "1-5"])
def test_words_that_are_no_weekdays_are_refused(text: str) -> None:
    with pytest.raises(Refused, match="not weekdays"):
        parse_weekdays(text)


@pytest.mark.parametrize("text", ["", "4pm", "16", "24:00", "7:30", "16:60"])
def test_a_cut_off_is_a_time_of_day(text: str) -> None:
    assert parse_cutoff("16:05") == 965
    with pytest.raises(Refused, match="time of day"):
        parse_cutoff(text)
