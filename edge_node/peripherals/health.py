"""How a device is doing, in a word for programs and a sentence for people.

The words are those of UnifiedPOS' claim/enable life, plus what is wrong. A driver reports every change once: to the log
and to whoever asked to be told.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import structlog
from structlog.typing import FilteringBoundLogger

from retail.errors import NeedsAttention

Diagnostics = dict[str, str | int | float | bool | None]
"""What a driver tells support about itself: counts and states, never codes that were read or text that was printed."""


class DeviceState(StrEnum):
    """What a device can do for us right now."""

    ABSENT = "absent"
    """Not there, or not reachable."""
    CLAIMED = "claimed"
    """Ours, but it has not told us yet how it is."""
    READY = "ready"
    DEGRADED = "degraded"
    """Works, but a person should see to it soon."""
    ERROR = "error"
    """Does not work until a person sees to it."""


@dataclass(frozen=True, slots=True)
class Health:
    """``problem`` and ``remedy`` are clauses as in :mod:`retail.errors`; both are empty while all is well."""

    state: DeviceState
    problem: str = ""
    remedy: str = ""

    @property
    def text(self) -> str:
        """One sentence for a page."""
        if not self.problem:
            return "ready" if self.state is DeviceState.READY else self.state.value
        return f"{self.problem}; {self.remedy}" if self.remedy else self.problem

    def attention(self) -> NeedsAttention | None:
        """What a person must do before the device works again; None where nobody must."""
        if self.state is DeviceState.ERROR or (self.state is DeviceState.ABSENT and self.remedy):
            return NeedsAttention(self.problem, self.remedy)
        return None


READY = Health(DeviceState.READY)

_Told = TypeVar("_Told")


def tell(listener: Callable[[_Told], None] | None, news: _Told, log: FilteringBoundLogger) -> None:
    """Hand ``news`` to ``listener``, if there is one. What it raises is logged: a broken page must stop no device."""
    if listener is None:
        return
    try:
        listener(news)
    except Exception:
        log.exception("a listener failed", news=type(news).__name__)


class HealthReport:
    """Holds the health of one device; any thread may set or read it.

    Each change is logged once, as a warning where a person has something to do, and handed to ``listener`` in the
    thread that made the change.
    """

    def __init__(self, device: str, listener: Callable[[Health], None] | None = None) -> None:
        self._log: FilteringBoundLogger = structlog.get_logger().bind(device=device)
        self._listener = listener
        self._lock = threading.Lock()
        self._health = Health(DeviceState.ABSENT, "not connected yet")

    @property
    def now(self) -> Health:
        """The health as last set."""
        with self._lock:
            return self._health

    def set(self, health: Health) -> None:
        """Note ``health``; does nothing if it has not changed."""
        with self._lock:
            if health == self._health:
                return
            self._health = health
        say = self._log.warning if health.remedy else self._log.info
        say("device health", state=health.state.value, detail=health.text)
        tell(self._listener, health, self._log)
