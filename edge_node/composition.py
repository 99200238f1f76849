"""The wiring diagram of a store box.

Everything that the box consists of is made here, from the bottom up, and taken down here, from the top down:

    database and log <- litestream <- devices <- print workers, sync <- API

A part that fails is started again by itself; selling needs the database and the API only. The simulators start this
same :func:`run` with other :class:`~edge_node.devices.DeviceBackends`.
"""

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import UUID

import structlog

from edge_node.checkout.sell import Till
from edge_node.devices import DeviceBackends, Devices, open_devices
from edge_node.fulfilment.offers import list_printed, take_decision
from edge_node.keeping import keeping
from edge_node.lan.app import create_app
from edge_node.lan.box import Box
from edge_node.lan.metrics import BoxMetrics
from edge_node.lan.pages import handheld_pages
from edge_node.lan.scans import ScanBoard
from edge_node.link import Link
from edge_node.manifest import Manifest, load_manifest
from edge_node.ports import PrintJob, PrintKind, PrintState, Tx
from edge_node.printing.worker import PrintWorker
from edge_node.replication.alone import alone_in, end_orphans
from edge_node.replication.watch import NoReplica, ReplicaWatch
from edge_node.running import Running, forget_running, note_running
from edge_node.settings import Settings
from edge_node.storage import BoxStore, SqliteJournal
from edge_node.storage.box import BoxIdentity, identity, note_manifest
from edge_node.storage.store import DATABASE_NAME
from edge_node.storage.transaction import Context
from edge_node.timekeeping import machine_time_quality, stamps
from firmware_config import litestream
from firmware_config.supervisor import ChildEvent, ChildFailed, ChildSpec, Supervisor
from firmware_config.web_server import listening, serving
from retail.clock import Clock, SystemClock
from retail.errors import Refused
from retail.ids import IdSource, SystemIds

log = structlog.get_logger(__name__)

REQUESTS_STOP_S = 3
"""How long requests that are under way may take when the box stops."""

PRINTS_STOP_S = 3.0
"""How long the slips that are being printed may take when the box stops."""

PRINTS_SETTLE_S = 2.0
"""How long it may take to note what is known of them."""

FINAL_SYNC_S = 5.0
"""How long the last copy to the replica may take when the box stops."""


async def run(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    chance: Callable[[], float] | None = None,
    devices: DeviceBackends | None = None,
    stop: asyncio.Event | None = None,
    on_ready: Callable[[Running], None] = lambda _running: None,
) -> None:
    """Run the box of ``settings.dir`` until SIGTERM, SIGINT or ``stop``; then finish what was begun and return.

    SIGHUP reads the grant again. To be called in the main thread: it starts child processes. Raises :class:`Refused`
    for a manifest that is wrong and :class:`Fatal` where the database or the port cannot be had.
    """
    clock = clock or SystemClock()
    ids = ids or SystemIds(clock)
    chance = chance or secrets.SystemRandom().random
    stop = stop or asyncio.Event()
    manifest = settings.overrule(load_manifest(settings.dir))
    metrics = BoxMetrics()
    stamp = stamps(clock, manifest.time_zone, manifest.cutover_hour, machine_time_quality)
    store = BoxStore(
        settings.dir / DATABASE_NAME, clock, Context(ids, stamp), replicated=bool(manifest.replica),
        on_group=metrics.observe_commit,
    )  # fmt: skip
    async with contextlib.AsyncExitStack() as parts:
        parts.enter_context(alone_in(settings.dir))
        supervisor = await parts.enter_async_context(Supervisor(_child_event))
        listener = parts.enter_context(listening(manifest.lan.host, manifest.lan.port))
        who = await parts.enter_async_context(_opened(store, manifest))
        replica = await parts.enter_async_context(_replica(settings.dir, manifest, who, store, supervisor, clock))

        scans = ScanBoard(clock)
        interrupted = await store.read(lambda view: view.print_jobs(states=[PrintState.SENT], limit=1_000))
        equipment = await parts.enter_async_context(
            open_devices(
                manifest,
                devices or DeviceBackends(),
                settings.dir,
                clock,
                {job.printer for job in interrupted},
                scans.publish,
            )
        )
        await parts.enter_async_context(_printing(store, equipment))

        journal = SqliteJournal(store, lambda tx, update: take_decision(tx, update, manifest.pick_printer))
        link = Link(settings.dir, manifest, who, store, journal, clock, replica, software_version(), chance)
        await parts.enter_async_context(keeping("sync", link.run))

        box = Box(
            manifest=manifest, clock=clock, store=store, till=_till(manifest), scans=scans, metrics=metrics,
            replica=replica, link=link.status, devices=equipment.statuses, open_drawer=equipment.drawers(manifest),
            software=software_version(),
        )  # fmt: skip
        app = create_app(box, [handheld_pages()])
        running = Running(os.getpid(), *await parts.enter_async_context(serving(app, listener, REQUESTS_STOP_S)))
        note_running(settings.dir, running)
        parts.callback(forget_running, settings.dir)
        parts.callback(scans.close)
        with _signals(stop, link.reload):
            log.info("box is open", store=manifest.store, box=str(who.box), host=running.host, port=running.port)
            on_ready(running)
            await stop.wait()
        log.info("box is closing")
    log.info("box is closed")


