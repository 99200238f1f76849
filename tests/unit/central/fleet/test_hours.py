"""Opening hours: what shops write is read for certain, or not at all."""

import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from central.fleet.hours import DAYS, TEXT_LENGTH_MAX, OpeningHours, parse_hours
from retail.errors import Refused


def _monday(text: str) -> list[list[str]]:
    return parse_hours(f"Mon: {text}").by_day["mon"]


def test_a_week_as_a_chain_writes_it_is_read() -> None:
    opening = parse_hours("Mon: 10-9:30; Tue: 10-9; Wed: 10-9; Thurs: 10-9; Fri: 9-10; Sat: 9:30-9; Sun: 11-7")
    assert opening == OpeningHours(
        {
            "mon": [["10:00", "21:30"]],
            "tue": [["10:00", "21:00"]],
            "wed": [["10:00", "21:00"]],
            "thu": [["10:00", "21:00"]],
            "fri": [["09:00", "22:00"]],
            "sat": [["09:30", "21:00"]],
            "sun": [["11:00", "19:00"]],
        }
    )


@pytest.mark.parametrize(
    ("text", "opens", "closes"),
    [
        ("9-8", "09:00", "20:00"),
        ("7-3", "07:00", "15:00"),
        ("12-6", "12:00", "18:00"),
        ("12:30-5:30", "12:30", "17:30"),
        ("1-5:30", "13:00", "17:30"),
        ("4-9", "16:00", "21:00"),
        ("6-9", "06:00", "21:00"),
        ("0-11:59", "00:00", "23:59"),
        ("09:00-18:00", "09:00", "18:00"),
        ("9:00-18:00", "09:00", "18:00"),
        ("5:00-13:00", "05:00", "13:00"),
        ("05:00-09:00", "05:00", "09:00"),
        ("00:00-12:00", "00:00", "12:00"),
        ("10-24:00", "10:00", "23:59"),
        ("10-0", "10:00", "23:59"),
        ("10am-9pm", "10:00", "21:00"),
        ("10 a.m. – 9 p.m.", "10:00", "21:00"),
        ("5am to 1pm", "05:00", "13:00"),
        ("12am-12pm", "00:00", "12:00"),
        ("10am-12am", "10:00", "23:59"),
        ("9-5pm", "09:00", "17:00"),
        ("24 hours", "00:00", "23:59"),
    ],
)
def test_a_span_is_read_as_a_shop_means_it(text: str, opens: str, closes: str) -> None:
    assert _monday(text) == [[opens, closes]]


def test_a_day_may_have_several_spans_or_none() -> None:
    assert _monday("10am-2pm, 4pm-8pm") == [["10:00", "14:00"], ["16:00", "20:00"]]
    assert _monday("closed") == []


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("Mon-Fri", "mon tue wed thu fri"),
        ("Saturday – Monday", "mon sat sun"),
        ("Tues, Thurs & Sun", "tue thu sun"),
        ("Monday to Wednesday", "mon tue wed"),
        ("Daily", "mon tue wed thu fri sat sun"),
        ("every day", "mon tue wed thu fri sat sun"),
    ],
)
def test_days_may_be_listed_and_run_from_one_to_another(days: str, expected: str) -> None:
    for text in (f"{days}: 9-5", f"{days} 9-5", f"{days} closed; "):
        opening = parse_hours(text)
        assert " ".join(day for day in DAYS if day not in opening.unnamed) == expected
    assert [day for day in DAYS if parse_hours(f"{days} 9-5").by_day[day]] == expected.split()


def test_a_day_that_is_not_named_is_closed_and_said_to_be_unnamed() -> None:
    opening = parse_hours("Mon-Sat: 10-9")
    assert opening.unnamed == ("sun",)
    assert opening.by_day["sun"] == []


def test_noon_or_midnight_is_read_as_the_shorter_day_and_doubted_once() -> None:
    opening = parse_hours("Tue: 12-11:59; Wed: 12-11:59")
    assert opening.by_day["tue"] == [["12:00", "23:59"]]
    assert len(opening.doubts) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "names no day"),
        (" ; ;", "names no day"),
        ("call us", "not a day and its hours"),
        ("Mon", "not a day and its hours"),
        ("10-9", "not a day and its hours"),
        ("Mox: 10-9", "not a weekday"),
        ("Mon-Wed-Fri: 10-9", "not a weekday"),
        ("Mon: 10-9; Mon: 9-9", "names mon twice"),
        ("Mon, Mon: 10-9", "names a day twice"),
        ("Mon: ten to nine", "from a time to a time"),
        ("Mon: 10", "from a time to a time"),
        ("Mon: 10-9-8", "from a time to a time"),
        ("Mon: 10:5-9", "from a time to a time"),
        ("Mon: 10:60-9", "not one of a day"),
        ("Mon: 10-25", "not one of a day"),
        ("Mon: 10-24:30", "not one of a day"),
        ("Mon: 10-12", "noon or at midnight"),
        ("Mon: 5-9", "morning or in the afternoon"),
        ("Mon: 22:00-02:00", "closes before it opens"),
        ("Mon: 9pm-9pm", "closes before it opens"),
        ("Mon: 13am-9pm", "am and pm"),
        ("Mon: 0am-9pm", "am and pm"),
        ("Mon: 9-5, 4-8", "overlap"),
        ("Mon: 1-2, 2-3, 3-4, 4-6, 6pm-7pm", "too many"),
        ("Mon: " + "9" * TEXT_LENGTH_MAX, "more than 500 characters"),
    ],
)
def test_what_cannot_be_read_for_certain_is_refused_with_an_example(text: str, problem: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_hours(text)
    assert problem in caught.value.problem
    assert "Mon-Fri: 9:00-18:00" in caught.value.remedy


def test_the_example_of_the_remedy_can_be_read() -> None:
    with pytest.raises(Refused) as caught:
        parse_hours("?")
    example = parse_hours(caught.value.remedy.removeprefix("write it like "))
    assert example.by_day["fri"] == [["09:00", "18:00"]]
    assert example.unnamed == ()


_PIECES = st.sampled_from(
    ["Mon", "tue", "-", ":", ";", ",", " ", "9", "10", "12", "0", ":30", "am", "pm", "closed", "to", "–", "é"]
)


@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=16).map("".join)))
def test_any_text_is_read_as_whole_sorted_days_or_refused(text: str) -> None:
    try:
        opening = parse_hours(text)
    except Refused as error:
        assert error.field == "hours"
        return
    assert tuple(opening.by_day) == DAYS
    for spans in opening.by_day.values():
        times = [datetime.time.fromisoformat(time) for span in spans for time in span]
        assert times == sorted(times)
        assert all(opens < closes for opens, closes in spans)
    assert all(opening.by_day[day] == [] for day in opening.unnamed)


_MINUTES = st.integers(0, 23 * 60 + 59)


@given(st.lists(_MINUTES, min_size=2, max_size=8, unique=True).filter(lambda times: len(times) % 2 == 0))
def test_hours_of_a_24_hour_clock_come_back_as_they_were_written(minutes: list[int]) -> None:
    clock = [f"{minute // 60:02}:{minute % 60:02}" for minute in sorted(minutes)]
    spans = [[opens, closes] for opens, closes in zip(clock[::2], clock[1::2], strict=True)]
    # Spans with 10, 11 and 12 o'clock only look the same on both clocks: those are read as a shop's.
    assume(not any({time[:2] for time in span} <= {"10", "11", "12"} for span in spans))
    assert _monday(", ".join("-".join(span) for span in spans)) == spans
