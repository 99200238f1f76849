"""How far orders lie from places, as far as carriers care. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from central.sourcing.domain import OpenOrder, Place
from central.sourcing.tariff import miles, zones
from routing.arrays import Flags, Index


@dataclass(frozen=True, eq=False)
class Distances:
    """Between O orders and L places. ``zone`` (O, L): indices of postal zones, the farthest one where the distance is
    not known; ``is_known`` (O, L) says where it is. ``nearest`` (O,): the nearest place, -1 where none is known."""

    zone: NDArray[np.int8]
    is_known: Flags
    nearest: Index

    @classmethod
    def of(cls, orders: Sequence[OpenOrder], places: Sequence[Place]) -> Self:
        """The great-circle distances. There must be orders and places."""
        lat = np.array([np.nan if place.lat is None else place.lat for place in places])
        lon = np.array([np.nan if place.lon is None else place.lon for place in places])
        shape = len(orders), len(places)
        zone, is_known, nearest = np.empty(shape, np.int8), np.empty(shape, np.bool_), np.empty(len(orders), np.intp)
        for number, order in enumerate(orders):
            to_lat = np.nan if order.lat is None else order.lat
            to_lon = np.nan if order.lon is None else order.lon
            distance = miles(lat, lon, to_lat, to_lon)
            zone[number], is_known[number] = zones(distance), ~np.isnan(distance)
            nearest[number] = np.nanargmin(distance) if is_known[number].any() else -1
        return cls(zone, is_known, nearest)

    def of_orders(self, rows: Index) -> Self:
        """Those of some orders (r,)."""
        return replace(self, zone=self.zone[rows], is_known=self.is_known[rows], nearest=self.nearest[rows])
