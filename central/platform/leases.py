"""Leases: work that only one process may do at a time, and the fence against one that does not know it lost.

The holder's token contains the centre's generation and rises with each change of holder. Whoever writes under a lease
calls :func:`check` in the writing transaction: it locks the lease row, so the lease cannot change hands before commit.
"""

from datetime import timedelta

from sqlalchemy import Interval, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform.tables import TENANT, lease
from retail.errors import Retryable

_ACQUIRE = text(
    """
    INSERT INTO lease AS held (tenant, name, holder, token, expires_at)
    SELECT :tenant, :name, :holder, gen << 20, clock_timestamp() + :ttl FROM centre WHERE tenant = :tenant
    ON CONFLICT (tenant, name) DO UPDATE SET
        holder = excluded.holder,
        expires_at = excluded.expires_at,
        token = CASE WHEN held.holder = excluded.holder AND held.expires_at > clock_timestamp() THEN held.token
                     ELSE greatest(held.token + 1, excluded.token) END
    WHERE held.holder = excluded.holder OR held.expires_at <= clock_timestamp()
    RETURNING token
    """
).bindparams(bindparam("ttl", type_=Interval))


class LeaseLost(Retryable):
    """Somebody else does this work now, or may: undo and stop."""


async def acquire(conn: AsyncConnection, name: str, holder: str, ttl_s: float) -> int | None:
    """Take or renew the lease ``name`` for ``ttl_s`` seconds. The token, or None while another holds it."""
    parameters = {"tenant": TENANT, "name": name, "holder": holder, "ttl": timedelta(seconds=ttl_s)}
    return (await conn.execute(_ACQUIRE, parameters)).scalar_one_or_none()


async def check(conn: AsyncConnection, name: str, token: int) -> None:
    """Make sure that the lease is still held under ``token``, until this transaction ends.

    Raises :class:`LeaseLost` otherwise.
    """
    query = (
        select(lease.c.token)
        .where(
            lease.c.tenant == TENANT,
            lease.c.name == name,
            lease.c.token == token,
            lease.c.expires_at > func.clock_timestamp(),
        )
        .with_for_update(read=True)
    )
    if (await conn.execute(query)).scalar_one_or_none() is None:
        raise LeaseLost(f"the lease {name} is held by another")


async def release(conn: AsyncConnection, name: str, token: int) -> None:
    """Give the lease back early, so that the next holder need not wait. Harmless when it was lost."""
    # The row stays, so that the token goes on rising.
    await conn.execute(
        update(lease)
        .where(lease.c.tenant == TENANT, lease.c.name == name, lease.c.token == token)
        .values(expires_at=func.clock_timestamp())
    )
