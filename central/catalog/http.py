"""The catalogue over HTTP, to read."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.catalog import postgres
from central.catalog.domain import CatalogueItem
from central.platform.paging import LIMIT_DEFAULT, Cursor, Limit, Page, decode_cursor, encode_cursor
from central.platform.problems import documented, not_found
from retail.catalogue import SKU_LENGTH_MAX, parse_sku


class PriceView(BaseModel):
    """A price in minor units of ``currency`` per piece, or per 1000 g."""

    currency: str
    price: int


class ItemView(BaseModel):
    """An item of the catalogue with its prices."""

    sku: str
    name: str
    unit: str = Field(description="each or gram")
    gtins: list[str] = Field(description="barcodes, 14 digits each")
    tax_code: str
    weight_g: int = Field(description="weight of one piece in grams, 0 where unknown")
    department: str
    tags: list[str] = Field(description="what rules of routing may call it by")
    age_minimum: int = Field(description="years, 0 for anybody")
    hazard: str = Field(description="class of dangerous goods, empty for none")
    withdrawn: bool = Field(description="no longer sold")
    prices: list[PriceView]


def router(engine: AsyncEngine) -> APIRouter:
    """The routes under ``/v1/items``."""
    routes = APIRouter(prefix="/v1/items", tags=["catalogue"])

    @routes.get("", responses=dict(documented()))
    async def list_items(limit: Limit = LIMIT_DEFAULT, cursor: Cursor = "") -> Page[ItemView]:
        """All items by SKU, a page at a time."""
        after = decode_cursor(cursor)
        async with engine.connect() as conn:
            found = await postgres.page(conn, after, limit + 1)
            shown = found[:limit]
            return Page(
                items=await _views(conn, shown),
                next=encode_cursor(shown[-1].sku) if len(found) > limit else None,
            )

    @routes.get("/{sku:path}", responses=dict(documented(404)))
    async def get_item(sku: Annotated[str, Path(max_length=SKU_LENGTH_MAX * 4)]) -> ItemView:
        """One item."""
        key = parse_sku(sku)
        async with engine.connect() as conn:
            found = await postgres.items(conn, [key])
            if key not in found:
                raise not_found("item")
            return (await _views(conn, [found[key]]))[0]

    return routes


async def _views(conn: AsyncConnection, entries: list[CatalogueItem]) -> list[ItemView]:
    prices: dict[str, list[PriceView]] = {entry.sku: [] for entry in entries}
    for listed in await postgres.prices(conn, list(prices)):
        prices[listed.sku].append(PriceView(currency=listed.amount.currency, price=listed.amount.minor))
    return [
        ItemView(
            sku=entry.sku,
            name=entry.item.name,
            unit=entry.item.unit.value,
            gtins=list(entry.gtins),
            tax_code=entry.item.tax_code,
            weight_g=entry.weight_g,
            department=entry.department,
            tags=list(entry.tags),
            age_minimum=entry.item.age_minimum,
            hazard=entry.item.hazard,
            withdrawn=entry.withdrawn,
            prices=prices[entry.sku],
        )
        for entry in entries
    ]
