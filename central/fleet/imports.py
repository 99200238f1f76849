"""The network import: a file of places compared with the places known, and the difference written."""

from dataclasses import asdict, dataclass, fields

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.fleet.geography import Centroids
from central.fleet.network_checks import Surroundings
from central.fleet.network_rows import adapter, read_location, read_places
from central.fleet.place import Place
from central.fleet.tables import DEFAULT_ZONE, location, store_link
from central.importing.csv_file import Table
from central.importing.keys import among
from central.importing.rows import batches, once_each
from central.platform.tables import TENANT
from retail.cleaning import Action

BATCH_ROWS = 500

_COLUMNS = [location.c[field.name] for field in fields(Place)]


@dataclass
class NetworkOutcome:
    """What an import did to the network. ``taking_orders`` counts the file's places that are open for orders."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    taking_orders: int = 0


async def import_network(conn: AsyncConnection, table: Table, centroids: Centroids | None) -> NetworkOutcome:
    """Bring the network to what ``table`` says. Findings go to the table's report.

    ``centroids`` are the ZIP areas that coordinates are compared with; without them none is believed or refused.
    Places that the file does not name stay as they are. Raises :class:`Refused` when the file cannot be understood;
    the caller then rolls back.
    """
    adapt = adapter(table)
    report = table.report
    if centroids is None:
        report.add(
            0, "lat", "", "coordinates are unverified: no file of ZIP areas was given", "give --zip-centroids FILE",
            Action.KEPT,
        )  # fmt: skip
    beside = Surroundings(centroids, await _linked(conn))
    outcome = NetworkOutcome()
    for batch in batches(once_each(map(adapt, table.rows()), read_location, "location", report), BATCH_ROWS):
        known = await _places(conn, [key for key, _ in batch])
        places = read_places(batch, known, beside, report)
        await _write(conn, [place for place in places if known.get(place.location) != place])
        for place in places:
            before = known.get(place.location)
            outcome.added += before is None
            outcome.changed += before is not None and before != place
            outcome.unchanged += before == place
            outcome.taking_orders += place.open_for_orders
    return outcome


async def zones_in_use(conn: AsyncConnection) -> list[str]:
    """The zones of all locations and the default one, in order."""
    query = select(location.c.zone).where(location.c.tenant == TENANT).distinct()
    return sorted({DEFAULT_ZONE, *(await conn.execute(query)).scalars()})


async def _linked(conn: AsyncConnection) -> frozenset[str]:
    query = select(store_link.c.location).where(store_link.c.tenant == TENANT)
    return frozenset((await conn.execute(query)).scalars())


async def _places(conn: AsyncConnection, keys: list[str]) -> dict[str, Place]:
    query = select(*_COLUMNS).where(location.c.tenant == TENANT, among(location.c.location, keys)).with_for_update()
    return {row["location"]: Place(**row) for row in (await conn.execute(query)).mappings()}


async def _write(conn: AsyncConnection, places: list[Place]) -> None:
    if not places:
        return
    statement = insert(location)
    replaced = {column.name: statement.excluded[column.name] for column in _COLUMNS if not column.primary_key}
    await conn.execute(
        statement.on_conflict_do_update(constraint=location.primary_key, set_=replaced | {"changed_at": func.now()}),
        [asdict(place) for place in places],
    )
