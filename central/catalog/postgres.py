"""The catalogue in the database. Every function works in the caller's transaction."""

from collections.abc import AsyncIterator, Collection, Sequence

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.catalog.domain import CatalogueItem, ListedPrice
from central.catalog.tables import DEFAULT_PRICE_LIST, item, item_gtin, price, tax_code
from central.importing.keys import among
from central.platform.tables import TENANT
from retail.catalogue import Item, Sku
from retail.gtin import Gtin
from retail.money import Money
from retail.quantity import Unit
from retail.tax import TaxCode

_ITEMS = select(
    item.c.sku, item.c.name, item.c.unit, item.c.tax_code, item.c.weight_g, item.c.age_minimum, item.c.hazard,
    item.c.department, item.c.tags, item.c.withdrawn,
).where(item.c.tenant == TENANT)  # fmt: skip


async def taxes(conn: AsyncConnection) -> dict[str, TaxCode]:
    """All tax codes."""
    query = select(tax_code.c.code, tax_code.c.rate_ppm, tax_code.c.inclusive).where(tax_code.c.tenant == TENANT)
    return {row.code: TaxCode(row.code, row.rate_ppm, row.inclusive) for row in await conn.execute(query)}


async def items(conn: AsyncConnection, skus: Collection[str]) -> dict[Sku, CatalogueItem]:
    """Those of ``skus`` that are known."""
    found = await _read(conn, _ITEMS.where(among(item.c.sku, skus)))
    return {entry.sku: entry for entry in found}


async def page(conn: AsyncConnection, after: str, limit: int) -> list[CatalogueItem]:
    """At most ``limit`` items behind the SKU ``after``, in the database's order of SKUs."""
    return await _read(conn, _ITEMS.where(item.c.sku > after).order_by(item.c.sku).limit(limit))


async def pages(conn: AsyncConnection, limit: int) -> AsyncIterator[list[CatalogueItem]]:
    """All items, ``limit`` at a time."""
    after = ""
    while found := await page(conn, after, limit):
        yield found
        after = found[-1].sku


async def owners(conn: AsyncConnection, gtins: Collection[str]) -> dict[str, Sku]:
    """Whose each of ``gtins`` (14 digits) is; those of nobody are left out."""
    query = select(item_gtin.c.gtin14, item_gtin.c.sku).where(
        item_gtin.c.tenant == TENANT, among(item_gtin.c.gtin14, gtins)
    )
    return {row.gtin14: Sku(row.sku) for row in await conn.execute(query)}


async def prices(conn: AsyncConnection, skus: Collection[str]) -> list[ListedPrice]:
    """The standard prices of ``skus``, by SKU and currency."""
    query = (
        select(price.c.sku, price.c.currency, price.c.price)
        .where(
            price.c.tenant == TENANT,
            price.c.price_list == DEFAULT_PRICE_LIST,
            price.c.effective_ms == 0,
            among(price.c.sku, skus),
        )
        .order_by(price.c.sku, price.c.currency)
    )
    return [ListedPrice(Sku(row.sku), Money(row.price, row.currency)) for row in await conn.execute(query)]


async def write_taxes(conn: AsyncConnection, changed: Sequence[TaxCode]) -> None:
    """Add or replace tax codes."""
    if not changed:
        return
    statement = insert(tax_code)
    replaced = {"rate_ppm": statement.excluded.rate_ppm, "inclusive": statement.excluded.inclusive}
    await conn.execute(
        statement.on_conflict_do_update(constraint=tax_code.primary_key, set_=replaced),
        [{"code": tax.code, "rate_ppm": tax.rate_ppm, "inclusive": tax.inclusive} for tax in changed],
    )


async def write_items(conn: AsyncConnection, changed: Sequence[CatalogueItem]) -> None:
    """Add or replace items and their barcodes."""
    if not changed:
        return
    statement = insert(item)
    written = ("name", "unit", "tax_code", "weight_g", "age_minimum", "hazard", "department", "tags", "withdrawn")
    replaced = {name: statement.excluded[name] for name in written}
    await conn.execute(
        statement.on_conflict_do_update(constraint=item.primary_key, set_=replaced | {"changed_at": func.now()}),
        [
            {
                "sku": entry.sku,
                "name": entry.item.name,
                "unit": entry.item.unit.value,
                "tax_code": entry.item.tax_code,
                "weight_g": entry.weight_g,
                "age_minimum": entry.item.age_minimum,
                "hazard": entry.item.hazard,
                "department": entry.department,
                "tags": entry.tags,
                "withdrawn": entry.withdrawn,
            }
            for entry in changed
        ],
    )
    # All old barcodes go before any new one comes: one may have moved between two of these items.
    skus = [entry.sku for entry in changed]
    await conn.execute(delete(item_gtin).where(item_gtin.c.tenant == TENANT, among(item_gtin.c.sku, skus)))
    barcodes = [{"gtin14": gtin, "sku": entry.sku} for entry in changed for gtin in entry.gtins]
    if barcodes:
        await conn.execute(insert(item_gtin), barcodes)


async def write_prices(conn: AsyncConnection, changed: Sequence[ListedPrice]) -> None:
    """Add or replace standard prices, valid at once."""
    if not changed:
        return
    statement = insert(price)
    replaced = {"price": statement.excluded.price, "changed_at": func.now()}
    await conn.execute(
        statement.on_conflict_do_update(constraint=price.primary_key, set_=replaced),
        [
            {
                "price_list": DEFAULT_PRICE_LIST,
                "sku": listed.sku,
                "currency": listed.amount.currency,
                "effective_ms": 0,
                "price": listed.amount.minor,
            }
            for listed in changed
        ],
    )


async def _read(conn: AsyncConnection, query: Select[tuple[object, ...]]) -> list[CatalogueItem]:
    rows = (await conn.execute(query)).mappings().all()
    barcodes: dict[str, list[Gtin]] = {row["sku"]: [] for row in rows}
    gtin_query = (
        select(item_gtin.c.sku, item_gtin.c.gtin14)
        .where(item_gtin.c.tenant == TENANT, among(item_gtin.c.sku, barcodes))
        .order_by(item_gtin.c.gtin14)
    )
    for sku, gtin14 in await conn.execute(gtin_query):
        barcodes[sku].append(Gtin(gtin14))
    return [
        CatalogueItem(
            Item(
                sku=Sku(row["sku"]),
                name=row["name"],
                unit=Unit(row["unit"]),
                tax_code=row["tax_code"],
                gtins=tuple(barcodes[row["sku"]]),
                age_minimum=row["age_minimum"],
                hazard=row["hazard"],
            ),
            weight_g=row["weight_g"],
            department=row["department"],
            tags=row["tags"],
            withdrawn=row["withdrawn"],
        )
        for row in rows
    ]
