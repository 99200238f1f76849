"""Brings a database to the schema of this program, one numbered script at a time."""

import sqlite3
from importlib import resources

from edge_node.storage.errors import DatabaseUnusable


def scripts() -> list[str]:
    """The migrations in order: script ``i`` leads from version ``i`` to ``i + 1``."""
    folder = resources.files("edge_node.storage") / "migrations"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def migrate(connection: sqlite3.Connection) -> None:
    """Apply what is missing, each script in a transaction of its own.

    Raises :class:`DatabaseUnusable` for a database of a newer program: it is left as it is.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    known = scripts()
    if version > len(known):
        raise DatabaseUnusable(
            f"the database has schema {version}, this program knows {len(known)}", "install the newer program again"
        )
    for number, script in enumerate(known[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
