"""Collections and deliveries: cut-offs, business days, holidays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.errors import Refused
from routing.calendars.carrier import Carrier, Collected, Collection, delivery_date, latest_collection, ship_by
from routing.calendars.hours import Hours, Span, latest_start, packed_by
from routing.calendars.limits import DAY_MS, NoDate, Why
from routing.calendars.local_time import day_at, zone_of
from tests.unit.routing.calendars.days import carriers, collections, day, hours, ms, zones_and_moments

WEEK = Hours("America/New_York", (*[(Span(540, 1020),)] * 5, (Span(600, 840),), ()))  # Sat 10-14, Sun closed
POST = Carrier()
AT_FOUR = Collection(960)
FRIDAY = day("2026-11-20")


@pytest.mark.parametrize(
    ("packed", "collected", "by"),
    [
        ("2026-11-20T16:00-05:00", "2026-11-20", "2026-11-20T16:00-05:00"),  # the cut-off is included
        ("2026-11-20T16:00:00.001-05:00", "2026-11-23", "2026-11-23T16:00-05:00"),  # no collection at the weekend
    ],
)
def test_a_parcel_leaves_with_the_first_collection_that_it_makes(packed: str, collected: str, by: str) -> None:
    assert ship_by(WEEK, AT_FOUR, POST, ms(packed)) == Collected(day(collected), ms(by))


def test_where_the_location_closes_before_the_cut_off_the_parcel_must_be_packed_by_then() -> None:
    saturdays = Collection(960, frozenset({5}))
    assert ship_by(WEEK, saturdays, POST, ms("2026-11-20T09:00-05:00")) == Collected(
        day("2026-11-21"), ms("2026-11-21T14:00-05:00")
    )


def test_nothing_is_collected_where_nobody_is_there_by_the_cut_off() -> None:
    at_dawn = Collection(300)
    assert ship_by(WEEK, at_dawn, POST, ms("2026-11-20T09:00-05:00"), 14) == NoDate(Why.NOT_COLLECTED, 14)


def test_a_holiday_of_the_carrier_and_a_day_off_have_no_collection() -> None:
    thanksgiving = Carrier(holidays=frozenset({day("2026-11-26")}))
    off = Collection(960, off=frozenset({day("2026-11-27")}))
    found = ship_by(WEEK, off, thanksgiving, ms("2026-11-25T16:30-05:00"))
    assert isinstance(found, Collected)
    assert found.day == day("2026-11-30")


@pytest.mark.parametrize(
    ("collected", "transit", "expected"),
    [
        ("2026-11-20", 1, "2026-11-23"),
        ("2026-11-20", 3, "2026-11-25"),
        ("2026-11-20", 4, "2026-11-30"),  # over Thanksgiving, the day after it, and a weekend
        ("2026-11-20", 0, "2026-11-20"),
        ("2026-11-21", 0, "2026-11-23"),
    ],
)
def test_transit_counts_the_carriers_business_days(collected: str, transit: int, expected: str) -> None:
    carrier = Carrier(holidays=frozenset({day("2026-11-26"), day("2026-11-27")}))
    assert delivery_date(carrier, day(collected), transit) == day(expected)


def test_a_carrier_that_never_works_delivers_nothing_and_says_so() -> None:
    assert delivery_date(Carrier(frozenset()), FRIDAY, 1, 30) == NoDate(Why.NOT_DELIVERED, 30)


def test_the_cut_off_is_local_on_the_night_that_clocks_change() -> None:
    place = Hours("Europe/Berlin", ((Span(0, 1440),),) * 7)
    sundays = Collection(150, frozenset({6}))  # 02:30: skipped in spring, twice in autumn
    spring = ship_by(place, sundays, POST, ms("2026-03-29T00:00+01:00"))
    autumn = ship_by(place, sundays, POST, ms("2026-10-25T00:00+02:00"))
    assert isinstance(spring, Collected)
    assert isinstance(autumn, Collected)
    assert spring.by_ms == ms("2026-03-29T03:00+02:00")
    assert autumn.by_ms == ms("2026-10-25T02:30+02:00")


def test_the_pick_of_a_promised_day_must_begin_in_time_for_its_last_collection() -> None:
    found = latest_collection(WEEK, AT_FOUR, POST, day("2026-11-24"), 1)
    assert isinstance(found, Collected)
    assert found.day == day("2026-11-23")
    assert latest_start(WEEK, found.by_ms, 90) == ms("2026-11-23T14:30-05:00")
    assert latest_collection(WEEK, AT_FOUR, Carrier(frozenset()), FRIDAY, 1, 9) == NoDate(Why.NOT_COLLECTED, 9)


def test_impossible_calendars_are_refused() -> None:
    with pytest.raises(Refused, match="minute of a day"):
        Collection(1441)
    with pytest.raises(Refused, match="days of a week"):
        Collection(0, frozenset({7}))
    with pytest.raises(Refused, match="days of a week"):
        Carrier(frozenset({-1}))
    with pytest.raises(Refused, match="below zero"):
        delivery_date(POST, FRIDAY, -1)


@given(st.data(), zones_and_moments(), st.integers(0, 4))
def test_a_collection_is_made_on_its_days_and_delivered_on_business_days(
    data: st.DataObject, when: tuple[str, int], transit: int
) -> None:
    zone, now_ms = when
    today = day_at(zone_of(zone), now_ms)
    place, carrier = data.draw(hours(zone, now_ms)), data.draw(carriers(today))
    collection = data.draw(collections(today))
    found = ship_by(place, collection, carrier, now_ms, 15)
    if isinstance(found, NoDate):
        later = [collection.on(place, carrier, on) for on in range(today, today + 15)]
        assert all(each is None or not now_ms <= each <= now_ms + 15 * DAY_MS for each in later)
        return
    assert now_ms <= found.by_ms
    assert (found.day - 1) % 7 in collection.weekdays
    assert found.day not in collection.off | carrier.holidays
    earlier = [collection.on(place, carrier, on) for on in range(today - 2, found.day)]
    assert all(each is None or each < now_ms for each in earlier)
    arrives = delivery_date(carrier, found.day, transit, 30)
    if not isinstance(arrives, NoDate):
        between = [on for on in range(found.day + 1, arrives + 1) if carrier.works(on)]
        assert carrier.works(arrives)
        assert len(between) == transit or (transit == 0 and len(between) == (not carrier.works(found.day)))


@given(st.data(), zones_and_moments(), st.integers(0, 3), st.integers(1, 300))
def test_who_begins_by_the_latest_start_keeps_the_date(
    data: st.DataObject, when: tuple[str, int], transit: int, minutes: int
) -> None:
    zone, now_ms = when
    today = day_at(zone_of(zone), now_ms)
    place, carrier = data.draw(hours(zone, now_ms)), data.draw(carriers(today))
    collection = data.draw(collections(today))
    last = latest_collection(place, collection, carrier, today + 4, transit, 10)
    if isinstance(last, NoDate):
        return
    start = latest_start(place, last.by_ms, minutes, 10)
    if isinstance(start, NoDate):
        return
    packed = packed_by(place, start, minutes, 20)
    assert isinstance(packed, int)
    leaves = ship_by(place, collection, carrier, packed, 10)
    assert isinstance(leaves, Collected)
    arrives = delivery_date(carrier, leaves.day, transit, 10)
    assert isinstance(arrives, int)
    assert arrives <= today + 4
