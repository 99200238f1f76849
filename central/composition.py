"""The wiring diagram of the centre.

Everything that it consists of is made here and taken down here::

    database <- wake-ups <- outbox, take-back, sourcing        (workers)
             <- broker <- ingest, downlink                     (workers)
             <- API, console                                   (HTTP)

HTTP and workers run in one process or in several; they meet in the database only. A database or a broker that is away
is waited for: HTTP answers 503 meanwhile, workers go on by themselves.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from datetime import timedelta
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from central.app import create_app
from central.console.http import console
from central.database import database
from central.fleet import use_cases as fleet
from central.ingest.downlink import DownlinkSender
from central.ingest.driver import FleetDesk, Ingest
from central.orders import use_cases as orders
from central.orders.postgres import CHANNEL as ORDERS_CHANNEL
from central.orders.take_back import TakeBack
from central.platform import downlink, outbox
from central.platform.engine import make_engine, make_reading_engine
from central.platform.keeping import keep
from central.platform.migrate import is_migrated, migrate
from central.platform.outbox import OutboxWorker, Patience
from central.platform.wakeups import Wakeups
from central.settings import Settings
from central.sourcing.domain import Delivery
from central.sourcing.loop import Pace, Retention, SourcingLoop
from central.sourcing.promises.network import Terms
from central.sourcing.promises.services import parse_holidays, parse_services
from central.sourcing.promises.stored_prices import StoredPrices
from central.sourcing.promises.use_cases import PromiseDesk
from central.sourcing.solver import Solver
from central.sourcing.tariff import Tariff
from central.sourcing.use_cases import Desk, Limits
from central.sourcing.weighing import Weighing
from firmware_config.web_server import listening, serving
from retail.clock import Clock, SystemClock
from retail.ids import IdSource, SystemIds
from sync_protocol import topics
from sync_protocol.mqtt import BrokerAddress, Mqtt

Part = Callable[[], Awaitable[object]]

DATABASE_LOOK_S = 0.5
REQUESTS_STOP_S = 5
"""How long requests that are under way may take when the centre stops."""
BROKER_RECONNECT_S = (0.1, 2.0)

log = structlog.get_logger(__name__)


async def run(
    settings: Settings,
    *,
    http: bool = True,
    workers: bool = True,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    stop: asyncio.Event | None = None,
    on_ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Run the centre until SIGTERM, SIGINT or ``stop``; then finish what was begun and return.

    ``on_ready`` gets the address of the API, empty without HTTP. To be called in the main thread: it may start child
    processes. Raises :class:`~retail.errors.Fatal` where the port or the embedded database cannot be had.
    """
    clock = clock or SystemClock()
    ids = ids or SystemIds(clock)
    stop = stop or asyncio.Event()
    with _signals(stop):
        async with contextlib.AsyncExitStack() as parts:
            listener = parts.enter_context(listening(settings.http_host, settings.http_port)) if http else None
            url = await parts.enter_async_context(database(settings))
            if not settings.database_url:
                await migrate(url, clock)
            broker = await parts.enter_async_context(_broker(settings)) if workers else None
            if broker is not None:
                await parts.enter_async_context(_working(settings, url, broker, clock, ids))
            address = ""
            if listener is not None:
                address = await parts.enter_async_context(_http(settings, url, listener, broker, clock, ids))
            log.info("centre is open", address=address, workers=workers)
            on_ready(address)
            await stop.wait()
            log.info("centre is closing")
    log.info("centre is closed")


def software_version() -> str:
    """The version of this program."""
    try:
        return installed_version("tillway")
    except PackageNotFoundError:
        return "unknown"


@contextlib.asynccontextmanager
async def _broker(settings: Settings) -> AsyncIterator[Mqtt]:
    address = BrokerAddress(settings.broker_host, settings.broker_port)
    client_id = f"centre-{socket.gethostname()[:40]}-{os.getpid()}"
    async with Mqtt(address, client_id, [topics.ALL_UPLINKS], reconnect_s=BROKER_RECONNECT_S) as mqtt:
        yield mqtt


