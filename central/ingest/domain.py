"""What a group of batches means: the rows that its entries bring, computed before the database is asked.

Every effect row carries the id of the event that caused it. The statement keeps only those whose event it inserted
itself, so an event that came before, by whatever way, has no effect twice. An entry whose body nobody can read is kept
in the log, and its body is a dead letter: it never blocks what comes after it.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from central.ingest.relation import Relation
from sync_protocol import chain
from sync_protocol.body import decode_body
from sync_protocol.effects import stock_moves
from sync_protocol.errors import BodyError
from sync_protocol.events import (
    Event,
    HandedOver,
    OfferAccepted,
    OfferRejected,
    Packed,
    Picked,
    Released,
    Sale,
    Shipped,
    Short,
    StartAsked,
)
from sync_protocol.frames import Entry
from sync_protocol.receiver import Watermark

REVENUE, TAX, ROUNDING, RECEIVABLE = "revenue", "tax", "rounding", "receivable"
"""Accounts of a sale's money, beside those of its tenders (``cash``)."""
TASK_EVENT = "task-event"
"""Topic of the outbox under which `orders` finds events about tasks; the key is the task."""


@dataclass(frozen=True)
class BoxStep:
    """Entries that move one box's watermark from ``before`` to ``after``."""

    location: str
    box: UUID
    before: Watermark
    after: Watermark
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class DeadLetter:
    """An entry whose body has no effect, and why."""

    entry: Entry
    reason: str


class Rows:
    """All rows of one group. ``refused`` names entries whose effects the database would not take: dead letters."""

    def __init__(self, steps: Sequence[BoxStep], refused: dict[UUID, str] | None = None) -> None:
        self.steps = Relation(
            "step", location="text", box="uuid", seq="bigint", hash="bytea", next_seq="bigint", next_hash="bytea"
        )
        self.entries = Relation(
            "entry", location="text", box="uuid", seq="bigint", id="uuid", body="bytea", hash="bytea"
        )
        self.events = Relation(
            "happened", id="uuid", location="text", box="uuid", seq="bigint", kind="text", at_ms="bigint",
            time_quality="smallint", business_day="date", register="text", staff="text",
        )  # fmt: skip
        self.dead = Relation("dead", id="uuid", location="text", box="uuid", seq="bigint", reason="text", body="bytea")
        self.moves = Relation(
            "move", event_id="uuid", location="text", sku="text", lot="text", serial="text", source="text",
            target="text", quantity="bigint", reason="text", business_day="date", staff="text", at_ms="bigint",
        )  # fmt: skip
        self.sales = Relation(
            "receipt", sale_id="uuid", event_id="uuid", location="text", register="text", receipt="text",
            business_day="date", currency="text", total="bigint", tax_total="bigint", rounding="bigint",
            at_ms="bigint", staff="text",
        )  # fmt: skip
        self.sale_lines = Relation(
            "line", event_id="uuid", sale_id="uuid", line_no="int", sku="text", gtin="text", name="text",
            quantity="bigint", unit="text", unit_price="bigint", amount="bigint", tax_code="text",
            tax_amount="bigint", price_gen="bigint", price_ver="bigint", lot="text", serial="text",
        )  # fmt: skip
        self.money = Relation(
            "money", event_id="uuid", location="text", register="text", staff="text", business_day="date",
            source="text", target="text", amount="bigint", currency="text", reason="text",
        )  # fmt: skip
        self.work = Relation("work", ordinal="int", event_id="uuid", topic="text", key="text", payload="text")
        self._seen: set[UUID] = set()
        refused = refused or {}
        for step in sorted(steps, key=lambda step: (step.location, step.box)):
            self._add_step(step, refused)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """All of them."""
        return (self.steps, self.entries, self.events, self.dead, self.moves, self.sales, self.sale_lines,
                self.money, self.work)  # fmt: skip

    def _add_step(self, step: BoxStep, refused: dict[UUID, str]) -> None:
        before, after = step.before, step.after
        self.steps.add(step.location, step.box, before.seq, before.hash, after.seq, after.hash)
        digest = before.hash
        for entry in step.entries:
            digest = chain.link(digest, step.box, entry.seq, entry.id, entry.body)
            self.entries.add(step.location, step.box, entry.seq, entry.id, entry.body, digest)
            if entry.id in self._seen:
                continue  # twice in one group: the first brings the effects
            self._seen.add(entry.id)
            try:
                if entry.id in refused:
                    raise BodyError(refused[entry.id])
                self._add_event(step, entry, decode_body(entry.body))
            except BodyError as error:
                self.dead.add(entry.id, step.location, step.box, entry.seq, str(error)[:500], entry.body)

    def _add_event(self, step: BoxStep, entry: Entry, event: Event) -> None:
        day = datetime.date.fromisoformat(event.business_day)
        self.events.add(
            entry.id, step.location, step.box, entry.seq, event.kind, event.at_ms, event.time_quality, day,
            event.register, event.staff,
        )  # fmt: skip
        for move in stock_moves(event):
            self.moves.add(
                entry.id, step.location, move.sku, move.lot, move.serial, move.source, move.target, move.quantity,
                move.reason, day, event.staff, event.at_ms,
            )  # fmt: skip
        match event.payload:
            case Sale() as sale:
                self._add_sale(step, entry, event, sale, day)
            case OfferAccepted() | OfferRejected() | StartAsked() | Picked() | Short() | Packed() | Shipped() \
                    | HandedOver() | Released() as payload:  # fmt: skip
                self.work.add(len(self.work), entry.id, TASK_EVENT, str(payload.task), str(entry.id))
            case _:
                pass

    def _add_sale(self, step: BoxStep, entry: Entry, event: Event, sale: Sale, day: datetime.date) -> None:
        self.sales.add(
            sale.sale_id, entry.id, step.location, event.register, sale.receipt, day, sale.currency, sale.total,
            sale.tax_total, sale.rounding, event.at_ms, event.staff,
        )  # fmt: skip
        for number, line in enumerate(sale.lines, start=1):
            self.sale_lines.add(
                entry.id, sale.sale_id, number, line.sku, line.gtin, line.name, line.quantity, line.unit,
                line.unit_price, line.amount, line.tax_code, line.tax_amount, line.price_gen, line.price_ver,
                line.lot, line.serial,
            )  # fmt: skip
        for source, target, amount in sale_money(sale):
            self.money.add(
                entry.id, step.location, event.register, event.staff, day, source, target, amount, sale.currency,
                "sale",
            )  # fmt: skip


def sale_money(sale: Sale) -> list[tuple[str, str, int]]:
    """The moves (source, target, minor units) of a sale's money, through the clearing account ``receivable``.

    What was earned makes the customer owe; the tenders pay it. Cash rounding in the customer's favour goes the other
    way. Raises :class:`BodyError` when tenders, lines and total disagree: the clearing account would not come to zero.
    """
    if sum(tender.amount for tender in sale.tenders) != sale.total:
        raise BodyError("payload.tenders do not add up to payload.total")
    if sum(line.amount for line in sale.lines) + sale.rounding != sale.total:
        raise BodyError("payload.lines and payload.rounding do not add up to payload.total")
    earned = [(REVENUE, sale.total - sale.tax_total - sale.rounding), (TAX, sale.tax_total), (ROUNDING, sale.rounding)]
    moves = [(account, RECEIVABLE, amount) for account, amount in earned]
    moves += [(RECEIVABLE, tender.tender, tender.amount) for tender in sale.tenders]
    return [
        (source, target, amount) if amount > 0 else (target, source, -amount)
        for source, target, amount in moves
        if amount
    ]
