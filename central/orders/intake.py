"""A new order, as a shop sends it, checked against the catalogue, the network and itself. Pure.

The shop's own numbers identify an order and its lines, so an order that is sent again is the same order: the line ids
are derived from them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, UUID

from central.orders.domain import Line
from retail.catalogue import GRAMS_PER_PRICE
from retail.errors import Refused
from retail.ids import derived
from retail.money import MINOR_MAX
from retail.money import digits as currency_digits
from retail.quantity import AMOUNT_MAX
from retail.rounding import half_up

LINES_MAX = 100
PAYMENTS_MAX = 20
PLACED_MS_MAX = 253_370_764_800_000
"""Start of the year 9999."""

_NAMESPACE = derived(NAMESPACE_URL, "urn:tillway:order")
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter looks like a digit."""
CODE_LENGTHS = (8, 10, 12)

_ZIP_FORMS = {
    "US": (re.compile(r"\d{5}(-?\d{4})?", re.ASCII), "five digits, or nine"),
    "CA": (re.compile(r"[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d", re.ASCII), "a form like K1A 0B1"),
    "DE": (re.compile(r"\d{5}", re.ASCII), "five digits"),
    "FR": (re.compile(r"\d{5}", re.ASCII), "five digits"),
    "ES": (re.compile(r"\d{5}", re.ASCII), "five digits"),
    "IT": (re.compile(r"\d{5}", re.ASCII), "five digits"),
    "NL": (re.compile(r"\d{4} ?[A-Za-z]{2}", re.ASCII), "a form like 1012 AB"),
    "AT": (re.compile(r"\d{4}", re.ASCII), "four digits"),
    "CH": (re.compile(r"\d{4}", re.ASCII), "four digits"),
    "BE": (re.compile(r"\d{4}", re.ASCII), "four digits"),
    "GB": (re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}", re.ASCII), "a form like SW1A 1AA"),
    "BR": (re.compile(r"\d{5}-?\d{3}", re.ASCII), "eight digits"),
}
_ANY_ZIP = (re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{1,10}", re.ASCII), "letters, digits, spaces and hyphens")


@dataclass(frozen=True)
class NewLine:
    """A line as the shop charged it. ``amount`` is what the customer pays for it, tax included."""

    id: str
    sku: str
    quantity: int
    unit_price: int
    tax: int
    amount: int
    gift: bool = False
    kit_parent: str = ""


@dataclass(frozen=True)
class Destination:
    """Where an order is to be sent. ``country`` is the two letters of ISO 3166-1; coordinates in degrees, or none."""

    name: str
    street: str
    city: str
    region: str
    zip: str
    country: str
    lat: float | None = None
    lon: float | None = None

    @property
    def on_paper(self) -> str:
        """As it may stand on a pick list: without street."""
        return " ".join(part for part in (self.city, self.region, self.zip, self.country) if part)


@dataclass(frozen=True)
class Payment:
    """What the shop says of a payment. ``state`` is authorised, captured or pending."""

    method: str
    state: str
    amount: int
    reference: str = ""


@dataclass(frozen=True)
class NewOrder:
    """An order before it is checked; its texts are clean already. Amounts are minor units of ``currency``.

    ``customer_tier`` is what the shop calls the customer's standing; ``pinned_location`` where a service agent wants
    the order served. Both may be empty.
    """

    platform: str
    platform_order_id: str
    channel: str
    service: str
    pickup_location: str
    customer_name: str
    contact: Mapping[str, str]
    ship_to: Destination | None
    currency: str
    lines: Sequence[NewLine]
    shipping_charged: int
    tax_total: int
    total: int
    placed_ms: int
    promise_ms: int | None = None
    payments: Sequence[Payment] = field(default_factory=tuple)
    customer_tier: str = ""
    pinned_location: str = ""

    @property
    def namespace(self) -> UUID:
        """What the ids of this order's lines are derived from."""
        return derived(_NAMESPACE, f"{self.platform}/{self.platform_order_id}")


@dataclass(frozen=True)
class Goods:
    """What the catalogue says of a SKU. ``unit`` is each or gram."""

    name: str
    unit: str
    age_minimum: int
    hazard: str
    withdrawn: bool


@dataclass(frozen=True)
class PickupPlace:
    """A location as far as collecting there goes. ``closed`` says why it takes no orders; empty if it does."""

    currency: str
    hands_over: bool
    closed: str


def faults(
    order: NewOrder, goods: Mapping[str, Goods], place: PickupPlace | None, pin: PickupPlace | None = None
) -> list[Refused]:
    """Everything that is wrong with ``order``. ``place`` is its pickup location and ``pin`` the one that it is pinned
    to, None where that is not known."""
    return [
        *_faults_of_service(order, place),
        *_faults_of_pin(order, pin),
        *_faults_of_lines(order, goods),
        *_faults_of_money(order),
    ]


def lines_of(order: NewOrder, goods: Mapping[str, Goods]) -> list[Line]:
    """The lines of a faultless order, open, with ids that follow from the shop's."""
    return [
        Line(
            line_id=derived(order.namespace, line.id),
            sku=line.sku,
            quantity=line.quantity,
            ordered_quantity=line.quantity,
            position=position,
            platform_line_id=line.id,
            kit_parent=line.kit_parent,
            gift=line.gift,
            age_minimum=goods[line.sku].age_minimum,
            hazard=goods[line.sku].hazard,
            unit_price=line.unit_price,
            tax=line.tax,
            amount=line.amount,
            name=goods[line.sku].name,
            unit=goods[line.sku].unit,
        )
        for position, line in enumerate(order.lines, start=1)
    ]


def codes(order: NewOrder) -> Iterator[str]:
    """What people may call the order, the shortest first: the next one where that is taken."""
    number = order.namespace.int
    text = ""
    while len(text) < max(CODE_LENGTHS):
        number, digit = divmod(number, len(_CODE_ALPHABET))
        text += _CODE_ALPHABET[digit]
    for length in CODE_LENGTHS:
        yield f"{text[:4]}-{text[4:length]}"


def _faults_of_service(order: NewOrder, place: PickupPlace | None) -> Iterator[Refused]:
    if order.service == "pickup":
        if place is None:
            yield Refused("pickup_location", f"{order.pickup_location[:40]!r} is not a location", "correct the key")
        elif not place.hands_over:
            yield Refused("pickup_location", "it does not hand over orders", "offer another store, or shipping")
        elif place.closed:
            yield Refused("pickup_location", f"it takes no orders: {place.closed}", "offer another store, or shipping")
        elif place.currency != order.currency:
            yield Refused("currency", f"the store sells in {place.currency}", "price the order in that currency")
    elif order.pickup_location:
        yield Refused("pickup_location", "an order to be shipped has none", "leave it out, or make it a pickup")
    elif order.ship_to is None:
        yield Refused("ship_to", "an order to be shipped needs an address", "add it")
    else:
        yield from _faults_of_address(order.ship_to)


def _faults_of_pin(order: NewOrder, pin: PickupPlace | None) -> Iterator[Refused]:
    if not order.pinned_location:
        return
    if order.service == "pickup":
        yield Refused("pinned_location", "an order to be collected is served where it is collected", "leave it out")
    elif pin is None:
        yield Refused("pinned_location", f"{order.pinned_location[:40]!r} is not a location", "correct the key")
    elif pin.currency != order.currency:
        yield Refused("pinned_location", f"it sells in {pin.currency}", "pin it to a location of the order's currency")


def _faults_of_address(address: Destination) -> Iterator[Refused]:
    if not re.fullmatch(r"[A-Z]{2}", address.country):
        yield Refused("ship_to.country", "it is not a country code", "give two capital letters, such as US")
        return
    form, described = _ZIP_FORMS.get(address.country, _ANY_ZIP)
    if not form.fullmatch(address.zip):
        yield Refused("ship_to.zip", f"{address.zip[:20]!r} is not a postal code of {address.country}",
                      f"give {described}")  # fmt: skip
    if (address.lat is None) != (address.lon is None):
        yield Refused("ship_to.lat", "latitude and longitude come together", "give both, or none")


def _faults_of_lines(order: NewOrder, goods: Mapping[str, Goods]) -> Iterator[Refused]:
    seen: set[str] = set()
    for number, line in enumerate(order.lines):
        where = f"lines.{number}"
        if line.id in seen:
            yield Refused(f"{where}.id", "another line has the same id", "give each line its own")
        seen.add(line.id)
        known = goods.get(line.sku)
        if known is None:
            yield Refused(f"{where}.sku", f"{line.sku[:40]!r} is not in the catalogue", "import it, or correct it")
        elif known.withdrawn:
            yield Refused(f"{where}.sku", f"{line.sku[:40]!r} is no longer sold", "take it off the shop")
        if not 0 < line.quantity <= AMOUNT_MAX:
            yield Refused(f"{where}.quantity", f"{line.quantity} is not a quantity", "give 1 or more")
        elif known is not None:
            yield from _faults_of_amount(where, line, known)


def _faults_of_amount(where: str, line: NewLine, known: Goods) -> Iterator[Refused]:
    """A discount may lower what a line costs; nothing may raise it above price and tax."""
    each = known.unit == "each"
    gross = line.unit_price * line.quantity if each else half_up(line.unit_price * line.quantity, GRAMS_PER_PRICE)
    if line.amount > gross + line.tax:
        problem = f"{line.amount} is more than unit price times quantity and tax, {gross + line.tax}"
        yield Refused(f"{where}.amount", problem, "give what the customer pays for the line")
    if line.tax > line.amount:
        yield Refused(f"{where}.tax", "it is more than the amount that contains it", "give the tax inside the amount")


def _faults_of_money(order: NewOrder) -> Iterator[Refused]:
    try:
        currency_digits(order.currency)
    except Refused as error:
        yield error
    amount, tax = sum(line.amount for line in order.lines), sum(line.tax for line in order.lines)
    if order.total != amount + order.shipping_charged:
        yield Refused("total", f"{order.total} is not the lines and shipping, {amount + order.shipping_charged}",
                      "send what was charged, in minor units")  # fmt: skip
    if not tax <= order.tax_total <= tax + order.shipping_charged:
        yield Refused("tax_total", f"{order.tax_total} is not the lines' tax, {tax}, and at most that of shipping",
                      "send what was charged, in minor units")  # fmt: skip
    if sum(payment.amount for payment in order.payments) > order.total:
        yield Refused("payments", "they come to more than the total", "send each payment once")
    if order.total > MINOR_MAX:
        yield Refused("total", "it is too large", f"give at most {MINOR_MAX}")
    if order.promise_ms is not None and order.promise_ms < order.placed_ms:
        yield Refused("promise_ms", "it is before placed_ms", "give milliseconds since 1970 UTC")
