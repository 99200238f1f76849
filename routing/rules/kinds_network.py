"""Hard kinds about the state of a location: whether it can be asked at all, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import ClassVar

import numpy as np

from routing.arrays import Flags
from routing.calendars.limits import MINUTE_MS
from routing.rules.draft import Bound, Cause, Draft
from routing.rules.facts import Fact, Lack
from routing.rules.fields import Choice, Day, Instant, Listed, Strict, Text, TimeOfDay, Whole, given
from routing.rules.rule import Rule
from routing.rules.scene import PICKUP, SHIP, Option, Place

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NO_ZONE = Cause("has no time zone that is known")


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsBox(Rule):
    """A location without a box of its own cannot be asked."""

    kind: ClassVar[str] = "needs_box"

    def apply(self, draft: Draft, bound: Bound) -> None:
        without = draft.view.places_where(lambda place: not place.has_box)
        draft.block(bound, without, Cause("has no box: it is known, but nobody there can be asked"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SameCountry(Rule):
    """Locations of another currency, or of another country where both are known, do not serve."""

    kind: ClassVar[str] = "same_country"

    def apply(self, draft: Draft, bound: Bound) -> None:
        keys = [(order.country, order.currency) for order in draft.view.orders]
        places = [(place.country, place.currency) for place in draft.view.places]
        for key in sorted(set(keys)):
            abroad = np.array([_abroad(key, place) for place in places], np.bool_)[draft.view.place_of]
            same = np.array([other == key for other in keys], np.bool_)
            draft.block(bound, abroad, Cause("is in another country or currency"), same)


def _abroad(order: tuple[str, str], place: tuple[str, str]) -> bool:
    (country, currency), (own_country, own_currency) = order, place
    return own_currency != currency or bool(country and own_country and own_country != country)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Rule):
    """A location that says it is closed for orders does not serve."""

    kind: ClassVar[str] = "closed"

    def apply(self, draft: Draft, bound: Bound) -> None:
        draft.block(bound, draft.view.places_where(lambda place: bool(place.closed)), Cause("takes no orders"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered(Rule):
    """A location serves only as it can: some do not ship, some do not hand over."""

    kind: ClassVar[str] = "offered"

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        no_pickup = draft.view.places_where(lambda place: not place.hands_over)
        # What is transferred is handed over elsewhere: the location that sends it needs no counter.
        no_pickup &= np.array([not option.transfer_to for option in view.options], np.bool_)
        draft.block(bound, no_pickup, Cause("does not hand over orders"), view.collected)
        draft.block(bound, draft.view.places_where(lambda place: not place.ships), Cause("does not ship"), view.ships)


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
            options = np.array([self._only(view.places[option.place], option) for option in view.options], np.bool_)
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
    texts: dict[str, list[int]] = {}
    for number, option in enumerate(view.options):
        if bound.options[number] and (until is None or view.moment(option.at_ms) < until):
            text = "" if until is None else f" until {view.until(until, option.place)}"
            texts.setdefault(text, []).append(number)
    return [(text, _these(numbers, len(view.options))) for text, numbers in sorted(texts.items())]


def _these(numbers: list[int], count: int) -> Flags:
    found = np.zeros(count, np.bool_)
    found[numbers] = True
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout(Rule):
    """Locations do no work on these days of their own calendar, such as holidays."""

    kind: ClassVar[str] = "blackout"
    dates: tuple[date, ...] = given(
        Listed(Day()), says="days without work, local to the location", stricter=Strict.NAMED
    )

    def apply(self, draft: Draft, bound: Bound) -> None:
        days = frozenset(self.dates)
        for day, here in _by_day(draft):
            if day is None:
                draft.block(bound, here, NO_ZONE)
            elif day in days:
                draft.block(bound, here, Cause(f"does not work on {day.day} {day:%B}"))

    def past(self, now_ms: int) -> str:
        # A day is over everywhere 12 hours after it is over in UTC.
        today = datetime.fromtimestamp(now_ms / 1000 - 43_200, UTC).date() if now_ms >= 43_200_000 else date(1970, 1, 1)
        return "all its days are past" if all(day < today for day in self.dates) else Rule.past(self, now_ms)


def _by_day(draft: Draft) -> list[tuple[date | None, Flags]]:
    days = [None if moment is None else moment.date() for moment in draft.view.local]
    return [(day, np.array([other == day for other in days], np.bool_)) for day in dict.fromkeys(days)]


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
        late: dict[tuple[str, str], list[int]] = {}
        for number, local in enumerate(view.local):
            if not bound.options[number]:
                continue
            if local is None:
                late.setdefault(("", ""), []).append(number)
            elif not self.weekdays or WEEKDAYS[local.weekday()] in self.weekdays:
                # Compared in UTC: two times of one zone compare by their faces, and a face shows twice in autumn.
                last = datetime.combine(local.date(), self.latest, local.tzinfo).astimezone(UTC)
                if local.astimezone(UTC) > last:
                    late.setdefault(("late", _next_minute(local)), []).append(number)
        for (kind, change), numbers in late.items():
            cause = (
                Cause(f"had its cut-off at {self.latest:%H:%M}", f"if its cut-off were {change}") if kind else NO_ZONE
            )
            draft.block(bound, _these(numbers, len(view.options)), cause)


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
        now, limit = draft.view.now_ms, self.minutes
        if limit is None:
            draft.block(bound, draft.view.places_where(lambda p: p.silent), Cause("has been silent for too long"))
            return
        silent = draft.view.places_where(
            lambda p: p.offline_since_ms is not None and now - p.offline_since_ms > limit * MINUTE_MS
        )
        draft.block(bound, silent, Cause(f"has been silent for more than {limit} minutes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxRejects(Rule):
    """A location that has rejected more than ``rejects`` offers today is not asked again today."""

    kind: ClassVar[str] = "max_rejects"
    rejects: int = given(Whole(0, 10_000), says="the most rejects of a day", stricter=Strict.LESS)

    def apply(self, draft: Draft, bound: Bound) -> None:
        rejects = np.array([place.rejects for place in draft.view.places], np.int64)[draft.view.place_of]
        for count in sorted(set(rejects[rejects > self.rejects].tolist())):
            here = rejects == count
            cause = Cause(f"has rejected {count} offers today, more than {self.rejects}", f"if {count} were allowed")
            draft.block(bound, here, cause)


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
        left = np.zeros(len(view.options), np.int64)
        holds = np.zeros(len(view.options), np.bool_)
        for number, local in enumerate(view.local):
            if local is None or self._holds(local):
                used = _used(view.places[view.options[number].place], self.per, ship, pickup)
                left[number], holds[number] = self.units - used, True
        here = bound.options & holds
        mine = replace(bound, options=here)
        draft.limit(mine, left, ship, pickup)
        orders = np.ones(len(view.orders), np.bool_) if ship and pickup else view.ships if ship else view.collected
        what = f"{self.service} units" if self.service else "units"
        text = f"has reached its limit of {self.units} {what} a {self.per}"
        draft.block(mine, left <= 0, Cause(text, f"if its limit were above {self.units}"), orders)

    def _holds(self, local: datetime) -> bool:
        day = not self.weekdays or WEEKDAYS[local.weekday()] in self.weekdays
        return day and (not self.hours or local.hour in self.hours)


def _used(place: Place, per: str, ship: bool, pickup: bool) -> int:
    load = place.load
    sent, collected = (load.ship_day, load.pickup_day) if per == "day" else (load.ship_hour, load.pickup_hour)
    return max(sent, 0) * ship + max(collected, 0) * pickup
