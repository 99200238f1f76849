"""Tasks: what the centre asks of a store, and the life of one on both sides.

A task is a pick list: lines of one order that one location should serve. The centre *offers* it, the box checks its
stock and accepts, the centre *assigns* it, the box prints the list and asks to *start*, and the centre confirms. Only
a confirmed start may ship, from then on offline too; everything before it the centre may take back. Both sides move
only along :data:`BOX_MOVES` and :data:`CENTRE_MOVES`, so a late, doubled or reordered message changes nothing.

``rev`` counts the centre's decisions on a task. A box answers with the rev that it answers to; the centre ignores an
answer to an older one.
"""

from uuid import UUID

import msgspec

# What the centre tells about a task (the ``state`` of a :class:`TaskUpdate`).
OFFERED = "offered"
ASSIGNED = "assigned"
STARTED = "started"
WITHDRAWN = "withdrawn"

# What only the box adds.
ACCEPTED = "accepted"
REJECTED = "rejected"
START_ASKED = "start_asked"
PACKED = "packed"
SHIPPED = "shipped"
HANDED_OVER = "handed_over"
RELEASED = "released"

BOX_MOVES: dict[str, frozenset[str]] = {
    OFFERED: frozenset({ACCEPTED, REJECTED, WITHDRAWN}),
    ACCEPTED: frozenset({ASSIGNED, RELEASED}),
    ASSIGNED: frozenset({START_ASKED, RELEASED}),
    START_ASKED: frozenset({STARTED, RELEASED}),
    STARTED: frozenset({PACKED, RELEASED}),
    PACKED: frozenset({SHIPPED, HANDED_OVER}),
}
"""States of a task at the box, and where each may go. A withdrawal of accepted goods is answered by RELEASED."""

CENTRE_MOVES: dict[str, frozenset[str]] = {
    OFFERED: frozenset({ASSIGNED, REJECTED, WITHDRAWN}),
    ASSIGNED: frozenset({STARTED, WITHDRAWN}),
    STARTED: frozenset({PACKED, RELEASED}),
    PACKED: frozenset({SHIPPED, HANDED_OVER}),
    WITHDRAWN: frozenset({RELEASED}),
}
"""States of a task at the centre. Accepting an offer and assigning it is one decision there."""

SHIP, PICKUP = "ship", "pickup"


class OfferLine(msgspec.Struct, array_like=True, frozen=True):
    """A line of a pick list: ``quantity`` in the item's ``unit``, ``bin`` where it lies (may be empty)."""

    line: UUID
    sku: str
    gtin: str
    name: str
    quantity: int
    unit: str = "each"
    bin: str = ""
    age_minimum: int = 0
    hazard: str = ""


class Offer(msgspec.Struct, array_like=True, frozen=True):
    """The whole pick list. Carries no phone number and no street: paper leaves the building.

    ``order_code`` is what people call the order; ``collect_code`` proves a customer at hand-over (empty for shipping);
    ``pick_by_ms`` is when it should be packed, milliseconds since 1970 UTC; ``send_by`` the carrier's service that
    should take it, empty for pickup and where the centre names none.
    """

    order_code: str
    service: str
    lines: tuple[OfferLine, ...]
    customer: str
    destination: str
    pick_by_ms: int
    collect_code: str = ""
    send_by: str = ""


class TaskUpdate(msgspec.Struct, array_like=True, frozen=True):
    """One decision of the centre on one task: the delta of the stream ``tasks``. ``offer`` comes with OFFERED only."""

    task: UUID
    rev: int
    state: str
    offer: Offer | None = None
    reason: str = ""
