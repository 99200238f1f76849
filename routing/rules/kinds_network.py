"""Hard kinds about the state of a location: whether it can be asked at all, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import ClassVar

import numpy as np

from routing.arrays import Cents, Flags
from routing.calendars.limits import MINUTE_MS
from routing.rules.draft import Bound, Cause, Draft
from routing.rules.facts import Fact, Lack
from routing.rules.fields import Choice, Day, Instant, Listed, Strict, Text, TimeOfDay, Whole, given
from routing.rules.rule import Rule
from routing.rules.scene import PICKUP, SHIP, Option, Place
from routing.rules.view import Moment, View

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NO_ZONE = Cause("has no time zone that is known")


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsBox(Rule):
    """A location without a box of its own cannot be asked."""

    kind: ClassVar[str] = "needs_box"

    def apply(self, draft: Draft, bound: Bound) -> None:
        without = draft.view.places_where(_has_no_box)
        draft.block(bound, without, Cause("has no box: it is known, but nobody there can be asked"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SameCountry(Rule):
    """Locations of another currency, or of another country where both are known, do not serve."""

    kind: ClassVar[str] = "same_country"

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        keys = [(order.country, order.currency) for order in view.orders]
        for key in sorted(set(keys)):
            same = np.array([other == key for other in keys], np.bool_)
            abroad = view.places_where(_Abroad(*key))
            draft.block(bound, abroad, Cause("is in another country or currency"), same)


@dataclass(frozen=True, slots=True)
class _Abroad:
    """Whether a place does not serve what goes to ``country`` (empty where unknown) and is paid in ``currency``."""

    country: str
    currency: str

    def __call__(self, place: Place) -> bool:
        return place.currency != self.currency or bool(self.country and place.country and place.country != self.country)


def _has_no_box(place: Place) -> bool:
    return not place.has_box


def _is_closed(place: Place) -> bool:
    return bool(place.closed)


def _hands_nothing_over(place: Place) -> bool:
    return not place.hands_over


def _does_not_ship(place: Place) -> bool:
    return not place.ships


def _is_silent(place: Place) -> bool:
    return place.silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Rule):
    """A location that says it is closed for orders does not serve."""

    kind: ClassVar[str] = "closed"

    def apply(self, draft: Draft, bound: Bound) -> None:
        draft.block(bound, draft.view.places_where(_is_closed), Cause("takes no orders"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered(Rule):
    """A location serves only as it can: some do not ship, some do not hand over."""

    kind: ClassVar[str] = "offered"

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        # What is transferred is handed over elsewhere: the location that sends it needs no counter.
        no_pickup = view.places_where(_hands_nothing_over) & ~view.transfers
        draft.block(bound, no_pickup, Cause("does not hand over orders"), view.collected)
        draft.block(bound, view.places_where(_does_not_ship), Cause("does not ship"), view.ships)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Rule):
    """Locations serve nothing before ``until``, or before somebody lifts the rule."""

    kind: ClassVar[str] = "pause"
    until: int | None = given(Instant(), None, says="the moment from which they serve again", stricter=Strict.LATER)

    def apply(self, draft: Draft, bound: Bound) -> None:
        for until, here in _paused(draft, bound, self.until):
            draft.block(bound, here, Cause(f"is paused{until}"))

    def past(self, now_ms: int) -> str:
        return _over(self.until, now_ms) or Rule.past(self, now_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseService(Rule):
    """A service is not used before ``until``: ``ship`` or ``pickup`` for orders, or how a location sends.

    Where the options are locations only, one stays usable while it has another service left.
    """

    kind: ClassVar[str] = "pause_service"
    service: str = given(Text(1), says="ship, pickup, or a service of locations such as air")
    until: int | None = given(Instant(), None, says="the moment from which it is used again", stricter=Strict.LATER)

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        if self.service in (SHIP, PICKUP):
            orders = view.ships if self.service == SHIP else view.collected
            options = np.ones(len(view.options), np.bool_)
        else:
            # Other services of a place are what it offers beside this one; the collected need none.
            orders = view.ships
            options = view.once(
                ("only", self.service),
                lambda: np.array([self._only(view.places[option.place], option) for option in view.options], np.bool_),
            )
        for until, here in _paused(draft, bound, self.until):
            draft.block(bound, here & options, Cause(f"does not offer {self.service}{until}"), orders)

    def needs(self) -> Mapping[Fact, Lack]:
        return {} if self.service in (SHIP, PICKUP) else {Fact.SERVICES: Lack.IDLE}

    def _only(self, place: Place, option: Option) -> bool:
        return option.service == self.service if option.service else place.services == {self.service}

    def tells_services(self) -> bool:
        return self.service not in (SHIP, PICKUP)

    def past(self, now_ms: int) -> str:
        return _over(self.until, now_ms) or Rule.past(self, now_ms)


def _over(until: int | None, now_ms: int) -> str:
    return "its pause is over" if until is not None and now_ms >= until else ""


def _paused(draft: Draft, bound: Bound, until: int | None) -> list[tuple[str, Flags]]:
    """Options whose work would be done before ``until``, by how people there read that moment."""
    view = draft.view
    if until is None:
        return [("", bound.options)]

    def text(moment: Moment) -> str | None:
        return f" until {view.until(until, moment.zone)}" if moment.at_ms < until else None

    return view.once(("paused", until), lambda: view.by_moment(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout(Rule):
    """Locations do no work on these days of their own calendar, such as holidays."""

    kind: ClassVar[str] = "blackout"
    dates: tuple[date, ...] = given(
        Listed(Day()), says="days without work, local to the location", stricter=Strict.NAMED
    )

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        for cause, here in view.once(self, lambda: view.by_moment(self._cause)):
            draft.block(bound, here, cause)

    def _cause(self, moment: Moment) -> Cause | None:
        if moment.local is None:
            return NO_ZONE
        day = moment.local.date()
        return Cause(f"does not work on {day.day} {day:%B}") if day in self.dates else None

    def past(self, now_ms: int) -> str:
        # A day is over everywhere 12 hours after it is over in UTC.
        today = datetime.fromtimestamp(now_ms / 1000 - 43_200, UTC).date() if now_ms >= 43_200_000 else date(1970, 1, 1)
        return "all its days are past" if all(day < today for day in self.dates) else Rule.past(self, now_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff(Rule):
    """After a local time a location does no more work on that day. At the cut-off itself it still does.

    In the night when an hour is repeated the first one counts; a time that the clocks skip is as late as if they had
    not been changed.
    """

    kind: ClassVar[str] = "cut_off"
    latest: time = given(  # noqa: RUF009 - a field
        TimeOfDay(), says="the last moment of the day, local to the location", stricter=Strict.LESS
    )
    weekdays: tuple[str, ...] = given(
        Listed(Choice(WEEKDAYS)), (), says="days of the week; left out for all", stricter=Strict.ALL
    )

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        for cause, late in view.once(self, lambda: view.by_moment(self._cause)):
            draft.block(bound, late, cause)

    def _cause(self, moment: Moment) -> Cause | None:
        local = moment.local
        if local is None:
            return NO_ZONE
        if self.weekdays and WEEKDAYS[local.weekday()] not in self.weekdays:
            return None
        # Compared in UTC: two times of one zone compare by their faces, and a face shows twice in autumn.
        last = datetime.combine(local.date(), self.latest, local.tzinfo).astimezone(UTC)
        if local.astimezone(UTC) <= last:
            return None
        return Cause(f"had its cut-off at {self.latest:%H:%M}", f"if its cut-off were {_next_minute(local)}")


def _next_minute(local: datetime) -> str:
    exact = not (local.second or local.microsecond)
    minute = local.hour * 60 + local.minute + (0 if exact else 1)
    return "24:00" if minute == 24 * 60 else f"{minute // 60:02}:{minute % 60:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline(Rule):
    """A location whose box has been silent for more than ``minutes`` is not asked.

    Without ``minutes`` the centre's own word counts. A clock that was set back makes a silence short, never endless.
    """

    kind: ClassVar[str] = "offline"
    minutes: int | None = given(
        Whole(0, 100_000), None, says="the longest silence that is allowed", stricter=Strict.LESS
    )

    def apply(self, draft: Draft, bound: Bound) -> None:
        limit = self.minutes
        if limit is None:
            draft.block(bound, draft.view.places_where(_is_silent), Cause("has been silent for too long"))
            return
        silent = draft.view.places_where(_SilentSince(draft.view.now_ms - limit * MINUTE_MS))
        draft.block(bound, silent, Cause(f"has been silent for more than {limit} minutes"))


@dataclass(frozen=True, slots=True)
class _SilentSince:
    """Whether the box of a place was last heard before ``moment_ms``."""

    moment_ms: int

    def __call__(self, place: Place) -> bool:
        return place.offline_since_ms is not None and place.offline_since_ms < self.moment_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxRejects(Rule):
    """A location that has rejected more than ``rejects`` offers today is not asked again today."""

    kind: ClassVar[str] = "max_rejects"
    rejects: int = given(Whole(0, 10_000), says="the most rejects of a day", stricter=Strict.LESS)

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        rejects = view.once("rejects", lambda: _rejects(view))
        for count in sorted(set(rejects[rejects > self.rejects].tolist())):
            here = rejects == count
            cause = Cause(f"has rejected {count} offers today, more than {self.rejects}", f"if {count} were allowed")
            draft.block(bound, here, cause)


def _rejects(view: View) -> Cents:
    """(K,): offers that the place of each option has rejected on its day."""
    rejects = np.array([place.rejects for place in view.places], np.int64)[view.place_of]
    return np.where(view.another_day, 0, rejects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity(Rule):
    """A location handles at most ``units`` in a local day or hour: of orders that are sent, collected, or both.

    Units that it was already asked for in that day or hour are taken off. ``weekdays`` and ``hours`` say when the
    limit holds; in the night when an hour is repeated it holds in both.
    """

    kind: ClassVar[str] = "capacity"
    network: ClassVar[bool] = True
    units: int = given(Whole(0, 10**8), says="the most units", stricter=Strict.LESS)
    service: str = given(Choice((SHIP, PICKUP)), "", says="only orders that are sent or collected; left out for both")
    per: str = given(Choice(("day", "hour")), "day", says="what the units are counted over")
    weekdays: tuple[str, ...] = given(
        Listed(Choice(WEEKDAYS)), (), says="days of the week; left out for all", stricter=Strict.ALL
    )
    hours: tuple[int, ...] = given(
        Listed(Whole(0, 23)), (), says="hours of the day, 0 to 23; left out for all", stricter=Strict.ALL
    )

    def apply(self, draft: Draft, bound: Bound) -> None:
        view, ship, pickup = draft.view, self.service != PICKUP, self.service != SHIP
        left, holds = view.once(self, lambda: self._left(view, ship, pickup))
        here = bound.options & holds
        mine = replace(bound, options=here)
        draft.limit(mine, left, ship, pickup)
        orders = np.ones(len(view.orders), np.bool_) if ship and pickup else view.ships if ship else view.collected
        what = f"{self.service} units" if self.service else "units"
        text = f"has reached its limit of {self.units} {what} a {self.per}"
        draft.block(mine, left <= 0, Cause(text, f"if its limit were above {self.units}"), orders)

    def _left(self, view: View, ship: bool, pickup: bool) -> tuple[Cents, Flags]:
        """(K,): units that are left of the limit, and where it holds now."""
        used = np.array([_used(place, self.per, ship, pickup) for place in view.places], np.int64)[view.place_of]
        return self.units - np.where(view.another_day, 0, used), view.when(self._holds)

    def _holds(self, moment: Moment) -> bool:
        local = moment.local
        if local is None:
            return True
        day = not self.weekdays or WEEKDAYS[local.weekday()] in self.weekdays
        return day and (not self.hours or local.hour in self.hours)


def _used(place: Place, per: str, ship: bool, pickup: bool) -> int:
    load = place.load
    sent, collected = (load.ship_day, load.pickup_day) if per == "day" else (load.ship_hour, load.pickup_hour)
    return max(sent, 0) * ship + max(collected, 0) * pickup
