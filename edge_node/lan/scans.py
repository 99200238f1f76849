"""Scans of the box's own scanners, for registers that ask for them."""

import asyncio
import contextlib
from collections import deque

from edge_node.ports import Scan
from retail.clock import Clock
from retail.text import printable

KEPT_MAX = 200
"""Scans that are kept for a register that was away for a moment; older ones are forgotten."""

CODE_LENGTH_MAX = 256
GS1_SEPARATOR = "\x1d"


class ScanBoard:
    """Keeps the last scans and wakes who waits for the next. To be used on the event loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scans: deque[Scan] = deque(maxlen=KEPT_MAX)
        # Beginning with the time keeps the ids rising over a restart, so that a register's place stays valid.
        self._last_id = clock.now_ms()
        self._news = asyncio.Event()
        self._closed = False

    @property
    def last_id(self) -> int:
        """The id of the newest scan."""
        return self._last_id

    def publish(self, scanner: str, code: str) -> Scan:
        """Note what a scanner has read."""
        self._last_id += 1
        # The separator of GS1 codes is the one control character that means something.
        text = GS1_SEPARATOR.join(map(printable, code.split(GS1_SEPARATOR)))
        scan = Scan(self._last_id, self._clock.now_ms(), scanner, text[:CODE_LENGTH_MAX])
        self._scans.append(scan)
        self._news.set()
        self._news = asyncio.Event()
        return scan

    def close(self) -> None:
        """Let nobody wait any more: the box is closing."""
        self._closed = True
        self._news.set()

    async def after(self, scan_id: int, wait_s: float) -> list[Scan]:
        """The kept scans with a higher id; waits up to ``wait_s`` seconds for the first."""
        news = self._news
        scans = self._since(scan_id)
        if not scans and wait_s > 0 and not self._closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await news.wait()
            scans = self._since(scan_id)
        return scans

    def _since(self, scan_id: int) -> list[Scan]:
        return [scan for scan in self._scans if scan.id > scan_id]
