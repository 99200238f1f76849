"""The demo's progress in the terminal: a small table that is drawn anew, or plain lines where nobody looks."""

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

PLAIN_EVERY_S = 5.0


class Screen:
    """Shows steps as they happen and figures while the shops are open. Writes to standard error: the last line of
    standard output is the result."""

    def __init__(self, *, plain: bool) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._plain = plain or not sys.stderr.isatty()
        self._live: Live | None = None
        self._last_line_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_live()

    def step(self, text: str) -> None:
        """Something is done or begins."""
        if self._live is not None:
            self._live.console.print(text)
        else:
            self._console.print(text)

    def figures(self, title: str, values: Mapping[str, object]) -> None:
        """What the counters say now."""
        if self._plain:
            now = time.monotonic()
            if now - self._last_line_at >= PLAIN_EVERY_S:
                self._last_line_at = now
                self._console.print(f"{title}: " + ", ".join(f"{name} {value}" for name, value in values.items()))
            return
        table = Table(title=title, show_header=False, title_justify="left", box=None, padding=(0, 2))
        for name, value in values.items():
            table.add_row(name, f"[bold]{value}[/bold]")
        if self._live is None:
            self._live = Live(table, console=self._console, refresh_per_second=4, transient=True)
            self._live.start()
        self._live.update(table)

    def _stop_live(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def end_figures(self) -> None:
        """The figures are final: what follows are steps again."""
        self._stop_live()
