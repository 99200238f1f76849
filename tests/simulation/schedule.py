"""Simulated time: what happens when, in one thread, the same for the same seed."""

import heapq
import itertools
from collections.abc import Callable

from tests.simulation.violation import Violation

STEPS_PER_SECOND_MAX = 5_000
"""More steps than this within one simulated second are a spin: somebody works without waiting for anything."""
EPOCH_MS = 1_767_225_600_000


class Schedule:
    """A clock and the list of what is due. Steps at the same moment run in the order in which they were planned."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def now_ms(self) -> int:
        """Wall clock, milliseconds since 1970 UTC."""
        return EPOCH_MS + round(self.now * 1000)

    def monotonic(self) -> float:
        """Seconds since the world began."""
        return self.now

    def after(self, delay_s: float, step: Callable[[], None]) -> None:
        """Run ``step`` in ``delay_s`` seconds."""
        heapq.heappush(self._due, (self.now + delay_s, next(self._numbers), step))

    def run(self, until_s: float) -> None:
        """Let time pass up to ``until_s``."""
        second, steps = int(self.now), 0
        while self._due and self._due[0][0] <= until_s:
            self.now, _, step = heapq.heappop(self._due)
            if int(self.now) != second:
                second, steps = int(self.now), 0
            steps += 1
            if steps > STEPS_PER_SECOND_MAX:
                raise Violation(f"I8: more than {STEPS_PER_SECOND_MAX} steps in second {second}: somebody spins")
            step()
        self.now = until_s
