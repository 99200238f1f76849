"""A disk with a database on it, as far as durability goes: what is committed survives, all else is gone.

Not modelled: torn pages, a disk that lies about syncing, a full disk. Those need the real SQLite.
"""

from collections.abc import Iterator
from typing import Any


class Disk:
    """Tables of rows by key. Reading sees what is committed."""

    def __init__(self, tables: dict[str, dict[Any, Any]] | None = None) -> None:
        self.tables = tables or {}

    def get(self, table: str, key: object, default: Any = None) -> Any:
        """One row."""
        return self.tables.get(table, {}).get(key, default)

    def rows(self, table: str) -> dict[Any, Any]:
        """All rows of a table, oldest first."""
        return self.tables.get(table, {})

    def begin(self) -> "Transaction":
        """A transaction: without its commit nothing of it ever happened."""
        return Transaction(self)

    def image(self) -> "Disk":
        """A copy of the disk as a person would make it. Rows are immutable values, so tables are copied alone."""
        return Disk({name: dict(rows) for name, rows in self.tables.items()})


class Transaction:
    """Changes that become durable together. Sees its own writes."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._writes: dict[tuple[str, Any], Any] = {}

    def get(self, table: str, key: object, default: Any = None) -> Any:
        """One row, as this transaction sees it."""
        found = self._writes.get((table, key), self)
        return self._disk.get(table, key, default) if found is self else found

    def put(self, table: str, key: object, row: object) -> None:
        """Write one row; None deletes it."""
        self._writes[table, key] = row

    def add(self, table: str, key: object, quantity: int) -> None:
        """Add to a number."""
        self.put(table, key, self.get(table, key, 0) + quantity)

    def rows(self, table: str) -> Iterator[tuple[Any, Any]]:
        """All rows of a table, as this transaction sees them."""
        merged = self._disk.rows(table) | {key: row for (name, key), row in self._writes.items() if name == table}
        return ((key, row) for key, row in merged.items() if row is not None)

    def commit(self) -> None:
        """Make all writes durable, at once."""
        for (table, key), row in self._writes.items():
            rows = self._disk.tables.setdefault(table, {})
            if row is None:
                rows.pop(key, None)
            else:
                rows[key] = row
        self._writes.clear()
