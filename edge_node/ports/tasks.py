"""A task as the box keeps it: the centre's offer, and how far the store has come with it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PickLine:
    """One line of a pick list. ``picked`` and ``short`` count the item's unit and never exceed ``quantity`` together.

    ``damaged`` and the like are not kept here: the reason of a short line is in its event.
    """

    line: UUID
    sku: str
    gtin: str
    name: str
    quantity: int
    unit: str
    bin: str = ""
    age_minimum: int = 0
    hazard: str = ""
    picked: int = 0
    short: int = 0

    @property
    def remaining(self) -> int:
        """What is neither in the tote nor given up."""
        return self.quantity - self.picked - self.short

    @property
    def reserved(self) -> int:
        """What is still set aside in the store's stock for this line."""
        return self.quantity - self.short


@dataclass(frozen=True, slots=True)
class PickTask:
    """A task. ``state`` is one of :data:`sync_protocol.tasks.BOX_MOVES`; ``told`` is what the centre said last;
    ``send_by`` the carrier's service that should take it, empty where the centre names none.

    The two differ while the box and the centre have not agreed: a task in state ``started`` whose ``told`` is
    ``withdrawn`` has goods in a tote that the centre would like to have back, and goes on.
    """

    id: UUID
    rev: int
    state: str
    told: str
    order_code: str
    service: str
    customer: str
    destination: str
    pick_by_ms: int
    collect_code: str
    lines: tuple[PickLine, ...]
    packages: int = 0
    reason: str = ""
    send_by: str = ""

    def line(self, line_id: UUID) -> PickLine | None:
        """The line with that id."""
        return next((line for line in self.lines if line.line == line_id), None)
