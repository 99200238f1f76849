"""Money as a whole number of a currency's minor unit (cents), never a fraction.

There is no division: a sum is split with :meth:`Money.allocate`, which loses nothing.

>>> str(Money(1250, "EUR"))
'12.50 EUR'
>>> [share.minor for share in Money(100, "EUR").allocate([1, 1, 1])]
[34, 33, 33]
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from retail.errors import Refused

MINOR_MAX = 2**53 - 1
"""Largest amount in minor units: exact in any JSON reader and in a 64-bit database column."""

_CODES_BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
        CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
        JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
        NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
        SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_DIGITS = {code: digits for digits, codes in _CODES_BY_DIGITS.items() for code in codes.split()}
_AMOUNT = re.compile(r"(-?)([0-9]{1,16})(?:\.([0-9]{1,3}))?")


def digits(currency: str) -> int:
    """Decimal places of ``currency``, an alphabetic code of ISO 4217 in capitals.

    Raises :class:`Refused` for a code that is not money in circulation.
    """
    places = _DIGITS.get(currency)
    if places is None:
        raise Refused("currency", f"{currency[:20]!r} is not known", "give a code of ISO 4217 in capitals, such as EUR")
    return places


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency. ``minor`` counts minor units and may be negative.

    Amounts of two currencies are never equal; adding or comparing them raises :class:`Refused`.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        digits(self.currency)
        if type(self.minor) is not int:  # a float or a bool that slipped in would be wrong by a cent, much later
            raise Refused("amount", f"{self.minor!r} is not a whole number", "give minor units, such as 1250")
        if abs(self.minor) > MINOR_MAX:
            raise Refused("amount", "the amount is too large", f"give at most {MINOR_MAX} minor units")

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing of ``currency``: where a sum starts."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str, field: str = "amount") -> Self:
        """Read ``12.50``: a minus, digits, and after a point at most as many as the currency has.

        White space around it is dropped. ``field`` is what :class:`Refused` names when it is not an amount.
        """
        places = digits(currency)
        match = _AMOUNT.fullmatch(text.strip())
        if match is None or len(match[3] or "") > places:
            example = cls(1250, currency).decimal_text
            raise Refused(field, f"{text[:20]!r} is not an amount of {currency}", f"write it like {example}")
        sign, whole, fraction = match.groups(default="")
        minor = int(whole + fraction.ljust(places, "0"))
        return cls(-minor if sign else minor, currency)

    @property
    def decimal_text(self) -> str:
        """The bare amount with all its decimal places, such as ``-0.05``; :meth:`parse` reads it back."""
        places = digits(self.currency)
        text = str(abs(self.minor)).rjust(places + 1, "0")
        if places:
            text = f"{text[:-places]}.{text[-places:]}"
        return f"-{text}" if self.minor < 0 else text

    def __str__(self) -> str:
        return f"{self.decimal_text} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._minor_of(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, factor: int) -> "Money":
        return Money(self.minor * factor, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._minor_of(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._minor_of(other)

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Split into one share per weight by the largest remainder: the shares add up to exactly this amount.

        Each share is within one minor unit of the exact one; a weight of zero gets nothing; among equal remainders the
        earlier share gets the unit; the shares of ``-m`` are those of ``m`` negated. Raises :class:`Refused` when a
        weight is negative or none is positive, since then nobody can say who gets what.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise Refused(
                "weights", "there is nothing to split by", "give weights of zero or more, at least one above zero"
            )
        shares, remainders = zip(*(divmod(abs(self.minor) * weight, whole) for weight in weights), strict=True)
        left_over = abs(self.minor) - sum(shares)
        by_remainder = sorted(range(len(weights)), key=lambda index: -remainders[index])
        rounded_up = frozenset(by_remainder[:left_over])
        sign = -1 if self.minor < 0 else 1
        return [Money(sign * (share + (index in rounded_up)), self.currency) for index, share in enumerate(shares)]

    def _minor_of(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise Refused(
                "currency",
                f"{self.currency} and {other.currency} cannot be added or compared",
                "keep to one currency, or convert first",
            )
        return other.minor
