"""After everything stopped: do the boxes' files and the centre's database tell the same story?

Nothing here asks the programs under test. The boxes' SQLite files and PostgreSQL are read directly, expected stock is
computed anew from the bodies of the boxes' logs, and ids are compared as sets: equal counts can hide one loss and one
double.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from sync_protocol.body import decode_body
from sync_protocol.effects import stock_moves
from sync_protocol.errors import BodyError
from sync_protocol.events import Event, HandedOver, Sale, Shipped

Account = tuple[str, str, str, str, str]
"""Location, SKU, state, lot, serial."""


@dataclass
class Comparison:
    """What the comparison found. ``lost`` counts events, sales and goods that one side lacks, ``doubled`` what one side
    has more than once; ``problems`` are sentences for people."""

    lost: int = 0
    doubled: int = 0
    out_of_balance: int = 0
    events: int = 0
    sales: int = 0
    shipped_lines: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether both sides agree on everything."""
        return not (self.lost or self.doubled or self.out_of_balance or self.problems)

    def say(self, sentence: str) -> None:
        """Note a problem."""
        self.problems.append(sentence)


@dataclass
class _Box:
    """What one box's file holds."""

    location: str
    box: UUID
    head: int
    head_hash: bytes
    own: dict[UUID, Event]
    foreign: dict[UUID, Event]
    stock: dict[Account, int]


def compare(
    databases: Mapping[str, Path], database_url: str, confirmed_sales: Mapping[str, Iterable[UUID]]
) -> Comparison:
    """Compare the boxes' files (by location) with the centre's database.

    ``confirmed_sales`` are the sales, by location, that a box has confirmed to a register: each must be in its log.
    """
    found = Comparison()
    boxes = [_read_box(location, path, found) for location, path in databases.items()]
    with psycopg.connect(database_url) as centre:
        for box in boxes:
            _compare_log(box, centre, found)
            _compare_stock(box, centre, found)
            _compare_sales(box, centre, set(confirmed_sales.get(box.location, ())), found)
        _check_money(centre, found)
        _check_shipments(boxes, centre, found)
    return found


def _read_box(location: str, path: Path, found: Comparison) -> _Box:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as file:
        [(check,)] = file.execute("PRAGMA integrity_check").fetchall()
        if check != "ok":
            found.say(f"{location}: the database file is damaged: {check}")
        box_id, head, head_hash = file.execute("SELECT box, head, head_hash FROM meta").fetchone()
        own: dict[UUID, Event] = {}
        foreign: dict[UUID, Event] = {}
        for event_id, entry_box, body in file.execute("SELECT id, box, body FROM entry"):
            try:
                event = decode_body(body)
            except BodyError as error:
                found.say(f"{location}: an entry cannot be read: {error}")
                continue
            (own if entry_box == box_id else foreign)[UUID(bytes=event_id)] = event
        stock = {
            (location, sku, state, lot, serial): quantity
            for sku, state, lot, serial, quantity in file.execute(
                "SELECT sku, state, lot, serial, quantity FROM stock WHERE quantity <> 0"
            )
        }
    return _Box(location, UUID(bytes=box_id), head, head_hash, own, foreign, stock)


def _compare_log(box: _Box, centre: psycopg.Connection[Any], found: Comparison) -> None:
    at_centre = Counter(
        row[0]
        for row in centre.execute("SELECT id FROM log_entry WHERE location = %s AND box = %s", (box.location, box.box))
    )
    known = {row[0] for row in centre.execute("SELECT id FROM event WHERE location = %s", (box.location,))}
    found.events += len(box.own)
    missing, surplus = box.own.keys() - at_centre.keys(), at_centre.keys() - box.own.keys()
    without_effect = (box.own.keys() | box.foreign.keys()) - known - missing
    unheard = known - box.own.keys() - box.foreign.keys()
    twice = sum(count - 1 for count in at_centre.values())
    found.lost += len(missing) + len(without_effect) + len(unheard)
    found.doubled += len(surplus) + twice
    for count, sentence in (
        (len(missing), "events of the box are not at the centre"),
        (len(without_effect), "events are stored at the centre but had no effect"),
        (len(unheard), "events of the centre never reached the box"),
        (len(surplus), "events at the centre are not in the box"),
        (twice, "events are at the centre more than once"),
    ):
        if count:
            found.say(f"{box.location}: {count} {sentence}")
    row = centre.execute(
        "SELECT seq, hash FROM watermark WHERE location = %s AND box = %s", (box.location, box.box)
    ).fetchone()
    if row is None or (row[0], bytes(row[1])) != (box.head, box.head_hash):
        found.say(f"{box.location}: the chain hash at entry {box.head} differs from the centre's")
        found.out_of_balance += 1


