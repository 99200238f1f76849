"""Hard kinds about an order as a whole: when it is routed, where it may come from, and in how many parts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from routing.calendars.limits import MINUTE_MS
from routing.rules.draft import ROWS_AT_ONCE, Bound, Cause, Draft
from routing.rules.facts import Fact, Lack
from routing.rules.fields import Listed, Number, Strict, Text, Whole, given
from routing.rules.match import VALUE_MAX
from routing.rules.rule import Rule
from routing.rules.view import EARTH_RADIUS_MILES

_STEPS = (1.1, 1.25, 1.5, 2.0, 4.0)
"""How far beyond a distance limit a location is told to be, as multiples of the limit."""

_SLACK = 1e-12
"""An inclusive limit stays inclusive where the cosine of its angle is rounded (below a tenth of a foot at 1 mile)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remorse(Rule):
    """An order is not routed before ``minutes`` after it was placed: its customer may still change it.

    At exactly so many minutes it is routed. A clock that was set back further than the delay ends the wait, so that no
    order is held for longer than twice the delay.
    """

    kind: ClassVar[str] = "remorse"
    anywhere: ClassVar[bool] = True
    holds: ClassVar[bool] = True
    minutes: int = given(Whole(1, 10_080), says="minutes from placing to routing", stricter=Strict.MORE)

    def apply(self, draft: Draft, bound: Bound) -> None:
        delay = self.minutes * MINUTE_MS
        for number in np.flatnonzero(bound.orders).tolist():
            elapsed = draft.view.now_ms - draft.view.orders[number].placed_ms
            if -delay <= elapsed < delay:
                text = f"may still be changed by its customer for {self.minutes} minutes after it was placed"
                draft.hold(bound, number, draft.view.orders[number].placed_ms + delay, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(Rule):
    """A line whose pick has started stays where it is picked."""

    kind: ClassVar[str] = "freeze"
    anywhere: ClassVar[bool] = True

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        for location in sorted({line.picking for line in view.lines} - {""}):
            lines = np.array([line.picking == location for line in view.lines], np.bool_)
            draft.block_lines(
                bound, lines, ~view.at(location), Cause("may not take over what is being picked elsewhere")
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned(Rule):
    """An order that a service agent has pinned to a location is served there or not at all."""

    kind: ClassVar[str] = "pinned"
    anywhere: ClassVar[bool] = True

    def apply(self, draft: Draft, bound: Bound) -> None:
        pins = [order.pinned_location for order in draft.view.orders]
        for location in sorted(set(pins) - {""}):
            orders = np.array([pin == location for pin in pins], np.bool_)
            draft.block(
                bound, ~draft.view.at(location), Cause("is not the location that a service agent has chosen"), orders
            )

    def needs(self) -> Mapping[Fact, Lack]:
        return {Fact.PIN: Lack.IDLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Only(Rule):
    """Only the locations of ``at`` serve."""

    kind: ClassVar[str] = "only"
    elsewhere: ClassVar[bool] = True

    def apply(self, draft: Draft, bound: Bound) -> None:
        every = replace(bound, options=np.ones_like(bound.options))
        draft.block(every, ~bound.options, Cause(f"is not among the locations of rule {self.id}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclude(Rule):
    """The locations of ``at`` do not serve."""

    kind: ClassVar[str] = "exclude"

    def apply(self, draft: Draft, bound: Bound) -> None:
        draft.block(bound, np.ones_like(bound.options), Cause(f"is left out by rule {self.id}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsCoordinates(Rule):
    """A location whose coordinates are unknown ships nothing: what that would cost is unknown too."""

    kind: ClassVar[str] = "needs_coordinates"

    def apply(self, draft: Draft, bound: Bound) -> None:
        cause = Cause("has no coordinates that can be believed", priced=False)
        draft.block(bound, draft.view.unknown_option, cause, draft.view.ships)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance(Rule):
    """Locations ship at most so many miles as the crow flies. An unknown distance is too far."""

    kind: ClassVar[str] = "distance"
    miles: float = given(Number(0, 13_000), says="the greatest distance in miles", stricter=Strict.LESS)

    def apply(self, draft: Draft, bound: Bound) -> None:
        view, unknown_order = draft.view, draft.view.unknown_order
        unknown, causes, cosines = view.once(self, self._rings)
        draft.block(bound, np.ones_like(bound.options), unknown, unknown_order & view.ships)
        draft.block(bound, view.unknown_option, unknown, view.ships)
        rows = np.flatnonzero(bound.orders & view.ships & ~unknown_order)
        known = ~view.unknown_option
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            near = view.nearness(some)
            rings = np.zeros(near.shape, np.uint8)
            for cosine in cosines:
                rings += near < cosine
            draft.block_rings(bound, some, rings, known, causes)

    def _rings(self) -> tuple[Cause, list[Cause], list[float]]:
        """Why an unknown distance is too far, why one in each ring beyond the limit is, and where the rings begin."""
        limits = [self.miles, *(self.miles * step for step in _STEPS if self.miles)]
        changes = [f"if the limit were {limit:g} miles" for limit in limits[1:]]
        text = f"is farther away than {self.miles:g} miles"
        unknown = Cause(f"may not serve: distance unknown, at most {self.miles:g} miles allowed", priced=False)
        return unknown, [Cause(text, change) for change in (*changes, "")], [_cosine(limit) for limit in limits]


def _cosine(miles: float) -> float:
    """Cosine of the angle that so many miles span; half the globe at most."""
    return float(np.cos(min(miles / EARTH_RADIUS_MILES, np.pi))) - _SLACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Transit(Rule):
    """Locations ship where the carrier needs at most so many business days. An unknown time is too long."""

    kind: ClassVar[str] = "transit"
    days: int = given(Whole(0, 365), says="the most business days in transit", stricter=Strict.LESS)

    def apply(self, draft: Draft, bound: Bound) -> None:
        view, days = draft.view, draft.view.scene.transit_days
        mine = (bound.orders & view.ships)[:, None] & bound.options
        unknown = Cause(f"may not serve: transit time unknown, at most {self.days} days allowed", priced=False)
        if days is None:
            draft.block_pairs(bound, mine, unknown)
            return
        draft.block_pairs(bound, mine & (days < 0), unknown)
        for extra in (1, 2, 3):
            cause = Cause(f"needs more than {self.days} days", f"if {self.days + extra} days were allowed")
            draft.block_pairs(bound, mine & (days == self.days + extra), cause)
        draft.block_pairs(bound, mine & (days > self.days + 3), Cause(f"needs more than {self.days} days"))

    def needs(self) -> Mapping[Fact, Lack]:
        return {Fact.TRANSIT: Lack.SHUTS}

    def tells_services(self) -> bool:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderValue(Rule):
    """Locations serve orders of at least ``least`` and at most ``most``, in minor units."""

    kind: ClassVar[str] = "order_value"
    least: int | None = given(Whole(0, VALUE_MAX), None, says="the least value of an order", stricter=Strict.LOWER)
    most: int | None = given(Whole(0, VALUE_MAX), None, says="the greatest value of an order", stricter=Strict.UPPER)

    def apply(self, draft: Draft, bound: Bound) -> None:
        worth = draft.view.worth
        every = np.ones_like(bound.options)
        if self.least is not None:
            draft.block(bound, every, Cause("serves no order of so little value"), worth < self.least)
        if self.most is not None:
            draft.block(bound, every, Cause("serves no order of so much value"), worth > self.most)

    def impossible(self) -> str:
        if self.least is None and self.most is None:
            return "it gives neither least nor most"
        if self.least is not None and self.most is not None and self.least > self.most:
            return f"least {self.least} is more than most {self.most}, so it shuts out every order"
        return Rule.impossible(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination(Rule):
    """Such destinations, as PO boxes and military addresses, are reached by one service only, or by none."""

    kind: ClassVar[str] = "destination"
    destinations: tuple[str, ...] = given(
        Listed(Text(1)), says="kinds of destination, such as po_box or military", stricter=Strict.NAMED
    )
    service: str = given(Text(1), "", says="the service that reaches them, such as post; left out for none")

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        for kind in self.destinations:
            there = np.array([order.kind == kind for order in view.orders], np.bool_)
            cannot = ~view.offers(self.service) if self.service else np.ones_like(bound.options)
            named = kind.replace("_", " ")
            text = f"does not send to a {named} address" + (f" without {self.service}" if self.service else "")
            draft.block(
                bound, cannot, Cause(text, f"if it offered {self.service}" if self.service else ""), there & view.ships
            )

    def needs(self) -> Mapping[Fact, Lack]:
        return {Fact.DESTINATION: Lack.IDLE, **({Fact.SERVICES: Lack.SHUTS} if self.service else {})}

    def tells_services(self) -> bool:
        return bool(self.service)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embargo(Rule):
    """Nothing is sent to these countries or regions."""

    kind: ClassVar[str] = "embargo"
    countries: tuple[str, ...] = given(
        Listed(Text(1)), (), says="countries, as in the orders (ISO 3166)", stricter=Strict.NAMED
    )
    regions: tuple[str, ...] = given(
        Listed(Text(1)), (), says="country and region, such as UA-43", stricter=Strict.NAMED
    )

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        there = view.sent_to(self.countries, self.regions)
        draft.block(bound, np.ones_like(bound.options), Cause("may not send there: an embargo"), there)

    def impossible(self) -> str:
        return "it names no country and no region" if not self.countries + self.regions else Rule.impossible(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipComplete(Rule):
    """The order is served whole or not at all; it may still come in several packages."""

    kind: ClassVar[str] = "ship_complete"
    anywhere: ClassVar[bool] = True

    def apply(self, draft: Draft, bound: Bound) -> None:
        draft.complete |= bound.orders


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepKits(Rule):
    """Lines that are sold as one kit come from one location, or none of them comes."""

    kind: ClassVar[str] = "keep_kits"
    anywhere: ClassVar[bool] = True

    def apply(self, draft: Draft, bound: Bound) -> None:
        draft.kit_kept |= bound.orders


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPackages(Rule):
    """The order comes in at most so many packages; of several rules the least counts."""

    kind: ClassVar[str] = "max_packages"
    anywhere: ClassVar[bool] = True
    packages: int = given(Whole(1, 255), says="the most packages", stricter=Strict.LESS)

    def apply(self, draft: Draft, bound: Bound) -> None:
        limit = draft.max_packages
        fewer = bound.orders & ((limit == 0) | (limit > self.packages))
        limit[fewer] = self.packages
