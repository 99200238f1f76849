"""What follows from events: stock, sales and tasks.

An event is projected once, when its entry is inserted; entries are unique by id. The functions read nothing but the
event and what earlier events left, so that the same entries always give the same tables (:mod:`.verify` proves it).
"""

import sqlite3
from uuid import UUID

import msgspec

from edge_node.fulfilment.task import evolve, told
from edge_node.ports import PickTask
from edge_node.storage.rows import LINE_COLUMNS, TASK_COLUMNS, line_values, listed, marks, task_values
from edge_node.storage.view import SqliteView
from retail.errors import Refused
from retail.ids import ReceiptCode
from sync_protocol.effects import stock_moves
from sync_protocol.events import Event, Sale
from sync_protocol.tasks import TaskUpdate

_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_decisions: msgspec.msgpack.Decoder[TaskUpdate] = msgspec.msgpack.Decoder(TaskUpdate)


def project(connection: sqlite3.Connection, n: int, event: Event) -> None:
    """Bring stock, sales and tasks up to date with the event of entry number ``n``."""
    for move in stock_moves(event):
        for state, quantity in ((move.source, -move.quantity), (move.target, move.quantity)):
            connection.execute(_ADD_STOCK, (move.sku, state, move.lot, move.serial, quantity))
    payload = event.payload
    if isinstance(payload, Sale):
        _project_sale(connection, n, payload)
    task_id = getattr(payload, "task", None)
    if task_id is not None:
        task = _task(connection, task_id)
        if task is not None and (next_task := evolve(task, payload)) != task:
            _update_task(connection, next_task)


def project_decision(connection: sqlite3.Connection, update: TaskUpdate) -> PickTask | None:
    """Bring a task up to date with a decision of the centre, and keep the decision; None if it is of no use."""
    before = _task(connection, update.task)
    task = told(before, update)
    if task is None:
        return None
    if before is None or task.lines != before.lines:
        _insert_task(connection, task)
    else:
        _update_task(connection, task)
    (after_n,) = connection.execute("SELECT coalesce(max(n), 0) FROM entry").fetchone()
    connection.execute(
        "INSERT INTO told (task, after_n, decision) VALUES (?, ?, ?)", (task.id.bytes, after_n, _encode(update))
    )
    return task


def decoded_decision(decision: bytes) -> TaskUpdate:
    """A decision as :func:`project_decision` kept it."""
    return _decisions.decode(decision)


def _project_sale(connection: sqlite3.Connection, n: int, sale: Sale) -> None:
    connection.execute("INSERT INTO sale (id, n) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (sale.sale_id.bytes, n))
    try:
        code = ReceiptCode.parse(sale.receipt)
    except Refused:
        return  # a sale from elsewhere may be numbered in another way: it uses up no number of ours
    connection.execute(
        "INSERT INTO receipt_counter (register, number) VALUES (?, ?) "
        "ON CONFLICT (register) DO UPDATE SET number = max(number, excluded.number)",
        (f"{code.register:04}", code.number),
    )


def _task(connection: sqlite3.Connection, task_id: UUID) -> PickTask | None:
    return SqliteView(connection, now_ms=0).task(task_id)


def _insert_task(connection: sqlite3.Connection, task: PickTask) -> None:
    connection.execute("DELETE FROM task_line WHERE task = ?", (task.id.bytes,))
    connection.execute(_PUT_TASK, task_values(task))
    connection.executemany(_PUT_LINE, [line_values(task, position) for position in range(len(task.lines))])


def _update_task(connection: sqlite3.Connection, task: PickTask) -> None:
    connection.execute(_PUT_TASK, task_values(task))
    connection.executemany(
        "UPDATE task_line SET picked = :picked, short = :short WHERE task = :task AND position = :position "
        "AND (picked, short) != (:picked, :short)",
        [line_values(task, position) for position in range(len(task.lines))],
    )


_ADD_STOCK = (
    "INSERT INTO stock (sku, state, lot, serial, quantity) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (sku, state, lot, serial) DO UPDATE SET quantity = quantity + excluded.quantity"
)
_PUT_TASK = (
    f"INSERT INTO task ({listed(TASK_COLUMNS)}) VALUES ({marks(TASK_COLUMNS)}) ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{column} = excluded.{column}" for column in TASK_COLUMNS[1:])
)
_PUT_LINE = (
    f"INSERT INTO task_line (task, position, {listed(LINE_COLUMNS)}) VALUES (:task, :position, {marks(LINE_COLUMNS)})"
)
