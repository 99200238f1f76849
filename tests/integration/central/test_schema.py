"""The migrations lead to the very schema that the code states."""

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.platform.engine import make_unpooled_engine
from central.platform.migrate import is_migrated, migrate, newest_revision
from central.schema import metadata
from retail.clock import ManualClock

_DESCRIBE = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
               pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0
          AND c.relname <> 'alembic_version'
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
    """,
    "indexes": """
        SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    """,
}


async def _described(conn: AsyncConnection, what: str) -> set[tuple[object, ...]]:
    return {tuple(row) for row in await conn.execute(text(_DESCRIBE[what]))}


async def test_the_migrated_database_is_what_the_metadata_says(engine: AsyncEngine, postgres: str) -> None:
    name = "stated_by_metadata"
    admin_url = postgres.replace("/tillway?", "/postgres?")
    async with await psycopg.AsyncConnection.connect(admin_url, autocommit=True) as admin:
        await admin.execute(f'CREATE DATABASE "{name}"')
        stated = make_unpooled_engine(postgres.replace("/tillway?", f"/{name}?"))
        async with stated.begin() as conn:
            await conn.run_sync(metadata.create_all)
        async with stated.connect() as stated_conn, engine.connect() as migrated_conn:
            for what in _DESCRIBE:
                migrated = await _described(migrated_conn, what)
                assert migrated == await _described(stated_conn, what), what
                assert len(migrated) > 30
        await stated.dispose()
        await admin.execute(f'DROP DATABASE "{name}"')


async def test_migrating_twice_keeps_the_generation_of_the_first_time(engine: AsyncEngine, database_url: str) -> None:
    async with engine.connect() as conn:
        before = (await conn.execute(text("SELECT gen FROM centre"))).scalar_one()
    assert await migrate(database_url, ManualClock()) == newest_revision()
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT gen FROM centre"))).scalar_one() == before
        assert before > 1_700_000_000
        assert await is_migrated(conn)


async def test_every_key_begins_with_the_tenant() -> None:
    for table in metadata.sorted_tables:
        assert next(iter(table.primary_key.columns)).name == "tenant", table.name
