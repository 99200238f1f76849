"""A box made anew from its replica."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from edge_node.manifest import MANIFEST_NAME, parse_manifest
from edge_node.storage.box import continue_as, identity, stored_manifest
from edge_node.storage.store import DATABASE_NAME, open_box
from edge_node.storage.transaction import Context
from edge_node.storage.verify import Verification, verify
from edge_node.timekeeping import machine_time_quality, stamps
from firmware_config.litestream import box_replica, environment, is_remote, litestream_binary, local_folder
from retail.clock import Clock
from retail.errors import NeedsAttention, Refused
from retail.ids import IdSource

RESTORE_TIMEOUT_S = 3_600


@dataclass(frozen=True)
class Restored:
    """What came back. ``new_box`` is the box that continues it; None where it was only verified."""

    store: str
    verification: Verification
    new_box: UUID | None
    new_head_hash: bytes


def boxes_in(replica: str, store: str) -> list[UUID]:
    """The boxes of ``store`` that have a replica in a folder, the one that was written last first.

    Raises :class:`Refused` for a remote replica: its boxes cannot be listed.
    """
    if is_remote(replica):
        raise Refused("box", "the boxes of a remote replica cannot be listed", "name the box with --box")
    folder = local_folder(replica) / store
    found = [entry for entry in folder.iterdir() if _is_box(entry.name)] if folder.is_dir() else []
    return [UUID(entry.name) for entry in sorted(found, key=_last_written, reverse=True)]


def choose_box(replica: str, store: str) -> UUID:
    """The only box of ``store``. Raises :class:`Refused` where there is none, or more than one."""
    boxes = boxes_in(replica, store)
    if not boxes:
        raise Refused("replica", f"it holds no box of {store}", "check the replica and the store's number")
    if len(boxes) > 1:
        known = ", ".join(map(str, boxes))
        raise Refused("box", f"{store} has {len(boxes)} boxes, the last written first: {known}", "name one with --box")
    return boxes[0]


def restore(
    replica: str, store: str, box: UUID, folder: Path, *, verify_only: bool, clock: Clock, ids: IdSource
) -> Restored:  # fmt: skip
    """Bring ``box`` back into ``folder``, check all of it, and make it the database of a new box.

    With ``verify_only`` it stays the database of ``box``, for looking at. Raises :class:`Refused` where there is a
    database already, and :class:`NeedsAttention` where the copy cannot be had or is not whole; what was restored stays
    in the folder then, under another name, for support.
    """
    database = folder / DATABASE_NAME
    if database.exists():
        raise Refused("to", f"{database} exists", "choose an empty folder: a restore never writes over a box")
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{DATABASE_NAME}.restoring"
    for leftover in folder.glob(f"{fresh.name}*"):
        leftover.unlink()
    _run_litestream(["restore", "-integrity-check", "full", "-o", str(fresh), box_replica(replica, store, box)])
    verification = verify(fresh)
    if verification.problems:
        raise NeedsAttention(f"the copy is not whole: {verification.problems[0]}", f"keep {fresh} for support")
    found = _identity(fresh)
    if found != (store, box):
        raise NeedsAttention(f"the replica of {box} holds {found[1]} of {found[0]}", "check who writes to it")
    fresh.rename(database)
    if verify_only:
        return Restored(store, verification, None, b"")
    new_box = ids.uuid7()
    log = continue_as(database, new_box, _context(database, clock, ids))
    manifest = _manifest_text(database)
    if manifest and not (folder / MANIFEST_NAME).exists():
        (folder / MANIFEST_NAME).write_text(manifest, encoding="utf-8")
    return Restored(store, verification, new_box, log.head_hash)


def _run_litestream(arguments: list[str]) -> None:
    binary = litestream_binary()
    try:
        done = subprocess.run(
            [str(binary), *arguments], env=environment(os.environ), capture_output=True, text=True, check=False,
            timeout=RESTORE_TIMEOUT_S,
        )  # fmt: skip
    except FileNotFoundError:
        raise NeedsAttention(f"{binary} is missing", "install it: pip install tillway[edge]") from None
    except subprocess.TimeoutExpired:
        raise NeedsAttention(
            f"litestream took more than {RESTORE_TIMEOUT_S} s", "check the replica's network"
        ) from None
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise NeedsAttention(f"litestream failed: {_message(lines[-1])}", "check the replica, the store and the box")


def _message(line: str) -> str:
    """What a line of litestream's output says, whether it is JSON or not."""
    try:
        fields = json.loads(line)
    except ValueError:
        return line[:300]
    return str(fields.get("error") or fields.get("msg") or line)[:300] if isinstance(fields, dict) else line[:300]


def _identity(database: Path) -> tuple[str, UUID]:
    connection = open_box(database)
    try:
        found = identity(connection)
    finally:
        connection.close()
    return found.store, found.box


def _manifest_text(database: Path) -> str:
    connection = open_box(database)
    try:
        return stored_manifest(connection)
    finally:
        connection.close()


def _context(database: Path, clock: Clock, ids: IdSource) -> Context:
    text = _manifest_text(database)
    zone, cutover_hour = "UTC", 0
    if text:
        manifest = parse_manifest(text)
        zone, cutover_hour = manifest.time_zone, manifest.cutover_hour
    return Context(ids, stamps(clock, zone, cutover_hour, machine_time_quality))


def _is_box(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _last_written(folder: Path) -> float:
    return max((entry.stat().st_mtime for entry in folder.rglob("*")), default=folder.stat().st_mtime)
