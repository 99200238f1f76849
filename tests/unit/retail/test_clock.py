from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retail.clock import NOW_MS_MAX, Clock, ManualClock, SystemClock, business_day
from retail.errors import Refused

ZONES = [
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe", "America/Havana",
    "Antarctica/Troll", "UTC",
]  # fmt: skip
HOUR_MS = 3_600_000
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda when: ms(when.isoformat()))  # noqa: DTZ001


def ms(utc: str) -> int:
    return int(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-01-15T02:59:59", "2026-01-14"),  # 03:59:59 in Berlin
        ("2026-01-15T03:00:00", "2026-01-15"),
        ("2026-07-15T01:59:59", "2026-07-14"),  # 03:59:59 in summer
        ("2026-07-15T02:00:00", "2026-07-15"),
        ("2027-01-01T01:00:00", "2026-12-31"),
    ],
)
def test_takings_after_midnight_belong_to_the_day_before_until_the_cutover(utc: str, day: str) -> None:
    assert business_day(ms(utc), "Europe/Berlin", cutover_hour=4) == day


def test_a_day_begins_when_summer_time_skips_its_cutover_hour() -> None:
    assert business_day(ms("2026-03-29T00:59:59"), "Europe/Berlin", cutover_hour=2) == "2026-03-28"
    assert business_day(ms("2026-03-29T01:00:00"), "Europe/Berlin", cutover_hour=2) == "2026-03-29"  # 03:00 local


def test_the_repeated_hour_in_autumn_does_not_reopen_a_closed_day() -> None:
    # On Troll the clocks go from 03:00 back to 01:00, over the cutover at 02:00.
    first, second = ms("2026-10-25T00:30:00"), ms("2026-10-25T01:30:00")
    faces = [datetime.fromtimestamp(at / 1000, ZoneInfo("Antarctica/Troll")).hour for at in (first, second)]
    assert faces == [2, 1]
    assert business_day(first, "Antarctica/Troll", 2) == business_day(second, "Antarctica/Troll", 2) == "2026-10-25"


def test_clocks_put_back_over_midnight_do_not_reopen_a_closed_day() -> None:
    # In Newfoundland the clocks once went from 00:01 back to 23:01 of the day before.
    first, second = ms("2010-11-07T02:30:30"), ms("2010-11-07T03:00:00")
    faces = [datetime.fromtimestamp(at / 1000, ZoneInfo("America/St_Johns")).day for at in (first, second)]
    assert faces == [7, 6]
    assert business_day(first, "America/St_Johns", 0) == business_day(second, "America/St_Johns", 0) == "2010-11-07"


@given(moments, st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 30 * HOUR_MS))
@example(ms("2026-10-25T00:30:00"), "Antarctica/Troll", 2, HOUR_MS)
def test_business_days_never_go_back(now_ms: int, zone: str, cutover_hour: int, later_ms: int) -> None:
    assert business_day(now_ms, zone, cutover_hour) <= business_day(now_ms + later_ms, zone, cutover_hour)


@given(moments, st.sampled_from(ZONES), st.integers(0, 23))
def test_a_business_day_lasts_a_day_give_or_take_the_change_of_clocks(
    now_ms: int, zone: str, cutover_hour: int
) -> None:
    days = [business_day(now_ms + hours * HOUR_MS, zone, cutover_hour) for hours in (0, 22, 48 + 2)]
    today = datetime.fromisoformat(days[0]).replace(tzinfo=UTC)
    assert days[1] in {(today + timedelta(days=ahead)).date().isoformat() for ahead in (0, 1)}
    assert days[2] in {(today + timedelta(days=ahead)).date().isoformat() for ahead in (2, 3)}


@given(moments, st.sampled_from(ZONES))
def test_with_a_cutover_at_midnight_the_business_day_is_the_local_date(now_ms: int, zone: str) -> None:
    local = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone)).date()
    on_a_change_of_clocks = {local.isoformat(), (local + timedelta(days=1)).isoformat()}
    assert business_day(now_ms, zone, 0) in (on_a_change_of_clocks if zone == "America/Havana" else {local.isoformat()})


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../etc/passwd", "Europe", "Europe/Ber\x00lin", "\ud800"])
def test_an_unknown_zone_is_refused_with_an_example(zone: str) -> None:
    with pytest.raises(Refused, match=r"^zone: .*Europe/Berlin$"):
        business_day(0, zone, 4)


@pytest.mark.parametrize(("field", "now_ms", "cutover_hour"), [
    ("cutover_hour", 0, -1), ("cutover_hour", 0, 24), ("now_ms", -1, 4), ("now_ms", NOW_MS_MAX, 4),
])  # fmt: skip
def test_an_impossible_hour_or_moment_is_refused(field: str, now_ms: int, cutover_hour: int) -> None:
    with pytest.raises(Refused, match=f"^{field}:"):
        business_day(now_ms, "Europe/Berlin", cutover_hour)


@pytest.mark.parametrize("now_ms", [0, NOW_MS_MAX - 1])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_every_moment_that_a_clock_may_show_has_a_business_day(now_ms: int, zone: str) -> None:
    assert business_day(now_ms, zone, 23)[:4] in {"1969", "1970", "9998", "9999"}


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()
    assert clock.now_ms() == ms("2026-01-01T00:00:00")
    clock.advance(1500)
    assert (clock.now_ms() - ms("2026-01-01T00:00:00"), clock.monotonic()) == (1500, 1.5)


def test_setting_the_wall_clock_lets_no_time_pass() -> None:
    clock = ManualClock()
    clock.advance(1000)
    clock.set_wall(5)
    assert (clock.now_ms(), clock.monotonic()) == (5, 1.0)
    with pytest.raises(Refused, match="does not go back"):
        clock.advance(-1)


def test_the_system_clock_tells_milliseconds_since_1970_and_seconds_that_grow() -> None:
    clock: Clock = SystemClock()
    assert ms("2025-01-01T00:00:00") < clock.now_ms() < NOW_MS_MAX
    first = clock.monotonic()
    assert isinstance(first, float)
    assert clock.monotonic() >= first
