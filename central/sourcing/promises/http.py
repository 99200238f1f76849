"""Promises over HTTP."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from central.fleet.postal_areas import ZIP_LENGTH_MAX
from central.platform.problems import FieldProblem, Problem, documented
from central.sourcing.promises.cart import CartLine, LineAnswer, Package, PickupPlace, ShipOption
from central.sourcing.promises.use_cases import (
    LINES_MAX,
    QUANTITY_MAX,
    Answer,
    Destination,
    Faults,
    PromiseDesk,
    Question,
)
from retail.catalogue import SKU_LENGTH_MAX, parse_sku
from retail.money import MINOR_MAX, Money
from retail.text import clean
from routing.calendars.local_time import zone_of

LOCATION_LENGTH_MAX = 32
TEXT_LENGTH_MAX = 200
CHANNEL_LENGTH_MAX = 40
PICKUPS_MAX = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CartLineRequest(_Request):
    """Something that the shopper wants."""

    sku: Annotated[str, Field(min_length=1, max_length=SKU_LENGTH_MAX)]
    quantity: Annotated[int, Field(ge=1, le=QUANTITY_MAX, strict=True, description="pieces, or grams")]
    gift: Annotated[bool, Field(strict=True, description="it is to be wrapped")] = False
    kit_parent: Annotated[str, Field(max_length=TEXT_LENGTH_MAX, description="the same for lines sold as one")] = ""


class DestinationRequest(_Request):
    """Where the shopper is: coordinates, or country and postal code, or only the country. The more, the better."""

    country: Annotated[str, Field(max_length=2, description="ISO 3166-1, two capital letters")] = ""
    zip: Annotated[str, Field(max_length=ZIP_LENGTH_MAX, description="needs the country")] = ""
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    region: Annotated[str, Field(max_length=TEXT_LENGTH_MAX, description="such as the state, as orders name it")] = ""


class PromiseRequest(_Request):
    """A cart and where its shopper is."""

    lines: Annotated[list[CartLineRequest], Field(min_length=1, max_length=LINES_MAX)]
    destination: DestinationRequest
    currency: Annotated[str, Field(max_length=3, description="empty: that of the network, where it has one")] = ""
    pickup_location: Annotated[
        str, Field(max_length=LOCATION_LENGTH_MAX, description="the place that the shopper prefers: it comes first")
    ] = ""
    pickups_max: Annotated[int, Field(ge=0, le=PICKUPS_MAX, strict=True, description="places wanted at most")] = 5
    channel: Annotated[str, Field(max_length=CHANNEL_LENGTH_MAX, description="that of the order")] = "web"
    customer_tier: Annotated[str, Field(max_length=40, description="the customer's standing, as orders name it")] = ""
    value: (
        Annotated[
            int,
            Field(
                ge=0,
                le=MINOR_MAX,
                strict=True,
                description="what the customer would pay, in minor units; null: "
                "the standard prices of the lines, as far as they are known",
            ),
        ]
        | None
    ) = None

    def checked(self) -> Question:
        """The question with clean texts. Raises :class:`~retail.errors.Refused` for one with control characters."""
        to = self.destination
        return Question(
            lines=tuple(
                CartLine(
                    parse_sku(line.sku, f"lines.{number}.sku"), line.quantity, line.gift,
                    clean(f"lines.{number}.kit_parent", line.kit_parent, TEXT_LENGTH_MAX),
                )
                for number, line in enumerate(self.lines)
            ),
            destination=Destination(
                clean("destination.country", to.country, 2), clean("destination.zip", to.zip, ZIP_LENGTH_MAX), to.lat,
                to.lon, clean("destination.region", to.region, TEXT_LENGTH_MAX),
            ),
            currency=clean("currency", self.currency, 3),
            pickup=clean("pickup_location", self.pickup_location, LOCATION_LENGTH_MAX),
            pickups_max=self.pickups_max,
            channel=clean("channel", self.channel, CHANNEL_LENGTH_MAX),
            tier=clean("customer_tier", self.customer_tier, 40),
            value=self.value,
        )  # fmt: skip


class LineView(BaseModel):
    """How much of a line can be had in this way."""

    sku: str
    available: int
    missing: int


class PickupView(BaseModel):
    """A place to collect at."""

    location: str
    name: str
    city: str
    distance_km: float | None = Field(description="null where either place is unknown")
    complete: bool = Field(description="everything can be collected there")
    ready_by_ms: int | None = Field(description="when all that it has is ready; null where it can promise nothing")
    ready_by: str | None = Field(description="the same in local time, ISO 8601")
    lines: list[LineView]
    note: str = Field(description="what is missing, or why nothing can be promised; empty where all is well")


class PackageView(BaseModel):
    """What one location sends."""

    location: str
    name: str
    service: str
    pack_by_ms: int = Field(description="what is packed by then leaves with this collection")
    pack_by: str = Field(description="the same in local time, ISO 8601")
    delivery_date: date
    price: int
    lines: list[int] = Field(description="places of its lines in the cart, from 0")


class ShipView(BaseModel):
    """A way to have everything sent that can be sent."""

    delivery_date: date = Field(description="when the last package arrives")
    price: int = Field(description="of all packages, in minor units: what sending them costs by the tariff")
    fastest: bool
    cheapest: bool
    packages: list[PackageView]


class PromiseView(BaseModel):
    """What may be promised for a cart at this moment. Nothing is reserved by it."""

    sentence: str
    at_ms: int = Field(description="the whole minute that everything was reckoned from")
    currency: str
    pickup: list[PickupView] = Field(description="the preferred place, then the nearest")
    pickup_note: str = Field(description="why there is no place to collect at; empty where there is")
    ship: list[ShipView] = Field(description="by date: the first is the fastest, the last the cheapest")
    ship_lines: list[LineView] = Field(description="what of each line can be sent")
    ship_note: str = Field(description="why nothing can be sent, or what was assumed")
    rules: str = Field(description="version of the rules that it follows")


def router(desk: PromiseDesk) -> APIRouter:
    """``POST /v1/promise``."""
    routes = APIRouter(prefix="/v1", tags=["promises"])

    @routes.post("/promise", responses=dict(documented()))
    async def promise(request: PromiseRequest) -> PromiseView:
        """Where and when a cart can be collected, when it can arrive and for how much, from the stock of now."""
        try:
            answer = await desk.answer(request.checked())
        except Faults as error:
            errors = [FieldProblem(field=each.field, problem=each.problem, remedy=each.remedy) for each in error.faults]
            detail = str(error.faults[0])
            raise Problem(422, "refused", "The cart cannot be promised anything.", detail, errors) from error
        return view(answer)

    return routes


def view(answer: Answer) -> PromiseView:
    """The answer as the API shows it."""
    promised = answer.promised
    return PromiseView(
        sentence=_sentence(answer),
        at_ms=answer.at_ms,
        currency=answer.currency,
        pickup=[_pickup(place) for place in promised.pickups],
        pickup_note=promised.no_pickup,
        ship=[
            _ship(option, fastest=number == 0, cheapest=number == len(promised.options) - 1)
            for number, option in enumerate(promised.options)
        ],
        ship_lines=_lines(promised.ship_lines),
        ship_note=_ship_note(answer),
        rules=answer.rules,
    )


def _pickup(place: PickupPlace) -> PickupView:
    missing = ", ".join(f"{line.missing} of {line.sku}" for line in place.lines if line.missing)
    return PickupView(
        location=place.location,
        name=place.name,
        city=place.city,
        distance_km=None if place.km is None else round(place.km, 1),
        complete=place.complete,
        ready_by_ms=place.ready_ms,
        ready_by=None if place.ready_ms is None else _local(place.ready_ms, place.time_zone),
        lines=_lines(place.lines),
        note=f"{place.name} {place.why}" if place.why else f"missing: {missing}" if missing else "",
    )


def _ship(option: ShipOption, *, fastest: bool, cheapest: bool) -> ShipView:
    return ShipView(
        delivery_date=option.delivery,
        price=option.price,
        fastest=fastest,
        cheapest=cheapest,
        packages=[_package(package) for package in option.packages],
    )


def _package(package: Package) -> PackageView:
    return PackageView(
        location=package.location,
        name=package.name,
        service=package.service,
        pack_by_ms=package.pack_by_ms,
        pack_by=_local(package.pack_by_ms, package.time_zone),
        delivery_date=package.delivery,
        price=package.price,
        lines=list(package.lines),
    )


def _lines(lines: Sequence[LineAnswer]) -> list[LineView]:
    return [LineView(sku=line.sku, available=line.available, missing=line.missing) for line in lines]


def _sentence(answer: Answer) -> str:
    """The best of it in words."""
    parts = []
    first = next((place for place in answer.promised.pickups if place.complete), None)
    if first is not None and first.ready_ms is not None:
        parts.append(f"Ready at {first.name} by {_local(first.ready_ms, first.time_zone)[:16].replace('T', ' ')}.")
    options = answer.promised.options
    if options:
        told = f"Delivered on {options[0].delivery} for {Money(options[0].price, answer.currency)}"
        if len(options) > 1:
            told += f", or on {options[-1].delivery} for {Money(options[-1].price, answer.currency)}"
        parts.append(f"{told}{'' if _all_sent(answer) else ', without what is missing'}.")
    if not parts:
        parts = ["Nothing can be promised now."]
    return " ".join(parts)


def _all_sent(answer: Answer) -> bool:
    return not any(line.missing for line in answer.promised.ship_lines)


def _ship_note(answer: Answer) -> str:
    if answer.promised.no_shipping:
        return answer.promised.no_shipping
    if answer.promised.far_assumed:
        return "the destination's coordinates are not known: every place is taken to be in its farthest zone"
    return "" if _all_sent(answer) else "a line is sent whole from one place; what is missing has none"


def _local(moment_ms: int, zone: str) -> str:
    return (_EPOCH + timedelta(milliseconds=moment_ms)).astimezone(zone_of(zone)).isoformat(timespec="minutes")
