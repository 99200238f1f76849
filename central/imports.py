"""Imports of files, each in one transaction: all of it with its cleaning report, or nothing.

The same file again changes nothing and tells the stores nothing; only its report is kept anew. Files are read on the
spot, with blocking calls: this is for commands and the demo, not for a process that answers requests meanwhile.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.catalog.imports import import_catalogue
from central.catalog.use_cases import fill_zones
from central.fleet import postal_areas
from central.fleet.calendar_imports import import_collections, import_days
from central.fleet.geography import CENTROID_COLUMNS, ZIP_COUNTRY, Position, read_centroids
from central.fleet.imports import import_network, zones_in_use
from central.importing import reports
from central.importing.csv_file import Progress, Table, no_progress, open_table
from central.inventory.imports import import_stock
from central.platform import audit
from retail.cleaning import CleaningReport
from retail.clock import Clock
from retail.ids import IdSource
from retail.text import printable
from sync_protocol.events import AdjustmentLine

NETWORK, CATALOGUE, STOCK = "network", "catalogue", "stock"
DAYS, COLLECTIONS = "days", "collections"
ZIP_CENTROIDS, TAX = "zip_centroids", "tax"

ACTOR = "import"
"""Who did it, in the audit log and as staff of the stock events."""


class Adjust(Protocol):
    """How `central.inventory` books a change of stock that begins at the centre."""

    async def __call__(
        self,
        conn: AsyncConnection,
        location: str,
        lines: Sequence[AdjustmentLine],
        reason: str,
        ids: IdSource,
        clock: Clock,
        staff: str,
        /,
    ) -> object: ...


@dataclass(frozen=True)
class Request:
    """What to import. ``zip_centroids`` goes with a network, ``tax`` with a catalogue."""

    kind: str
    file: Path
    zip_centroids: Path | None = None
    tax: Path | None = None


@dataclass(frozen=True)
class Imported:
    """What became of a request: the report of each file, the main one first, and figures that depend on the kind."""

    report_id: UUID
    reports: Sequence[CleaningReport]
    figures: dict[str, int]


@dataclass(frozen=True)
class Tools:
    """What imports need from outside."""

    ids: IdSource
    clock: Clock
    adjust: Adjust
    progress: Progress = no_progress


async def run(engine: AsyncEngine, request: Request, tools: Tools) -> Imported:
    """Do ``request``. Raises :class:`~retail.errors.Refused` when a file cannot be understood; nothing changed then."""
    with ExitStack() as files:
        main = _open(files, request.kind, request.file, tools.progress)
        async with engine.begin() as conn:
            await reports.one_at_a_time(conn)
            others: list[Table] = []
            if request.kind == NETWORK:
                others, figures = await _network(conn, main, request, files)
            elif request.kind == CATALOGUE:
                others, figures = await _catalogue(conn, main, request, files)
            elif request.kind == DAYS:
                figures = asdict(await import_days(conn, main))
            elif request.kind == COLLECTIONS:
                figures = asdict(await import_collections(conn, main))
            else:
                figures = await _stock(conn, main, tools)
            report_id = tools.ids.uuid7()
            await reports.save(conn, report_id, main.report)
            for table in others:
                await reports.save(conn, tools.ids.uuid7(), table.report)
            await audit.record(conn, ACTOR, f"import.{request.kind}", f"import/{report_id}", figures)
    return Imported(report_id, [main.report, *(table.report for table in others)], figures)


async def _network(
    conn: AsyncConnection, main: Table, request: Request, files: ExitStack
) -> tuple[list[Table], dict[str, int]]:
    centroids: dict[str, Position] | None = None
    others: list[Table] = []
    if request.zip_centroids is not None:
        table = _open(files, ZIP_CENTROIDS, request.zip_centroids)
        table.check_heading(CENTROID_COLUMNS, CENTROID_COLUMNS)
        centroids = read_centroids(table.rows(), table.report)
        await postal_areas.keep(conn, ZIP_COUNTRY, centroids)
        others.append(table)
    outcome = await import_network(conn, main, centroids)
    await fill_zones(conn, await zones_in_use(conn))
    return others, asdict(outcome)


async def _catalogue(
    conn: AsyncConnection, main: Table, request: Request, files: ExitStack
) -> tuple[list[Table], dict[str, int]]:
    tax = None if request.tax is None else _open(files, TAX, request.tax)
    outcome = await import_catalogue(conn, main, tax, await zones_in_use(conn))
    return [] if tax is None else [tax], asdict(outcome)


async def _stock(conn: AsyncConnection, main: Table, tools: Tools) -> dict[str, int]:
    async def book(conn: AsyncConnection, location: str, lines: Sequence[AdjustmentLine], reason: str) -> None:
        await tools.adjust(conn, location, lines, reason, tools.ids, tools.clock, ACTOR)

    return asdict(await import_stock(conn, main, book))


def _open(files: ExitStack, kind: str, path: Path, progress: Progress = no_progress) -> Table:
    return files.enter_context(open_table(path, CleaningReport(kind, printable(path.name)), progress))
