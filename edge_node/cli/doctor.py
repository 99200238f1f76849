"""``edge-node doctor``: looks for what would go wrong, without changing anything."""

import argparse
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge_node.cli.common import add_dir, add_json, answer, say
from edge_node.manifest import Manifest, load_grant, load_manifest
from edge_node.settings import load_settings
from edge_node.storage.box import identity
from edge_node.storage.connection import connect
from edge_node.storage.store import DATABASE_NAME
from edge_node.storage.verify import verify
from edge_node.timekeeping import machine_time_quality
from firmware_config.litestream import is_remote, litestream_binary, local_folder
from retail.errors import Fatal, NeedsAttention, Refused, Retryable
from sync_protocol.events import TIME_SYNCED

FREE_BYTES_MIN = 512 * 2**20
SYNC_PROBES = 20
LYING_DISK_S = 0.00002
"""A disk that takes less for a sync keeps it in a cache that a power cut empties."""
SLOW_DISK_S = 0.1


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``ok`` says whether it may stay so."""

    name: str
    ok: bool
    text: str


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("doctor", help="look for what would go wrong")
    add_dir(parser)
    parser.add_argument("--full", action="store_true", help="also check every page, the chain and all derived data")
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Look at everything; 1 if something must be seen to."""
    folder = load_settings(arguments.dir).dir
    findings = list(examine(folder, full=arguments.full))
    if arguments.json:
        answer(arguments, {each.name: {"ok": each.ok, "text": each.text} for each in findings})
    else:
        for each in findings:
            say(f"{'ok ' if each.ok else 'BAD'} {each.name:<12}{each.text}")
    return 0 if all(each.ok for each in findings) else 1


def examine(folder: Path, *, full: bool) -> Iterator[Finding]:
    """All findings about the box in ``folder``."""
    try:
        manifest = load_settings(folder).overrule(load_manifest(folder))
    except Refused as refusal:
        yield Finding("manifest", False, str(refusal))
        return
    yield Finding("manifest", True, f"{manifest.store} {manifest.name} ({manifest.role})")
    yield _checked("database", lambda: _database(folder, manifest))
    if full:
        yield _checked("contents", lambda: _contents(folder))
    yield _checked("disk", lambda: _disk(folder))
    yield _checked("litestream", lambda: _litestream(manifest))
    yield _checked("broker", lambda: _broker(manifest))
    yield _checked("children", _children)
    yield _checked("clock", _clock)


def _checked(name: str, look: Callable[[], str]) -> Finding:
    """What ``look`` says, or why it cannot be left so."""
    try:
        return Finding(name, True, look())
    except (Refused, Retryable, NeedsAttention, Fatal, OSError, sqlite3.Error) as problem:
        return Finding(name, False, str(problem))


def _database(folder: Path, manifest: Manifest) -> str:
    connection = connect(folder / DATABASE_NAME, query_only=True)
    try:
        who = identity(connection)
    finally:
        connection.close()
    if who.store != manifest.store:
        raise NeedsAttention(f"it is of {who.store}, the manifest of {manifest.store}", "mend the manifest")
    grant = load_grant(folder, who.store, who.box)
    return f"box {who.box}, {f'granted with epoch {grant.epoch}' if grant else 'no grant: its log waits'}"


def _contents(folder: Path) -> str:
    found = verify(folder / DATABASE_NAME)
    if found.problems:
        raise NeedsAttention(found.problems[0], "restore the box from its replica")
    return f"{found.entries} entries, head {found.head}, chain {found.head_hash.hex()}"


def _disk(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_MIN:
        raise NeedsAttention(f"only {free >> 20} MiB are free", "free space on it")
    median_s = _sync_s(folder)
    if median_s < LYING_DISK_S:
        raise NeedsAttention("it answers too fast to have written: a power cut may lose sales", "use another disk")
    if median_s > SLOW_DISK_S:
        raise NeedsAttention(f"a sync takes {median_s * 1000:.0f} ms", "use a faster disk")
    return f"{free >> 30} GiB free, a sync takes {median_s * 1000:.2f} ms"


def _sync_s(folder: Path) -> float:
    """Median time of one fdatasync in ``folder``, in seconds."""
    probe = folder / "sync-probe"
    times = []
    descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for _ in range(SYNC_PROBES):
            os.write(descriptor, bytes(4096))
            begun = time.perf_counter()
            os.fdatasync(descriptor)
            times.append(time.perf_counter() - begun)
    finally:
        os.close(descriptor)
        probe.unlink()
    return sorted(times)[SYNC_PROBES // 2]


def _litestream(manifest: Manifest) -> str:
    if not manifest.replica:
        raise NeedsAttention("no replica is configured: there is no second copy", "set one in the manifest")
    if not is_remote(manifest.replica):
        folder = local_folder(manifest.replica)
        if folder.exists() and not os.access(folder, os.W_OK):
            raise NeedsAttention(f"{folder} cannot be written to", "give the box the right to")
    done = subprocess.run(
        [str(litestream_binary()), "version"], capture_output=True, text=True, check=False, timeout=10
    )
    return f"version {done.stdout.strip()}, replica {manifest.replica}"


def _broker(manifest: Manifest) -> str:
    broker = manifest.broker
    if broker is None:
        return "none configured: the log waits"
    with socket.create_connection((broker.host, broker.port), timeout=3):
        return f"{broker.host}:{broker.port} answers"


def _children() -> str:
    if shutil.which("setpriv") is None:
        raise NeedsAttention("setpriv is missing", "install the package util-linux")
    return "setpriv is there"


def _clock() -> str:
    return "kept by a time server" if machine_time_quality() == TIME_SYNCED else "nothing keeps it: sales go on anyway"
