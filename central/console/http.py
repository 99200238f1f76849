"""The console's pages.

``console(engine, clock)`` gives a router to include in the centre's app and the pulse to close before it stops.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from pydantic import AfterValidator
from sqlalchemy.ext.asyncio import AsyncEngine

from central.console import labels, overview
from central.console.frame import Frame, NoSuchPage, links, route_class
from central.console.pulse import Pulse, changed
from central.console.reads import attention, fleet, imports, orders, runs, tasks
from central.console.reads.overview import WINDOWS
from central.console.run_words import decided_by, run_sentence
from central.console.styleguide import samples
from central.console.timeline import timeline
from central.console.why import Why, why
from central.platform.paging import CURSOR_LENGTH_MAX
from retail.clock import Clock
from retail.text import printable
from web_kit.words import Label, count, moment, number

SILENT_S = 180.0
STREAM_BEAT_S = 15.0
"""A stream says something at least this often, so that both ends notice a broken connection."""

Word = Annotated[str, Query(max_length=64), AfterValidator(lambda text: printable(text).strip())]
After = Annotated[str, Query(max_length=CURSOR_LENGTH_MAX)]


@dataclass(frozen=True)
class Console:
    """What the composition mounts. Call ``pulse.close()`` when the server begins to stop: open streams then end."""

    router: APIRouter
    pulse: Pulse


@dataclass(frozen=True)
class _Decision:
    at_ms: int
    rule_version: str
    why: Why
    run: runs.RunRow | None


def console(engine: AsyncEngine, clock: Clock, silent_s: float = SILENT_S) -> Console:
    """The console on ``engine``. A box that says nothing for ``silent_s`` seconds counts as offline.

    Raises :class:`web_kit.assets.AssetMissing` when its script was not built in.
    """
    silent = timedelta(seconds=silent_s)
    frame, pulse = Frame(engine, clock), Pulse(engine, clock)
    router = APIRouter(route_class=route_class(frame), include_in_schema=False)
    router.routes.append(frame.assets.route())

    @router.get("/")
    async def root() -> Response:
        return RedirectResponse("/console")

    @router.get("/console/events")
    async def events() -> Response:
        return StreamingResponse(
            _events(pulse), media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"},
        )  # fmt: skip

    @router.get("/console")
    async def overview_page(window: Word = "") -> Response:
        now_ms = clock.now_ms()
        async with engine.connect() as conn:
            figures = await overview.read(conn, now_ms, silent, WINDOWS.get(window))
        return await frame.page(
            "overview.html", "overview", "Overview", now_ms=now_ms, topics=["orders", "fleet", "attention"],
            exceptions=figures.exceptions, figures=figures.figures, received=figures.received, window=figures.window,
            windows=WINDOWS.values(),
            stores=figures.stores,
        )  # fmt: skip

    @router.get("/console/fleet")
    async def fleet_page(
        view: Word = "boxes", q: Word = "", location: Word = "", after: After = ""
    ) -> Response:  # fmt: skip
        now_ms = clock.now_ms()
        now = fleet.Moment(moment(now_ms), silent)
        view = view if view in fleet.VIEWS else "boxes"
        async with engine.connect() as conn:
            health = await fleet.health_counts(conn, now)
            rows = await fleet.places(conn, now, view, q, after)
            detail = await fleet.place(conn, now, location) if location else None
        if location and detail is None:
            raise NoSuchPage(f"location as {location}")
        boxes = health["healthy"] + health["degraded"] + health["offline"]
        return await frame.page(
            "fleet.html", "fleet", "Fleet", now_ms=now_ms, topics=["fleet"], view=view, search=q, after=after,
            href=links("/console/fleet", view=view, q=q, location=location, after=after), places=rows, detail=detail,
            hours=_hours(detail.hours) if detail else (), health=labels.HEALTH,
            takes_orders=Label("ok", "Takes orders"), takes_none=Label("neutral", "No orders"),
            trouble_remedy=_remedy(detail.place) if detail else "",
            context=f"{count(boxes, 'box', 'boxes')} at {number(boxes + health['none'])} known locations",
            views=[
                ("boxes", "With a box", boxes, ""),
                ("attention", "Needs you", health["offline"] + health["degraded"], "bad"),
                ("closed", "Takes no orders", health["closed"], "warn"),
                ("none", "Without a box", health["none"], ""),
                ("all", "All", boxes + health["none"], ""),
            ],
        )  # fmt: skip

    @router.get("/console/orders")
    async def orders_page(
        view: Word = "open", q: Word = "", place: Word = "", order: Word = "", after: After = ""
    ) -> Response:
        now_ms = clock.now_ms()
        view = view if view in orders.VIEWS else "open"
        async with engine.connect() as conn:
            numbers = await orders.counts(conn, now_ms)
            rows = await orders.orders(conn, now_ms, view, search=q, place=place, after=after)
            if q and not order and len(rows.items) == 1:
                order = rows.items[0].code
            detail = await orders.order(conn, order) if order else None
            place_name = (await fleet.names(conn, [place])).get(place, place) if place else ""
        if order and detail is None:
            raise NoSuchPage(f"order as {order}")
        decisions = (
            [_Decision(d.at_ms, d.rule_version, why(d.explanation), d.run) for d in detail.decisions] if detail else []
        )
        return await frame.page(
            "orders.html", "orders", f"Order {order}" if detail else "Orders", now_ms=now_ms, topics=["orders"],
            view=view, search=q, place=place, place_name=place_name, after=after, orders=rows, detail=detail,
            href=links("/console/orders", view=view, q=q, place=place, order=order, after=after), decisions=decisions,
            decided_by=decided_by,
            timeline=timeline(detail.history) if detail else (), label=_order_label, task_label=_task_label,
            line_labels=labels.LINES,
            context=f"{count(numbers['open'], 'order')} open, {number(numbers['late'])} late",
            views=[
                ("open", "Open", numbers["open"], ""),
                ("attention", "Needs you", numbers["attention"], "bad"),
                ("late", "Late", numbers["late"], "warn"),
                ("unrouted", "To route", numbers["unrouted"], ""),
                ("done", "Done", None, ""),
                ("all", "All", None, ""),
            ],
        )  # fmt: skip

    @router.get("/console/pick-lists")
    async def pick_lists_page(view: Word = "open", place: Word = "", after: After = "") -> Response:
        now_ms = clock.now_ms()
        view = view if view in tasks.VIEWS else "open"
        async with engine.connect() as conn:
            numbers = await tasks.counts(conn, now_ms, place)
            rows = await tasks.tasks(conn, now_ms, view, place=place, after=after)
            place_name = (await fleet.names(conn, [place])).get(place, place) if place else ""
        return await frame.page(
            "pick_lists.html", "pick-lists", "Pick lists", now_ms=now_ms, topics=["orders"], view=view, place=place,
            place_name=place_name, after=after, tasks=rows, task_label=_task_label,
            href=links("/console/pick-lists", view=view, place=place, after=after),
            context=f"{count(numbers['open'], 'pick list')} open, {number(numbers['late'])} late: most urgent first",
            views=[
                ("open", "Open", numbers["open"], ""),
                ("late", "Late", numbers["late"], "warn"),
                ("waiting", "Waits for the store", numbers["waiting"], ""),
                ("picking", "Picking", numbers["picking"], ""),
                ("packed", "Packed", numbers["packed"], ""),
                ("closed", "Closed", None, ""),
            ],
        )  # fmt: skip

    @router.get("/console/needs-you")
    async def attention_page() -> Response:
        now_ms = clock.now_ms()
        async with engine.connect() as conn:
            groups = await attention.groups(conn)
        return await frame.page(
            "attention.html", "attention", "Needs you", now_ms=now_ms, topics=["attention"], groups=groups,
            context="What the centre cannot settle by itself, and what to do about it",
        )  # fmt: skip

    @router.get("/console/runs")
    async def runs_page(view: Word = "all", after: After = "") -> Response:
        view = view if view in runs.VIEWS else "all"
        async with engine.connect() as conn:
            numbers = await runs.counts(conn)
            rows = await runs.runs(conn, view, after)
        return await frame.page(
            "runs.html", "runs", "Runs", now_ms=clock.now_ms(), topics=["orders"], view=view, after=after, runs=rows,
            href=links("/console/runs", view=view, after=after), label=_run_label,
            views=[
                ("all", "All", None, ""),
                ("batch", labels.RUN_KINDS["batch"], None, ""),
                ("single", labels.RUN_KINDS["single"], None, ""),
                ("failed", "Failed", numbers["failed"], "bad"),
            ],
        )  # fmt: skip

    @router.get("/console/runs/{run_id}")
    async def run_page(run_id: UUID) -> Response:
        async with engine.connect() as conn:
            detail = await runs.run(conn, run_id)
        if detail is None:
            raise NoSuchPage("run")
        return await frame.page(
            "run.html", "runs", "Run", now_ms=clock.now_ms(), topics=[], detail=detail, label=_run_label,
            sentence=run_sentence(detail.row),
        )  # fmt: skip

    @router.get("/console/imports")
    async def imports_page() -> Response:
        async with engine.connect() as conn:
            reports = await imports.reports(conn)
        return await frame.page(
            "imports.html", "imports", "Imports", now_ms=clock.now_ms(), topics=["imports"], reports=reports
        )

    @router.get("/console/imports/{report_id}")
    async def import_page(report_id: UUID, action: Word = "", after: After = "") -> Response:
        action = action if action in labels.FINDINGS else ""
        async with engine.connect() as conn:
            report = await imports.report(conn, report_id)
            if report is None:
                raise NoSuchPage("import")
            numbers = await imports.actions(conn, report_id)
            rows = await imports.findings(conn, report_id, action, after)
        href = links(f"/console/imports/{report_id}", action=action, after=after)
        return await frame.page(
            "import_report.html", "imports", report.source, now_ms=clock.now_ms(), topics=["imports"], report=report,
            findings=rows, action=action, after=after, labels=labels.FINDINGS, href=href,
            href_view=lambda view: href(action=view),
            views=[("", "All findings", sum(numbers.values()), "")]
            + [(key, label.word, numbers.get(key, 0), "") for key, label in labels.FINDINGS.items()],
        )  # fmt: skip

    @router.get("/styleguide")
    async def styleguide_page() -> Response:
        return await frame.page(
            "styleguide.html", "styleguide", "Style guide", now_ms=clock.now_ms(), **samples(clock.now_ms())
        )

    @router.get("/console/{page:path}")
    async def unknown_page(request: Request, page: str) -> Response:
        raise NoSuchPage("page")

    return Console(router, pulse)


async def _events(pulse: Pulse) -> AsyncIterator[str]:
    """Server-sent events: which topics changed; the browser asks again a second after the stream ends."""
    yield "retry: 1000\n\n"
    before = await pulse.look()
    yield _event("away" if before is None else "live", [])
    silent_s = 0.0
    while not pulse.closing:
        await pulse.wait()
        now = await pulse.look()
        silent_s += 1.0
        if now is None:
            if before is not None or silent_s >= STREAM_BEAT_S:
                yield _event("away", [])
                silent_s = 0.0
        elif topics := changed(before, now):
            yield _event("live", topics)
            silent_s = 0.0
        elif silent_s >= STREAM_BEAT_S:
            yield _event("live", [])
            silent_s = 0.0
        before = now


def _event(state: str, topics: Sequence[str]) -> str:
    return f"event: pulse\ndata: {json.dumps({'state': state, 'topics': list(topics)})}\n\n"


def _order_label(row: orders.OrderRow) -> Label:
    return labels.order_label(row.status, row.hold, row.attention, row.service, row.tasks, row.open_lines > 0)


def _task_label(row: orders.TaskRow | tasks.TaskRow) -> Label:
    return labels.task_label(row.state, row.service)


def _run_label(row: runs.RunRow) -> Label:
    return labels.RUNS.get(row.state) or Label("neutral", labels.word(row.state))


def _remedy(place: fleet.Place) -> str:
    if place.incident:
        return "See Needs you for what to do about it."
    if place.health == "offline":
        return "The store goes on selling. Check its line and the box's power; what it holds arrives by itself."
    return "It may settle by itself. If it lasts, look at the box: edge-node doctor."


_DAYS = (("mon", "Monday"), ("tue", "Tuesday"), ("wed", "Wednesday"), ("thu", "Thursday"), ("fri", "Friday"),
         ("sat", "Saturday"), ("sun", "Sunday"))  # fmt: skip


def _hours(hours: Mapping[str, Any] | None) -> Sequence[tuple[str, str]]:
    """Opening hours by day; a day without any is closed."""
    if not hours:
        return ()
    return [
        (name, ", ".join("–".join(map(str, spell)) for spell in hours.get(key) or ()) or "closed")
        for key, name in _DAYS
    ]
