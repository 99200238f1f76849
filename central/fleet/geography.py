"""Where a location is: whether its coordinates can be believed, and which time zone they lie in.

Coordinates typed by hand are wrong now and then, by a digit or by a whole state, and look like any others. A ZIP code
is a second witness: coordinates far from the middle of their ZIP area are reported and not believed.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tzfpy import get_tz

from central.fleet.tables import BELIEVED, MISSING, REFUSED, UNVERIFIED
from central.importing.rows import Row, decimal, refuse, required
from retail.cleaning import CleaningReport
from retail.errors import Refused

DISTANCE_KM_MAX = 45.0
"""Farther than this from the middle of its ZIP area nobody believes a coordinate.

From the distances of the 1,551 stores of one US chain whose ZIP is known: half lie within 2.7 km, 99 % within 20 km,
and the long tail of large desert areas ends at 35.3 km; then nothing until the two wrong ones at 58 and 1,068 km. The
limit is the geometric middle of that gap.
"""

ZIP_COUNTRY = "US"
"""The country whose ZIP codes are understood; elsewhere coordinates stay unverified."""

EARTH_RADIUS_KM = 6371.0088

CENTROID_COLUMNS = ("zip", "lat", "lon")

_ZIP = re.compile(r"([0-9]{3,5})(-[0-9]{4})?")
_ZIP_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees north and east."""

    lat: float
    lon: float


Centroids = Mapping[str, Position]
"""The middle of each ZIP area, by the five digits."""


def distance_km(one: Position, other: Position) -> float:
    """The way along a great circle (haversine; half a per cent off at most, as the earth is no sphere)."""
    lat, other_lat = math.radians(one.lat), math.radians(other.lat)
    half_chord = (
        math.sin((other_lat - lat) / 2) ** 2
        + math.cos(lat) * math.cos(other_lat) * math.sin(math.radians(other.lon - one.lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half_chord)))


def read_position(row: Row) -> Position | None:
    """The coordinates in the columns ``lat`` and ``lon``; None where both are empty.

    Raises :class:`Refused` for one without the other, and for what is not on the globe.
    """
    lat = row.read("lat", None, decimal(-90, 90))
    lon = row.read("lon", None, decimal(-180, 180))
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        field = "lat" if lat is None else "lon"
        raise Refused(field, "one coordinate stands without the other", "give both or none")
    return Position(float(lat), float(lon))


def read_centroids(rows: Iterable[Row], report: CleaningReport) -> dict[str, Position]:
    """The ZIP areas of a file with the columns :data:`CENTROID_COLUMNS`. Wrong rows are refused in ``report``."""
    centroids: dict[str, Position] = {}
    for row in rows:
        try:
            digits = zip_digits(row.read("zip", "", required(20)))
            position = read_position(row)
            if digits is None:
                raise Refused("zip", "it is not a ZIP code", "give five digits")
            if position is None:
                raise Refused("lat", "it is empty", "fill it in")
            if digits in centroids:
                raise Refused("zip", "it came before in this file", "keep one of the rows")
        except Refused as error:
            refuse(report, row, error)
        else:
            centroids[digits] = position
            report.rows_kept += 1
    return centroids


def zip_digits(text: str) -> str | None:
    """The five digits of a US ZIP code; None for anything else.

    A spreadsheet drops leading zeros, so ``2128`` is 02128; the four digits of ZIP+4 name a street and fall away.
    """
    match = _ZIP.fullmatch(text)
    return None if match is None else match[1].rjust(_ZIP_DIGITS, "0")


def whole_zip(text: str) -> str:
    """``text`` with the leading zeros that a spreadsheet dropped; anything but a US ZIP code comes back as it is."""
    match = _ZIP.fullmatch(text)
    return text if match is None else match[1].rjust(_ZIP_DIGITS, "0") + (match[2] or "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to think of coordinates: a state of :mod:`central.fleet.tables`, and for people why, and what to do."""

    state: str
    reason: str = ""
    remedy: str = ""


def judge(position: Position | None, centroid: Position | None) -> Verdict:
    """Whether to believe ``position``, given the middle of its ZIP area where that is known."""
    if position is None:
        return Verdict(MISSING, "there are no coordinates", "give them")
    if position == Position(0.0, 0.0):
        return Verdict(REFUSED, "the coordinates are zero", "give the real ones, or none")
    if centroid is None:
        return Verdict(
            UNVERIFIED, "its ZIP is not in the file of ZIP areas: the coordinates are unverified", "check the ZIP"
        )
    distance = distance_km(position, centroid)
    if distance > DISTANCE_KM_MAX:
        return Verdict(
            REFUSED,
            f"the coordinates are more than {DISTANCE_KM_MAX:g} km from the middle of their ZIP area",
            f"they are {distance:,.0f} km apart: look at a map and correct the coordinates or the ZIP",
        )
    return Verdict(BELIEVED)


def time_zone_at(position: Position) -> str | None:
    """The IANA zone of a place on land; None at sea, where no shop is."""
    name = get_tz(position.lon, position.lat)
    return name if name and not name.startswith("Etc/") and is_time_zone(name) else None


def is_time_zone(name: str) -> bool:
    """Whether ``name`` is an IANA zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
