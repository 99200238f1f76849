"""The generation of the centre's database: the first half of every downlink version and of every grant.

Set once, at the first migration, to the unix time in seconds. Raising it when the database is restored or a standby is
promoted comes later; whoever needs it asks here, so that only this file will change.
"""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform.tables import TENANT, centre
from retail.clock import Clock


async def ensure(conn: AsyncConnection, clock: Clock) -> None:
    """Give the database a generation if it has none."""
    await conn.execute(insert(centre).values(gen=clock.now_ms() // 1000).on_conflict_do_nothing())


async def current(conn: AsyncConnection) -> int:
    """The generation of this database."""
    gen: int = (await conn.execute(select(centre.c.gen).where(centre.c.tenant == TENANT))).scalar_one()
    return gen
