"""Kills processes at moments drawn from a seed: each kind as often as asked, spread over the day."""

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulators.demo.stack import Stack

BOX, LITESTREAM, BROKER, DATABASE, CENTRE = "box", "litestream", "broker", "database", "centre"
KINDS = (BOX, LITESTREAM, BROKER, DATABASE, CENTRE)


@dataclass(frozen=True)
class Kill:
    """``kind`` dies ``at_s`` seconds after the opening."""

    at_s: float
    kind: str


@dataclass
class Chaos:
    """Carries out a plan of kills. ``done`` counts the processes that were really killed."""

    stack: Stack
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)

    def plan(self, kills: int, seconds: float) -> list[Kill]:
        """``kills`` of each kind at random moments between a twentieth and nine tenths of ``seconds``."""
        moments = [Kill(self.chance.uniform(0.05, 0.9) * seconds, kind) for kind in KINDS for _ in range(kills)]
        return sorted(moments, key=lambda kill: kill.at_s)

    async def run(self, plan: Sequence[Kill]) -> None:
        """Kill as planned. A process that is just being started again is waited for: each kill hits a living one."""
        loop = asyncio.get_running_loop()
        opened = loop.time()
        for kill in plan:
            await asyncio.sleep(max(0.0, opened + kill.at_s - loop.time()))
            while not self._kill(kill.kind):  # noqa: ASYNC110 - a process that comes back tells nobody
                await asyncio.sleep(0.05)
            self.done[kill.kind] += 1
            self.log.append(f"{loop.time() - opened:.1f} s: {kill.kind}")

    def _kill(self, kind: str) -> bool:
        pids = list(self._targets(kind))
        if not pids:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.chance.choice(pids), signal.SIGKILL)
            return True
        return False

    def _targets(self, kind: str) -> Iterator[int]:
        boxes = [self.stack.child(location) for location in self.stack.boxes]
        match kind:
            case "box":
                yield from (child.pid for child in boxes if child.is_running)
            case "litestream":
                for child in boxes:
                    yield from _children_named(child.pid, "litestream")
            case "broker" | "centre" | "database":
                name = {BROKER: "broker", CENTRE: "central", DATABASE: "postgresql"}[kind]
                child = self.stack.child(name)
                if child.is_running and child.is_ready.is_set():
                    yield child.pid


def _children_named(parent: int, name: str) -> Iterator[int]:
    """Process ids of ``parent``'s living children whose program is called ``name``."""
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for pid in map(int, task.read_text().split()):
                if Path(f"/proc/{pid}/comm").read_text().strip() == name:
                    yield pid
