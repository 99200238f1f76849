"""Amounts, shares and short times as people read them."""

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


def percent(share: float) -> str:
    """A share of a hundred, exact where it is small: ``0 %``, ``0.21 %``, ``12.5 %``.

    >>> percent(0), percent(0.004), percent(0.2123), percent(12.5)
    ('0 %', 'under 0.01 %', '0.21 %', '12.5 %')
    """
    if 0 < share < 0.01:
        return "under 0.01 %"
    return f"{share:.2f} %" if 0 < share < 1 else f"{share:.3g} %"


def duration(seconds: float) -> str:
    """How long the machine took: ``8 ms``, ``1.2 s``, ``95 s``.

    >>> duration(0.0081), duration(1.24), duration(95.4)
    ('8 ms', '1.2 s', '95 s')
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds:.0f} s"
