"""Which orders and which locations something is about. All conditions that are given must hold; none given is all.

A condition that lists values holds where one of them fits. Limits are inclusive.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from routing.arrays import Flags
from routing.calendars.limits import MINUTE_MS
from routing.rules.facts import Fact
from routing.rules.fields import Choice, Flag, Listed, Number, Text, Whole, given
from routing.rules.scene import PICKUP, SHIP, OpenOrder, Place
from routing.rules.view import View

VALUE_MAX = 10**10
HOUR_MS = 60 * MINUTE_MS
_NAMES = Listed(Text(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Conditions on an order."""

    channels: tuple[str, ...] = given(_NAMES, (), says="channels through which it was sold")
    services: tuple[str, ...] = given(Listed(Choice((SHIP, PICKUP))), (), says="whether it is sent or collected")
    countries: tuple[str, ...] = given(_NAMES, (), says="countries of the destination, as in the orders (ISO 3166)")
    regions: tuple[str, ...] = given(_NAMES, (), says="regions of the destination, such as states")
    postcodes: tuple[str, ...] = given(_NAMES, (), says="beginnings of the destination's postcode")
    destinations: tuple[str, ...] = given(_NAMES, (), says="kinds of destination, such as po_box or military")
    tags: tuple[str, ...] = given(_NAMES, (), says="tags of which some line has one")
    tiers: tuple[str, ...] = given(_NAMES, (), says="tiers of the customer")
    value_min: int | None = given(Whole(0, VALUE_MAX), None, says="least value of the order, in minor units")
    value_max: int | None = given(Whole(0, VALUE_MAX), None, says="greatest value of the order, in minor units")
    promised_within_hours: float | None = given(
        Number(0, 10_000), None, says="the promise is at most so many hours away, or past"
    )
    promised: bool | None = given(Flag(), None, says="whether the customer was promised a time")

    def orders(self, view: View) -> Flags:
        """(O,): the orders that meet every condition. Read only."""
        if self == _ALL_ORDERS:
            return view.every_order
        found = np.ones(len(view.orders), np.bool_)
        for test in self._tests(view.now_ms):
            found &= np.fromiter(map(test, view.orders), np.bool_, len(view.orders))
        if self.value_min is not None:
            found &= view.worth >= self.value_min
        if self.value_max is not None:
            found &= view.worth <= self.value_max
        return found

    def _tests(self, now_ms: int) -> Iterable[Callable[[OpenOrder], bool]]:
        listed: tuple[tuple[tuple[str, ...], Callable[[OpenOrder], str]], ...] = (
            (self.channels, lambda order: order.channel),
            (self.services, lambda order: order.service),
            (self.countries, lambda order: order.country),
            (self.regions, lambda order: order.region),
            (self.destinations, lambda order: order.kind),
            (self.tiers, lambda order: order.tier),
        )
        for names, get in listed:
            if names:
                yield _among(get, frozenset(names))
        if self.postcodes:
            yield lambda order: order.postcode.startswith(self.postcodes)
        if self.tags:
            tags = frozenset(self.tags)
            yield lambda order: any(not tags.isdisjoint(line.tags) for line in order.lines)
        hours = self.promised_within_hours
        if hours is not None:
            latest = now_ms + hours * HOUR_MS
            yield lambda order: order.promise_ms is not None and order.promise_ms <= latest
        if self.promised is not None:
            yield lambda order: (order.promise_ms is not None) == self.promised

    def impossible(self) -> str:
        """Why no order can meet the conditions, or empty."""
        if self.value_min is not None and self.value_max is not None and self.value_min > self.value_max:
            return f"value_min {self.value_min} is more than value_max {self.value_max}"
        if self.promised is False and self.promised_within_hours is not None:
            return "promised is false, but promised_within_hours asks for a promise"
        return ""

    def needs(self) -> tuple[Fact, ...]:
        """Facts without which no order can meet the conditions."""
        return (Fact.TIER,) * bool(self.tiers) + (Fact.DESTINATION,) * bool(self.destinations)

    def covers(self, other: "Match") -> bool:
        """Every order that meets ``other`` meets this."""
        lists = ("channels", "services", "countries", "regions", "destinations", "tags", "tiers")
        if other.impossible():
            return True
        return (
            all(_holds(getattr(self, name), getattr(other, name)) for name in lists)
            and (not self.postcodes or (bool(other.postcodes) and all(map(self._begins, other.postcodes))))
            and (self.value_min is None or (other.value_min is not None and other.value_min >= self.value_min))
            and _at_most(other.value_max, self.value_max)
            and _at_most(other.promised_within_hours, self.promised_within_hours)
            and (self.promised is None or self.promised == other.has_promise())
        )

    def _begins(self, postcode: str) -> bool:
        return postcode.startswith(self.postcodes)

    def has_promise(self) -> bool | None:
        """Whether the orders that meet this have a promise; None for either."""
        return True if self.promised_within_hours is not None else self.promised

    def disjoint(self, other: "Match") -> bool:
        """No order can meet both, as far as single conditions show."""
        lists = ("channels", "services", "countries", "regions", "destinations", "tiers")
        return any(
            getattr(self, name) and getattr(other, name) and set(getattr(self, name)).isdisjoint(getattr(other, name))
            for name in lists
        )


