"""What a cart asks of places, and in what ways they may serve it: what collecting and shipping have in common. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from central.sourcing.promises.cart import Cart, Stock
from central.sourcing.promises.network import Flags, Ints, Network, Reals
from central.sourcing.promises.rulebook import Rulebook, Said
from retail.errors import Refused
from routing.arrays import Whole

WEIGHT_KG_MAX = 20_000

KM_MAX = 40_000.0
"""Farther than any place on earth: where nobody knows how far it is."""

NO_ROOM = "cannot handle so much on one day"


@dataclass(frozen=True, eq=False, slots=True)
class Wanted:
    """The lines of a cart (n,) against its stock: ``rows`` of it, ``units`` asked, ``before`` those that earlier lines
    ask of the same SKU, ``kg`` of all units."""

    stock: Stock
    rows: Ints
    units: Ints
    before: Ints
    kg: Reals

    @classmethod
    def of(cls, stock: Stock, cart: Cart) -> Self:
        """Raises :class:`Refused` for a cart that is too heavy for the price of a package to be known."""
        rows = np.array([stock.row[line.sku] for line in cart.lines], np.int64)
        units = np.array([line.quantity for line in cart.lines], np.int64)
        grams = np.array([stock.items[row].weight_g for row in rows.tolist()], np.int64) * units
        if grams.sum() > WEIGHT_KG_MAX * 1000:
            raise Refused("lines", f"they weigh more than {WEIGHT_KG_MAX:,} kg", "ask for less at once")
        before = [units[:number][rows[:number] == row].sum() for number, row in enumerate(rows)]
        return cls(stock, rows, units, np.array(before, np.int64), grams / 1000)

    @property
    def on_hand(self) -> Ints:
        """(n, L): units of each line's SKU, what rules keep back included."""
        found: Ints = self.stock.available[self.rows]
        return found

    def beside_others(self, stock: Whole) -> Ints:
        """(S, L): ``stock`` (S, L) beside the orders without a place."""
        beside = np.maximum(stock.sum(axis=1, dtype=np.int64) - self.stock.wanted, 0)
        found: Ints = np.minimum(stock, beside[:, None])
        return found

    def had(self, available: Ints) -> Ints:
        """(n, L): units to be had of ``available`` (S, L) after the lines before of the same SKU."""
        found: Ints = np.clip(available[self.rows] - self.before[:, None], 0, self.units[:, None])
        return found


@dataclass(frozen=True, eq=False, slots=True)
class Ways:
    """How L places may serve a cart, each in W ways (see :class:`~.rulebook.Said`): where work would begin with the
    ``next_day`` (W, L), and what holds then: ``codes`` (W, L) and ``line_codes`` (n, W, L) of rules, ``room`` (W, L) in
    units, and what soft rules charge for a ``package`` (W, L) in cents."""

    next_day: Flags
    codes: Whole
    line_codes: Whole
    room: Whole
    package: Ints

    @classmethod
    def of(cls, said: Said, units: Ints | int) -> Self:
        """For ``units`` at each place, (L,) or one number. What a place cannot do today begins with its next day."""
        later = (said.room[0] < units) | (said.codes[0] != 0)
        return cls(
            later,
            np.where(later, said.codes[1], said.codes[0]),
            np.where(later, said.line_codes[:, 1], said.line_codes[:, 0]),
            np.where(later, said.room[1], said.room[0]),
            np.where(later, said.package[1], said.package[0]),
        )


def any_along(flags: Flags, axis: int) -> Flags:
    """Whether some is true along an axis."""
    return np.asarray(flags.any(axis=axis), np.bool_)


def kits_whole(whole: Flags, kits: Whole) -> Flags:
    """``whole`` (n, ...) where a line of a kit counts only where all lines of its kit do."""
    found = whole.copy()
    for kit in set(kits.tolist()) - {-1}:
        members = kits == kit
        found[members] &= whole[members].all(axis=0)
    return found


def place_shut(book: Rulebook, said: Said, ways: Ways, place: int) -> str:
    """Why a place may serve the cart in none of its ways; a clause that follows its name, empty if it may."""
    if book.network.sites[place].unusable:
        return book.network.sites[place].unusable
    if book.silent[place]:
        return "has been silent for too long"
    return "" if (ways.codes[:, place] == 0).any() else said.why(int(ways.codes[0, place]), place)


def line_shut(said: Said, ways: Ways, wanted: Wanted, place: int) -> str:
    """Why a place may not serve a line of which it has units, in none of its ways; or empty."""
    codes = ways.line_codes[:, :, place]
    lines = np.flatnonzero((wanted.on_hand[:, place] > 0) & (codes != 0).all(axis=1))
    return said.why(int(codes[lines[0], 0]), place) if len(lines) else ""


def nearest(distance: Reals, places: Flags) -> int:
    """The nearest of ``places`` (L,), of which there must be one."""
    return int(np.where(places, np.where(np.isnan(distance), KM_MAX, distance), np.inf).argmin())


def because(network: Network, sentence: str, place: int, why_not: Callable[[int], str]) -> str:
    """The sentence with one place as an example."""
    return f"{sentence}: {network.sites[place].place.name} {why_not(place)}"
