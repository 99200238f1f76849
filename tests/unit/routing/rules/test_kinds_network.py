"""Whether a location can be asked at all, and when: each kind at its limit and just beyond."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from routing.rules.scene import Load, Option
from tests.unit.routing.rules.scenes import DAY, HOUR, MINUTE, NOON_MS, compiled, order, place, scene, texts

PICKUP = order(service="pickup", pickup_location="A")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


def one(rule: dict[str, Any], now_ms: int = NOON_MS, the_order: Any = None, **changes: Any) -> str:
    """Why a single location may not serve an order, or empty."""
    given = scene(the_order or order(), places=(place("A", **changes),))
    return texts(compiled(rule, given=given, now_ms=now_ms))[0]


def least_change(rule: dict[str, Any], now_ms: int = NOON_MS, **changes: Any) -> str:
    found = compiled(rule, given=scene(places=(place("A", **changes),)), now_ms=now_ms)
    return found.reasons[int(found.blocked[0, 0])].least_change


@pytest.mark.parametrize(
    ("rule", "changes", "text"),
    [
        ("needs_box", {"has_box": False}, "has no box: it is known, but nobody there can be asked"),
        ("closed", {"closed": "flood"}, "takes no orders"),
        ("offered", {"ships": False}, "does not ship"),
        ("same_country", {"country": "CA"}, "is in another country or currency"),
        ("same_country", {"currency": "CAD"}, "is in another country or currency"),
        ("offline", {"silent": True}, "has been silent for too long"),
    ],
)
def test_a_location_in_such_a_state_is_not_asked(rule: str, changes: dict[str, Any], text: str) -> None:
    assert one({"kind": rule}, **changes) == text
    assert one({"kind": rule}) == ""


def test_an_unknown_country_is_no_other_country() -> None:
    assert one({"kind": "same_country"}, country="") == ""
    assert one({"kind": "same_country"}, the_order=order(country=""), country="CA") == ""


def test_what_is_collected_needs_a_counter_and_no_carrier() -> None:
    assert one({"kind": "offered"}, the_order=PICKUP, ships=False) == ""
    assert one({"kind": "offered"}, the_order=PICKUP, hands_over=False) == "does not hand over orders"


def test_a_pause_ends_at_its_moment_and_is_told_in_the_locations_own_time() -> None:
    pause = {"kind": "pause", "until": "2026-01-05T14:00:00Z"}
    until = ms("2026-01-05T14:00Z")
    assert one(pause) == "is paused until 14:00"
    assert one(pause, zone="America/New_York") == "is paused until 09:00"
    assert one(pause, zone="Nowhere/Land") == "is paused until 14:00 UTC"
    assert one(pause, now_ms=NOON_MS - DAY) == "is paused until 5 Jan 14:00"
    assert one(pause, now_ms=NOON_MS - 30 * DAY) == "is paused until 5 Jan 2026 14:00"
    assert one(pause, now_ms=until - 1) == "is paused until 14:00"
    assert one(pause, now_ms=until) == ""
    assert one({"kind": "pause"}) == "is paused"


def test_a_pause_is_about_its_locations_and_groups_only() -> None:
    places = (place("A", groups=frozenset({"east"})), place("B"), place("C"))
    by_group = compiled({"kind": "pause", "at": {"groups": ["east"]}}, given=scene(places=places))
    by_name = compiled({"kind": "pause", "at": {"locations": ["B", "C"]}}, given=scene(places=places))
    assert texts(by_group) == ["is paused", "", ""]
    assert texts(by_name) == ["", "is paused", "is paused"]


def test_a_service_of_orders_is_paused_for_those_orders() -> None:
    given = scene(order(), PICKUP, places=(place("A"),))
    found = compiled({"kind": "pause_service", "service": "pickup"}, given=given)
    assert (texts(found, 0), texts(found, 1)) == ([""], ["does not offer pickup"])


def test_a_location_with_another_service_left_goes_on_when_one_is_paused() -> None:
    pause = {"kind": "pause_service", "service": "air"}
    places = (place("A", services=frozenset({"air"})), place("B", services=frozenset({"air", "ground"})))
    assert texts(compiled(pause, given=scene(places=places))) == ["does not offer air", ""]
    options = (Option(0, "air"), Option(1, "air"), Option(1, "ground"))
    found = compiled(pause, given=scene(places=places, options=options))
    assert texts(found) == ["does not offer air", "does not offer air", ""]


def test_a_blackout_is_of_the_locations_own_calendar() -> None:
    blackout = {"kind": "blackout", "dates": ["2026-01-05"]}
    tokyo = {"zone": "Asia/Tokyo"}
    assert one(blackout, now_ms=ms("2026-01-05T14:59:59Z"), **tokyo) == "does not work on 5 January"
    assert one(blackout, now_ms=ms("2026-01-05T15:00:00Z"), **tokyo) == ""
    assert one(blackout, now_ms=ms("2026-01-04T15:00:00Z"), **tokyo) == "does not work on 5 January"
    assert one(blackout, now_ms=ms("2026-01-04T14:59:59Z"), **tokyo) == ""
    assert one(blackout, zone="") == "has no time zone that is known"


def test_work_of_a_later_slot_is_judged_by_the_time_of_the_slot() -> None:
    options = (Option(0), Option(0, at_ms=NOON_MS + DAY))
    given = scene(places=(place("A"),), options=options)
    assert texts(compiled({"kind": "blackout", "dates": ["2026-01-06"]}, given=given)) == [
        "",
        "does not work on 6 January",
    ]


def test_what_a_location_took_and_rejected_today_counts_today_only() -> None:
    busy = place("A", capacity=3, rejects=4, load=Load(ship_day=5, pickup_day=2, ship_hour=5, pickup_hour=2))
    given = scene(places=(busy,), options=(Option(0), Option(0, at_ms=NOON_MS + HOUR), Option(0, at_ms=NOON_MS + DAY)))
    assert compiled(given=given).capacity.tolist() == [3, 3, 10]
    assert compiled({"kind": "capacity", "units": 9}, given=given).capacity.tolist() == [2, 2, 9]
    full = "has reached its limit of 5 ship units a day"
    assert texts(compiled({"kind": "capacity", "units": 5, "service": "ship"}, given=given)) == [full, full, ""]
    often = "has rejected 4 offers today, more than 3"
    assert texts(compiled({"kind": "max_rejects", "rejects": 3}, given=given)) == [often, often, ""]
    [loaded] = compiled({"kind": "balance_load", "cents": 100}, given=given).package_terms.values()
    assert loaded.tolist() == [70, 70, 0]


def test_at_the_cut_off_itself_work_is_still_done() -> None:
    cut_off = {"kind": "cut_off", "latest": "12:00"}
    assert one(cut_off) == ""
    assert one(cut_off, now_ms=NOON_MS + 1) == "had its cut-off at 12:00"
    assert least_change(cut_off, now_ms=NOON_MS + 1) == "if its cut-off were 12:01"
    assert least_change(cut_off, now_ms=NOON_MS + 5 * MINUTE) == "if its cut-off were 12:05"
    assert least_change(cut_off, now_ms=NOON_MS + 12 * HOUR - 1) == "if its cut-off were 24:00"
    assert one(cut_off, now_ms=NOON_MS + 12 * HOUR) == ""
    assert one(cut_off, zone="Asia/Tokyo") == "had its cut-off at 12:00"
    assert one({**cut_off, "weekdays": ["tuesday"]}, now_ms=NOON_MS + 1) == ""
    assert one({**cut_off, "weekdays": ["monday"]}, now_ms=NOON_MS + 1) == "had its cut-off at 12:00"


@pytest.mark.parametrize(
    ("now", "open_still"),
    [
        # Clocks go back from 02:00 to 01:00 in New York on 1 November 2026: 01:30 comes twice, the first one counts.
        ("2026-11-01T01:30:00-04:00", True),
        ("2026-11-01T01:30:01-04:00", False),
        ("2026-11-01T01:10:00-05:00", False),
        ("2026-11-01T01:30:00-05:00", False),
        # Clocks go on from 02:00 to 03:00 on 8 March 2026.
        ("2026-03-08T01:30:00-05:00", True),
        ("2026-03-08T03:00:00-04:00", False),
    ],
)
def test_a_cut_off_in_the_night_when_clocks_change(now: str, open_still: bool) -> None:
    text = one({"kind": "cut_off", "latest": "01:30"}, now_ms=ms(now), zone="America/New_York")
    assert text == ("" if open_still else "had its cut-off at 01:30")


def test_a_cut_off_that_the_clocks_skip_is_as_late_as_without_the_change() -> None:
    skipped = {"kind": "cut_off", "latest": "02:30"}
    new_york = {"zone": "America/New_York"}
    assert one(skipped, now_ms=ms("2026-03-08T03:30:00-04:00"), **new_york) == ""
    assert one(skipped, now_ms=ms("2026-03-08T03:30:01-04:00"), **new_york) == "had its cut-off at 02:30"


def test_exactly_so_long_a_silence_is_allowed() -> None:
    rule = {"kind": "offline", "minutes": 5}
    assert one(rule, offline_since_ms=None) == ""
    assert one(rule, offline_since_ms=NOON_MS - 5 * MINUTE) == ""
    assert one(rule, offline_since_ms=NOON_MS - 5 * MINUTE - 1) == "has been silent for more than 5 minutes"
    assert one(rule, offline_since_ms=NOON_MS + DAY) == "", "a clock that was set back makes no silence"


def test_exactly_so_many_rejects_are_allowed() -> None:
    rule = {"kind": "max_rejects", "rejects": 2}
    assert one(rule, rejects=2) == ""
    assert one(rule, rejects=3) == "has rejected 3 offers today, more than 2"
    assert least_change(rule, rejects=3) == "if 3 were allowed"


def test_capacity_is_what_the_limit_leaves_of_what_the_location_has() -> None:
    loaded = place("A", load=Load(ship_day=30, pickup_day=5, ship_hour=9, pickup_hour=1), capacity=100)
    given = scene(places=(loaded, place("B", capacity=10), place("C")))
    found = compiled({"kind": "capacity", "units": 40}, given=given)
    assert found.capacity.tolist() == [5, 10, 40]
    found = compiled(
        {"kind": "capacity", "units": 40, "service": "ship"},
        {"kind": "capacity", "units": 3, "service": "pickup", "per": "hour"},
        given=given,
    )
    assert found.capacity.tolist() == [100, 10, 10**9]
    assert found.ship_capacity.tolist() == [10, 40, 40]
    assert found.pickup_capacity.tolist() == [2, 3, 3]


def test_a_location_at_its_limit_is_shut_to_that_service_only() -> None:
    full = place("A", load=Load(ship_day=40))
    given = scene(order(), PICKUP, places=(full,))
    rule = {"kind": "capacity", "units": 40, "service": "ship"}
    found = compiled(rule, given=given)
    assert (texts(found, 0), texts(found, 1)) == (["has reached its limit of 40 ship units a day"], [""])
    assert found.ship_capacity.tolist() == [0]
    room = compiled({**rule, "units": 41}, given=given)
    assert (texts(room, 0), room.ship_capacity.tolist()) == ([""], [1])


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"weekdays": ["monday"]}, True),
        ({"weekdays": ["sunday"]}, False),
        ({"hours": [12]}, True),
        ({"hours": [11]}, False),
    ],
)
def test_a_capacity_holds_on_its_weekdays_and_in_its_hours(when: dict[str, Any], holds: bool) -> None:
    found = compiled({"kind": "capacity", "units": 7, **when}, given=scene(places=(place("A"),)))
    assert found.capacity.tolist() == [7 if holds else 10**9]


def test_an_hour_that_is_repeated_has_its_limit_twice() -> None:
    rule = {"kind": "capacity", "units": 7, "per": "hour", "hours": [1]}
    given = scene(places=(place("A", zone="America/New_York"),))
    for now in ("2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"):
        assert compiled(rule, given=given, now_ms=ms(now)).capacity.tolist() == [7]
    assert compiled(rule, given=given, now_ms=ms("2026-11-01T02:00:00-05:00")).capacity.tolist() == [10**9]


def test_limits_of_both_services_are_kept_apart_as_pools() -> None:
    given = scene(order(), PICKUP, places=(place("A"), place("B", capacity=50)))
    found = compiled({"kind": "capacity", "units": 4, "service": "ship", "at": {"locations": ["A"]}}, given=given)
    capacity, pool, leg = found.pools(np.array([True, False]))
    assert capacity.tolist() == [10**9, 50, 4, 10**9, 10**9, 10**9]
    assert pool.tolist() == [0, 1]
    assert leg.tolist() == [[2, -1], [-1, -1]]
