"""What can be promised of the stock. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StockAt:
    """What one location has of one SKU.

    ``sellable`` is the ledger's word and may be below zero; ``claimed`` is offered to orders there and not yet set
    aside; ``doubt`` is what the location itself said it has, where that was less; ``changed_at`` is its last movement.
    """

    location: str
    sku: str
    sellable: int
    claimed: int = 0
    doubt: int | None = None
    changed_at: datetime | None = None

    @property
    def available(self) -> int:
        """What may be promised to one more order: never below zero."""
        believed = self.sellable if self.doubt is None else min(self.sellable, self.doubt)
        return max(believed - self.claimed, 0)


def network_available(places: list[StockAt], wanted: int) -> int:
    """What may be promised of one SKU over all ``places``, when orders without a place yet want ``wanted`` of it."""
    return max(sum(place.available for place in places) - wanted, 0)


@dataclass(frozen=True)
class Discrepancy:
    """Something that contradicts the conservation of stock. ``what`` names the rule, ``account`` where it is broken."""

    what: str
    account: str
    detail: str
