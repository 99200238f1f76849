"""Orders over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncEngine

from central.orders import reads, use_cases
from central.orders.intake import LINES_MAX, PAYMENTS_MAX, PLACED_MS_MAX, Destination, NewLine, NewOrder, Payment
from central.orders.reads import OrderSummary, OrderView
from central.platform.idempotency import fingerprint
from central.platform.paging import LIMIT_DEFAULT, Cursor, Limit, Page, decode_cursor, encode_cursor
from central.platform.problems import FieldProblem, Problem, conflict, documented, not_found
from retail.catalogue import SKU_LENGTH_MAX, parse_sku
from retail.errors import Refused
from retail.ids import IdSource
from retail.money import MINOR_MAX
from retail.quantity import AMOUNT_MAX
from retail.text import clean

TEXT_LENGTH_MAX = 200
KEY_LENGTH_MAX = 64

Amount = Annotated[int, Field(ge=0, le=MINOR_MAX, strict=True, description="minor units of the currency")]
Moment = Annotated[int, Field(ge=0, lt=PLACED_MS_MAX, strict=True, description="milliseconds since 1970 UTC")]
Key = Annotated[str, Field(min_length=1, max_length=KEY_LENGTH_MAX)]
Words = Annotated[str, Field(max_length=TEXT_LENGTH_MAX)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LineRequest(_Request):
    """A line as the shop charged it."""

    id: Key
    sku: Annotated[str, Field(min_length=1, max_length=SKU_LENGTH_MAX)]
    quantity: Annotated[int, Field(ge=1, le=AMOUNT_MAX, strict=True, description="pieces, or grams")]
    unit_price: Amount = Field(description="per piece, or per 1000 g")
    tax: Amount = Field(default=0, description="contained in the amount")
    amount: Amount = Field(description="what the customer pays for the line, tax included")
    gift: bool = False
    kit_parent: Annotated[str, Field(max_length=KEY_LENGTH_MAX)] = ""


class AddressRequest(_Request):
    """Where to send an order."""

    name: Words = ""
    street: Words = ""
    city: Words = ""
    region: Words = ""
    zip: Annotated[str, Field(max_length=12)]
    country: Annotated[str, Field(min_length=2, max_length=2, description="ISO 3166-1, two letters")]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None


class PaymentRequest(_Request):
    """What the shop says of a payment. No card number has a place here."""

    method: Annotated[str, Field(min_length=1, max_length=40)]
    state: Literal["pending", "authorised", "captured"]
    amount: Amount
    reference: Words = ""


class OrderRequest(_Request):
    """An order of a shop. ``platform`` and ``platform_order_id`` identify it: sent again, it is the same order."""

    platform: Key
    platform_order_id: Key
    channel: Annotated[str, Field(max_length=40)] = "web"
    service: Literal["ship", "pickup"]
    pickup_location: Annotated[str, Field(max_length=32)] = ""
    customer_name: Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH_MAX)]
    contact: Annotated[dict[Literal["email", "phone"], Words], Field(max_length=2)] = {}
    ship_to: AddressRequest | None = None
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    lines: Annotated[list[LineRequest], Field(min_length=1, max_length=LINES_MAX)]
    shipping_charged: Amount = 0
    tax_total: Amount
    total: Amount
    payments: Annotated[list[PaymentRequest], Field(max_length=PAYMENTS_MAX)] = []
    placed_ms: Moment
    promise_ms: Moment | None = None
    customer_tier: Annotated[str, Field(max_length=40, description="the customer's standing, for rules")] = ""
    pinned_location: Annotated[
        str, Field(max_length=32, description="where a service agent wants it served; rules of kind pinned heed it")
    ] = ""

    def content(self) -> dict[str, Any]:
        """What tells this order from another of the same number. A field that came later counts only where it is given,
        so that an order which was taken in before may still be sent again."""
        later = ("customer_tier", "pinned_location")
        return {
            name: value for name, value in self.model_dump(mode="json").items() if name not in later or value
        }  # fmt: skip

    def checked(self) -> NewOrder:
        """The order with clean texts. Raises :class:`~retail.errors.Refused` for one with control characters."""
        address = self.ship_to
        return NewOrder(
            platform=_key("platform", self.platform),
            platform_order_id=_key("platform_order_id", self.platform_order_id),
            channel=clean("channel", self.channel, 40),
            service=self.service,
            pickup_location=clean("pickup_location", self.pickup_location, 32),
            customer_name=_key("customer_name", self.customer_name, TEXT_LENGTH_MAX),
            contact={key: clean(f"contact.{key}", text, TEXT_LENGTH_MAX) for key, text in self.contact.items()},
            ship_to=None if address is None else Destination(**_clean_texts("ship_to", address)),
            currency=self.currency,
            lines=[
                NewLine(
                    id=_key(f"lines.{number}.id", line.id),
                    sku=parse_sku(line.sku, f"lines.{number}.sku"),
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    tax=line.tax,
                    amount=line.amount,
                    gift=line.gift,
                    kit_parent=clean(f"lines.{number}.kit_parent", line.kit_parent, KEY_LENGTH_MAX),
                )
                for number, line in enumerate(self.lines)
            ],
            shipping_charged=self.shipping_charged,
            tax_total=self.tax_total,
            total=self.total,
            payments=[
                Payment(**_clean_texts(f"payments.{number}", payment)) for number, payment in enumerate(self.payments)
            ],
            placed_ms=self.placed_ms,
            promise_ms=self.promise_ms,
            customer_tier=clean("customer_tier", self.customer_tier, 40),
            pinned_location=clean("pinned_location", self.pinned_location, 32),
        )


class OrderPlaced(BaseModel):
    """The order as the centre knows it."""

    order_id: UUID
    code: str
    status: str


class CancelRequest(_Request):
    """Why an order is cancelled."""

    reason: Words = ""


def router(engine: AsyncEngine, ids: IdSource) -> APIRouter:
    """The routes under ``/v1/orders``."""
    routes = APIRouter(prefix="/v1/orders", tags=["orders"])

    @routes.post("", status_code=201, responses={200: {"model": OrderPlaced}, **documented(409)})
    async def place_order(request: OrderRequest, response: Response) -> OrderPlaced:
        """Take an order in: 201. Sent again it is answered with 200; with another content, 409."""
        new = request.checked()
        try:
            async with engine.begin() as conn:
                stored = await use_cases.place(conn, new, fingerprint(request.content()), ids)
        except use_cases.Invalid as error:
            raise _invalid(error.faults) from error
        except use_cases.Contradiction as error:
            raise conflict(str(error)) from error
        if not stored.is_new:
            response.status_code = 200
        return OrderPlaced(order_id=stored.order_id, code=stored.code, status=stored.status)

    @routes.get("", responses=dict(documented()))
    async def list_orders(
        limit: Limit = LIMIT_DEFAULT,
        cursor: Cursor = "",
        status: Literal["", "open", "working", "fulfilled", "cancelled"] = "",
        code: Annotated[str, Query(max_length=20, description="what people call the order")] = "",
    ) -> Page[OrderSummary]:
        """Orders, the newest first, a page at a time."""
        before = _uuid(decode_cursor(cursor))
        code = clean("code", code, 20).upper()
        async with engine.connect() as conn:
            found = await reads.page(conn, before=before, limit=limit + 1, status=status, code=code)
        shown = found[:limit]
        more = len(found) > limit
        return Page(items=shown, next=encode_cursor(str(shown[-1].order_id)) if more else None)

    @routes.get("/{order_id}", responses=dict(documented(404)))
    async def get_order(order_id: UUID) -> OrderView:
        """One order: its lines, tasks, shipments, timeline and the decisions with their reasons."""
        async with engine.connect() as conn:
            found = await reads.one(conn, order_id)
        if found is None:
            raise not_found("order")
        return found

    @routes.post("/{order_id}/cancel", responses=dict(documented(404, 409)))
    async def cancel_order(order_id: UUID, request: CancelRequest | None = None) -> OrderView:
        """Cancel an order of which no pick has begun; 409 when it is too late. Harmless twice."""
        reason = clean("reason", request.reason if request else "", TEXT_LENGTH_MAX)
        try:
            async with engine.begin() as conn:
                known = await use_cases.cancel(conn, order_id, reason)
                found = await reads.one(conn, order_id)
        except use_cases.Contradiction as error:
            raise conflict(str(error)) from error
        if not known or found is None:
            raise not_found("order")
        return found

    return routes


def _key(field: str, text: str, length_max: int = KEY_LENGTH_MAX) -> str:
    cleaned = clean(field, text, length_max)
    if not cleaned:
        raise Refused(field, "it is empty", "fill it in")
    return cleaned


def _clean_texts(field: str, request: _Request) -> dict[str, Any]:
    """The fields of a request with its texts cleaned."""
    return {
        name: clean(f"{field}.{name}", value, TEXT_LENGTH_MAX) if isinstance(value, str) else value
        for name, value in request.model_dump().items()
    }


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key) if key else None
    except ValueError as error:
        raise Refused("cursor", "it is not a cursor of this list", "give the `next` of a page") from error


def _invalid(faults: Sequence[Refused]) -> Problem:
    errors = [FieldProblem(field=fault.field, problem=fault.problem, remedy=fault.remedy) for fault in faults]
    return Problem(422, "refused", "The order is not taken.", str(faults[0]), errors)
