"""The supervisor leaves nothing behind, whatever kills it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware_config.supervisor import ChildEvent, ChildFailed, ChildSpec, Supervisor, port_is_open

OWNER = """
import asyncio, sys
from firmware_config.supervisor import ChildSpec, Supervisor

async def main() -> None:
    async with Supervisor() as supervisor:
        children = [await supervisor.start(ChildSpec(f"sleeper {n}", ["sleep", "600"])) for n in range(3)]
        print(*(child.pid for child in children), flush=True)
        await asyncio.Event().wait()

try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(130)
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until_gone(pids: list[int], seconds: float = 5.0) -> list[int]:
    """The processes that still run after at most ``seconds``."""
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_child_outlives_its_owner(how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        assert len(pids) == 3
        assert all(is_alive(pid) for pid in pids)
        owner.send_signal(how)
        owner.wait(10)
    assert wait_until_gone(pids) == []


def test_a_child_whose_owner_is_gone_already_does_not_start() -> None:
    from firmware_config.supervisor import bound_to_parent

    argv = bound_to_parent(["echo", "started"], signal.SIGTERM, parent_pid=1)
    assert subprocess.run(argv, capture_output=True, text=True, check=False).stdout == ""


async def test_a_killed_child_is_started_again_and_becomes_ready(tmp_path: Path) -> None:
    events: list[ChildEvent] = []
    marker = tmp_path / "ready"

    async def is_ready() -> bool:
        return marker.exists()

    spec = ChildSpec("worker", ["sh", "-c", f"touch {marker}; exec sleep 600"], ready=is_ready, restart_s_min=0.01)
    async with Supervisor(events.append) as supervisor:
        child = await supervisor.start(spec)
        first = child.pid
        marker.unlink()
        os.kill(first, signal.SIGKILL)
        while child.starts < 2:
            await asyncio.sleep(0.01)
        await asyncio.wait_for(child.wait_ready(), 5)
        assert child.pid != first
        assert child.is_running
        second = child.pid
    assert wait_until_gone([first, second]) == []
    assert [event.what for event in events] == ["started", "ready", "died", "started", "ready", "stopped"]


async def test_a_child_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    spec = ChildSpec("broken", ["sh", "-c", "echo no such device >&2; exit 3"], ready=never, log=tmp_path / "log")
    async with Supervisor() as supervisor:
        with pytest.raises(ChildFailed, match="ended with status 3:\nno such device"):
            await supervisor.start(spec)


async def test_a_child_that_does_not_stop_in_time_is_killed_with_its_group(tmp_path: Path) -> None:
    pid_file = tmp_path / "grandchild"
    script = f"trap '' TERM; sleep 600 & echo $! > {pid_file}; wait; wait"

    async def is_ready() -> bool:
        return pid_file.exists() and pid_file.read_text() != ""

    events: list[ChildEvent] = []
    async with Supervisor(events.append) as supervisor:
        child = await supervisor.start(ChildSpec("stubborn", ["sh", "-c", script], ready=is_ready, stop_timeout_s=0.2))
        grandchild = int(pid_file.read_text())
    assert wait_until_gone([child.pid, grandchild]) == []
    assert events[-1].what == "killed"


async def test_a_child_that_should_not_restart_stays_dead() -> None:
    events: list[ChildEvent] = []
    async with Supervisor(events.append) as supervisor:
        child = await supervisor.start(ChildSpec("once", ["true"], restarts=False))
        while not any(event.what == "died" for event in events):
            await asyncio.sleep(0.01)
        assert not child.is_running
        assert child.starts == 1


async def test_an_open_port_is_told_from_a_closed_one() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert await port_is_open("127.0.0.1", port)
    assert not await port_is_open("127.0.0.1", port)
