"""Runs the demo as a newcomer does, and looks for what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
DATA = PROJECT.parent / "shared" / "data"


@dataclass(frozen=True)
class Outcome:
    """How a demo ended: exit status, its last line, and everything it said."""

    status: int
    result: dict[str, Any]
    output: str


def start(folder: Path, *arguments: str | Path, sockets: str = "") -> "subprocess.Popen[str]":
    """Start a demo whose files are kept in ``folder``, and its sockets under ``sockets``: who is killed leaves them."""
    command = [
        sys.executable, "-m", "simulators", "demo", "--plain", "--port", "0", "--dir", str(folder), *map(str, arguments)
    ]  # fmt: skip
    env = {**os.environ, "TMPDIR": sockets} if sockets else None
    return subprocess.Popen(command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process: "subprocess.Popen[str]", timeout_s: float) -> Outcome:
    """Wait for the end of a demo."""
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        output, _ = process.communicate()
        raise AssertionError(f"the demo did not end within {timeout_s} s:\n{output}") from None
    lines = [line for line in output.splitlines() if line.startswith("{")]
    result = json.loads(lines[-1]) if lines else {}
    print(output)
    return Outcome(process.returncode, result, output)


def processes_of(folder: Path) -> list[str]:
    """Command lines of living processes that were started for the run in ``folder``."""
    needle = str(folder).encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            belongs = needle in command or needle in (entry / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if belongs and state != "Z":
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


def wait_until_gone(folder: Path, seconds: float = 10.0) -> Sequence[str]:
    """What still runs after at most ``seconds``."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def shown(outcome: Outcome) -> str:
    """The result and the end of the output, for a failed assertion."""
    return f"{json.dumps(outcome.result, indent=1)}\n{outcome.output[-4000:]}"
