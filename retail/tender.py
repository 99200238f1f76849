"""Paying: what each tender covers, what goes back, and what cash rounding adds.

Cash can only be paid in steps of the smallest coin, so what is left for cash is rounded to it; anything paid another
way is exact. Change comes from cash alone: a card that is charged too much would be cash out of the drawer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from retail.errors import Refused
from retail.money import Money
from retail.rounding import half_up
from retail.text import clean

CASH = "cash"

TENDERS_MAX = 20
"""Tenders in one sale."""

REFERENCE_LENGTH_MAX = 64

_KIND = re.compile(r"[a-z][a-z_]{0,19}")

CASH_STEP_MINOR = MappingProxyType(
    {"AUD": 5, "CAD": 5, "CHF": 5, "CZK": 100, "DKK": 50, "HUF": 500, "NOK": 100, "NZD": 10, "SEK": 100}
)
"""The smallest coin in minor units, by currency. For others it is 1, unless the store's settings say otherwise: in the
euro area, rounding to five cents is a matter of the country or of the shop."""


@dataclass(frozen=True, slots=True)
class Tender:
    """Money that the customer gives. ``kind`` is a word such as :data:`CASH` or ``card``.

    ``reference`` finds it again elsewhere, such as the terminal's transaction; never a card number.
    """

    kind: str
    given: Money
    reference: str = ""

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise Refused("tender", f"{self.kind[:20]!r} is no kind of tender", "give a word in small letters, as cash")
        clean("reference", self.reference, REFERENCE_LENGTH_MAX)
        if self.given.minor <= 0:
            raise Refused("given", f"{self.given} is nothing to pay with", "give an amount above zero")


@dataclass(frozen=True, slots=True)
class Applied:
    """A tender and the ``amount`` of it that counts towards the total; the rest went back as change."""

    tender: Tender
    amount: Money


@dataclass(frozen=True, slots=True)
class Settlement:
    """A sale that is paid: the applied amounts add up to the total plus ``rounding``.

    ``rounding`` is what cash rounding added to the total, negative where it took off. ``change`` goes back in cash.
    """

    applied: tuple[Applied, ...]
    change: Money
    rounding: Money


def cash_due(remaining: Money, cash_step_minor: int = 1) -> Money:
    """``remaining`` as cash can pay it: the nearest multiple of ``cash_step_minor``, halves up."""
    if cash_step_minor < 1:
        raise Refused("cash_step_minor", f"{cash_step_minor} is no coin", "give 1 or more minor units")
    return Money(half_up(remaining.minor, cash_step_minor) * cash_step_minor, remaining.currency)


def settle(total: Money, tenders: Sequence[Tender], cash_step_minor: int = 1) -> Settlement:
    """Apply ``tenders`` to ``total``: exact ones first, then cash in the order it was given.

    Raises :class:`Refused` for a total below zero, for more than :data:`TENDERS_MAX` tenders, for cash that no coins
    of ``cash_step_minor`` make, for another tender above what is left to pay, and, naming the missing amount, while
    the tenders do not cover the total.
    """
    if total.minor < 0:
        raise Refused("total", f"{total} is below zero", "pay it out as a refund")
    if len(tenders) > TENDERS_MAX:
        raise Refused("tenders", f"there are {len(tenders)}", f"pay with at most {TENDERS_MAX}")
    nothing = Money.zero(total.currency)
    cash = [tender.given for tender in tenders if tender.kind == CASH]
    exact = sum((tender.given for tender in tenders if tender.kind != CASH), nothing)
    if exact > total:
        raise Refused(
            "tenders", f"they are {exact - total} too much", "charge what is due: change comes from cash only"
        )
    for given in cash:
        if cash_due(given, cash_step_minor) != given:
            step = Money(cash_step_minor, total.currency)
            raise Refused("given", f"no coins make {given}", f"give cash in steps of {step}")

    due = cash_due(total - exact, cash_step_minor) if cash else total - exact
    change = sum(cash, nothing) - due
    if change < nothing:
        raise Refused("tenders", f"{-change} is missing", "take the missing amount, or void lines")

    applied = []
    left = due
    for tender in tenders:
        amount = tender.given
        if tender.kind == CASH:
            amount = min(amount, left)
            left -= amount
        applied.append(Applied(tender, amount))
    return Settlement(tuple(applied), change, rounding=exact + due - total)
