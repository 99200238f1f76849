"""What a use case may ask of the database: :class:`edge_node.ports.View` over one connection."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import cast
from uuid import UUID

from edge_node.ports import Kept, LogState, PickTask, PrintJob, PrintState, ShelfItem, StockRow, StoredSale
from edge_node.storage.rows import LINE_COLUMNS, PRINT_COLUMNS, TASK_COLUMNS, Row, listed, pick_task, print_job
from retail.catalogue import Item, Price, Sku
from retail.gtin import Gtin
from retail.money import Money
from retail.quantity import Unit
from retail.tax import TaxCode
from sync_protocol.body import decode_body
from sync_protocol.effects import DAMAGED, RESERVED, SELLABLE
from sync_protocol.events import Sale
from sync_protocol.streams import PRICE

OPEN_STATES = frozenset({PrintState.QUEUED, PrintState.SENT, PrintState.UNCERTAIN, PrintState.FAILED})
"""States of print jobs of which something may still be done."""

OPEN = "state NOT IN ('proved', 'taken', 'cancelled')"
"""The same in SQL: word for word the condition of the index print_job_open, or SQLite does not use it."""

Values = Sequence[str | int | bytes] | dict[str, object]


class SqliteView:
    """Reads through ``connection``. ``now_ms`` is the moment that prices are asked for."""

    def __init__(self, connection: sqlite3.Connection, now_ms: int) -> None:
        self._connection = connection
        self._now_ms = now_ms
        self._price_version: tuple[int, int] | None = None

    @property
    def now_ms(self) -> int:
        return self._now_ms

    def log(self) -> LogState:
        box, *numbers = self._only("SELECT box, gen, head, head_hash, acked, acked_hash FROM meta")
        return LogState(UUID(bytes=box), *numbers)

    def item(self, code: str) -> ShelfItem | None:
        query = f"{_ITEM} WHERE sku = :code OR sku = (SELECT sku FROM gtin WHERE gtin = :code) ORDER BY sku != :code"
        row = self._first(query, {"code": code})
        return self._shelf_item(row) if row else None

    def items(self, after: str, limit: int) -> Sequence[ShelfItem]:
        rows = self._all(f"{_ITEM} WHERE sku > ? ORDER BY sku LIMIT ?", (after, limit))
        return [self._shelf_item(row) for row in rows]

    def price(self, sku: str) -> Price | None:
        # A clock that stands before every price takes the earliest: a flat battery must not close the till.
        row = self._first(
            "SELECT amount, currency FROM price WHERE sku = ? ORDER BY effective_ms > ?, "
            "CASE WHEN effective_ms > ? THEN effective_ms ELSE -effective_ms END LIMIT 1",
            (sku, self._now_ms, self._now_ms),
        )
        if row is None:
            return None
        if self._price_version is None:
            gen, ver = self._first("SELECT gen, ver FROM cursor WHERE stream = ?", (PRICE,)) or (0, 0)
            self._price_version = gen, ver
        return Price(Sku(sku), Money(*row), *self._price_version)

    def tax(self, code: str) -> TaxCode | None:
        row = self._first("SELECT rate_ppm, inclusive FROM tax WHERE code = ?", (code,))
        return TaxCode(code, row[0], bool(row[1])) if row else None

    def sellable(self, sku: str) -> int:
        query = "SELECT coalesce(sum(quantity), 0) FROM stock WHERE sku = ? AND state = ?"
        (quantity,) = self._only(query, (sku, SELLABLE))
        return int(quantity)

    def stock(self, sku: str) -> Sequence[StockRow]:
        rows = self._all(f"{_STOCK} WHERE sku = ? ORDER BY state, lot, serial", (sku,))
        return [StockRow(*row) for row in rows]

    def stock_rows(self, after: str, limit: int) -> Sequence[StockRow]:
        states = (SELLABLE, RESERVED, DAMAGED)
        rows = self._all(
            f"{_STOCK} WHERE state IN (?, ?, ?) AND sku IN (SELECT DISTINCT sku FROM stock WHERE sku > ? "
            "AND state IN (?, ?, ?) ORDER BY sku LIMIT ?) ORDER BY sku, state, lot, serial",
            (*states, after, *states, limit),
        )
        return [StockRow(*row) for row in rows]

    def sale(self, sale_id: UUID) -> StoredSale | None:
        row = self._first(
            "SELECT entry.id, entry.body, sale.fingerprint FROM sale JOIN entry USING (n) WHERE sale.id = ?",
            (sale_id.bytes,),
        )
        if row is None:
            return None
        event_id, body, fingerprint = row
        event = decode_body(body)
        return StoredSale(UUID(bytes=event_id), event, cast(Sale, event.payload), fingerprint)

    def task(self, task_id: UUID) -> PickTask | None:
        row = self._first(f"{_TASK} WHERE id = ?", (task_id.bytes,))
        return self._with_lines(row) if row else None

    def tasks(self, states: Collection[str], limit: int) -> Sequence[PickTask]:
        rows = self._all(
            f"{_TASK} WHERE state IN ({_marks(states)}) ORDER BY pick_by_ms, id LIMIT ?",
            (*states, limit),
        )
        return [self._with_lines(row) for row in rows]

    def print_job(self, number: int) -> PrintJob | None:
        row = self._first(f"{_PRINT} WHERE number = ?", (number,))
        return print_job(row) if row else None

    def print_jobs(
        self, *, states: Collection[PrintState] = (), printer: str = "", subject: str = "", limit: int = 100
    ) -> Sequence[PrintJob]:
        conditions, values = ["true"], list[str | int | bytes]()
        if states:
            conditions.append(f"state IN ({_marks(states)})")
            values += [state.value for state in states]
            if OPEN_STATES.issuperset(states):
                conditions.append(OPEN)
        if subject:
            conditions.append("subject = ? AND kind != 'receipt'")
            values.append(subject)
        if printer:
            conditions.append("printer = ?")
            values.append(printer)
        query = f"{_PRINT} WHERE {' AND '.join(conditions)} ORDER BY number LIMIT ?"
        return [print_job(row) for row in self._all(query, (*values, limit))]

    def recent_print_jobs(self, limit: int) -> Sequence[PrintJob]:
        return [print_job(row) for row in self._all(f"{_PRINT} ORDER BY number DESC LIMIT ?", (limit,))]

    def recall(self, scope: str, key: str) -> Kept | None:
        row = self._first("SELECT fingerprint, answer FROM answered WHERE scope = ? AND key = ?", (scope, key))
        return Kept(*row) if row else None

    def _shelf_item(self, row: Row) -> ShelfItem:
        sku, name, unit, tax_code, weight_g, age_minimum, hazard, withdrawn, codes = row
        gtins = tuple(Gtin(code) for code in sorted(codes.split(","))) if codes else ()
        return ShelfItem(Item(sku, name, Unit(unit), tax_code, gtins, age_minimum, hazard), weight_g, bool(withdrawn))

    def _with_lines(self, row: Row) -> PickTask:
        lines = self._all(f"SELECT {listed(LINE_COLUMNS)} FROM task_line WHERE task = ? ORDER BY position", (row[0],))
        return pick_task(row, lines)

    def _all(self, query: str, values: Values = ()) -> list[Row]:
        return self._connection.execute(query, values).fetchall()

    def _first(self, query: str, values: Values = ()) -> Row | None:
        row: Row | None = self._connection.execute(query, values).fetchone()
        return row

    def _only(self, query: str, values: Values = ()) -> Row:
        row = self._first(query, values)
        assert row is not None, query
        return row


_ITEM = (
    "SELECT sku, name, unit, tax_code, weight_g, age_minimum, hazard, withdrawn, "
    "(SELECT group_concat(gtin) FROM gtin WHERE gtin.sku = item.sku) FROM item"
)
_TASK = f"SELECT {listed(TASK_COLUMNS)} FROM task"
_STOCK = "SELECT sku, state, lot, serial, quantity FROM stock"
_PRINT = f"SELECT {listed(PRINT_COLUMNS)} FROM print_job"


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" for _ in values)
