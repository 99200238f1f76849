"""The middle of each postal area: where a destination without coordinates is taken to be."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.fleet.calendar_tables import postal_area
from central.fleet.geography import ZIP_COUNTRY, Position, zip_digits
from central.importing.rows import batches
from central.platform.tables import TENANT

ZIP_LENGTH_MAX = 12
_BATCH_ROWS = 5_000


def key_of(country: str, code: str) -> str | None:
    """How an area is looked up: five digits in the United States, elsewhere letters and digits alone; None for what
    cannot be a postal code."""
    if country == ZIP_COUNTRY:
        return zip_digits(code.strip())
    key = "".join(code.upper().replace("-", " ").split())
    return key if key.isascii() and key.isalnum() and len(key) <= ZIP_LENGTH_MAX else None


async def find(conn: AsyncConnection, country: str, key: str) -> Position | None:
    """The middle of the area; None where it is not known."""
    query = select(postal_area.c.lat, postal_area.c.lon).where(
        postal_area.c.tenant == TENANT, postal_area.c.country == country, postal_area.c.zip == key
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Position(row.lat, row.lon)


async def keep(conn: AsyncConnection, country: str, areas: Mapping[str, Position]) -> None:
    """Add ``areas`` of ``country``, or move those that are known."""
    statement = insert(postal_area)
    moved = statement.on_conflict_do_update(
        constraint=postal_area.primary_key,
        set_={"lat": statement.excluded.lat, "lon": statement.excluded.lon},
        where=(postal_area.c.lat != statement.excluded.lat) | (postal_area.c.lon != statement.excluded.lon),
    )
    rows = ({"country": country, "zip": key, "lat": at.lat, "lon": at.lon} for key, at in areas.items())
    for batch in batches(rows, _BATCH_ROWS):
        await conn.execute(moved, batch)
