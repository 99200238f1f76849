"""Stock over HTTP: what may be promised, and corrections."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncEngine

from central.catalog import postgres as catalogue
from central.inventory import use_cases
from central.platform import idempotency
from central.platform.idempotency import KEY_LENGTH_MAX, Answer, fingerprint
from central.platform.problems import documented, not_found
from retail.catalogue import SKU_LENGTH_MAX, parse_sku
from retail.clock import Clock
from retail.errors import Refused
from retail.ids import IdSource
from retail.quantity import AMOUNT_MAX
from retail.text import clean
from sync_protocol.events import LINES_MAX, AdjustmentLine

LOT_LENGTH_MAX = 20
NOTE_LENGTH_MAX = 200
_ADJUST = "stock-adjustments"


class PlaceAvailability(BaseModel):
    """One location's part of an availability."""

    location: str
    available: int = Field(description="may be promised now, never below zero")
    sellable: int = Field(description="the ledger's word; below zero where more was sold than was known")
    claimed: int = Field(description="offered to orders and not yet set aside")
    doubt: int | None = Field(description="what the location itself said it has, where that was less")


class AvailabilityView(BaseModel):
    """What may be promised of one SKU."""

    sku: str
    available: int = Field(description="over the whole network, less what orders without a place want")
    wanted: int = Field(description="claimed by orders that have no place yet")
    locations: list[PlaceAvailability]


class AdjustmentLineRequest(BaseModel):
    """A quantity to add to the sellable stock; negative takes away."""

    model_config = ConfigDict(extra="forbid")

    sku: str = Field(min_length=1, max_length=SKU_LENGTH_MAX)
    quantity: int = Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX, strict=True)
    lot: str = Field(default="", max_length=LOT_LENGTH_MAX)
    serial: str = Field(default="", max_length=LOT_LENGTH_MAX)


class AdjustmentRequest(BaseModel):
    """A correction of a location's stock. ``reason`` is one of the words that the answer to a wrong one lists."""

    model_config = ConfigDict(extra="forbid")

    location: str = Field(min_length=1, max_length=32)
    reason: str = Field(max_length=20)
    lines: list[AdjustmentLineRequest] = Field(min_length=1, max_length=LINES_MAX)
    staff: str = Field(default="api", max_length=60)
    note: str = Field(default="", max_length=NOTE_LENGTH_MAX)


class AdjustmentView(BaseModel):
    """What was booked."""

    location: str
    lines: int


def router(engine: AsyncEngine, clock: Clock, ids: IdSource) -> APIRouter:
    """The routes of the stock."""
    routes = APIRouter(prefix="/v1", tags=["stock"])

    @routes.get("/availability", responses=dict(documented(404)))
    async def get_availability(sku: Annotated[str, Query(min_length=1, max_length=SKU_LENGTH_MAX)]) -> AvailabilityView:
        """What may be promised of one SKU, in the network and at each location."""
        key = parse_sku(sku)
        async with engine.connect() as conn:
            if key not in await catalogue.items(conn, [key]):
                raise not_found("item")
            found = (await use_cases.availability(conn, [key]))[key]
        return AvailabilityView(
            sku=key,
            available=found.available,
            wanted=found.wanted,
            locations=[
                PlaceAvailability(
                    location=place.location, available=place.available, sellable=place.sellable,
                    claimed=place.claimed, doubt=place.doubt,
                )
                for place in found.places
            ],
        )  # fmt: skip

    @routes.post("/stock-adjustments", status_code=201, responses=dict(documented(409)))
    async def adjust(
        request: AdjustmentRequest,
        idempotency_key: Annotated[str, Header(min_length=1, max_length=KEY_LENGTH_MAX)],
    ) -> AdjustmentView:
        """Correct a location's stock. The same Idempotency-Key again changes nothing more."""
        key = clean("idempotency-key", idempotency_key, KEY_LENGTH_MAX)
        staff, note = clean("staff", request.staff, 60), clean("note", request.note, NOTE_LENGTH_MAX)
        location = clean("location", request.location, 32)
        lines = [_line(number, line) for number, line in enumerate(request.lines)]
        async with engine.begin() as conn:
            before = await idempotency.begin(conn, _ADJUST, key, fingerprint(request.model_dump(mode="json")))
            if before is not None:
                return AdjustmentView.model_validate(before.body)
            known = await catalogue.items(conn, {line.sku for line in lines})
            for number, line in enumerate(lines):
                if line.sku not in known:
                    raise Refused(f"lines.{number}.sku", "no item has this SKU", "import it first, or correct it")
            await use_cases.adjust_stock(conn, location, lines, request.reason, ids, clock, staff, note)
            view = AdjustmentView(location=location, lines=len(lines))
            await idempotency.finish(conn, _ADJUST, key, Answer(201, view.model_dump()))
        return view

    return routes


def _line(number: int, line: AdjustmentLineRequest) -> AdjustmentLine:
    def text(name: str, value: str) -> str:
        return clean(f"lines.{number}.{name}", value, LOT_LENGTH_MAX)

    if line.quantity == 0:
        raise Refused(f"lines.{number}.quantity", "it is zero", "leave the line out")
    return AdjustmentLine(
        parse_sku(line.sku, f"lines.{number}.sku"), line.quantity, text("lot", line.lot), text("serial", line.serial)
    )
