"""What follows from the options alone: which of them serve what is sent, what is collected, and where."""

import numpy as np

from routing.arrays import Flags, Index
from routing.obstacles import ELSEWHERE
from routing.rules.draft import Bound, Cause, Draft
from routing.rules.scene import ANYWHERE, PICKUP
from routing.rules.view import View

TRANSFER = Cause("brings orders to another location, to be collected there")
COLLECTS = Cause("is an option to collect")
SENDS = Cause("is an option to ship")
AT_ANOTHER_PLACE = Cause(ELSEWHERE)
NO_SUCH_SERVICE = Cause("knows no such service as the order asks for")


def shut_by_service(draft: Draft) -> None:
    """What follows from the options alone: who can serve an order that is collected, sent, or neither."""
    view = draft.view
    bound = Bound(
        "", view.every_order, np.ones(len(view.places), np.bool_),
        np.ones(len(view.options), np.bool_), view.order_of,
    )  # fmt: skip
    collecting, sending = view.once("uses", lambda: _uses(view))
    draft.block(bound, view.transfers, TRANSFER, view.ships)
    draft.block(bound, collecting, COLLECTS, view.ships)
    draft.block(bound, sending, SENDS, view.collected)
    draft.block(bound, bound.options, NO_SUCH_SERVICE, ~(view.ships | view.collected))
    for number in np.flatnonzero(view.collected & (pickup_of(view) < 0)).tolist():
        this = np.zeros(len(view.orders), np.bool_)
        this[number] = True
        draft.block(bound, _elsewhere(view, view.orders[number].pickup_location), AT_ANOTHER_PLACE, this)


def _elsewhere(view: View, location: str) -> Flags:
    """(K,): an order that is collected at the location, or anywhere, cannot be collected by the option."""

    def made() -> Flags:
        found = np.ones(len(view.options), np.bool_)
        found[view.once("collecting", lambda: _collecting(view)).get(location, [])] = False
        return found

    return view.once(("elsewhere", location), made)


def _uses(view: View) -> tuple[Flags, Flags]:
    """(K,) each: the option is one to collect, is one to ship, where it stands."""
    here = [("" if option.transfer_to else option.service) for option in view.options]
    return (
        np.array([service == PICKUP for service in here], np.bool_),
        np.array([service not in ("", PICKUP) for service in here], np.bool_),
    )


def _collecting(view: View) -> dict[str, list[int]]:
    """The options by which an order can be collected at a location."""
    at: dict[str, list[int]] = {}
    for number, option in enumerate(view.options):
        if option.transfer_to or option.service in ("", PICKUP):
            at.setdefault(option.transfer_to or view.places[option.place].location, []).append(number)
            at.setdefault(ANYWHERE, []).append(number)
    return at


def pickup_of(view: View) -> Index:
    """(O,): the one place whose options serve a collected order, -1 where there is none or others transfer to it."""
    found = np.full(len(view.orders), -1)
    if not view.collected.any():
        return found
    at = view.numbers
    transferred = view.once("transferred", lambda: {option.transfer_to for option in view.options})
    for number, order in enumerate(view.orders):
        if order.service == PICKUP and order.pickup_location not in transferred:
            found[number] = at.get(order.pickup_location, -1)
    return found


def pool_of(view: View) -> Index:
    """(K,): the first option of the same place and time."""

    def made() -> Index:
        first: dict[tuple[int, int | None], int] = {}
        keys = [(option.place, option.at_ms) for option in view.options]
        return np.array([first.setdefault(key, number) for number, key in enumerate(keys)], np.intp)

    return view.once("pool", made)
