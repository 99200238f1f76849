"""Items and their prices; what a basket would cost."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from edge_node.checkout.pricing import Wanted, price_basket
from edge_node.lan.box import TheBox
from edge_node.lan.models import Answer, Code, Limit, Quantity, Request
from edge_node.lan.problems import NotFound, documented
from edge_node.ports import ShelfItem, View
from edge_node.ports.lookup import UnknownItem, find
from retail.basket import LINES_MAX, Basket

router = APIRouter(prefix="/v1", tags=["items"])


class Price(Answer):
    """A price per piece, or per 1000 g, and the version of the price list that it comes from."""

    amount: int
    currency: str
    text: str
    gen: int
    ver: int


class Item(Answer):
    """An item of the store. ``price`` is null for one without a price: it cannot be sold."""

    sku: str
    name: str
    unit: str
    gtins: list[str]
    tax_code: str
    price: Price | None
    sellable: int
    age_minimum: int
    hazard: str
    weight_g: int
    withdrawn: bool


class ItemPage(Answer):
    """Items in the order of their SKUs. ``next`` continues; null at the end."""

    items: list[Item]
    next: str | None


class QuoteLine(Request):
    """A barcode or SKU, and how many pieces or grams."""

    code: Code
    quantity: Quantity = 1


class QuoteRequest(Request):
    """A basket."""

    lines: Annotated[list[QuoteLine], Field(min_length=1, max_length=LINES_MAX)]


class PricedLine(Answer):
    """A line of a basket at its price."""

    sku: str
    gtin: str
    name: str
    quantity: int
    unit: str
    unit_price: int
    amount: int
    tax_code: str
    tax_amount: int


class TaxTotal(Answer):
    """All lines of one rate. ``rate_ppm`` is in millionths."""

    code: str
    rate_ppm: int
    inclusive: bool
    net: int
    tax: int
    gross: int


class Quote(Answer):
    """What a basket costs now. ``age_minimum`` is the age that its buyer must have."""

    currency: str
    total: int
    total_text: str
    tax_total: int
    lines: list[PricedLine]
    taxes: list[TaxTotal]
    age_minimum: int


@router.get("/items", responses=documented(422), summary="All items of the store")
async def items(box: TheBox, after: Annotated[str, Query(max_length=64)] = "", limit: Limit = 100) -> ItemPage:
    """In the order of their SKUs, those behind ``after``."""
    page = await box.store.read(lambda view: [_item(view, found) for found in view.items(after, limit)])
    return ItemPage(items=page, next=page[-1].sku if len(page) == limit else None)


@router.get("/items/{code}", responses=documented(404, 422), summary="One item by barcode or SKU")
async def item(box: TheBox, code: Annotated[str, Path(min_length=1, max_length=64)]) -> Item:
    """Refused for a barcode with a wrong check digit."""

    try:
        return await box.store.read(lambda view: _item(view, find(view, code)[0]))
    except UnknownItem:
        raise NotFound(f"item {code}") from None


@router.post("/quotes", responses=documented(400, 413, 422), summary="What a basket costs")
async def quote(box: TheBox, request: QuoteRequest) -> Quote:
    """Sells nothing and keeps nothing."""
    wanted = [Wanted(line.code, line.quantity) for line in request.lines]
    basket = await box.store.read(lambda view: price_basket(view, box.till.currency, wanted))
    return _quote(basket)


def _item(view: View, found: ShelfItem) -> Item:
    item = found.item
    price = view.price(item.sku)
    return Item(
        sku=item.sku, name=item.name, unit=item.unit.value, gtins=[gtin.text14 for gtin in item.gtins],
        tax_code=item.tax_code,
        price=Price(amount=price.amount.minor, currency=price.amount.currency, text=str(price.amount), gen=price.gen,
                    ver=price.ver) if price else None,
        sellable=view.sellable(item.sku), age_minimum=item.age_minimum, hazard=item.hazard, weight_g=found.weight_g,
        withdrawn=found.withdrawn,
    )  # fmt: skip


def _quote(basket: Basket) -> Quote:
    return Quote(
        currency=basket.currency, total=basket.total.minor, total_text=str(basket.total),
        tax_total=basket.tax_total.minor, age_minimum=basket.age_minimum,
        lines=[
            PricedLine(
                sku=line.item.sku, gtin=line.gtin.text14 if line.gtin else "", name=line.item.name,
                quantity=line.quantity.amount, unit=line.quantity.unit.value, unit_price=line.price.amount.minor,
                amount=line.amount.minor, tax_code=line.tax.code, tax_amount=line.tax_amount.minor,
            )
            for line in basket.lines
        ],
        taxes=[
            TaxTotal(
                code=share.tax.code, rate_ppm=share.tax.rate_ppm, inclusive=share.tax.inclusive, net=share.net.minor,
                tax=share.tax_amount.minor, gross=share.amount.minor,
            )
            for share in basket.tax_totals
        ],
    )  # fmt: skip
