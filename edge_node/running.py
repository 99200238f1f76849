"""Where a running box can be reached: a small file in its data folder, there only while it runs."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from retail.errors import Retryable

RUNNING_NAME = "running.json"


@dataclass(frozen=True)
class Running:
    """The process and the address of its API."""

    pid: int
    host: str
    port: int


def note_running(folder: Path, running: Running) -> None:
    """Write the file, whole or not at all."""
    fresh = folder / f"{RUNNING_NAME}.new"
    fresh.write_text(json.dumps(asdict(running)), encoding="utf-8")
    fresh.replace(folder / RUNNING_NAME)


def forget_running(folder: Path) -> None:
    """Take the file away, if it is this process's."""
    path = folder / RUNNING_NAME
    try:
        if json.loads(path.read_text(encoding="utf-8")).get("pid") == os.getpid():
            path.unlink()
    except (FileNotFoundError, ValueError):
        return


def load_running(folder: Path) -> Running:
    """The running box of ``folder``. Raises :class:`Retryable` where none runs."""
    try:
        return Running(**json.loads((folder / RUNNING_NAME).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        raise Retryable(f"no box runs in {folder}: start it with edge-node run") from None
