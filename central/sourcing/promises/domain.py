"""From a cart, the network and the stock of this moment to what may be promised. Pure.

**Collecting.** A place can promise what it has: the goods are ready when the pick minutes have passed in its opening
hours. **Shipping.** For each day on which a cart could arrive, every location takes its cheapest service that arrives
by then, and :func:`routing.split.split` finds the cheapest split of the cart over all locations. The first day that
serves everything is the fastest option, the last one the cheapest. One place serves a line whole, as in sourcing.

**Rules are obeyed.** What ops forbid, limit, keep back and price holds for a cart as it does for the order that it
becomes: see :mod:`.rulebook`. What a rule shuts for today only begins with the location's next day.

**What is taken is respected.** Orders that have no place yet could take any unit, so no place is believed to have more
of a SKU than the whole network has beside them. A location whose capacity of today does not hold the cart begins with
its next day.
"""

import numpy as np

from central.sourcing.domain import tags_of
from central.sourcing.promises.cart import Cart, LineAnswer, Promised, Stock
from central.sourcing.promises.collecting import pickups
from central.sourcing.promises.network import Network
from central.sourcing.promises.ports import BidPrices
from central.sourcing.promises.rulebook import Rulebook
from central.sourcing.promises.shipping import shipping
from central.sourcing.promises.ways import Wanted
from retail.errors import Refused
from retail.rounding import half_up
from routing.rules import scene
from routing.rules.scene import SHIP, OpenLine, OpenOrder

NO_NETWORK = "there is no location yet: import the network first"


def promise(book: Rulebook, stock: Stock, cart: Cart, prices: BidPrices, now_ms: int) -> Promised:
    """Everything that may be promised for ``cart`` at ``now_ms``, which the network's timetable must cover."""
    network = book.network
    nothing = tuple(LineAnswer(line.sku, 0, line.quantity) for line in cart.lines)
    if not network.sites:
        return Promised((), NO_NETWORK, (), nothing, NO_NETWORK, far_assumed=False)
    wanted = Wanted.of(stock, cart)
    distance = network.distances_km(cart.lat, cart.lon)
    shelves = scene.Stock(tuple(stock.row), stock.available)
    sent, collected = book.ask(_order(stock, cart, now_ms), shelves, distance, now_ms)
    places, no_pickup = pickups(book, collected, cart, wanted, distance)
    options, ship_lines, no_shipping = shipping(book, sent, cart, wanted, distance, prices)
    return Promised(places, no_pickup, options, ship_lines, no_shipping, far_assumed=bool(np.isnan(cart.lat)))


def _order(stock: Stock, cart: Cart, now_ms: int) -> OpenOrder:
    """The order that the cart would be, for the rules."""
    lines = []
    for line in cart.lines:
        item = stock.items[stock.row[line.sku]]
        amount = half_up(item.prices.get(cart.currency, 0) * line.quantity, item.per)
        tags = tags_of(gift=line.gift, hazard=item.hazard, age_minimum=item.age_minimum, catalogue=item.tags)
        lines.append(OpenLine(line.sku, line.quantity, amount, item.weight_g, tags, line.kit))
    lat, lon = (None, None) if np.isnan(cart.lat) else (cart.lat, cart.lon)
    return OpenOrder(
        "", SHIP, tuple(lines), lat=lat, lon=lon, country=cart.country, currency=cart.currency, placed_ms=now_ms,
        channel=cart.channel, tier=cart.tier, region=cart.region, postcode=cart.postcode, value=cart.value,
    )  # fmt: skip


def currency_of(network: Network, country: str) -> str:
    """The one currency of the locations of ``country`` (or of all, where it is empty or has none).

    Raises :class:`Refused` where they have several; empty without locations.
    """
    found = network.currencies.get(country) or network.currencies.get("", ())
    if len(found) > 1:
        raise Refused("currency", f"the network sells in {', '.join(found)}", "say which one the cart is in")
    return found[0] if found else ""
