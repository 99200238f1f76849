"""The figures of the first page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, literal, select, true
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.ext.asyncio import AsyncConnection

from central.console.reads.keyset import ms
from central.fleet.tables import location, store_link
from central.orders.tables import customer_order, shipment, task
from central.platform.tables import TENANT
from central.sales.tables import sale

STORES_LISTED = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """The stretch of time that the charts show, cut into ``buckets`` of ``step``. ``name`` says how long it is."""

    key: str
    name: str
    step: timedelta
    buckets: int

    @property
    def title(self) -> str:
        """``last 24 hours``."""
        return f"last {self.name}"

    @property
    def length(self) -> timedelta:
        """All of it."""
        return self.step * self.buckets


QUARTER = Window("quarter", "15 minutes", timedelta(minutes=1), 15)
HOUR = Window("hour", "hour", timedelta(minutes=5), 12)
DAY = Window("day", "24 hours", timedelta(hours=1), 24)
WINDOWS = {window.key: window for window in (QUARTER, HOUR, DAY)}


@dataclass(frozen=True)
class Bucket:
    """What happened in one step of a window: orders received for shipping and for pickup, and goods that left."""

    start_ms: int
    ship: int
    pickup: int
    left: int


@dataclass(frozen=True)
class StoreRow:
    """What one location with a box has to do, and what it did on the last two business days."""

    location: str
    name: str
    kind: str
    open_tasks: int
    late_tasks: int
    fulfilled: int
    sales: int


async def first_order_ms(conn: AsyncConnection) -> int | None:
    """When the oldest order came in."""
    order = customer_order
    query = select(order.c.received_at).where(order.c.tenant == TENANT).order_by(order.c.order_id).limit(1)
    return ms((await conn.execute(query)).scalar_one_or_none())


async def activity(conn: AsyncConnection, now: datetime, window: Window) -> Sequence[Bucket]:
    """What happened in each step of ``window``, the oldest first; the last one is not over yet."""
    start = now - (now - _EPOCH) % window.step - window.step * (window.buckets - 1)
    step = literal(window.step, INTERVAL)
    order, gone = customer_order, shipment
    received = (
        select(func.date_bin(step, order.c.received_at, start).label("at"), order.c.service, func.count())
        .where(
            order.c.tenant == TENANT,
            order.c.order_id >= _id_before(start),
            order.c.received_at >= start,
            order.c.received_at < now,
        )
        .group_by("at", order.c.service)
    )
    left_at = func.to_timestamp(gone.c.at_ms / 1000.0)
    left = (
        select(func.date_bin(step, left_at, start).label("at"), func.count())
        .where(gone.c.tenant == TENANT, left_at >= start, left_at < now)
        .group_by("at")
    )
    counts: dict[tuple[int, str], int] = {}
    for at, service, number in await conn.execute(received):
        counts[(at - start) // window.step, service] = number
    for at, number in await conn.execute(left):
        counts[(at - start) // window.step, "left"] = number
    return [
        Bucket(
            ms(start + window.step * index) or 0,
            *(counts.get((index, kind), 0) for kind in ("ship", "pickup", "left")),
        )
        for index in range(window.buckets)
    ]


def _id_before(moment: datetime) -> UUID:
    """An id that is less than that of any order received from ``moment`` on: ids are UUIDv7, so they sort by time.

    A minute of difference between the clocks of the database and of who made the id does no harm.
    """
    return UUID(int=int((moment - timedelta(minutes=1)).timestamp() * 1000) << 80)


async def fulfilled(conn: AsyncConnection, now: datetime, window: Window) -> tuple[int, int]:
    """How many pick lists left the building in the window, and in the one before it."""
    start = int((now - window.length).timestamp() * 1000)
    before = int((now - 2 * window.length).timestamp() * 1000)
    gone = shipment.c.at_ms
    query = select(func.count().filter(gone >= start), func.count().filter(and_(gone >= before, gone < start))).where(
        shipment.c.tenant == TENANT, gone >= before
    )
    now_count, before_count = (await conn.execute(query)).one()
    return now_count, before_count


async def stores(conn: AsyncConnection, now_ms: int, since: datetime) -> Sequence[StoreRow]:
    """The locations with boxes, those with the most to do first."""
    unpacked = task.c.state.in_(("offered", "assigned", "started"))
    work = (
        select(
            func.count().label("open"), func.count().filter(and_(unpacked, task.c.pick_by_ms < now_ms)).label("late")
        )
        .where(task.c.tenant == TENANT, task.c.location == location.c.location, task.c.closed_at.is_(None))
        .lateral("work")
    )
    done = (
        select(func.count().label("number"))
        .select_from(shipment)
        .where(
            shipment.c.tenant == TENANT,
            shipment.c.location == location.c.location,
            shipment.c.at_ms >= int(since.timestamp() * 1000),
        )
        .lateral("done")
    )
    sold = (
        select(func.count().label("number"))
        .select_from(sale)
        .where(sale.c.tenant == TENANT, sale.c.location == location.c.location, sale.c.business_day >= since.date())
        .lateral("sold")
    )
    joined = (
        location.join(
            store_link,
            and_(store_link.c.tenant == location.c.tenant, store_link.c.location == location.c.location),
        )
        .join(work, true())
        .join(done, true())
        .join(sold, true())
    )
    query = (
        select(
            location.c.location, location.c.name, location.c.kind, work.c.open, work.c.late, done.c.number,
            sold.c.number,
        )
        .select_from(joined)
        .where(location.c.tenant == TENANT)
        .order_by(work.c.late.desc(), work.c.open.desc(), location.c.location)
        .limit(STORES_LISTED)
    )  # fmt: skip
    return [StoreRow(*row) for row in await conn.execute(query)]
