"""What the simulated people saw with their own eyes, to be compared with what the machines say."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Tally:
    """Counts of one run. ``sales`` are the sales that a box has confirmed to a register, by location."""

    sales: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    orders: dict[str, float] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)

    @property
    def sales_count(self) -> int:
        """Confirmed sales."""
        return sum(map(len, self.sales.values()))

    def sold(self, location: str, sale_id: UUID) -> None:
        """A register got its receipt."""
        self.sales[location].add(sale_id)

    def ordered(self, order_id: str, at_s: float) -> None:
        """The web shop's order was confirmed, at ``at_s`` of the run's clock."""
        self.orders.setdefault(order_id, at_s)

    def refuse(self, who: str, why: str) -> None:
        """Somebody was told no."""
        self.refused[f"{who}: {why}"] += 1
