"""What all actors of a run share: time, chance, the broker, and what an outside observer has seen."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from retail.ids import SeededIds
from sync_protocol.frames import Entry
from tests.simulation.network import Broker
from tests.simulation.schedule import Schedule

CRASH_CHANCE = 0.015
"""How likely a program dies at each named step while faults are on."""

SKUS = ("APPLE", "BREAD", "CHEESE")
ZONE = "all"


@dataclass
class Observed:
    """What somebody would have seen who stood beside every machine. Survives all crashes; no actor decides by it."""

    printed: list[tuple[str, UUID]] = field(default_factory=list)
    """(store, event) of every receipt in a customer's hand."""
    heads: Counter[UUID] = field(default_factory=Counter)
    """The longest log that was ever committed under a box's name."""
    retired: list[tuple[str, UUID, list[Entry]]] = field(default_factory=list)
    """(store, box, log) of boxes whose machine got a new name."""
    acknowledged: Counter[tuple[int, UUID]] = field(default_factory=Counter)
    """The last ``through`` that the centre told, by generation and box."""
    unreadable: set[UUID] = field(default_factory=set)
    """Events that a program of a later version wrote."""


class World:
    """One run. ``stormy`` while faults are on, ``open`` while customers come."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.schedule = Schedule()
        self.ids = SeededIds(seed, self.schedule)
        self.fired: Counter[str] = Counter()
        self.broker = Broker(self.schedule, self.rng, self.fired)
        self.seen = Observed()
        self.stormy = self.open = False

    def pause(self, mean_s: float) -> float:
        """A random time to wait, in seconds."""
        return self.rng.expovariate(1 / mean_s)


class Crash(Exception):
    """The program dies here."""


class Process:
    """A program that can die at any named step and is started again some seconds later.

    What it keeps outside its disk must be set by :meth:`boot`.
    """

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.alive = self.is_retired = False
        self._life = 0

    def start(self) -> None:
        """Start the program, unless it runs."""
        if not self.alive and not self.is_retired:
            self.alive = True
            self._life += 1
            self.guarded(self.boot)

    def stop(self) -> None:
        """The program is gone, and its memory with it."""
        if self.alive:
            self.alive = False
            self._life += 1
            self.died()

    def retire(self) -> None:
        """Stop the program for good."""
        self.is_retired = True
        self.stop()

    def boot(self) -> None:
        """Read the disk and begin to work."""
        raise NotImplementedError

    def died(self) -> None:
        """Let go of what belongs to the dead program."""
        raise NotImplementedError

    def later(self, delay_s: float, step: Callable[[], None]) -> None:
        """Run ``step`` in ``delay_s`` seconds, if the program still lives then."""
        life = self._life
        self.world.schedule.after(delay_s, lambda: self.guarded(step) if life == self._life else None)

    def point(self, step: str) -> None:
        """A named step at which the program may die."""
        if self.world.stormy and self.world.rng.random() < CRASH_CHANCE:
            self.world.fired[f"{self.name} crash {step}"] += 1
            raise Crash

    def guarded(self, step: Callable[[], None]) -> None:
        """Run ``step``; if the program dies in it, somebody starts it again."""
        try:
            step()
        except Crash:
            self.stop()
            self.world.schedule.after(self.world.rng.uniform(0.5, 5.0), self.start)
