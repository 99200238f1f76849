"""Who changed what, when: append-only, written in the transaction of the change."""

from collections.abc import Mapping

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform.tables import audit


async def record(
    conn: AsyncConnection, actor: str, action: str, subject: str, detail: Mapping[str, object] | None = None
) -> None:
    """Note that ``actor`` did ``action`` to ``subject`` (``location/S0412``). ``detail`` must be JSON and hold no
    secret and no personal data."""
    await conn.execute(insert(audit).values(actor=actor, action=action, subject=subject, detail=dict(detail or {})))
