"""Locations and the boxes that speak for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from central.console.reads.keyset import ROWS, Rows, key_of, ms, page_of
from central.fleet.tables import box, location, store_link, watermark
from central.platform.event_log import event
from central.platform.tables import TENANT

REPLICA_LATE_MS = 30_000
"""An older replica is an alarm of the box itself."""
WAITING_LATE = timedelta(seconds=60)
"""Events that wait longer than this are more than the usual delay of a batch."""

OFFLINE, DEGRADED, HEALTHY, NO_BOX = 0, 1, 2, 3
HEALTH_NAMES = ("offline", "degraded", "healthy", "none")
VIEWS = ("boxes", "attention", "closed", "none", "all")


@dataclass(frozen=True)
class Moment:
    """When is now, and how long a box may say nothing before it counts as offline."""

    now: datetime
    silent: timedelta


@dataclass(frozen=True)
class Place:
    """A location with its box as the last hello described it. Counts and times are None where nothing is known.

    ``waiting`` is how many events its box had not delivered when it last said so, less those that came since;
    ``waiting_since_ms`` is when the last event before them arrived, so none of them is older than that.
    """

    location: str
    name: str
    kind: str
    city: str
    region: str
    open_for_orders: bool
    closed_reason: str
    health: str
    box: UUID | None
    software: str
    hello_ms: int | None
    waiting: int
    waiting_since_ms: int | None
    replica_age_ms: int | None
    incident: str
    incident_ms: int | None

    @property
    def why_closed(self) -> str:
        """Why it takes no orders; empty if it does."""
        if not self.open_for_orders:
            return self.closed_reason or "not opened for orders"
        if self.box is None:
            return "no box speaks for it"
        return "its box is silent, so it is asked for nothing" if self.health == "offline" else ""

    @property
    def trouble(self) -> str:
        """What is wrong with the box, in words; empty if nothing is."""
        if self.incident:
            return self.incident
        if self.health == "offline":
            return "has not said hello yet" if self.hello_ms is None else "does not say hello any more"
        if self.health != "degraded":
            return ""
        if self.replica_age_ms is not None and self.replica_age_ms > REPLICA_LATE_MS:
            return "its replica is behind: a broken disk would lose what is in neither"
        return "its events come late"


@dataclass(frozen=True)
class PlaceDetail:
    """Everything else about one location."""

    place: Place
    address: str
    zip: str
    country: str
    currency: str
    time_zone: str
    coordinate_state: str
    hours: Mapping[str, Any] | None
    ships: bool
    pickups: bool
    capacity_units_per_day: int | None
    epoch: int | None
    enrolled_ms: int | None
    stored_seq: int | None
    head_seq: int | None


async def health_counts(conn: AsyncConnection, moment: Moment) -> Mapping[str, int]:
    """How many locations there are by health, and ``closed``: with a box, but taking no orders."""
    rank = _rank(moment)
    query = (
        _places(rank.label("rank"), location.c.open_for_orders)
        .with_only_columns(rank.label("rank"), location.c.open_for_orders, func.count())
        .group_by(rank, location.c.open_for_orders)
    )
    counts = dict.fromkeys((*HEALTH_NAMES, "closed"), 0)
    for found, is_open, number in await conn.execute(query):
        counts[HEALTH_NAMES[found]] += number
        if found != NO_BOX and not is_open:
            counts["closed"] += number
    return counts


async def places(
    conn: AsyncConnection, moment: Moment, view: str, search: str, after: str, size: int = ROWS
) -> Rows[Place]:
    """The locations of a view, those with trouble first. ``search`` narrows them by key, name or city."""
    rank = _rank(moment)
    query = _places(*_columns(rank)).where(_in_view(view, rank)).order_by(rank, location.c.location).limit(size + 1)
    if search:
        query = query.where(
            or_(
                location.c.location == search,
                location.c.name.icontains(search, autoescape=True),
                location.c.city.icontains(search, autoescape=True),
            )
        )
    key = key_of(after, int, str)
    if key is not None:
        query = query.where(tuple_(rank, location.c.location) > tuple_(literal(key[0]), literal(key[1])))
    rows = [_place(row) for row in await conn.execute(query)]
    return page_of(rows, lambda place: (HEALTH_NAMES.index(place.health), place.location), size)


async def place(conn: AsyncConnection, moment: Moment, key: str) -> PlaceDetail | None:
    """One location with all that is known of it."""
    extra = (
        location.c.address, location.c.zip, location.c.country, location.c.currency, location.c.time_zone,
        location.c.coordinate_state, location.c.hours, location.c.ships, location.c.pickups,
        location.c.capacity_units_per_day, store_link.c.epoch, box.c.enrolled_at, watermark.c.seq.label("stored_seq"),
        _hello("head").label("head_seq"),
    )  # fmt: skip
    query = _places(*_columns(_rank(moment)), *extra).where(location.c.location == key)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    return PlaceDetail(
        _place(row), row.address, row.zip, row.country, row.currency, row.time_zone or "", row.coordinate_state,
        row.hours, row.ships, row.pickups, row.capacity_units_per_day, row.epoch, ms(row.enrolled_at), row.stored_seq,
        row.head_seq,
    )  # fmt: skip


async def names(conn: AsyncConnection, keys: Sequence[str]) -> Mapping[str, str]:
    """The names of some locations by key."""
    query = select(location.c.location, location.c.name).where(
        location.c.tenant == TENANT, location.c.location.in_(keys)
    )
    return {row.location: row.name for row in await conn.execute(query)}


def _hello(field: str) -> ColumnElement[int]:
    """A number of the last hello; null where there is none."""
    return cast(box.c.hello[field].as_string(), BigInteger)


_waiting = func.greatest(_hello("head") - watermark.c.seq, 0)
_last_event = (
    select(func.max(event.c.received_at).label("at"))
    .where(event.c.tenant == location.c.tenant, event.c.location == location.c.location)
    .lateral("last_event")
)


def _rank(moment: Moment) -> ColumnElement[int]:
    """How well a location's box is: the sort key of all lists."""
    return case(
        (box.c.box.is_(None), NO_BOX),
        (or_(box.c.last_hello_at.is_(None), box.c.last_hello_at < moment.now - moment.silent), OFFLINE),
        (
            or_(
                box.c.incident != "",
                func.coalesce(_hello("replica_age_ms"), 0) > REPLICA_LATE_MS,
                and_(func.coalesce(_waiting, 0) > 0, _last_event.c.at < moment.now - WAITING_LATE),
            ),
            DEGRADED,
        ),
        else_=HEALTHY,
    )


