"""Every connection has the settings that durability and replication rest on."""

import sqlite3
from pathlib import Path

import pytest

from edge_node.storage import BoxStore
from edge_node.storage.connection import check_settings, connect
from edge_node.storage.errors import DatabaseUnusable, DiskFailed

SETTINGS = ("journal_mode", "synchronous", "wal_autocheckpoint", "foreign_keys")


def settings_of(connection: sqlite3.Connection) -> tuple[object, ...]:
    return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in SETTINGS)


async def test_the_writing_and_the_reading_connections_never_checkpoint_and_always_sync(store: BoxStore) -> None:
    wanted = ("wal", 2, 0, 1)
    assert await store.transact(lambda _tx, connection: settings_of(connection)) == wanted
    assert await store.ask(settings_of) == wanted
    (timeout_ms,) = await store.ask(lambda connection: connection.execute("PRAGMA busy_timeout").fetchone())
    assert timeout_ms >= 5_000


async def test_a_reading_connection_cannot_write(store: BoxStore) -> None:
    with pytest.raises(DiskFailed, match="readonly"):
        await store.ask(lambda connection: connection.execute("UPDATE meta SET gen = 1"))


@pytest.mark.parametrize(
    "spoiler",
    ["PRAGMA synchronous = NORMAL", "PRAGMA wal_autocheckpoint = 1000", "PRAGMA foreign_keys = OFF",
     "PRAGMA busy_timeout = 100", "PRAGMA journal_mode = DELETE"],
)  # fmt: skip
def test_a_connection_with_another_setting_is_refused(tmp_path: Path, spoiler: str) -> None:
    connection = connect(tmp_path / "x.db")
    try:
        connection.execute(spoiler)
        with pytest.raises(DatabaseUnusable):
            check_settings(connection)
    finally:
        connection.close()


def test_asking_a_database_that_is_not_there_does_not_make_one(tmp_path: Path) -> None:
    with pytest.raises(DiskFailed):
        connect(tmp_path / "x.db", query_only=True)
    assert not (tmp_path / "x.db").exists()


def test_a_file_that_is_no_database_is_refused_with_the_way_back(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database, but long enough to look like one" * 100)
    with pytest.raises(DatabaseUnusable, match="edge-node restore"):
        connect(tmp_path / "x.db")
