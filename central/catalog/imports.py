"""The catalogue import: a file of items and a tax table compared with what is known, and the difference written."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from central.catalog import postgres, use_cases
from central.catalog.rows import (
    COLUMNS,
    REQUIRED_COLUMNS,
    TAX_COLUMNS,
    Entry,
    claim,
    read_entries,
    read_sku,
    read_tax_code,
    read_taxes,
)
from central.importing.csv_file import Table
from central.importing.rows import batches, once_each

BATCH_ROWS = 1_000


@dataclass
class CatalogueOutcome:
    """What an import did to the catalogue. ``unchanged`` rows changed neither their item nor its price."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    prices_changed: int = 0
    taxes_changed: int = 0


async def import_catalogue(
    conn: AsyncConnection, table: Table, taxes: Table | None, zones: Sequence[str]
) -> CatalogueOutcome:
    """Bring tax codes, items and prices to what ``taxes`` and ``table`` say; findings go to the tables' reports.

    The stores of ``zones`` are told what changed for them, and new zones everything. Items that the file does not name
    stay as they are. Raises :class:`~retail.errors.Refused` when a file cannot be understood; the caller then rolls
    back.
    """
    table.check_heading(REQUIRED_COLUMNS, COLUMNS)
    await use_cases.fill_zones(conn, zones)
    outcome = CatalogueOutcome()
    known_taxes = await postgres.taxes(conn)
    if taxes is not None:
        taxes.check_heading(TAX_COLUMNS, TAX_COLUMNS)
        stated = read_taxes(once_each(taxes.rows(), read_tax_code, "code", taxes.report), taxes.report)
        changed = [tax for tax in stated if known_taxes.get(tax.code) != tax]
        await use_cases.change_taxes(conn, zones, changed)
        known_taxes |= {tax.code: tax for tax in changed}
        outcome.taxes_changed = len(changed)
    for batch in batches(once_each(table.rows(), read_sku, "sku", table.report), BATCH_ROWS):
        known = await postgres.items(conn, [sku for sku, _ in batch])
        entries = read_entries(batch, known, known_taxes, table.report)
        owners = await postgres.owners(conn, sorted({gtin for entry in entries for gtin in entry.item.gtins}))
        await _write(conn, zones, claim(entries, owners, table.report), outcome)
    return outcome


async def _write(
    conn: AsyncConnection, zones: Sequence[str], entries: Sequence[Entry], outcome: CatalogueOutcome
) -> None:
    known_prices = set(await postgres.prices(conn, [entry.item.sku for entry in entries]))
    changes = [(entry.known, entry.item) for entry in entries if entry.known != entry.item]
    prices = [entry.price for entry in entries if entry.price is not None and entry.price not in known_prices]
    await use_cases.change_items(conn, zones, changes)
    await use_cases.change_prices(conn, zones, prices)
    touched = {item.sku for _, item in changes} | {listed.sku for listed in prices}
    outcome.added += sum(known is None for known, _ in changes)
    outcome.changed += sum(known is not None for known, _ in changes)
    outcome.prices_changed += len(prices)
    outcome.unchanged += len(entries) - len(touched)
