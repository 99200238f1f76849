"""What a demo came to: the one line of JSON at its end."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass, field

import psycopg

from simulators.compare import Comparison
from simulators.demo.stack import PRINTER, Stack
from simulators.journal import proofs
from simulators.people.tally import Tally
from simulators.store import journal_path

SHIP_FROM_STORE, PICKUP, WAREHOUSE = "ship_from_store", "pickup", "warehouse"


@dataclass(frozen=True)
class Result:
    """The figures. ``orders_due`` are the orders that were older than the grace time when the shops closed, and
    ``fulfilled_due`` those of them that had left a building or were in the customer's hands by the end."""

    sales: int
    events_acked: int
    orders: int
    routed: dict[str, int]
    pick_lists_printed: int
    fulfilled: int
    lost: int
    doubled: int
    seconds: float
    out_of_balance: int = 0
    orders_due: int = 0
    fulfilled_due: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or out of balance."""
        return not (self.lost or self.doubled or self.out_of_balance or self.problems)

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def result(
    stack: Stack, comparison: Comparison, tally: Tally, seconds: float, due: set[str], kills: Counter[str]
) -> Result:
    """Count what the databases and the printers' journals hold, after everything stopped but PostgreSQL."""
    with psycopg.connect(stack.database_url) as centre:
        routed = Counter(
            {
                name: count
                for name, count in centre.execute(
                    "SELECT CASE WHEN t.service = 'pickup' THEN 'pickup'"
                    " WHEN l.kind = 'warehouse' THEN 'warehouse' ELSE 'ship_from_store' END, count(DISTINCT t.order_id)"
                    " FROM task t JOIN location l ON l.tenant = t.tenant AND l.location = t.location"
                    " WHERE t.state NOT IN ('rejected', 'withdrawn') GROUP BY 1"
                )
            }
        )
        fulfilled = {
            str(row[0]) for row in centre.execute("SELECT order_id FROM customer_order WHERE status = 'fulfilled'")
        }
        orders = _one(centre, "SELECT count(*) FROM customer_order")
        acked = _one(centre, "SELECT coalesce(sum(seq), 0) FROM watermark")
    problems = list(comparison.problems)
    if orders != len(tally.orders):
        problems.append(f"the shop has {len(tally.orders)} confirmed orders, the centre {orders}")
    return Result(
        sales=comparison.sales,
        events_acked=acked,
        orders=orders,
        routed={name: routed[name] for name in (SHIP_FROM_STORE, PICKUP, WAREHOUSE)},
        pick_lists_printed=sum(_proved_lists(stack, location) for location in stack.boxes),
        fulfilled=len(fulfilled),
        lost=comparison.lost,
        doubled=comparison.doubled,
        seconds=round(seconds, 1),
        out_of_balance=comparison.out_of_balance,
        orders_due=len(due),
        fulfilled_due=len(due & fulfilled),
        kills=dict(kills),
        problems=problems,
    )


def _proved_lists(stack: Stack, location: str) -> int:
    """Pick lists whose proof the box holds and the printer's own journal, too."""
    place = stack.boxes[location]
    proved = set(proofs(journal_path(place.folder, PRINTER)))
    with closing(sqlite3.connect(f"{place.database.as_uri()}?mode=ro", uri=True)) as file:
        rows = file.execute("SELECT process_id FROM print_job WHERE kind = 'pick_list' AND state = 'proved'")
        return sum(process_id in proved for (process_id,) in rows)


def _one(centre: "psycopg.Connection[tuple[int, ...]]", query: str) -> int:
    row = centre.execute(query).fetchone()
    return 0 if row is None else int(row[0])
