"""Where a cart can be collected, and when. Pure."""

import numpy as np

from central.sourcing.promises.cart import Cart, PickupPlace, answers
from central.sourcing.promises.network import Flags, Ints, Reals
from central.sourcing.promises.rulebook import Rulebook, Said
from central.sourcing.promises.ways import (
    NO_ROOM,
    Wanted,
    Ways,
    any_along,
    because,
    kits_whole,
    line_shut,
    nearest,
    place_shut,
)
from routing.calendars.hours import ready_by
from routing.calendars.limits import NEVER_MS, NoDate

ALL_OR_NOTHING = "has not all of it, and by the rules it is all or nothing"


def pickups(
    book: Rulebook, said: Said, cart: Cart, wanted: Wanted, distance: Reals
) -> tuple[tuple[PickupPlace, ...], str]:
    """The places to tell, the preferred one first, then the nearest, or why there is none. ``distance`` (L,) in km."""
    network = book.network
    there = wanted.had(wanted.beside_others(said.stock))
    ways = Ways.of(said, there.sum(axis=0))
    codes, room = ways.codes[0], ways.room[0]
    have: Ints = np.where(said.opens(ways.line_codes[:, 0]), there, 0)
    whole = kits_whole(np.equal(have, wanted.units[:, None]), said.kits)
    have = np.where((said.kits >= 0)[:, None] & ~whole, 0, have)
    complete: Flags = np.asarray(whole.all(axis=0), np.bool_)
    units = have.sum(axis=0)
    today, next_day = network.outlooks(said.begins_ms)
    ready = np.where(ways.next_day[0], next_day.ready, today.ready)
    allowed = network.usable & ~book.silent & (codes == 0)
    serves = allowed & (units > 0) & (room >= units) & (ready < NEVER_MS)
    if said.complete:
        serves &= complete
    near = serves & ~(distance > cart.pickup_km)  # an unknown distance is not too far
    places = np.flatnonzero(near)
    far = np.where(np.isnan(distance), np.inf, distance)
    order = places[np.lexsort((places, ready[places], far[places]))]
    preferred = network.index.get(cart.pickup, -1)
    first = [preferred] if preferred >= 0 else []
    chosen = [*first, *(place for place in order.tolist() if place != preferred)][: cart.pickups_max]
    whole_ones = order[complete[order]][:1].tolist()
    if whole_ones and whole_ones[0] not in chosen[:-1] and len(chosen) > len(first):
        chosen[-1] = whole_ones[0]  # the nearest place that has everything is always told

    def why_not(place: int) -> str:
        """Why a place can promise nothing; a clause that follows its name."""
        shut = place_shut(book, said, ways, place)
        if shut:
            return shut
        if not units[place]:
            none = "has not all of what is sold as one" if there[:, place].any() else "has none of it"
            return line_shut(said, ways, wanted, place) or none
        if said.complete and not complete[place]:
            return ALL_OR_NOTHING
        if room[place] < units[place]:
            return NO_ROOM
        ready_there = ready_by(
            network.sites[place].hours, said.begins_ms, network.terms.pick_minutes, network.timetable.horizon_days
        )
        return str(ready_there) if isinstance(ready_there, NoDate) else "has no room for it"

    def told(place: int) -> PickupPlace:
        site = network.sites[place]
        return PickupPlace(
            site.place.location,
            site.place.name,
            site.city,
            None if np.isnan(distance[place]) else float(distance[place]),
            int(ready[place]) if serves[place] else None,
            site.hours.zone,
            answers(cart, have[:, place] * bool(serves[place])),
            "" if serves[place] else why_not(place),
        )

    if chosen:
        return tuple(map(told, chosen)), ""
    if not cart.pickups_max:
        return (), "no place was asked for"
    if serves.any():
        return (), f"no place within {cart.pickup_km:g} km has any of it"
    hands_over = np.array([site.place.hands_over for site in network.sites], np.bool_)
    having = hands_over & any_along((there > 0) | ((wanted.on_hand > 0) & (ways.line_codes[:, 0] != 0)), 0)
    if having.any():
        return (), because(network, "no place can hand over any of it", nearest(distance, having), why_not)
    if allowed.any() or not hands_over.any():
        return (), "no place that hands over orders has any of it"
    shut = "no place that hands over orders can be promised now"
    return (), because(network, shut, nearest(distance, hands_over), why_not)
