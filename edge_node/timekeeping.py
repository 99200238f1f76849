"""When something happened, as the log states it: wall clock, how far to trust it, and the business day."""

import ctypes
import functools
from collections.abc import Callable

from edge_node.ports import Stamp
from retail.clock import Clock, business_day
from sync_protocol.events import TIME_SYNCED, TIME_UNKNOWN

_TIME_ERROR = 5
"""What adjtimex(2) answers while nothing has set the clock."""


def machine_time_quality() -> int:
    """Whether a time server keeps this machine's clock: one of the qualities of :mod:`sync_protocol.events`."""
    adjtimex = _adjtimex()
    if adjtimex is None:
        return TIME_UNKNOWN
    state = adjtimex(ctypes.create_string_buffer(512))  # a struct timex with modes 0: only ask
    return TIME_SYNCED if 0 <= state < _TIME_ERROR else TIME_UNKNOWN


@functools.cache
def _adjtimex() -> Callable[[object], int] | None:
    """adjtimex(2) of the C library, looked up once: every transaction asks for the time's quality."""
    found: Callable[[object], int] | None = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
    return found


def stamps(clock: Clock, zone: str, cutover_hour: int, quality: Callable[[], int]) -> Callable[[], Stamp]:
    """A source of stamps for a store in the IANA time zone ``zone``."""

    def stamp() -> Stamp:
        now_ms = clock.now_ms()
        return Stamp(now_ms, quality(), business_day(now_ms, zone, cutover_hour))

    return stamp
