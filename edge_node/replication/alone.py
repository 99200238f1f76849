"""Sees to it that a data folder has one box and one litestream: two on one replica destroy it."""

import asyncio
import contextlib
import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import structlog

from retail.errors import Fatal

log = structlog.get_logger(__name__)

LOCK_NAME = "lock"

ORPHAN_S_MAX = 10.0
"""How long the litestream of a killed box may take for its last copy, in seconds. Then it is killed too."""

POLL_S = 0.1


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. Raises :class:`Fatal` where another process holds it. It ends with the process."""
    with (folder / LOCK_NAME).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Fatal(f"another process runs the box in {folder}", "stop it first") from error
        yield


async def end_orphans(folder: Path) -> None:
    """Wait until no litestream of an earlier box works in the folder; one that does not end is killed."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + ORPHAN_S_MAX
    while orphans := litestreams_in(folder):
        if loop.time() > deadline:
            for pid in orphans:
                log.warning("the litestream of an earlier box does not end: it is killed", pid=pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(POLL_S)


def litestreams_in(folder: Path) -> list[int]:
    """The processes called litestream that work in the folder. A box starts its own there, and nobody else does."""
    wanted = str(folder.resolve())
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended meanwhile, or is somebody else's
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                if name == "litestream" and str((process / "cwd").readlink()) == wanted:
                    found.append(int(process.name))
    return found
