"""Names and money as people read them in an explanation."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from retail.money import Money

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


@dataclass(frozen=True, slots=True)
class Labels:
    """``locations`` (L) and ``skus`` (S) by index, where there are names; ``currency`` a code of ISO 4217.

    ``services`` (K): by which service an option sends; ``options`` (K): what else tells it from others of its location,
    such as a slot or where it is transferred to. Empty where nothing is to be said.
    """

    locations: Sequence[str] = ()
    skus: Sequence[str] = ()
    currency: str = "USD"
    options: Sequence[str] = ()
    services: Sequence[str] = ()

    def option(self, index: int, location: int) -> str:
        """The name of an option of a location: ``store 12 by express (Monday)``, or the location's alone."""
        own = self.options[index] if index < len(self.options) else ""
        service = self.services[index] if index < len(self.services) else ""
        by = f" by {service}" if service else ""
        return f"{self.location(location)}{by}{f' ({own})' if own else ''}"

    def location(self, index: int) -> str:
        """The location's name, or ``location 12``."""
        return self.locations[index] if index < len(self.locations) else f"location {index}"

    def sku(self, index: int) -> str:
        """The SKU's name, or ``SKU 7``."""
        return self.skus[index] if index < len(self.skus) else f"SKU {index}"

    def money(self, minor: int) -> str:
        """``$8.40``, ``-$8.40``, or ``8.40 CHF`` where the currency has no sign here."""
        amount = self._bare(abs(minor))
        sign = _SIGNS.get(self.currency)
        return ("-" if minor < 0 else "") + (f"{sign}{amount}" if sign else f"{amount} {self.currency}")

    def changes(self, terms: dict[str, int], most: int = 4) -> str:
        """``shipping +0.90, picking +0.20``: the greatest ``most`` differences by term, the others together."""
        ranked = sorted(terms.items(), key=lambda item: -abs(item[1]))
        shown = [f"{name} {self._signed(minor)}" for name, minor in islice(ranked, most)]
        others = sum(minor for _, minor in ranked[most:])
        return ", ".join([*shown, f"other {self._signed(others)}"] if others else shown)

    def _signed(self, minor: int) -> str:
        return ("-" if minor < 0 else "+") + self._bare(abs(minor))

    def _bare(self, minor: int) -> str:
        return Money(minor, self.currency).decimal_text