@contextlib.asynccontextmanager
async def _working(settings: Settings, url: str, mqtt: Mqtt, clock: Clock, ids: IdSource) -> AsyncIterator[None]:
    """The workers, as soon as the database has the schema that they need."""
    engine = make_engine(url, pool_size=settings.database_pool_size, application="tillway-worker")
    wakeups = Wakeups(url)
    solvers = [Solver(name, settings.sourcing_deadline_s) for name in ("batch", "single-order")]
    weigher = Solver("rule-costs", settings.sourcing_deadline_s)
    limits = Limits(
        settings.silent_s, settings.pick_minutes, settings.sourcing_settled_s, settings.sourcing_move_cents,
        settings.sourcing_effort,
    )  # fmt: skip
    tariff = Tariff(late_per_day=settings.late_day_cents, late_pickup_per_day=settings.late_day_cents)
    delivery = Delivery.of(
        settings.pick_minutes, parse_services(settings.carrier_services), parse_holidays(settings.carrier_holidays)
    )
    batch, single = (Desk(engine, clock, ids, solver.ask, limits, tariff, delivery) for solver in solvers)
    weighing = Weighing(engine, weigher.weigh)
    parts = {**_parts(settings, engine, wakeups, mqtt, clock, batch, single), "rule costs": weighing.run}

    async def work() -> None:
        await _schema(engine)
        async with asyncio.TaskGroup() as group:
            for name, part in parts.items():
                group.create_task(keep(name, part), name=name)

    try:
        async with _beside(work()):
            yield
    finally:
        for solver in (*solvers, weigher):
            await solver.close()
        await engine.dispose()


def _parts(
    settings: Settings, engine: AsyncEngine, wakeups: Wakeups, mqtt: Mqtt, clock: Clock, batch: Desk, single: Desk
) -> Mapping[str, Part]:
    """All that works beside HTTP, by name. ``batch`` and ``single`` are the desks of batches and of single orders."""
    sender = DownlinkSender(engine, mqtt, wakeups.bell(downlink.CHANNEL))
    desk = FleetDesk(fleet.record_hello, fleet.record_incident)
    ingest = Ingest(engine, mqtt, clock, desk, sender.repair)
    queue = OutboxWorker(
        engine,
        {orders.TASK_EVENT: orders.on_task_event},
        wakeups.bell(outbox.CHANNEL),
        lanes=settings.outbox_lanes,
        patience=Patience(attempts_max=settings.outbox_attempts_max),
    )
    sourcing = SourcingLoop(
        batch,
        single,
        wakeups.bell(ORDERS_CHANNEL),
        Pace(
            settings.sourcing_interval_s, settings.sourcing_renew_s, settings.sourcing_renew_units,
            settings.sourcing_price_age_s,
        ),
        Retention(timedelta(days=settings.sourcing_replay_days), settings.sourcing_replay_mb << 20),
    )  # fmt: skip
    take_back = TakeBack(
        engine,
        offer_timeout_s=settings.offer_timeout_s,
        start_timeout_s=settings.start_timeout_s,
        interval_s=settings.takeback_interval_s,
    )
    return {
        "wake-ups": wakeups.run,
        "ingest": ingest.run,
        "downlink": sender.run,
        "outbox": queue.run,
        "sourcing": sourcing.run,
        "take-back": take_back.run,
    }


@contextlib.asynccontextmanager
async def _http(
    settings: Settings, url: str, listener: socket.socket, broker: Mqtt | None, clock: Clock, ids: IdSource
) -> AsyncIterator[str]:
    engine = make_engine(url, pool_size=settings.database_pool_size, application="tillway-http")
    reading = make_reading_engine(url, application="tillway-promises")
    pages = console(engine, clock, settings.silent_s)
    broker_up = None if broker is None else lambda: broker.is_connected
    promises = _promise_desk(settings, engine, reading, clock)
    app = create_app(
        engine, clock, ids, version=software_version(), broker_up=broker_up, promise_desk=promises, more=[pages.router]
    )

    async def keep_promises_fresh() -> None:
        await _schema(engine)
        await keep("promises", promises.run)

    try:
        async with _beside(keep_promises_fresh()), serving(app, listener, REQUESTS_STOP_S) as (host, port):
            try:
                yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
            finally:
                pages.pulse.close()  # open streams end, so that nobody has to wait for them
    finally:
        await engine.dispose()
        await reading.dispose()


def _promise_desk(settings: Settings, engine: AsyncEngine, reading: AsyncEngine, clock: Clock) -> PromiseDesk:
    terms = Terms(
        settings.pick_minutes, parse_services(settings.carrier_services), parse_holidays(settings.carrier_holidays)
    )
    return PromiseDesk(
        engine,
        clock,
        terms,
        silent_s=settings.silent_s,
        refresh_s=settings.promise_refresh_s,
        pickup_km=settings.pickup_km,
        prices=StoredPrices(clock, settings.sourcing_price_age_s),
        reading=reading,
    )


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _schema(engine: AsyncEngine) -> None:
    """Wait until the database answers and is migrated."""
    said = ""
    while True:
        try:
            async with engine.connect() as conn:
                if await is_migrated(conn):
                    return
                problem = "it is not migrated: central migrate"
        except (SQLAlchemyError, OSError) as error:
            problem = str(error.__cause__ or error)
        if problem != said:
            log.warning("workers wait for the database", problem=problem)
            said = problem
        await asyncio.sleep(DATABASE_LOOK_S)


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    try:
        yield
    finally:
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)
