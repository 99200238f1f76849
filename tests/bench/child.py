"""A program in a process of its own, with the seconds that it took and the most memory that it held.

``python -m tests.bench.child REPORT COMMAND...`` runs the command and writes both to REPORT. It stands between the
benchmark and the command because the kernel counts a child's peak from the fork on: the child of a large process would
seem large.
"""

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_config.supervisor import bound_to_parent

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 3600.0
_KIB_IN_MB = 1024
_SAID_MAX = 2000


class ChildFailedError(RuntimeError):
    """A program ended with a code that its caller did not expect."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program said, its exit ``code``, its ``seconds`` from start to end and its ``peak_mb`` (2^20 bytes)."""

    code: int
    out: str
    err: str
    seconds: float
    peak_mb: float


async def run(argv: Sequence[str], folder: Path, *, codes: Sequence[int] = (0,)) -> Ended:
    """Run ``argv`` in the project's folder; files about it go to ``folder``. It ends when the caller does.

    Raises :class:`ChildFailedError` for an exit code that is not among ``codes``, ``TimeoutError`` after an hour.
    """
    place = Path(tempfile.mkdtemp(dir=folder, prefix="child-"))
    report = place / "report.json"
    wrapped = [sys.executable, "-m", "tests.bench.child", str(report), *argv]
    with (place / "out").open("wb") as out, (place / "err").open("wb") as err:
        process = await asyncio.create_subprocess_exec(
            *bound_to_parent(wrapped, signal.SIGKILL), stdout=out, stderr=err, cwd=ROOT
        )
        try:
            async with asyncio.timeout(SECONDS_MAX):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    said = [(place / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err")]
    if not report.exists():
        raise ChildFailedError(f"{' '.join(argv)} was ended: {said[1][-_SAID_MAX:]}")
    found = json.loads(report.read_text(encoding="utf-8"))
    ended = Ended(found["code"], said[0], said[1], found["seconds"], found["peak_kib"] / _KIB_IN_MB)
    if ended.code not in codes:
        raise ChildFailedError(f"{' '.join(argv)} ended with {ended.code}: {(said[1] + said[0])[-_SAID_MAX:]}")
    return ended


def main(report: str, *argv: str) -> None:
    """Run ``argv`` and write what it took."""
    begun = time.perf_counter()
    code = subprocess.run(bound_to_parent(argv, signal.SIGKILL), check=False).returncode
    seconds = time.perf_counter() - begun
    peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    passed = Path(f"{report}.{os.getpid()}")
    passed.write_text(json.dumps({"code": code, "seconds": seconds, "peak_kib": peak_kib}), encoding="utf-8")
    passed.rename(report)


if __name__ == "__main__":
    main(*sys.argv[1:])
