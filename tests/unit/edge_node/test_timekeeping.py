"""Stamps of events."""

from edge_node.timekeeping import machine_time_quality, stamps
from retail.clock import ManualClock
from sync_protocol.events import TIME_SYNCED, TIME_UNKNOWN


def test_a_stamp_says_when_how_surely_and_on_which_business_day() -> None:
    clock = ManualClock()  # 2026-01-01 00:00 UTC
    stamp = stamps(clock, "Europe/Berlin", 4, lambda: TIME_SYNCED)
    assert (stamp().at_ms, stamp().time_quality, stamp().business_day) == (clock.now_ms(), TIME_SYNCED, "2025-12-31")
    clock.advance(4 * 3_600_000)
    assert stamp().business_day == "2026-01-01"


def test_the_machine_tells_whether_something_keeps_its_clock() -> None:
    assert machine_time_quality() in (TIME_SYNCED, TIME_UNKNOWN)
