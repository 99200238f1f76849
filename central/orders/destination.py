"""What kind of address an order goes to: a PO box, a military post office, or neither. Pure.

It is read off the address as the shop sent it, since few shops say so. Post offices for the military of the United
States have state codes and ZIP codes of their own and are written APO, FPO or DPO instead of a city (USPS, Publication
28, "Military Addresses"). A PO box is known by its words with a number behind them, so that Post Office Road is a road.
An address that names both a house and a box counts as a box: who is to deliver it is then not certain.
"""

import re
import unicodedata

from central.orders.intake import Destination

PO_BOX, MILITARY = "po_box", "military"
ORDINARY = ""

_MILITARY_REGIONS = frozenset({"AA", "AE", "AP"})
_MILITARY_CITIES = frozenset({"APO", "FPO", "DPO"})
_MILITARY_ZIPS = ("09", "340", "962", "963", "964", "965", "966")
"""Beginnings of ZIP codes: Europe, the Americas, the Pacific."""

_NUMBER = r"\W{0,3}(?:(?:no|nr|number)\b\W{0,3})?[a-z]?\d"
_BOX = re.compile(
    r"\b(?:"
    r"(?:g\.?\s?)?p\.?\s?o\.?\s?(?:box|b\b)|(?:general )?post office box|post ?box|private bag|locked bag"
    r"|postfach|postbus|boite postale|case postale|casella postale|caixa postal"
    r"|apartado(?: de correos| postal)?|apdo\.?(?: de correos)?"
    r")" + _NUMBER
)
_FRENCH_BOX = re.compile(r"\bb\.?\s?p\b" + _NUMBER)
_FRENCH = frozenset({"FR", "BE", "LU", "MC"})
"""Where BP stands for a box; elsewhere it may stand for anything."""


def kind_of(address: Destination) -> str:
    """``military``, ``po_box`` or empty. A military address is one even where it names a box."""
    if address.country == "US" and _is_military(address):
        return MILITARY
    street = _plain(address.street)
    if _BOX.search(street) or (address.country in _FRENCH and _FRENCH_BOX.search(street)):
        return PO_BOX
    return ORDINARY


def _is_military(address: Destination) -> bool:
    city = address.city.upper().split()
    return (
        address.region.strip().upper() in _MILITARY_REGIONS
        or bool(city and city[0].strip(".,") in _MILITARY_CITIES)
        or address.zip.startswith(_MILITARY_ZIPS)
    )


def _plain(text: str) -> str:
    """Small letters without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
