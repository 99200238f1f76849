"""Rows of the database to values and back."""

from typing import Any
from uuid import UUID

import msgspec

from edge_node.ports import Document, PickLine, PickTask, PrintJob, PrintKind, PrintState

Row = tuple[Any, ...]
"""A row as SQLite gives it: the schema's STRICT tables vouch for the types."""

_documents: msgspec.json.Decoder[Document] = msgspec.json.Decoder(Document)
_encode = msgspec.json.Encoder().encode

TASK_COLUMNS = (
    "id", "rev", "state", "told", "order_code", "service", "customer", "destination", "pick_by_ms", "collect_code",
    "packages", "reason", "send_by",
)  # fmt: skip
LINE_COLUMNS = (
    "line", "sku", "gtin", "name", "quantity", "unit", "bin", "age_minimum", "hazard", "picked", "short",
)  # fmt: skip
PRINT_COLUMNS = (
    "id", "number", "printer", "kind", "subject", "document", "state", "process_id", "attempts", "is_copy", "note",
    "queued_ms", "sent_ms", "proved_ms",
)  # fmt: skip


def listed(columns: tuple[str, ...]) -> str:
    """The columns for a SELECT or an INSERT."""
    return ", ".join(columns)


def marks(columns: tuple[str, ...]) -> str:
    """Their named placeholders."""
    return ", ".join(f":{column}" for column in columns)


def pick_task(row: Row, lines: list[Row]) -> PickTask:
    """A task from its row and those of its lines."""
    values = dict(zip(TASK_COLUMNS, row, strict=True)) | {"id": UUID(bytes=row[0])}
    return PickTask(**values, lines=tuple(PickLine(UUID(bytes=line), *rest) for line, *rest in lines))


def task_values(task: PickTask) -> dict[str, object]:
    """A task as the values of its row."""
    return {column: getattr(task, column) for column in TASK_COLUMNS} | {"id": task.id.bytes}


def line_values(task: PickTask, position: int) -> dict[str, object]:
    """One line of a task as the values of its row."""
    line = task.lines[position]
    values = {column: getattr(line, column) for column in LINE_COLUMNS}
    return values | {"task": task.id.bytes, "position": position, "line": line.line.bytes}


def print_job(row: Row) -> PrintJob:
    """A print job from its row."""
    values = dict(zip(PRINT_COLUMNS, row, strict=True))
    values |= {
        "id": UUID(bytes=values["id"]),
        "kind": PrintKind(values["kind"]),
        "document": _documents.decode(values["document"]),
        "state": PrintState(values["state"]),
        "is_copy": bool(values["is_copy"]),
    }
    return PrintJob(**values)


def print_values(job: PrintJob) -> dict[str, object]:
    """A print job as the values of its row."""
    return {column: getattr(job, column) for column in PRINT_COLUMNS} | {
        "id": job.id.bytes,
        "kind": job.kind.value,
        "document": _encode(job.document),
        "state": job.state.value,
    }
