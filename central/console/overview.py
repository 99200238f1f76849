"""The first page: exceptions, key figures, and where the work is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from central.console.reads import attention, fleet, orders, tasks
from central.console.reads import overview as reads
from central.console.reads.overview import DAY, HOUR, QUARTER, StoreRow, Window
from web_kit.charts import Chart, Row, bars, sparkline
from web_kit.words import count, moment, number

_SHORT_PASTS_MS = ((20 * 60_000, QUARTER), (3 * 60 * 60_000, HOUR))
"""A centre whose first order is younger than this shows a shorter window: a day would be an empty chart."""


@dataclass(frozen=True)
class Alarm:
    """Something that is not as it should be, and the rows that it is about."""

    tone: str
    text: str
    note: str
    href: str
    since_ms: int | None = None


@dataclass(frozen=True)
class Figure:
    """A key figure. ``tone`` says whether its note is good or bad news."""

    label: str
    value: str
    note: str
    href: str
    tone: str = ""
    sparkline: Markup | None = None


@dataclass(frozen=True)
class Overview:
    """All that the page shows."""

    exceptions: Sequence[Alarm]
    figures: Sequence[Figure]
    received: Chart
    window: Window
    stores: Sequence[StoreRow]


async def read(conn: AsyncConnection, now_ms: int, silent: timedelta, window: Window | None) -> Overview:
    """Read the page's figures. Without a ``window`` it is a shorter one while the centre is young, else the day."""
    now = moment(now_ms)
    if window is None:
        past_ms = now_ms - (await reads.first_order_ms(conn) or now_ms)
        window = next((short for most_ms, short in _SHORT_PASTS_MS if past_ms < most_ms), DAY)
    order_counts = await orders.counts(conn, now_ms)
    task_counts = await tasks.counts(conn, now_ms)
    health = await fleet.health_counts(conn, fleet.Moment(now, silent))
    buckets = await reads.activity(conn, now, window)
    fulfilled, before = await reads.fulfilled(conn, now, window)
    groups = {group.key: group for group in await attention.groups(conn)}

    exceptions = []
    if health["offline"]:
        exceptions.append(
            Alarm(
                "bad",
                f"{count(health['offline'], 'box', 'boxes')} offline",
                "stores go on selling, but take no new orders",
                "/console/fleet?view=attention",
            )
        )
    for key, word, note in (
        ("incidents", "incident", "with what to do about each"),
        ("orders", "order", "on hold, or in trouble"),
        ("parked", "parked message", "tried as often as allowed"),
        ("dead-letters", "dead letter", "entries that nobody can read"),
    ):
        if key in groups:
            group = groups[key]
            href = "/console/orders?view=attention" if key == "orders" else f"/console/needs-you#{key}"
            exceptions.append(Alarm("bad", count(group.total, word), note, href, group.oldest_ms))
    if order_counts["late"]:
        exceptions.append(
            Alarm(
                "warn",
                f"{count(order_counts['late'], 'order')} late",
                "the promise has passed",
                "/console/orders?view=late",
            )
        )
    if task_counts["late"]:
        exceptions.append(
            Alarm(
                "warn",
                f"{count(task_counts['late'], 'pick list')} late",
                "should be packed by now",
                "/console/pick-lists?view=late",
            )
        )
    if health["degraded"]:
        exceptions.append(Alarm("warn", f"{count(health['degraded'], 'box', 'boxes')} degraded",
                                     "events or replica behind", "/console/fleet?view=attention"))  # fmt: skip

    boxes = health["healthy"] + health["degraded"] + health["offline"]
    left = [bucket.left for bucket in buckets]
    received = [bucket.ship + bucket.pickup for bucket in buckets]
    late_share = (
        f"{order_counts['late'] * 100 // order_counts['open']} % of them" if order_counts["open"] else "of none"
    )
    figures = [
        Figure("Open orders", number(order_counts["open"]), f"{number(order_counts['unrouted'])} of them to route",
               "/console/orders", sparkline=sparkline(received, f"Orders received, {window.title}")),
        Figure("Late orders", number(order_counts["late"]), late_share, "/console/orders?view=late",
               "bad" if order_counts["late"] else "ok"),
        Figure(f"Fulfilled, {window.title}", number(fulfilled), f"{number(before)} in the {window.name} before",
               "/console/pick-lists?view=closed", "ok" if fulfilled >= before else "",
               sparkline(left, f"Pick lists that left the building, {window.title}")),
        Figure("Boxes healthy", f"{number(health['healthy'])} of {number(boxes)}",
               *_unwell(health)),
    ]  # fmt: skip
    return Overview(
        exceptions, figures, _chart(buckets, window), window, await reads.stores(conn, now_ms, now - DAY.length)
    )


def _unwell(health: Mapping[str, int]) -> tuple[str, str, str]:
    """The note, address and tone of the figure about boxes."""
    states = [f"{health[state]} {state}" for state in ("offline", "degraded") if health[state]]
    tone = "bad" if health["offline"] else "warn" if states else "ok"
    return ", ".join(states) or "none offline, none degraded", "/console/fleet", tone


def _chart(buckets: Sequence[reads.Bucket], window: Window) -> Chart:
    ship, pickup = sum(bucket.ship for bucket in buckets), sum(bucket.pickup for bucket in buckets)
    sentence = f"{count(ship + pickup, 'order')} received in the {window.title}: {ship} to ship, {pickup} for pickup"
    rows = [
        Row(f"{moment(bucket.start_ms):%H:%M}", (bucket.ship, bucket.pickup), bucket.start_ms) for bucket in buckets
    ]
    return bars("received", "Orders received", sentence, "From", ("to ship", "for pickup"), rows)
