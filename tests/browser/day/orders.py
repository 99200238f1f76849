"""The day's orders in every state, with their pick lists, decisions and history."""

import random
from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.orders.tables import (
    customer_order,
    decision,
    order_history,
    order_line,
    shipment,
    shipment_line,
    task,
    task_line,
)
from central.sourcing.tables import sourcing_run
from tests.browser.day.explained import explained
from tests.browser.day.network import CITIES, ITEMS, STORES, WAREHOUSE, sku
from tests.browser.day.times import DAY, HOUR, MINUTE, SECOND, at, uuid_at

PEOPLE = ("Ada Lindqvist", "Marcus Okafor", "Priya Raman", "Jo Whitfield", "Tomás Herrera", "Lena Brandt", "Sam Carter")
STAFF = ("Maya", "Leo", "Ruth")

# State of an order, of its pick lists and of its lines; how often it comes.
OLD = (("fulfilled", "shipped", "shipped", 7), ("fulfilled", "handed_over", "shipped", 3))
NEW = (
    *OLD,
    ("working", "started", "started", 5),
    ("working", "packed", "started", 3),
    ("working", "assigned", "assigned", 2),
    ("working", "offered", "offered", 2),
    ("open", "", "open", 2),
    ("cancelled", "", "cancelled", 1),
)
_STEPS = {"offered": 0, "assigned": 1, "started": 2, "packed": 3, "shipped": 4, "handed_over": 4}
_TABLES = (customer_order, order_line, task, task_line, shipment, shipment_line, order_history, decision, sourcing_run)


