"""Soft kinds: each forbids nothing and puts a price, in minor units, on what ops would rather not have."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from routing.arrays import Whole as WholeArray
from routing.rules.draft import Bound, Draft
from routing.rules.facts import Fact, Lack
from routing.rules.fields import CENTS_MAX, Listed, Number, Text, Whole, given
from routing.rules.rule import Rule
from routing.rules.scene import Place

_TAGS = Listed(Text(1))
_CENTS = Whole(1, CENTS_MAX)
_WEEKS_SHORT_MAX = 520


def _rate(values: WholeArray) -> WholeArray:
    return np.minimum(values, CENTS_MAX).astype(np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeksOfSupply(Rule):
    """A unit costs ``cents`` for each week by which its location's supply of it is below ``weeks``.

    Part of a week costs its part, rounded to a whole cent, ties to even. Unknown weeks cost nothing.
    """

    kind: ClassVar[str] = "weeks_of_supply"
    soft: ClassVar[bool] = True
    weeks: float = given(Number(0, _WEEKS_SHORT_MAX), says="weeks of supply that a location should keep")
    cents: int = given(_CENTS, says="price per unit and week")

    def apply(self, draft: Draft, bound: Bound) -> None:
        weeks = draft.view.scene.stock.weeks
        if weeks is not None:
            short = np.clip(self.weeks - np.where(np.isnan(weeks), np.inf, weeks), 0, _WEEKS_SHORT_MAX)
            draft.charge_units(bound, _rate(np.rint(short * self.cents)), np.ones_like(bound.lines))

    def needs(self) -> Mapping[Fact, Lack]:
        return {Fact.WEEKS: Lack.IDLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRun(Rule):
    """A last unit costs ``cents`` where it breaks a run of at least ``sizes`` sizes of its style."""

    kind: ClassVar[str] = "size_run"
    soft: ClassVar[bool] = True
    sizes: int = given(Whole(2, 1_000), 2, says="sizes that make a run, the last unit's own included")
    cents: int = given(_CENTS, says="price per unit")

    def apply(self, draft: Draft, bound: Bound) -> None:
        sizes = draft.view.scene.stock.sizes
        if sizes is not None:
            breaks = (draft.view.units == 1) & (sizes >= self.sizes)
            draft.charge_units(bound, breaks * np.int32(self.cents), np.ones_like(bound.lines))

    def needs(self) -> Mapping[Fact, Lack]:
        return {Fact.SIZES: Lack.IDLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesCredit(Rule):
    """A unit that a location of ``at`` serves is credited with ``cents``, as when a store is paid for a sale."""

    kind: ClassVar[str] = "sales_credit"
    soft: ClassVar[bool] = True
    cents: int = given(_CENTS, says="credit per unit")

    def apply(self, draft: Draft, bound: Bound) -> None:
        draft.charge_units(bound, np.full(len(draft.view.places), -self.cents), np.ones_like(bound.lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefer(Rule):
    """A package from a location that is not of ``at`` costs ``cents`` more."""

    kind: ClassVar[str] = "prefer"
    soft: ClassVar[bool] = True
    elsewhere: ClassVar[bool] = True
    cents: int = given(_CENTS, says="price per package from elsewhere")

    def apply(self, draft: Draft, bound: Bound) -> None:
        others = replace(bound, places=~bound.places, options=~bound.options)
        draft.charge_packages(others, np.full(len(draft.view.options), self.cents))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepReserve(Rule):
    """A unit costs ``cents`` where its location has at most ``units`` of the item before the order."""

    kind: ClassVar[str] = "keep_reserve"
    soft: ClassVar[bool] = True
    units: int = given(Whole(1, 10**6), says="units of an item that are a reserve")
    cents: int = given(_CENTS, says="price per unit")
    tags: tuple[str, ...] = given(_TAGS, (), says="products with one of these tags; left out for all")

    def apply(self, draft: Draft, bound: Bound) -> None:
        rate = (draft.view.units <= self.units) * np.int32(self.cents)
        draft.charge_units(bound, rate, draft.view.tagged(self.tags))


@dataclass(frozen=True, slots=True, kw_only=True)
class Consolidate(Rule):
    """Each package of an order of several lines costs ``cents``.

    Every order that is served has a first package, so only the further ones steer. An order of one line pays nothing.
    """

    kind: ClassVar[str] = "consolidate"
    soft: ClassVar[bool] = True
    anywhere: ClassVar[bool] = True
    cents: int = given(_CENTS, says="price per package")

    def apply(self, draft: Draft, bound: Bound) -> None:
        several = bound.orders & (np.diff(draft.view.order_ptr) > 1)
        mine = replace(bound, orders=several)
        draft.charge_packages(mine, np.full(len(draft.view.options), self.cents))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectLaunch(Rule):
    """A unit of a launch costs ``cents`` at the locations of ``at``, which should have it to show."""

    kind: ClassVar[str] = "protect_launch"
    soft: ClassVar[bool] = True
    tags: tuple[str, ...] = given(_TAGS, ("launch",), says="tags of products that are launched")
    cents: int = given(_CENTS, says="price per unit")

    def apply(self, draft: Draft, bound: Bound) -> None:
        draft.charge_units(bound, np.full(len(draft.view.places), self.cents), draft.view.tagged(self.tags))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfSeason(Rule):
    """A unit of the season's end is credited with ``cents`` at the locations of ``at``, which should be rid of it."""

    kind: ClassVar[str] = "end_of_season"
    soft: ClassVar[bool] = True
    tags: tuple[str, ...] = given(_TAGS, ("end_of_season",), says="tags of products whose season ends")
    cents: int = given(_CENTS, says="credit per unit")

    def apply(self, draft: Draft, bound: Bound) -> None:
        draft.charge_units(bound, np.full(len(draft.view.places), -self.cents), draft.view.tagged(self.tags))


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceLoad(Rule):
    """A package costs up to ``cents``, in proportion to how much of its location's day is taken.

    Rounded to a whole cent, ties to even. A location without a limit on its capacity is never loaded.
    """

    kind: ClassVar[str] = "balance_load"
    soft: ClassVar[bool] = True
    cents: int = given(_CENTS, says="price per package at a full location")

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        shares = view.once("load", lambda: np.array([_taken(place) for place in view.places])[view.place_of])
        shares = np.where(view.another_day, 0.0, shares)
        draft.charge_packages(bound, np.rint(shares * self.cents).astype(np.int64))


def _taken(place: Place) -> float:
    """How much of the place's day is taken, 0 to 1."""
    used, left = place.load.day, place.capacity
    day = 0 if left is None else used + max(left, 0)
    return used / day if day else 0.0
