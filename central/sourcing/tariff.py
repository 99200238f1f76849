"""What sending and picking costs, until ops configure it by rules: postal zones by distance, and labour.

The zones are those of the United States Postal Service by distance (Notice 123, zone charts: zone 2 to 150 miles, then
300, 600, 1,000, 1,400 and 1,800). The amounts are round figures of this project's own, in the order of magnitude of a
parcel's price; they are settings, not facts.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_MILES = 3958.8

ZONE_MILES = (150.0, 300.0, 600.0, 1_000.0, 1_400.0, 1_800.0)
"""Greatest distance of the zones 2 to 7, inclusive; beyond is zone 8."""


@dataclass(frozen=True)
class Tariff:
    """Amounts in minor units. Tuples run over the zones 2 to 8; pairs are (store, warehouse).

    ``late_per_day`` is the price of each day by which a package misses what its order was promised, at most
    ``late_days_max`` of them; ``late_pickup_per_day`` that of goods to be collected, where a begun day counts. A day is
    dearer than what the fastest service adds to most packages: a promise is kept where it can be.
    """

    package_by_zone: tuple[int, ...] = (520, 590, 680, 790, 920, 1_060, 1_240)
    kg_by_zone: tuple[int, ...] = (55, 75, 95, 120, 145, 175, 210)
    packing: tuple[int, int] = (70, 55)
    handling_per_unit: tuple[int, int] = (45, 30)
    backorder_per_line: int = 5_000
    late_per_day: int = 2_000
    late_pickup_per_day: int = 2_000
    late_days_max: int = 14

    def times(self, percent: int) -> Self:
        """What a service costs that takes ``percent`` of the prices by zone, each rounded down to the minor unit."""
        package = tuple(cents * percent // 100 for cents in self.package_by_zone)
        return replace(self, package_by_zone=package, kg_by_zone=tuple(c * percent // 100 for c in self.kg_by_zone))


def miles(lat: NDArray[np.float64], lon: NDArray[np.float64], to_lat: float, to_lon: float) -> NDArray[np.float64]:
    """Great-circle distances (L,) in miles from places in degrees to one place (haversine); nan where unknown."""
    phi, theta, to_phi, to_theta = np.radians(lat), np.radians(lon), np.radians(to_lat), np.radians(to_lon)
    half = np.sin((to_phi - phi) / 2) ** 2 + np.cos(phi) * np.cos(to_phi) * np.sin((to_theta - theta) / 2) ** 2
    distance: NDArray[np.float64] = 2 * EARTH_RADIUS_MILES * np.arcsin(np.sqrt(half))
    return distance


def zones(distance: NDArray[np.float64]) -> NDArray[np.intp]:
    """Index (0 for zone 2 ... 6 for zone 8) of distances in miles; an unknown distance is the farthest zone."""
    return np.where(np.isnan(distance), len(ZONE_MILES), np.searchsorted(ZONE_MILES, distance, side="left"))