_ALL_ORDERS = Match()


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Conditions on a location."""

    locations: tuple[str, ...] = given(_NAMES, (), says="locations by their key")
    groups: tuple[str, ...] = given(_NAMES, (), says="groups of which the location is in one")
    not_groups: tuple[str, ...] = given(_NAMES, (), says="groups of which the location is in none")
    kinds: tuple[str, ...] = given(_NAMES, (), says="kinds of location, such as store or warehouse")
    not_kinds: tuple[str, ...] = given(_NAMES, (), says="kinds of location that are not meant")

    def places(self, places: tuple[Place, ...]) -> Flags:
        """(L,): the locations that meet every condition."""
        if self == _EVERYWHERE:
            return np.ones(len(places), np.bool_)
        locations, groups, kinds = frozenset(self.locations), frozenset(self.groups), frozenset(self.kinds)
        without = frozenset(self.not_groups)
        return np.fromiter(
            (
                (not locations or place.location in locations)
                and (not groups or not groups.isdisjoint(place.groups))
                and without.isdisjoint(place.groups)
                and (not kinds or place.kind in kinds)
                and place.kind not in self.not_kinds
                for place in places
            ),
            np.bool_,
            len(places),
        )

    def covers(self, other: "Where") -> bool:
        """Every location that meets ``other`` meets this."""
        return (
            all(_holds(getattr(self, name), getattr(other, name)) for name in ("locations", "groups", "kinds"))
            and set(self.not_groups) <= set(other.not_groups)
            and set(self.not_kinds) <= set(other.not_kinds)
        )

    def disjoint(self, other: "Where") -> bool:
        """No location can meet both, as far as single conditions show."""
        return (
            any(
                getattr(self, name)
                and getattr(other, name)
                and set(getattr(self, name)).isdisjoint(getattr(other, name))
                for name in ("locations", "kinds")
            )
            or _shut(self.groups, other.not_groups)
            or _shut(other.groups, self.not_groups)
            or _shut(self.kinds, other.not_kinds)
            or _shut(other.kinds, self.not_kinds)
        )


_EVERYWHERE = Where()


def _shut(wanted: tuple[str, ...], banned: tuple[str, ...]) -> bool:
    return bool(wanted) and set(wanted) <= set(banned)


def _holds(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _at_most(narrow: float | None, wide: float | None) -> bool:
    return wide is None or (narrow is not None and narrow <= wide)


def _among(get: Callable[[OpenOrder], str], wanted: frozenset[str]) -> Callable[[OpenOrder], bool]:
    return lambda order: get(order) in wanted