def _columns(rank: ColumnElement[int]) -> tuple[ColumnElement[Any], ...]:
    return (
        location.c.location, location.c.name, location.c.kind, location.c.city, location.c.region,
        location.c.open_for_orders, location.c.closed_reason, rank.label("rank"), box.c.box, box.c.software,
        box.c.last_hello_at, func.coalesce(_waiting, 0).label("waiting"), _last_event.c.at.label("last_event_at"),
        _hello("replica_age_ms").label("replica_age_ms"), box.c.incident, box.c.incident_at,
    )  # fmt: skip


def _places(*columns: ColumnElement[Any]) -> Select[Any]:
    joined = (
        location.outerjoin(
            store_link,
            and_(store_link.c.tenant == location.c.tenant, store_link.c.location == location.c.location),
        )
        .outerjoin(box, and_(box.c.tenant == store_link.c.tenant, box.c.box == store_link.c.box))
        .outerjoin(
            watermark,
            and_(
                watermark.c.tenant == store_link.c.tenant,
                watermark.c.location == store_link.c.location,
                watermark.c.box == store_link.c.box,
            ),
        )
        .outerjoin(_last_event, and_(true(), box.c.box.is_not(None)))
    )
    return select(*columns).select_from(joined).where(location.c.tenant == TENANT)


def _in_view(view: str, rank: ColumnElement[int]) -> ColumnElement[bool]:
    match view:
        case "attention":
            return rank.in_((OFFLINE, DEGRADED))
        case "closed":
            return and_(rank != NO_BOX, location.c.open_for_orders.is_(False))
        case "none":
            return rank == NO_BOX
        case "all":
            return true()
        case _:
            return rank != NO_BOX


def _place(row: Any) -> Place:
    replica = row.replica_age_ms
    return Place(
        location=row.location, name=row.name, kind=row.kind, city=row.city, region=row.region,
        open_for_orders=row.open_for_orders, closed_reason=row.closed_reason, health=HEALTH_NAMES[row.rank],
        box=row.box, software=row.software or "", hello_ms=ms(row.last_hello_at), waiting=row.waiting,
        waiting_since_ms=ms(row.last_event_at) if row.waiting else None,
        replica_age_ms=None if replica is None or replica < 0 else replica, incident=row.incident or "",
        incident_ms=ms(row.incident_at),
    )  # fmt: skip
