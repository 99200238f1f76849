"""Proves that the reservation ledger and the order lines tell the same story."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.inventory.domain import Discrepancy
from central.platform.tables import TENANT

FINDINGS_MAX = 100

_CLAIMS = text(
    """
    WITH claimed AS (
        SELECT order_line AS line_id, location, state, sum(quantity) AS quantity FROM reservation_entry
        WHERE tenant = :tenant GROUP BY order_line, location, state HAVING sum(quantity) <> 0
    ), due AS (
        SELECT l.line_id, coalesce(t.location, '') AS location, l.quantity,
               CASE l.state WHEN 'open' THEN 'wanted' WHEN 'offered' THEN 'offered' ELSE 'set_aside' END AS state
        FROM order_line l LEFT JOIN task t ON t.tenant = l.tenant AND t.task_id = l.task
        WHERE l.tenant = :tenant AND l.state IN ('open', 'offered', 'assigned', 'started')
    )
    SELECT 'order line ' || line_id, state, coalesce(c.quantity, 0) AS claimed, coalesce(d.quantity, 0) AS due
    FROM claimed c FULL JOIN due d USING (line_id, location, state)
    WHERE coalesce(c.quantity, 0) <> coalesce(d.quantity, 0)
    ORDER BY 1 LIMIT :limit
    """
)

_SHIPPED = text(
    """
    SELECT 'order line ' || l.line_id, l.state, l.quantity, s.quantity AS shipped
    FROM order_line l FULL JOIN shipment_line s ON s.tenant = l.tenant AND s.line_id = l.line_id
    WHERE coalesce(l.tenant, s.tenant) = :tenant
      AND (l.state = 'shipped' OR s.line_id IS NOT NULL)
      AND (l.state IS DISTINCT FROM 'shipped' OR l.quantity IS DISTINCT FROM s.quantity)
    ORDER BY 1 LIMIT :limit
    """
)


async def check_claims(conn: AsyncConnection) -> list[Discrepancy]:
    """Everything in which reservations or shipments contradict the order lines; empty is how it must be."""
    parameters = {"tenant": TENANT, "limit": FINDINGS_MAX}
    claims = [
        Discrepancy("a claim does not follow its order line", line, f"{state}: {claimed} claimed, {due} due")
        for line, state, claimed, due in await conn.execute(_CLAIMS, parameters)
    ]
    shipped = [
        Discrepancy("a shipment does not follow its order line", line, f"{state}: {quantity} of it, {gone} shipped")
        for line, state, quantity, gone in await conn.execute(_SHIPPED, parameters)
    ]
    return claims + shipped
