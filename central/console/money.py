"""Amounts as people read them."""

from retail.errors import Refused
from retail.money import digits

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def money(minor: int, currency: str) -> str:
    """``$1,234.50``, ``-$8.40``, or ``8.40 CHF`` where the currency has no sign here.

    >>> money(-123450, "USD"), money(840, "CHF")
    ('-$1,234.50', '8.40 CHF')
    """
    try:
        places = digits(currency)
    except Refused:
        places = 2  # a row of a currency that has been withdrawn since is still a row
    whole, part = divmod(abs(minor), 10**places)
    amount = f"{whole:,}.{part:0{places}}" if places else f"{whole:,}"
    sign = _SIGNS.get(currency)
    return ("-" if minor < 0 else "") + (f"{sign}{amount}" if sign else f"{amount} {currency}")


def change(minor: int, currency: str) -> str:
    """A difference with its sign: ``+$0.90``, ``-$0.20``, ``$0.00``."""
    return f"+{money(minor, currency)}" if minor > 0 else money(minor, currency)
