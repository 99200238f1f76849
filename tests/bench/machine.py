"""What the figures were measured on: facts that a reader needs to compare them with his own."""

import asyncio
import os
import platform
import sqlite3
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from firmware_config.broker import find_mosquitto
from firmware_config.litestream import litestream_binary

PROGRAM_S_MAX = 10.0


async def facts(folder: Path, database: Mapping[str, str]) -> dict[str, str]:
    """Names and values. ``folder`` lies on the disk that is measured; ``database`` are PostgreSQL's settings."""
    found = {
        "processor": f"{os.cpu_count()} cores, {_field('/proc/cpuinfo', 'model name') or platform.machine()}",
        "memory": f"{_kib('/proc/meminfo', 'MemTotal') / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "scheduling": _scheduling(),
        "file system": file_system(folder),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "litestream": await _first_line(str(litestream_binary()), "version"),
        "broker": await _broker(),
    }
    if database:
        settings = ", ".join(f"{name} {value}" for name, value in sorted(database.items()) if name != "server_version")
        found["PostgreSQL"] = f"{database['server_version']}, {settings}"
    return found


def file_system(folder: Path) -> str:
    """The type of the file system that ``folder`` lies on."""
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        mount, _, rest = line.partition(" - ")
        if mount.split()[2] == wanted:
            return rest.split()[0]
    return "unknown"


def load() -> str:
    """The load average of the last minute: how much else wanted the processor."""
    return f"{os.getloadavg()[0]:.1f}"


def _scheduling() -> str:
    if os.sched_getscheduler(0) == os.SCHED_OTHER:
        return f"as any other process (nice {os.nice(0)})"
    return "real-time: other work on the machine waits while a benchmark computes"


async def _broker() -> str:
    mosquitto = find_mosquitto()
    if mosquitto is None:
        return f"amqtt {version('amqtt')}, in Python, because mosquitto is not installed: an order of magnitude slower"
    return (await _first_line(mosquitto, "-h")).replace(" version", "")


async def _first_line(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(PROGRAM_S_MAX):
        output, _ = await process.communicate()
    return output.decode(errors="replace").strip().split("\n", 1)[0]


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _kib(path: str, name: str) -> int:
    return int(_field(path, name).split()[0])
