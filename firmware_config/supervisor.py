"""Child processes that never outlive their owner, and are started again when they die.

A store box owns litestream, a centre may own PostgreSQL, the demo owns all of them. Each owner can be stopped by
Ctrl-C, by SIGTERM, or be killed outright, and must leave no process behind. So every child

* runs in a session of its own: Ctrl-C in the terminal reaches the owner alone, which stops its children in order;
* carries a *parent death signal* (prctl(2), PR_SET_PDEATHSIG, by util-linux's ``setpriv``): the kernel stops it when
  its owner dies, however that happens. The signal follows the *thread* that forked, so children are started from the
  main thread only; a child whose owner died before the signal was armed ends by itself (it compares its parent's id);
* is stopped by its own signal, and killed with its whole group when it does not end in time.

A child that ends by itself is started again after a pause that doubles up to a limit and falls back after a calm
minute. Example::

    async with Supervisor(on_event=log) as supervisor:
        await supervisor.start(ChildSpec("broker", ["mosquitto", "-c", path], ready=port_is_open))
"""

import asyncio
import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

READY_POLL_S = 0.05


class ChildFailed(Exception):
    """A child did not become ready. The message holds the end of its output."""


@dataclass(frozen=True)
class ChildSpec:
    """How to run one child.

    ``prefix`` stands before the death-signal wrapper (for ``unshare``); ``ready`` is polled until it answers true, for
    at most ``ready_timeout_s``; ``restart_s_min`` and ``restart_s_max`` bound the pause before a restart, and
    ``restarts=False`` leaves a dead child dead. Output is appended to ``log`` (default: thrown away).
    """

    name: str
    argv: Sequence[str]
    prefix: Sequence[str] = ()
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    log: Path | None = None
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_timeout_s: float = 30.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 10.0
    restarts: bool = True
    restart_s_min: float = 0.1
    restart_s_max: float = 10.0
    calm_s: float = 60.0


@dataclass(frozen=True)
class ChildEvent:
    """Something that happened to a child: ``what`` is started, ready, died, stopped or killed."""

    name: str
    what: str
    pid: int
    detail: str = ""


@dataclass
class Child:
    """A supervised child. ``pid`` is that of the present process; ``starts`` counts processes so far."""

    spec: ChildSpec
    pid: int = 0
    starts: int = 0
    stopping: bool = False
    process: asyncio.subprocess.Process | None = None
    watcher: asyncio.Task[None] | None = None
    is_ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_running(self) -> bool:
        """Whether a process is there now (not whether it is ready)."""
        return self.process is not None and self.process.returncode is None

    async def wait_ready(self) -> None:
        """Return when the present process is ready."""
        await self.is_ready.wait()


