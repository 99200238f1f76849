"""Changes of the catalogue: written, and told to the stores, in one transaction."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from central.catalog import postgres
from central.catalog.domain import CatalogueItem, ListedPrice, tax_record
from central.platform import downlink
from retail.tax import TaxCode
from sync_protocol.streams import CATALOGUE, PRICE, CatalogueDelta, ItemRecord, PriceDelta, PriceRecord, TaxRecord

_PAGE = 1_000


async def change_taxes(conn: AsyncConnection, zones: Sequence[str], changed: Sequence[TaxCode]) -> None:
    """Add or replace tax codes, and tell the stores of ``zones``."""
    await postgres.write_taxes(conn, changed)
    await _tell_taxes(conn, zones, [tax_record(tax) for tax in changed])


async def change_items(
    conn: AsyncConnection,
    zones: Sequence[str],
    changes: Sequence[tuple[CatalogueItem | None, CatalogueItem]],
) -> None:
    """Replace the first item of each change by the second, or add it, and tell the stores what concerns them."""
    await postgres.write_items(conn, [after for _, after in changes])
    news = [after.record for before, after in changes if before is None or before.record != after.record]
    await _tell_items(conn, zones, news)


async def change_prices(conn: AsyncConnection, zones: Sequence[str], changed: Sequence[ListedPrice]) -> None:
    """Set standard prices, and tell the stores of ``zones``."""
    await postgres.write_prices(conn, changed)
    await _tell_prices(conn, zones, [listed.record for listed in changed])


async def fill_zones(conn: AsyncConnection, zones: Sequence[str]) -> None:
    """Tell the whole catalogue to those of ``zones`` that were never told anything.

    Whoever adds a location in a new zone calls this in the same transaction: its stores would otherwise only hear of
    what changes from then on.
    """
    new = [zone for zone in sorted(zones) if await downlink.head(conn, downlink.zone(zone), CATALOGUE) is None]
    if not new:
        return
    await _tell_taxes(conn, new, [tax_record(tax) for tax in (await postgres.taxes(conn)).values()])
    async for page in postgres.pages(conn, _PAGE):
        await _tell_items(conn, new, [entry.record for entry in page])
        listed = await postgres.prices(conn, [entry.sku for entry in page])
        await _tell_prices(conn, new, [entry.record for entry in listed])


async def _tell_taxes(conn: AsyncConnection, zones: Sequence[str], records: Sequence[TaxRecord]) -> None:
    for scope in _scopes(zones):
        await downlink.append_records(conn, scope, CATALOGUE, records, lambda part: CatalogueDelta(taxes=part))


async def _tell_items(conn: AsyncConnection, zones: Sequence[str], records: Sequence[ItemRecord]) -> None:
    for scope in _scopes(zones):
        await downlink.append_records(conn, scope, CATALOGUE, records, lambda part: CatalogueDelta(items=part))


async def _tell_prices(conn: AsyncConnection, zones: Sequence[str], records: Sequence[PriceRecord]) -> None:
    for scope in _scopes(zones):
        await downlink.append_records(conn, scope, PRICE, records, PriceDelta)


def _scopes(zones: Sequence[str]) -> list[str]:
    return sorted(downlink.zone(zone) for zone in zones)
