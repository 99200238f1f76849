"""The one statement that stores a group of batches, and what is read before it.

Compare-and-set of the watermarks, entries, events, effects and work for other contexts are one statement in one
transaction: either all of a box's batch is there, or none of it, and two workers that hold the same batch cannot both
store it. Only boxes whose compare-and-set succeeds bring anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.ingest.domain import Rows
from central.platform import outbox
from central.platform.tables import TENANT
from sync_protocol.receiver import Watermark


@dataclass(frozen=True)
class LinkedBox:
    """A box that may speak for a location: the epoch of its grant and how far its log is stored."""

    location: str
    box: UUID
    epoch: int
    watermark: Watermark


async def linked_boxes(conn: AsyncConnection, boxes: Iterable[UUID] | None = None) -> dict[UUID, LinkedBox]:
    """The open boxes among ``boxes`` (default: all), with their watermarks."""
    wanted = None if boxes is None else list(boxes)
    rows = await conn.execute(
        text(
            "SELECT l.location, l.box, l.epoch, w.seq, w.hash FROM store_link l"
            " JOIN watermark w ON w.tenant = l.tenant AND w.location = l.location AND w.box = l.box"
            " WHERE l.tenant = :tenant AND (CAST(:boxes AS uuid[]) IS NULL OR l.box = ANY(CAST(:boxes AS uuid[])))"
        ),
        {"tenant": TENANT, "boxes": wanted},
    )
    return {row.box: LinkedBox(row.location, row.box, row.epoch, Watermark(row.seq, bytes(row.hash))) for row in rows}


async def store(conn: AsyncConnection, rows: Rows) -> set[UUID]:
    """Store a group. Returns the boxes whose watermark moved; a box that is missing was overtaken by another worker."""
    parameters: dict[str, object] = {"tenant": TENANT}
    for relation in rows.relations:
        parameters.update(relation.parameters)
    result = await conn.execute(_STORE, parameters)
    return {row.box for row in result}


def _statement(rows: Rows) -> str:
    return f"""
WITH moved AS (
    UPDATE watermark w SET seq = step.next_seq, hash = step.next_hash FROM {rows.steps.sql}
    WHERE w.tenant = :tenant AND w.location = step.location AND w.box = step.box
      AND w.seq = step.seq AND w.hash = step.hash
    RETURNING w.location, w.box
), stored AS (
    INSERT INTO log_entry (tenant, location, box, seq, id, body, hash)
    SELECT :tenant, entry.* FROM {rows.entries.sql} JOIN moved USING (location, box)
), parked AS (
    INSERT INTO dead_letter (tenant, id, location, box, seq, reason, body)
    SELECT :tenant, dead.* FROM {rows.dead.sql} JOIN moved USING (location, box)
), fresh AS (
    INSERT INTO event (tenant, id, location, box, seq, kind, at_ms, time_quality, business_day, register, staff)
    SELECT :tenant, happened.* FROM {rows.events.sql} JOIN moved USING (location, box)
    ON CONFLICT (tenant, id) DO NOTHING RETURNING id
), moves AS (
    INSERT INTO stock_move (tenant, event_id, location, sku, lot, serial, source, target, quantity, reason,
                            business_day, staff, at_ms)
    SELECT :tenant, move.* FROM {rows.moves.sql} JOIN fresh ON fresh.id = move.event_id
    RETURNING location, sku, lot, serial, source, target, quantity
), balances AS (
    INSERT INTO stock_balance (tenant, location, sku, state, lot, serial, quantity)
    SELECT :tenant, location, sku, state, lot, serial, sum(change) FROM (
        SELECT location, sku, lot, serial, source AS state, -quantity AS change FROM moves
        UNION ALL SELECT location, sku, lot, serial, target, quantity FROM moves
    ) changes
    GROUP BY location, sku, state, lot, serial ORDER BY location, sku, state, lot, serial
    ON CONFLICT (tenant, location, sku, state, lot, serial)
    DO UPDATE SET quantity = stock_balance.quantity + excluded.quantity, changed_at = now()
), receipts AS (
    INSERT INTO sale (tenant, sale_id, event_id, location, register, receipt, business_day, currency, total,
                      tax_total, rounding, at_ms, staff)
    SELECT :tenant, receipt.* FROM {rows.sales.sql} JOIN fresh ON fresh.id = receipt.event_id
), receipt_lines AS (
    INSERT INTO sale_line (tenant, sale_id, line_no, sku, gtin, name, quantity, unit, unit_price, amount, tax_code,
                           tax_amount, price_gen, price_ver, lot, serial)
    SELECT :tenant, line.sale_id, line.line_no, line.sku, line.gtin, line.name, line.quantity, line.unit,
           line.unit_price, line.amount, line.tax_code, line.tax_amount, line.price_gen, line.price_ver, line.lot,
           line.serial
    FROM {rows.sale_lines.sql} JOIN fresh ON fresh.id = line.event_id
), cash AS (
    INSERT INTO money_move (tenant, event_id, location, register, staff, business_day, source, target, amount,
                            currency, reason)
    SELECT :tenant, money.* FROM {rows.money.sql} JOIN fresh ON fresh.id = money.event_id
), jobs AS (
    INSERT INTO outbox (tenant, topic, key, payload)
    SELECT :tenant, work.topic, work.key, work.payload
    FROM {rows.work.sql} JOIN fresh ON fresh.id = work.event_id
    ORDER BY work.ordinal RETURNING topic
), rung AS MATERIALIZED (
    SELECT pg_notify('{outbox.CHANNEL}', topic) FROM jobs GROUP BY topic
)
SELECT box, (SELECT count(*) FROM rung) AS topics FROM moved
"""


_STORE = text(_statement(Rows(())))
"""The statement is the same for every group: only its arrays differ."""