class Day:
    """Collects the rows of all orders."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.chance = random.Random(7)
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.explanations = explained()

    def add(self, number: int, placed: int, state: str, task_state: str, line_state: str, **changes: Any) -> None:
        """One order."""
        chance, order_id = self.chance, uuid_at(placed, number)
        service = "pickup" if task_state == "handed_over" or chance.random() < 0.2 else "ship"
        service = "ship" if task_state == "shipped" else service
        places = changes.pop("places", None) or [chance.choice(STORES if service == "pickup" else (*STORES, WAREHOUSE))]
        service = "ship" if len(places) > 1 else service
        wanted = [(n, chance.choice((1, 1, 2, 3))) for n in chance.sample(range(len(ITEMS)), max(2, len(places)))]
        total = sum(ITEMS[n][1] * quantity for n, quantity in wanted)
        city, region = chance.choice(CITIES)
        values = {
            "order_id": order_id,
            "code": code(number),
            "platform": "webshop",
            "platform_order_id": f"{4_400_000 + number}",
            "content_hash": bytes(32),
            "channel": "web",
            "service": service,
            "customer_name": chance.choice(PEOPLE),
            "ship_to": {"city": city, "region": region, "zip": "55425", "country": "US"},
            "currency": "USD",
            "total": total,
            "tax_total": total * 7 // 107,
            "shipping_charged": 0,
            "promise_ms": placed + (2 * HOUR if service == "pickup" else 26 * HOUR),
            "placed_ms": placed,
            "received_at": at(placed + 400),
            "status": state,
            "hold": "",
            "attention": "",
        }
        self.rows["customer_order"].append(values | changes)
        self.note(order_id, placed + 400, "received")
        tasks = [self._task(order_id, placed, task_state, service, place) for place in places] if task_state else []
        for position, (n, quantity) in enumerate(wanted):
            self._line(order_id, placed, number, position, sku(n), quantity, ITEMS[n][1], line_state, task_state, tasks)
        if tasks:
            explanation = self.explanations["split" if len(places) > 1 else "single"]
            self.rows["decision"].append(
                {
                    "order_id": order_id, "decision_id": uuid_at(placed + 900, 1), "at": at(placed + 900),
                    "rule_version": "default-1", "explanation": explanation, "run_id": self._run(placed + 900),
                }
            )  # fmt: skip

    def note(
        self, order_id: UUID, ms: int, what: str, task_id: UUID | None = None, place: str = "", **more: Any
    ) -> None:
        """An entry of an order's history."""
        entry = {"order_id": order_id, "at": at(ms), "what": what, "task_id": task_id, "location": place}
        self.rows["order_history"].append(entry | {"staff": "", "detail": {}} | more)

    def _run(self, decided: int) -> UUID:
        """The run that decided then: half of the orders in a batch of the two hours, the others by themselves."""
        is_batch = len(self.rows["decision"]) % 2 == 0
        minute = decided // (2 * HOUR) * 120 if is_batch else decided // MINUTE
        run_id = uuid_at(minute * MINUTE, 3 + is_batch)
        run = next((row for row in self.rows["sourcing_run"] if row["run_id"] == run_id), None)
        if run is None:
            run = {
                "run_id": run_id, "region": "USD", "kind": "batch" if is_batch else "single", "state": "done",
                "started_at": at(minute * MINUTE), "ended_at": at(decided), "digest": bytes(range(32)),
                "network_digest": bytes(32), "core": b"-", "moment": b"-", "answer": b"-", "kept_bytes": 3,
                "rule_version": "default-1", "effort": "standard" if is_batch else "one-by-one", "seed": 0,
                "made_by": "tillway 0.1.0, numpy 2.4.6, ortools 9.15", "cost": 0, "bound": 0, "baseline": 0,
                "seconds": 1.84 if is_batch else 0.012, "orders": 0, "lines": 0, "places": 1_566, "offered": 0,
                "moved": int(is_batch), "work": {"columns": 4_120, "blocks": 3} if is_batch else {},
            }  # fmt: skip
            self.rows["sourcing_run"].append(run)
        for name, more in (("orders", 1), ("lines", 2), ("offered", 1), ("cost", 894), ("baseline", 921),
                           ("bound", 892 if is_batch else 894)):  # fmt: skip
            run[name] += more
        return run_id

    def _line(
        self, order_id: UUID, placed: int, number: int, position: int, key: str, quantity: int, price: int, state: str,
        task_state: str, tasks: list[UUID],
    ) -> None:  # fmt: skip
        line_id = uuid_at(placed, 100_000 + number * 10 + position)
        owner = tasks[position % len(tasks)] if tasks else None
        self.rows["order_line"].append(
            {
                "order_id": order_id, "line_id": line_id, "position": position + 1, "platform_line_id": str(position),
                "sku": key, "ordered_quantity": quantity, "quantity": quantity, "unit_price": price, "tax": 0,
                "amount": price * quantity, "version": 1, "state": state, "task": owner,
            }
        )  # fmt: skip
        if owner is None:
            return
        picked = quantity if _STEPS[task_state] > 2 else self.chance.randrange(quantity + 1) * (task_state == "started")
        part = {"task_id": owner, "line_id": line_id, "sku": key, "quantity": quantity}
        self.rows["task_line"].append(part | {"picked": picked, "short": 0})
        if _STEPS[task_state] == 4:
            self.rows["shipment_line"].append(part)

    def _task(self, order_id: UUID, placed: int, state: str, service: str, place: str) -> UUID:
        steps, task_id = _STEPS[state], uuid_at(placed + 1_000, self.chance.randrange(2**40))
        gap = max(min((self.now_ms - placed) // 6, 9 * MINUTE), 2 * SECOND)
        moments = [placed + 1_000 + gap * step for step in range(steps + 1)]
        times: list[Any] = [*map(at, moments), *[None] * (5 - len(moments))]
        self.rows["task"].append(
            {
                "task_id": task_id, "order_id": order_id, "location": place, "rev": steps + 1, "state": state,
                "service": service, "reason": "", "collect_code": "481516" if service == "pickup" else "",
                "pick_by_ms": placed + 45 * MINUTE + self.chance.randrange(30 * MINUTE), "packages": int(steps > 2),
                "offered_at": times[0], "answered_at": times[1], "assigned_at": times[1], "started_at": times[2],
                "packed_at": times[3], "closed_at": times[4],
            }
        )  # fmt: skip
        label = {"carrier": "UPS", "tracking": "1Z999AA10123456784"} if state == "shipped" else {}
        details = ({"lines": 2}, {}, {}, {"packages": 1}, label)
        for step, what in enumerate(("offered", "assigned", "started", "packed", state)[: steps + 1]):
            if step == 3:
                for pick in (1, 2):
                    self.note(order_id, moments[2] + pick * SECOND, "ignored", task_id, place,
                              staff="Maya", detail={"kind": "pick.picked"})  # fmt: skip
            staff = self.chance.choice(STAFF) if step > 2 else ""
            self.note(order_id, moments[step], what, task_id, place, staff=staff, detail=details[step])
        if steps == 4:
            proof = {"proof": "collect code"} if state == "handed_over" else label
            empty = {"carrier": "", "tracking": "", "proof": ""}
            self.rows["shipment"].append(
                {"task_id": task_id, "order_id": order_id, "location": place, "kind": state, "packages": 1,
                 "at_ms": moments[-1], "staff": "Leo"} | empty | proof
            )  # fmt: skip
        return task_id


def code(number: int) -> str:
    """What people call the order: unlike any other, as no letter looks like a digit."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    mixed = (number * 2_654_435_761 + 977) % 32**8
    digits = "".join(alphabet[mixed // 32**place % 32] for place in range(8))
    return f"{digits[:4]}-{digits[4:]}"


async def write(conn: AsyncConnection, now_ms: int, number: int) -> tuple[str, UUID]:
    """Write ``number`` orders, more of them towards the end of the day; returns the code of one that is split, and the
    largest run."""
    day = Day(now_ms)
    for index in range(number - 5):
        placed = now_ms - int(DAY * (1 - index / number) ** 1.7) - day.chance.randrange(50 * SECOND)
        kinds = NEW if placed > now_ms - 3 * HOUR else OLD
        state, task_state, line_state, _ = day.chance.choices(kinds, [weight for *_, weight in kinds])[0]
        day.add(index, placed, state, task_state, line_state)
    picking = ("working", "started", "started")
    day.add(number - 5, now_ms - 70 * MINUTE, *picking, places=[STORES[1]], promise_ms=now_ms - 17 * MINUTE)
    day.add(number - 4, now_ms - 64 * MINUTE, *picking, attention=f"{STORES[2]} shipped a line that had shipped before")
    day.note(uuid_at(now_ms - 64 * MINUTE, number - 4), now_ms - 9 * MINUTE, "trouble", place=STORES[2],
             detail={"problem": f"{STORES[2]} shipped a line that had shipped before"})  # fmt: skip
    day.add(number - 3, now_ms - 55 * MINUTE, *picking, places=[STORES[0], WAREHOUSE])
    day.add(number - 2, now_ms - 40 * MINUTE, "open", "", "open", hold="the address could not be verified")
    day.add(number - 1, now_ms - 20 * SECOND, "open", "", "open")
    for table in _TABLES:
        if day.rows[table.name]:
            await conn.execute(insert(table), day.rows[table.name])
    largest = max(day.rows["sourcing_run"], key=lambda run: run["orders"])
    return code(number - 3), largest["run_id"]
