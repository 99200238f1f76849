"""Carriers' services as a setting states them, one after the other:

``ground mon-fri 16:00 1,2,3,3,4,4,5 100%; express mon-fri 16:00 2 240%``

The name; the days on which it collects, and until when goods must be packed, in the location's local time; its business
days of transit to each postal zone from the nearest on, or one figure for all; its price in per cent of the tariff.
"""

import re
from dataclasses import dataclass
from datetime import date

from central.fleet.calendars import parse_cutoff, parse_weekdays
from central.sourcing.tariff import ZONE_MILES
from retail.errors import Refused
from routing.calendars.carrier import Collection
from routing.rules.scene import PICKUP, SHIP

ZONES = len(ZONE_MILES) + 1
SERVICES_MAX = 8
TRANSIT_DAYS_MAX = 30
PERCENT_MAX = 10_000
HOLIDAYS_MAX = 400

DEFAULT_SERVICES = (
    "ground mon-fri 16:00 1,2,3,3,4,4,5 100%; express mon-fri 16:00 2 240%; overnight mon-fri 15:00 1 420%"
)
"""Round figures of this project's own, as those of the tariff: settings, not facts."""

_FIELD = "carrier_services"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")


@dataclass(frozen=True, slots=True)
class CarrierService:
    """One service. ``transit_days`` by zone; ``percent`` of the tariff's price; ``collection`` where a location has
    none of its own."""

    name: str
    collection: Collection
    transit_days: tuple[int, ...]
    percent: int


def parse_services(text: str) -> tuple[CarrierService, ...]:
    """The services of a setting, the cheapest first. Raises :class:`Refused` for what is none."""
    services = [_service(part.split()) for part in text.split(";") if part.strip()]
    names = {service.name for service in services}
    percents = {service.percent for service in services}
    if not 0 < len(services) <= SERVICES_MAX or len(names) < len(services) or len(percents) < len(services):
        raise Refused(
            _FIELD, "there is none, there are too many, or two agree in name or price",
            f"give 1 to {SERVICES_MAX} that differ in both",
        )  # fmt: skip
    return tuple(sorted(services, key=lambda service: service.percent))


def parse_holidays(text: str) -> frozenset[int]:
    """Days (ordinals) from dates such as ``2026-12-25``, separated by commas."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > HOLIDAYS_MAX:
        raise Refused("carrier_holidays", "there are too many", f"give at most {HOLIDAYS_MAX}")
    try:
        return frozenset(date.fromisoformat(part).toordinal() for part in parts)
    except ValueError as error:
        raise Refused("carrier_holidays", "a part is not a date", "write them like 2026-12-25,2026-12-26") from error


def _service(words: list[str]) -> CarrierService:
    if len(words) != 5 or _NAME.fullmatch(words[0]) is None:
        raise Refused(_FIELD, f"{' '.join(words)[:60]!r} is not a service", f"write them like {DEFAULT_SERVICES}")
    name, days, cutoff, transit, percent = words
    if name in (SHIP, PICKUP):
        raise Refused(_FIELD, f"{name!r} is what an order asks for", "give the service another name")
    return CarrierService(
        name,
        Collection(parse_cutoff(cutoff), parse_weekdays(days)),
        _transit(transit),
        _whole(percent.removesuffix("%"), 1, PERCENT_MAX),
    )


def _transit(text: str) -> tuple[int, ...]:
    days = tuple(_whole(part, 0, TRANSIT_DAYS_MAX) for part in text.split(","))
    if len(days) not in (1, ZONES):
        raise Refused(_FIELD, f"{text[:40]!r} are not the days of transit", f"give one figure, or {ZONES}, by zone")
    return days * ZONES if len(days) == 1 else days


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and least <= int(text) <= most):
        raise Refused(_FIELD, f"{text[:20]!r} is not a figure", f"give a whole number from {least} to {most}")
    return int(text)
