"""What promises ask of others."""

from collections.abc import Sequence
from typing import Protocol

from routing.problem import Prices


class BidPrices(Protocol):
    """Where the duals of the last batch are kept."""

    def prices(self, skus: Sequence[str], locations: Sequence[str]) -> Prices:
        """Cents per unit: ``stock`` (skus, locations) and ``capacity`` (locations,), or None for nothing.

        Asked for every cart: answers from memory.
        """
        ...


class NoBidPrices:
    """Nothing is contested."""

    def prices(self, skus: Sequence[str], locations: Sequence[str]) -> Prices:
        """No prices."""
        return Prices()
