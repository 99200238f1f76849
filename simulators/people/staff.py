"""Fulfilment staff with a handheld: they take what the list says, pack it and send it off or hand it over.

Every step goes through ``POST /edge/events``, as from the handheld page, under a key that stays the same when it is
sent again. Sometimes something cannot be found, as in life.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from retail.ids import IdSource
from simulators.people.client import PatientClient
from simulators.people.tally import Tally

LOOK_S = 0.3
CARRIER = "USPS"


@dataclass
class Picker:
    """One person at a location. ``shorts`` is the probability that a line cannot be found; ``step_s`` the mean time of
    one step; ``collect_code`` asks the customer of an order for the code (None: nobody came yet)."""

    location: str
    client: PatientClient
    chance: random.Random
    ids: IdSource
    tally: Tally
    collect_code: Callable[[str], Awaitable[str | None]]
    shorts: float = 0.03
    step_s: float = 0.15

    async def run(self, closing: asyncio.Event) -> None:
        """Work until ``closing``, and finish the task in hand."""
        while not closing.is_set():
            busy = False
            answer = await self.client.get("/v1/tasks")
            for task in answer.json().get("tasks", []):
                if closing.is_set():
                    break
                busy |= await self._work(task)
            if not busy:
                await asyncio.sleep(LOOK_S)

    async def _work(self, task: dict[str, Any]) -> bool:
        """Do the next step of a task. False: nothing can be done about it now."""
        match task["state"]:
            case "assigned" if task["pick_list"] == "failed":
                return await self._tell(task, "start")
            case "started":
                for line in task["lines"]:
                    if line["remaining"] > 0:
                        return await self._fetch(task, line)
                if not any(line["picked"] for line in task["lines"]):
                    return False
                return await self._tell(task, "pack", packages=1)
            case "packed" if task["service"] == "pickup":
                code = await self.collect_code(task["order_code"])
                return code is not None and await self._tell(task, "handover", collect_code=code)
            case "packed":
                tracking = f"94{self.chance.randrange(10**18):018d}"
                return await self._tell(task, "ship", carrier=CARRIER, tracking=tracking)
            case _:
                return False

    async def _fetch(self, task: dict[str, Any], line: dict[str, Any]) -> bool:
        if self.chance.random() < self.shorts:
            return await self._tell(task, "short", line=line["line"], reason="not_found", qty=line["remaining"])
        code = line["gtin"] or line["sku"]
        return await self._tell(task, "pick", line=line["line"], qty=line["remaining"], code=code)

    async def _tell(self, task: dict[str, Any], step: str, **details: object) -> bool:
        await asyncio.sleep(self.chance.uniform(0.5, 1.5) * self.step_s)
        event = {
            "key": str(self.ids.uuid7()), "device": "handheld-1", "user": f"picker-{self.location}", "type": step,
            "wave": task["id"], **details,
        }  # fmt: skip
        [answer] = (await self.client.post("/edge/events", [event])).json()
        if answer["accepted"]:
            self.tally.steps[step] += 1
        else:
            self.tally.refuse(f"staff {self.location} ({step})", answer["reason"])
        return bool(answer["accepted"])