def software_version() -> str:
    """The version of this program."""
    try:
        return version("tillway")
    except PackageNotFoundError:
        return "unknown"


@contextlib.asynccontextmanager
async def _opened(store: BoxStore, manifest: Manifest) -> AsyncIterator[BoxIdentity]:
    await store.open()
    try:
        who = await store.ask(identity)
        if who.store != manifest.store:
            raise Refused("store", f"the manifest says {manifest.store}, the database {who.store}", "mend the manifest")
        await store.transact(lambda _tx, connection: note_manifest(connection, manifest.model_dump_json()))
        yield who
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def _replica(
    folder: Path, manifest: Manifest, who: BoxIdentity, store: BoxStore, supervisor: Supervisor, clock: Clock
) -> AsyncIterator[ReplicaWatch | NoReplica]:
    if not manifest.replica:
        yield NoReplica(lambda: store.wal_bytes)
        return
    config = folder / litestream.CONFIG_NAME
    config.write_text(litestream.configuration(store.path, manifest.replica, who.store, who.box), encoding="utf-8")
    spec = ChildSpec(
        "litestream", litestream.command(litestream.litestream_binary(), config),
        env=litestream.environment(os.environ), cwd=folder, log=folder / "litestream.log",
    )  # fmt: skip
    await end_orphans(folder)
    try:
        await supervisor.start(spec)
    except ChildFailed as failure:
        # The store sells without its second copy; the age of the copy raises the alarm.
        log.error("litestream does not start", problem=str(failure))
    watch = ReplicaWatch(folder, store.path, clock, lambda: store.last_commit_s, lambda: store.wal_bytes)
    async with keeping("replica watch", watch.run):
        yield watch
    if not await watch.finish(FINAL_SYNC_S):
        log.warning("the second copy does not hold the last transactions")


@contextlib.asynccontextmanager
async def _printing(store: BoxStore, equipment: Devices) -> AsyncIterator[None]:
    workers = [PrintWorker(name, printer, store, _printed) for name, printer in equipment.printers.items()]
    for worker in workers:
        store.on_print(worker.wake)
        equipment.printers[worker.name].on_late_proof(worker.proved_late)
    async with contextlib.AsyncExitStack() as kept:
        tasks = [await kept.enter_async_context(keeping(f"printer {each.name}", each.run)) for each in workers]
        yield
        for worker in workers:
            worker.stop()
        if tasks:
            _, printing = await asyncio.wait(tasks, timeout=PRINTS_STOP_S)
            if printing:
                # A driver that is closed says at once what is known of its job; what is noted now is no riddle later.
                await equipment.close()
                await asyncio.wait(printing, timeout=PRINTS_SETTLE_S)


def _printed(tx: Tx, job: PrintJob) -> None:
    """What the proof of a slip allows."""
    if job.kind is PrintKind.PICK_LIST:
        list_printed(tx, UUID(job.subject))


def _till(manifest: Manifest) -> Till:
    return Till(manifest.store, manifest.currency, {each.number: each.printer for each in manifest.registers})


@contextlib.contextmanager
def _signals(stop: asyncio.Event, reload: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    handlers = {signal.SIGTERM: stop.set, signal.SIGINT: stop.set, signal.SIGHUP: reload}
    for name, handler in handlers.items():
        loop.add_signal_handler(name, handler)
    try:
        yield
    finally:
        for name in handlers:
            loop.remove_signal_handler(name)


def _child_event(event: ChildEvent) -> None:
    level = log.warning if event.what in ("died", "killed") else log.info
    level("child process", name=event.name, what=event.what, pid=event.pid, detail=event.detail)