def _compare_stock(box: _Box, centre: psycopg.Connection[Any], found: Comparison) -> None:
    expected: dict[Account, int] = defaultdict(int)
    for event in (*box.own.values(), *box.foreign.values()):
        for move in stock_moves(event):
            expected[box.location, move.sku, move.source, move.lot, move.serial] -= move.quantity
            expected[box.location, move.sku, move.target, move.lot, move.serial] += move.quantity
    wanted = {account: quantity for account, quantity in expected.items() if quantity}
    ledger = {
        tuple(row[:5]): row[5]
        for row in centre.execute(
            "SELECT location, sku, state, lot, serial, quantity FROM stock_balance"
            " WHERE location = %s AND quantity <> 0",
            (box.location,),
        )
    }
    for name, actual in (("the box's file", box.stock), ("the centre's ledger", ledger)):
        different = [key for key in wanted.keys() | actual.keys() if wanted.get(key, 0) != actual.get(key, 0)]
        if different:
            found.out_of_balance += len(different)
            found.say(
                f"{box.location}: {len(different)} stock accounts of {name} differ from its log, e.g. {different[0]}"
            )


def _compare_sales(box: _Box, centre: psycopg.Connection[Any], confirmed: set[UUID], found: Comparison) -> None:
    own = {event.payload.sale_id: event.payload for event in box.own.values() if isinstance(event.payload, Sale)}
    found.sales += len(own)
    sales_entries = sum(isinstance(event.payload, Sale) for event in box.own.values())
    rows = centre.execute("SELECT sale_id, total FROM sale WHERE location = %s", (box.location,)).fetchall()
    totals = {row[0]: row[1] for row in rows}
    lost = confirmed - own.keys()
    found.lost += len(lost) + len(own.keys() - totals.keys())
    found.doubled += sales_entries - len(own) + len(totals.keys() - own.keys())
    if lost:
        found.say(f"{box.location}: {len(lost)} sales that the box confirmed to a register are not in its log")
    if own.keys() != totals.keys():
        found.say(f"{box.location}: box and centre disagree on which sales there were")
    if any(totals.get(sale_id) != sale.total for sale_id, sale in own.items()):
        found.out_of_balance += 1
        found.say(f"{box.location}: box and centre disagree on what a sale came to")
    cash = sum(tender.amount for sale in own.values() for tender in sale.tenders)
    row = centre.execute(
        "SELECT coalesce(sum(CASE WHEN target = 'cash' THEN amount ELSE -amount END), 0) FROM money_move"
        " WHERE location = %s AND 'cash' IN (source, target)",
        (box.location,),
    ).fetchone()
    if row is None or row[0] != cash:
        found.out_of_balance += 1
        found.say(f"{box.location}: the drawer took {cash}, the centre's ledger says {row and row[0]}")


def _check_money(centre: psycopg.Connection[Any], found: Comparison) -> None:
    for event_id, amount in centre.execute(
        "SELECT event_id, sum(CASE WHEN target = 'receivable' THEN amount ELSE -amount END) FROM money_move"
        " WHERE 'receivable' IN (source, target) GROUP BY event_id"
        " HAVING sum(CASE WHEN target = 'receivable' THEN amount ELSE -amount END) <> 0"
    ):
        found.out_of_balance += 1
        found.say(f"the money of event {event_id} does not clear: {amount} is left")


def _check_shipments(boxes: Iterable[_Box], centre: psycopg.Connection[Any], found: Comparison) -> None:
    shipped: Counter[UUID] = Counter()
    events: Counter[UUID] = Counter()
    for box in boxes:
        for event in box.own.values():
            if isinstance(event.payload, Shipped | HandedOver):
                for line in event.payload.lines:
                    shipped[line.line] += line.quantity
                    events[line.line] += 1
    at_centre = {row[0]: row[1] for row in centre.execute("SELECT line_id, quantity FROM shipment_line")}
    found.shipped_lines = len(shipped)
    twice = [line for line, count in events.items() if count > 1]
    if twice:
        found.doubled += len(twice)
        found.say(f"{len(twice)} order lines left a building more than once, e.g. {twice[0]}")
    if dict(shipped) != at_centre:
        found.lost += len(shipped.keys() - at_centre.keys())
        found.doubled += len(at_centre.keys() - shipped.keys())
        found.say("boxes and centre disagree on what was shipped")
    for line, quantity, ordered in centre.execute(
        "SELECT l.line_id, s.quantity, l.ordered_quantity FROM order_line l"
        " JOIN shipment_line s USING (tenant, line_id) WHERE s.quantity > l.ordered_quantity"
    ):
        found.doubled += 1
        found.say(f"{quantity} pieces of order line {line} left, {ordered} were ordered")
