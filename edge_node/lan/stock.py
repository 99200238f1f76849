"""Stock: looking at it, changing it by hand, counting it."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response, status
from pydantic import Field

from edge_node.lan.box import TheBox
from edge_node.lan.models import Answer, Code, Integer, Limit, Register, Request, Who
from edge_node.lan.problems import NotFound, documented
from edge_node.ports import StockRow, View
from edge_node.ports.lookup import UnknownItem, find
from edge_node.stockroom.adjust import (
    LOT_LENGTH_MAX,
    NOTE_LENGTH_MAX,
    QUANTITY_MAX,
    AdjustmentRequest,
    AdjustmentWanted,
    adjust,
)
from sync_protocol.events import LINES_MAX

router = APIRouter(prefix="/v1/stock", tags=["stock"])

Lot = Annotated[str, Field(max_length=LOT_LENGTH_MAX)]


class StockLevel(Answer):
    """What the store has of one SKU in one state, in the item's unit."""

    sku: str
    state: str
    lot: str
    serial: str
    quantity: int


class StockPage(Answer):
    """Sellable, reserved and damaged stock by SKU. ``next`` continues; null at the end."""

    rows: list[StockLevel]
    next: str | None


class SkuStock(Answer):
    """All states of one SKU, the counter-accounts included: they add up to zero."""

    sku: str
    sellable: int
    rows: list[StockLevel]


class AdjustmentLineIn(Request):
    """``quantity`` is added to the sellable stock; with the reason count it is what was counted."""

    code: Code
    quantity: Annotated[Integer, Field(ge=-QUANTITY_MAX, le=QUANTITY_MAX)]
    lot: Lot = ""
    serial: Lot = ""


class AdjustmentIn(Request):
    """A change of stock by hand. ``key`` is new for every change and the same for every try of it."""

    key: UUID
    reason: Literal["opening", "received", "count", "damage", "theft", "correction"]
    lines: Annotated[list[AdjustmentLineIn], Field(min_length=1, max_length=LINES_MAX)]
    register_number: Annotated[str, Register] = ""
    staff: Who = ""
    note: Annotated[str, Field(max_length=NOTE_LENGTH_MAX)] = ""


class AdjustmentOut(Answer):
    """The entry in the box's log."""

    event_id: UUID


@router.get("", responses=documented(422), summary="Stock of all items")
async def stock(box: TheBox, after: Annotated[str, Query(max_length=64)] = "", limit: Limit = 100) -> StockPage:
    """By SKU, those behind ``after``; at most ``limit`` SKUs."""
    rows = await box.store.read(lambda view: view.stock_rows(after, limit))
    full = len({row.sku for row in rows}) == limit
    return StockPage(rows=[_level(row) for row in rows], next=rows[-1].sku if full else None)


@router.get("/{code}", responses=documented(404, 422), summary="Stock of one item by barcode or SKU")
async def stock_of(box: TheBox, code: Annotated[str, Path(min_length=1, max_length=64)]) -> SkuStock:
    """Every state, lot and serial number."""

    def question(view: View) -> SkuStock:
        sku = find(view, code)[0].item.sku
        return SkuStock(sku=sku, sellable=view.sellable(sku), rows=[_level(row) for row in view.stock(sku)])

    try:
        return await box.store.read(question)
    except UnknownItem:
        raise NotFound(f"item {code}") from None


@router.post(
    "/adjustments",
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": AdjustmentOut, "description": "This key has made the change before."},
        **documented(400, 409, 413, 422),
    },
    summary="Change stock by hand, or count it",
)
async def create_adjustment(box: TheBox, request: AdjustmentIn, response: Response) -> AdjustmentOut:
    """201 when this request made the change, 200 when a former one with the same key did."""
    wanted = AdjustmentRequest(
        request.key, request.reason,
        [AdjustmentWanted(line.code, line.quantity, line.lot, line.serial) for line in request.lines],
        request.register_number, request.staff, request.note,
    )  # fmt: skip
    adjusted = await box.store.write(lambda tx: adjust(tx, wanted))
    if not adjusted.is_new:
        response.status_code = status.HTTP_200_OK
    return AdjustmentOut(event_id=adjusted.event_id)


def _level(row: StockRow) -> StockLevel:
    return StockLevel(sku=row.sku, state=row.state, lot=row.lot, serial=row.serial, quantity=row.quantity)
