"""How the box is doing: for people, for monitoring, for Prometheus."""

import shutil

from fastapi import APIRouter, Response

from edge_node.lan.box import Box, TheBox
from edge_node.lan.models import Answer
from edge_node.lan.problems import documented
from edge_node.printing.queue import COPIES_MAX
from edge_node.storage.status import StoreStatus, store_status

router = APIRouter(tags=["status"])

PAGE_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Health(Answer):
    """The box answers and its database can be read."""

    status: str
    store: str
    box: str


class LogOut(Answer):
    """The log. What is not acked is only on this box and in its replica."""

    head: int
    acked: int
    unacked: int
    oldest_unacked_s: float


class LinkOut(Answer):
    """The link to the centre."""

    state: str
    connected: bool
    round_trip_s: float
    last_ack_age_s: float | None


class DeviceOut(Answer):
    """One device."""

    name: str
    kind: str
    state: str
    detail: str


class ReplicaOut(Answer):
    """The second copy. ``age_s`` is that of the oldest commit not in it; null while unknown."""

    configured: bool
    age_s: float | None
    txid: int
    wal_bytes: int


class StatusOut(Answer):
    """The box as a whole. ``attention`` lists in plain words what a person should see to."""

    store: str
    role: str
    name: str
    box: str
    epoch: int
    software: str
    clock_ms: int
    log: LogOut
    link: LinkOut | None
    streams: dict[str, int]
    tasks: dict[str, int]
    print_jobs: dict[str, int]
    devices: list[DeviceOut]
    replica: ReplicaOut
    commit_p99_s: float
    disk_free_bytes: int
    attention: list[str]


@router.get("/health", responses=documented(), summary="Whether the box works")
async def health(box: TheBox) -> Health:
    """Asks the database, so that a dead disk is not called healthy."""
    log = await box.store.read(lambda view: view.log())
    return Health(status="ok", store=box.manifest.store, box=str(log.box))


@router.get("/v1/status", responses=documented(), summary="How the box is doing")
async def status(box: TheBox) -> StatusOut:
    """Everything that a person at the store or in the head office asks first."""
    store = await box.store.ask(store_status)
    now_ms = box.clock.now_ms()
    link, replica, devices = box.link(), box.replica.status(), box.devices()
    oldest_ms = now_ms if store.oldest_unacked_ms is None else store.oldest_unacked_ms
    return StatusOut(
        store=box.manifest.store, role=box.manifest.role, name=box.manifest.name, box=str(store.box),
        epoch=store.epoch, software=box.software, clock_ms=now_ms,
        log=LogOut(head=store.head, acked=store.acked, unacked=store.head - store.acked,
                   oldest_unacked_s=max(0, now_ms - oldest_ms) / 1000),
        link=LinkOut(state=link.state.value, connected=link.connected, round_trip_s=link.round_trip_s,
                     last_ack_age_s=link.last_ack_age_s) if link else None,
        streams={stream: ver for stream, (_, ver) in store.cursors.items()},
        tasks=store.tasks, print_jobs=store.print_jobs,
        devices=[DeviceOut(name=each.name, kind=each.kind, state=each.state, detail=each.detail) for each in devices],
        replica=ReplicaOut(configured=replica.configured, age_s=replica.age_s, txid=replica.txid,
                           wal_bytes=replica.wal_bytes),
        commit_p99_s=box.metrics.commit_p99_s, disk_free_bytes=_free_bytes(box), attention=_attention(box, store),
    )  # fmt: skip


@router.get("/metrics", response_class=Response, summary="Metrics in Prometheus' text format")
async def metrics(box: TheBox) -> Response:
    """To be scraped every 15 s or so."""
    page = box.metrics.page(
        now_ms=box.clock.now_ms(), store=await box.store.ask(store_status), link=box.link(),
        replica=box.replica.status(), devices=box.devices(), waiting=box.store.waiting, free_bytes=_free_bytes(box),
    )  # fmt: skip
    return Response(page, media_type=PAGE_TYPE)


def _free_bytes(box: Box) -> int:
    return shutil.disk_usage(box.store.path.parent).free


def _attention(box: Box, store: StoreStatus) -> list[str]:
    found = [
        f"{device.name}: {device.detail}" for device in box.devices() if device.state in ("absent", "degraded", "error")
    ]
    if failed := store.print_jobs.get("failed", 0):
        found.append(f"{failed} slips were printed {COPIES_MAX} times more without proof: look at the printer")
    if alarm := box.replica.status().alarm:
        found.append(alarm)
    if store.problems:
        found.append(f"{store.problems} events from the centre could not be applied: tell support")
    link = box.link()
    if link is not None and link.state.value in ("forked", "fenced", "refused by the centre"):
        found.append(f"the centre does not take this box's log: {link.state.value}")
    return found
