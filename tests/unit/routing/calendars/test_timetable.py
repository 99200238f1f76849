"""The timetable of many locations says what the calendars of each one say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.errors import Refused
from routing.calendars.carrier import Carrier, Collected, Collection, delivery_date, ship_by
from routing.calendars.hours import Hours, Span, packed_by, ready_by
from routing.calendars.limits import DAY_MS, MINUTE_MS, NEVER_DAY, NEVER_MS, NoDate
from routing.calendars.local_time import day_at, moment, zone_of
from routing.calendars.timetable import LATE_DAYS_MAX, Service, Timetable, lateness, ready_lateness
from tests.unit.routing.calendars.days import carriers, collections, day, hours, ms, zones_and_moments

HORIZON = 12
NINE_TO_FIVE = Hours("America/New_York", ((Span(540, 1020),),) * 7)
CLOSED = Hours("Europe/Berlin", ((),) * 7)
NOW = ms("2026-11-20T12:00-05:00")


def known(found: int | NoDate) -> int:
    return NEVER_MS if isinstance(found, NoDate) else found


@given(st.data(), zones_and_moments(), st.integers(-DAY_MS, 2 * DAY_MS - 1))
def test_the_timetable_says_of_every_location_what_its_own_calendar_says(
    data: st.DataObject, when: tuple[str, int], later: int
) -> None:
    now_ms = when[1]
    today = day_at(zone_of("UTC"), now_ms)
    zones = data.draw(st.lists(st.sampled_from(("Europe/Berlin", "America/Havana", "Pacific/Apia")), max_size=4))
    places = [data.draw(hours(zone, now_ms)) for zone in (when[0], *zones)]
    carrier = data.draw(carriers(today))
    collected = [data.draw(st.none() | collections(today)) for _ in places]
    transit = np.array(data.draw(st.lists(st.integers(0, 6), min_size=3, max_size=3)))
    table = Timetable.of(places, [Service(carrier, transit, collected)], now_ms, 2, HORIZON)
    asked = now_ms + later
    minutes = np.array([data.draw(st.integers(0, 1500)) for _ in places])
    assert table.covers(asked)
    packed = table.packed_by(asked, minutes)
    leaving = table.leaving(0, packed)
    zone = np.array([[data.draw(st.integers(0, 2)) for _ in places] for _ in range(2)])
    arrival = table.arrival(0, leaving, zone)
    for number, (place, collection) in enumerate(zip(places, collected, strict=True)):
        assert known(packed_by(place, asked, int(minutes[number]), HORIZON)) == packed[number]
        assert known(ready_by(place, asked, int(minutes[number]), HORIZON)) == table.ready_by(asked, minutes)[number]
        tomorrow = moment(place.tz, day_at(place.tz, asked) + 1, 0)
        # In the hour that is repeated across midnight the next day has begun already, and is not begun again.
        assert table.next_day(asked)[number] in (tomorrow, moment(place.tz, day_at(place.tz, asked) + 2, 0))
        leaves: Collected | NoDate | None = None
        if collection is not None and packed[number] < NEVER_MS:
            leaves = ship_by(place, collection, carrier, int(packed[number]), HORIZON)
        if not isinstance(leaves, Collected):
            assert (leaving.by_ms[number], leaving.day[number]) == (NEVER_MS, NEVER_DAY)
            assert (arrival[:, number] == NEVER_DAY).all()
            continue
        assert (leaving.by_ms[number], leaving.day[number]) == (leaves.by_ms, leaves.day)
        for order in range(2):
            date = delivery_date(carrier, leaves.day, int(transit[zone[order, number]]), HORIZON)
            assert arrival[order, number] == (NEVER_DAY if isinstance(date, NoDate) else date)


def test_a_clock_that_was_set_back_or_runs_on_asks_for_a_new_timetable() -> None:
    table = Timetable.of([NINE_TO_FIVE], [], NOW, 2, HORIZON)
    for moment_ms, covered in (
        (NOW - DAY_MS, True), (NOW - DAY_MS - 1, False), (NOW + 2 * DAY_MS - 1, True), (NOW + 2 * DAY_MS, False),
        (0, False),
    ):  # fmt: skip
        assert table.covers(moment_ms) == covered
    with pytest.raises(Refused, match="the clock was set"):
        table.ready_by(NOW - 30 * DAY_MS, 60)


def test_no_locations_and_no_services_are_no_trouble() -> None:
    table = Timetable.of([], [], NOW)
    assert table.ready_by(NOW, 60).shape == (0,)
    empty = Timetable.of([CLOSED], [Service(Carrier(), np.array([1]), [Collection(960)])], NOW)
    assert empty.ready_by(NOW, 60).tolist() == [NEVER_MS]
    assert empty.leaving(0, empty.packed_by(NOW, 60)).day.tolist() == [NEVER_DAY]


def test_a_location_that_is_full_today_begins_with_its_next_day() -> None:
    table = Timetable.of([NINE_TO_FIVE, NINE_TO_FIVE], [], NOW)
    start = np.where([True, False], table.next_day(NOW), NOW)
    assert table.ready_by(start, 60).tolist() == [ms("2026-11-21T10:00-05:00"), ms("2026-11-20T13:00-05:00")]


def test_lateness_counts_the_days_behind_the_promise_for_every_order_and_location() -> None:
    service = Service(Carrier(), np.array([1, 3]), [Collection(960), Collection(960), None])
    table = Timetable.of([NINE_TO_FIVE, CLOSED, NINE_TO_FIVE], [service], NOW)
    packed = table.packed_by(NOW, 60)
    promise = np.array([day("2026-11-23"), day("2026-11-24"), NEVER_DAY])
    zone = np.array([[0, 0, 0], [1, 1, 1], [1, 1, 1]])
    found = lateness(table, 0, packed, zone, promise)
    assert found.day[:, 0].tolist() == [day("2026-11-23"), day("2026-11-25"), day("2026-11-25")]
    assert found.late[:, 0].tolist() == [0, 1, 0]
    assert (found.day[:, 1:] == NEVER_DAY).all()
    assert (found.late[:, 1:] == LATE_DAYS_MAX).all()


def test_goods_to_be_collected_are_late_by_the_days_begun() -> None:
    ready = np.array([NOW, NOW + 1, NOW + DAY_MS + MINUTE_MS, NEVER_MS])
    found = ready_lateness(ready, np.array([NOW, NEVER_MS]))
    assert found.tolist() == [[0, 1, 2, LATE_DAYS_MAX], [0, 0, 0, LATE_DAYS_MAX]]
