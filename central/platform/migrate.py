"""Bringing a database to the newest schema, and giving it its generation.

Several centres may start at once: an advisory lock of the migrating transaction lets one work and the others wait.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform import generation
from central.platform.engine import make_unpooled_engine
from retail.clock import Clock

_FOLDER = Path(__file__).with_name("migrations")
_LOCK = 0x7111_0001
"""Key of the advisory lock; any number that nobody else uses."""


async def migrate(database_url: str, clock: Clock) -> str:
    """Migrate the database and return its revision. All or nothing; harmless when it is up to date already."""
    engine = make_unpooled_engine(database_url)
    try:
        async with engine.begin() as conn:
            await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await conn.run_sync(_upgrade)
            await generation.ensure(conn, clock)
    finally:
        await engine.dispose()
    return newest_revision()


async def is_migrated(conn: AsyncConnection) -> bool:
    """Whether the database has the schema that this program needs."""
    if (await conn.execute(text("SELECT to_regclass('alembic_version') IS NULL"))).scalar_one():
        return False
    return (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalar() == newest_revision()


def newest_revision() -> str:
    """The revision that this program's migrations lead to."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
