"""What promises ask of others."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from routing.problem import Prices


class BidPrices(Protocol):
    """Where the duals of the last batch are kept."""

    async def refresh(self, conn: AsyncConnection) -> None:
        """Read what is new; asked as often as the network is read."""
        ...

    def prices(self, skus: Sequence[str], locations: Sequence[str]) -> Prices:
        """Cents per unit: ``stock`` (skus, locations) and ``capacity`` (locations,), or None for nothing.

        Asked for every cart: answers from memory.
        """
        ...


class NoBidPrices:
    """Nothing is contested."""

    async def refresh(self, conn: AsyncConnection) -> None:
        """Nothing is read."""

    def prices(self, skus: Sequence[str], locations: Sequence[str]) -> Prices:
        """No prices."""
        return Prices()
