"""What can go wrong with the box's database, by what the caller should do about it."""

import sqlite3
from pathlib import Path

from retail.errors import Fatal, NeedsAttention, Retryable


class StorageBusy(Retryable):
    """Too much waits for the database, or something else holds its write lock."""


class DiskFull(NeedsAttention):
    """There is no room for another transaction; what is stored stays readable."""


class DiskFailed(NeedsAttention):
    """The disk did not take or give data. Whether the last transactions are durable shows after a restart."""


class DatabaseUnusable(Fatal):
    """The file is not a database that this program may write to."""


_FATAL = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_DISK = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def translated(error: sqlite3.Error, path: Path) -> Exception | None:
    """The failure of the whole database that ``error`` stands for; None for a fault of one statement."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code, the rest tells it apart
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(f"the disk under {path} is full", "free space on it")
    if code in _BUSY:
        return StorageBusy("another program holds the database's write lock")
    if code in _DISK:
        return DiskFailed(f"the disk under {path} failed: {error}", "check the disk and its cabling, then restart")
    if code in _FATAL:
        return DatabaseUnusable(f"{path} is damaged: {error}", "restore the box from its replica: edge-node restore")
    return None
