"""How a line's quantity moves between lines, and its claim on stock with it. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from central.orders.domain import (
    CLAIM_OFFERED,
    CLAIM_SET_ASIDE,
    CLAIM_WANTED,
    NOWHERE,
    OFFERED,
    OPEN,
    Claim,
    Line,
    OrderBook,
    Task,
    cut,
)


def claim_state(line: Line) -> str:
    """Where the claim of an unfinished line is in the reservation ledger."""
    return {OPEN: CLAIM_WANTED, OFFERED: CLAIM_OFFERED}.get(line.state, CLAIM_SET_ASIDE)


def move_claim(book: OrderBook, line: Line, source: tuple[str, str], target: tuple[str, str], reason: str) -> None:
    """Move the claim of a whole line from one (location, state) to another."""
    book.note(
        Claim(line.line_id, line.sku, *source, -line.quantity, reason),
        Claim(line.line_id, line.sku, *target, line.quantity, reason),
    )


def reopen(book: OrderBook, task: Task, lines: Iterable[Line], reason: str, *, exclude: bool) -> None:
    """Open lines of ``task`` again. ``exclude``: do not ask its location for them again."""
    for line in lines:
        excluded = line.excluded | {task.location} if exclude else line.excluded
        move_claim(book, line, (task.location, claim_state(line)), (NOWHERE, CLAIM_WANTED), reason)
        book.put_line(replace(line, state=OPEN, task=None, picked_quantity=0, excluded=excluded))


def take_part(book: OrderBook, line: Line, quantity: int, name: str) -> Line:
    """``quantity`` of an open line as a line of its own, or all of it; what is left stays open under the old id."""
    if quantity == line.quantity:
        return line
    kept, part = cut(line, quantity, name)
    book.put_line(kept)
    book.put_line(part)
    book.note(
        Claim(line.line_id, line.sku, NOWHERE, CLAIM_WANTED, -part.quantity, "split"),
        Claim(part.line_id, part.sku, NOWHERE, CLAIM_WANTED, part.quantity, "split"),
    )
    return book.lines[part.line_id]


def split_off(book: OrderBook, task: Task, line: Line, quantity: int, name: str, reason: str) -> Line:
    """Move ``quantity`` of a line to a new open one that the task's location is not asked for.

    The new line's id follows from ``name``. What is left of the line is returned.
    """
    location = NOWHERE if line.state == OPEN else task.location
    kept, new = cut(line, quantity, name)
    new = replace(new, excluded=line.excluded | {task.location})
    book.put_line(kept)
    book.put_line(new)
    book.note(
        Claim(line.line_id, line.sku, location, claim_state(line), -quantity, reason),
        Claim(new.line_id, new.sku, NOWHERE, CLAIM_WANTED, quantity, reason),
    )
    return book.lines[line.line_id]
