"""Selling, and receipts again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response, status
from pydantic import Field

from edge_node.checkout.pricing import Wanted
from edge_node.checkout.receipt import change_of
from edge_node.checkout.sell import Paid, SaleRequest, reprint, sell
from edge_node.lan.box import TheBox
from edge_node.lan.items import PricedLine, QuoteLine
from edge_node.lan.models import Amount, Answer, Register, Request, Who
from edge_node.lan.problems import NotFound, documented
from edge_node.ports import StoredSale
from retail.basket import LINES_MAX
from retail.money import Money
from retail.tender import CASH, TENDERS_MAX

router = APIRouter(prefix="/v1/sales", tags=["sales"])


class TenderIn(Request):
    """Money given by the customer, in minor units."""

    tender: Annotated[str, Field(max_length=20)] = CASH
    given: Amount


class SaleIn(Request):
    """A basket and what is paid for it. ``key`` is new for every sale and the same for every try of it."""

    key: UUID
    register_number: Annotated[str, Register]
    staff: Who = ""
    lines: Annotated[list[QuoteLine], Field(min_length=1, max_length=LINES_MAX)]
    tenders: Annotated[list[TenderIn], Field(max_length=TENDERS_MAX)]


class TenderOut(Answer):
    """``amount`` counts towards the total; ``given - amount`` went back."""

    tender: str
    amount: int
    given: int


class SaleOut(Answer):
    """A sale. ``event_id`` is its entry in the box's log."""

    id: UUID
    event_id: UUID
    receipt: str
    register_number: Annotated[str, Register]
    staff: str
    at_ms: int
    business_day: str
    currency: str
    total: int
    total_text: str
    tax_total: int
    rounding: int
    change: int
    lines: list[PricedLine]
    tenders: list[TenderOut]


class ReprintOut(Answer):
    """The print job of a copy."""

    print_job: UUID


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": SaleOut, "description": "This key has made the sale before."},
        **documented(400, 409, 413, 422),
    },
    summary="Sell a basket",
)
async def create_sale(box: TheBox, request: SaleIn, response: Response) -> SaleOut:
    """201 when this request made the sale, 200 when a former one with the same key did. Then the drawer opens."""
    wanted = SaleRequest(
        request.key, request.register_number, request.staff,
        [Wanted(line.code, line.quantity) for line in request.lines],
        [Paid(tender.tender, tender.given) for tender in request.tenders],
    )  # fmt: skip
    sold = await box.store.write(lambda tx: sell(tx, box.till, wanted))
    if sold.is_new:
        box.metrics.sales.inc()
        if any(tender.tender == CASH for tender in sold.stored.sale.tenders):
            box.open_drawer(request.register_number)
    else:
        response.status_code = status.HTTP_200_OK
    return _sale(sold.stored)


@router.get("/{sale_id}", responses=documented(404, 422), summary="One sale")
async def get_sale(box: TheBox, sale_id: UUID) -> SaleOut:
    """The sale as the log holds it."""
    stored = await box.store.read(lambda view: view.sale(sale_id))
    if stored is None:
        raise NotFound(f"sale {sale_id}")
    return _sale(stored)


@router.post(
    "/{sale_id}/reprint",
    status_code=status.HTTP_202_ACCEPTED,
    responses=documented(400, 404, 413, 422),
    summary="Print the receipt again",
)
async def reprint_receipt(box: TheBox, sale_id: UUID) -> ReprintOut:
    """Queues a copy, marked as one. The drawer stays shut."""
    job = await box.store.write(lambda tx: reprint(tx, box.till, sale_id))
    if job is None:
        raise NotFound(f"sale {sale_id}")
    return ReprintOut(print_job=job)


def _sale(stored: StoredSale) -> SaleOut:
    sale, event = stored.sale, stored.event
    return SaleOut(
        id=sale.sale_id, event_id=stored.event_id, receipt=sale.receipt, register_number=event.register,
        staff=event.staff,
        at_ms=event.at_ms, business_day=event.business_day, currency=sale.currency, total=sale.total,
        total_text=str(Money(sale.total, sale.currency)), tax_total=sale.tax_total, rounding=sale.rounding,
        change=change_of(sale),
        lines=[
            PricedLine(
                sku=line.sku, gtin=line.gtin, name=line.name, quantity=line.quantity, unit=line.unit,
                unit_price=line.unit_price, amount=line.amount, tax_code=line.tax_code, tax_amount=line.tax_amount,
            )
            for line in sale.lines
        ],
        tenders=[TenderOut(tender=each.tender, amount=each.amount, given=each.given) for each in sale.tenders],
    )  # fmt: skip
