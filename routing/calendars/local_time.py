"""Local times of day as moments, on every night of the year."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from retail.clock import NOW_MS_MAX
from retail.errors import Refused

DAY_MINUTES = 24 * 60

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_CACHED_MOMENTS = 65_536


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone ``name``. Raises :class:`Refused` for one that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, a path outside, a folder
        raise Refused("zone", f"{name[:40]!r} is not a time zone", "give an IANA name such as Europe/Berlin") from error


def day_at(zone: ZoneInfo, now_ms: int) -> int:
    """The local day, as an ordinal. Raises :class:`Refused` for a moment before 1970 or after 9998."""
    if not 0 <= now_ms < NOW_MS_MAX:
        raise Refused("now_ms", "the moment is not between 1970 and 9998", "set the clock")
    return local(zone, now_ms).toordinal()


@lru_cache(maxsize=_CACHED_MOMENTS)
def moment(zone: ZoneInfo, day: int, minute: int) -> int:
    """When the clocks of ``zone`` first show ``minute`` (0 to 1,440, the midnight that ends it) of ``day``, or pass it.

    A time that summer time skips is the moment of the jump; one that winter time repeats is its first showing.
    """
    face = datetime.fromordinal(day).replace(tzinfo=UTC) + timedelta(minutes=minute)
    before, after = (_offset(face.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    shown = (face - before - _EPOCH) // _MS
    return shown if after <= before else _jump(zone, (face - after - _EPOCH) // _MS, shown, after)


def _jump(zone: ZoneInfo, low: int, high: int, offset: timedelta) -> int:
    """The first moment after ``low`` and until ``high`` at which ``zone`` has ``offset``."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(local(zone, middle)) == offset:
            high = middle
        else:
            low = middle
    return high


def local(zone: ZoneInfo, now_ms: int) -> datetime:
    """What the clocks of ``zone`` show at a moment from 1970 to 9998."""
    return (_EPOCH + timedelta(milliseconds=now_ms)).astimezone(zone)


def _offset(local: datetime) -> timedelta:
    offset = local.utcoffset()
    assert offset is not None  # it has a zone
    return offset