def bound_to_parent(
    argv: Sequence[str], death_signal: signal.Signals, *, prefix: Sequence[str] = (), parent_pid: int | None = None
) -> list[str]:
    """``argv`` so wrapped that the kernel sends it ``death_signal`` when the calling process dies.

    The shell in between ends at once if the parent is gone already; it is replaced by the program, so the process id
    is the program's own. Raises :class:`ChildFailed` where ``setpriv`` is missing.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ChildFailed("setpriv is missing: install the package util-linux")
    parent = os.getpid() if parent_pid is None else parent_pid
    guard = 'test "$PPID" = "$0" && exec "$@"'
    return [*prefix, setpriv, "--pdeathsig", death_signal.name.removeprefix("SIG"), "--",
            "/bin/sh", "-c", guard, str(parent), *argv]  # fmt: skip


class Supervisor:
    """Starts, watches, restarts and stops children. Use as an async context manager in the main thread."""

    def __init__(self, on_event: Callable[[ChildEvent], None] | None = None) -> None:
        self._on_event = on_event or (lambda _: None)
        self._children: list[Child] = []

    @property
    def children(self) -> Sequence[Child]:
        """All children, in the order of their start."""
        return tuple(self._children)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(self.stop())

    async def start(self, spec: ChildSpec) -> Child:
        """Start a child and return when it is ready. Raises :class:`ChildFailed` if it ends or dawdles before that."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start children from the main thread: the death signal follows the thread")
        child = Child(spec)
        await self._spawn(child)
        self._children.append(child)
        try:
            await self._until_ready(child)
        except ChildFailed:
            await self._end(child)
            raise
        child.watcher = asyncio.create_task(self._watch(child), name=f"watch {spec.name}")
        return child

    async def stop(self) -> None:
        """Stop all children, the last started first, each by its own signal and in its own time."""
        for child in reversed(self._children):
            await self.stop_child(child)
        self._children.clear()

    async def stop_child(self, child: Child) -> None:
        """Stop one child for good. Harmless if it is stopped already."""
        child.stopping = True
        await self._end(child)
        if child.watcher is not None:
            child.watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await child.watcher
            child.watcher = None

    async def _spawn(self, child: Child) -> None:
        spec = child.spec
        child.is_ready.clear()
        output: IO[bytes] | int = asyncio.subprocess.DEVNULL
        if spec.log is not None:
            output = spec.log.open("ab")
        try:
            child.process = await asyncio.create_subprocess_exec(
                *bound_to_parent(spec.argv, spec.stop_signal, prefix=spec.prefix),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env=None if spec.env is None else dict(spec.env),
                cwd=spec.cwd,
                start_new_session=True,
            )
        finally:
            if not isinstance(output, int):
                output.close()
        child.pid = child.process.pid
        child.starts += 1
        self._on_event(ChildEvent(spec.name, "started", child.pid))

    async def _until_ready(self, child: Child) -> None:
        spec, process = child.spec, child.process
        assert process is not None
        loop = asyncio.get_running_loop()
        deadline = loop.time() + spec.ready_timeout_s
        while spec.ready is not None and not await spec.ready():
            if process.returncode is not None:
                raise ChildFailed(f"{spec.name} ended with status {process.returncode}{_tail(spec.log)}")
            if loop.time() > deadline:
                raise ChildFailed(f"{spec.name} was not ready after {spec.ready_timeout_s:.0f} s{_tail(spec.log)}")
            await asyncio.sleep(READY_POLL_S)
        child.is_ready.set()
        self._on_event(ChildEvent(spec.name, "ready", child.pid))

    async def _watch(self, child: Child) -> None:
        spec, pause_s = child.spec, child.spec.restart_s_min
        loop = asyncio.get_running_loop()
        while child.process is not None:
            born = loop.time()
            status = await child.process.wait()
            if child.stopping:
                return
            child.is_ready.clear()
            self._on_event(ChildEvent(spec.name, "died", child.pid, f"status {status}"))
            _kill_group(child.pid)
            if not spec.restarts:
                return
            if loop.time() - born > spec.calm_s:
                pause_s = spec.restart_s_min
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, spec.restart_s_max)
            await self._spawn(child)
            try:
                await self._until_ready(child)
            except ChildFailed as failure:
                self._on_event(ChildEvent(spec.name, "died", child.pid, str(failure)))
                _kill_group(child.pid)

    async def _end(self, child: Child) -> None:
        process = child.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(child.spec.stop_signal)
        try:
            async with asyncio.timeout(child.spec.stop_timeout_s):
                await process.wait()
            self._on_event(ChildEvent(child.spec.name, "stopped", child.pid))
        except TimeoutError:
            _kill_group(child.pid)
            await process.wait()
            self._on_event(ChildEvent(child.spec.name, "killed", child.pid, "did not stop in time"))
        _kill_group(child.pid)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _tail(log: Path | None, lines: int = 12) -> str:
    if log is None or not log.exists():
        return ""
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return ":\n" + "\n".join(text) if text else ""


async def port_is_open(host: str, port: int) -> bool:
    """Whether something listens on a TCP port: a ``ready`` for servers."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
