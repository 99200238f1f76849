"""One simulated device by itself, for trying a box against it: what `tillway-sim device` starts."""

import contextlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from retail.errors import Refused
from simulators.devices.escpos.machine import Faults, Kicked, Printed, PrinterEvent, Proved, Strange
from simulators.devices.escpos.state import Model, model_42_columns
from simulators.devices.printer import SimulatedPrinter
from simulators.devices.pty_printer import PtyPrinter
from simulators.devices.pty_scanner import PtyScanner
from simulators.devices.tcp_printer import TcpPrinter

PRINTER, SCANNER = "printer", "scanner"
SUFFIXES = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "tab": b"\t", "none": b""}

_HANDS: dict[str, Callable[[SimulatedPrinter], None]] = {
    "paper out": SimulatedPrinter.take_paper_out,
    "paper in": SimulatedPrinter.load_paper,
    "cover open": SimulatedPrinter.open_cover,
    "cover closed": SimulatedPrinter.close_cover,
    "offline": SimulatedPrinter.hold_offline,
    "online": SimulatedPrinter.put_online,
    "jam": SimulatedPrinter.jam_cutter,
    "unjam": SimulatedPrinter.clear_jam,
    "drawer closed": SimulatedPrinter.close_drawer,
    "power off": SimulatedPrinter.switch_off,
}


def run_device(
    kind: str,
    *,
    say: Callable[[str], None],
    lines: Iterable[str] = (),
    stop: threading.Event | None = None,
    tcp: int | None = None,
    host: str = "127.0.0.1",
    link: Path | None = None,
    png: Path | None = None,
    columns: int = 48,
    paper_lines: int | None = None,
    suffix: str = "cr",
) -> None:
    """Run a device until ``stop`` is set (or Ctrl-C), after working through ``lines``, normally standard input.

    ``kind`` is ``printer``, served on TCP port ``tcp`` of ``host`` (0 takes a free one) or on a serial port at
    ``link``, or ``scanner``, at ``link``. A line for a scanner is a code to scan; for a printer it is what a person
    does to it: ``paper out``, ``cover open``, ``jam``... ``say`` gets a sentence for everything that happens. Raises
    :class:`Refused` for settings that do not fit together.
    """
    stop = stop or threading.Event()
    with contextlib.ExitStack() as devices:
        if kind == PRINTER:
            act = _printer(devices, say, tcp, host, link, png, columns, paper_lines)
        elif kind == SCANNER:
            act = _scanner(devices, say, link, suffix)
        else:
            raise Refused("kind", f"{kind[:20]!r} is not simulated", f"use {PRINTER} or {SCANNER}")
        with contextlib.suppress(KeyboardInterrupt):
            for line in lines:
                if stop.is_set():
                    break
                if line.strip():
                    act(line.strip())
            stop.wait()


def _printer(
    devices: contextlib.ExitStack,
    say: Callable[[str], None],
    tcp: int | None,
    host: str,
    link: Path | None,
    png: Path | None,
    columns: int,
    paper_lines: int | None,
) -> Callable[[str], None]:
    if (tcp is None) == (link is None):
        raise Refused("printer", "it needs one place to be found at", "give a TCP port or a link, not both")
    if columns not in (42, 48):
        raise Refused("columns", f"{columns} columns are not simulated", "use 42 or 48")
    model = model_42_columns() if columns == 42 else Model()
    printer = SimulatedPrinter(
        model, Faults(paper_lines=paper_lines), png=png, on_event=lambda event: say(_told(event, png))
    )
    if tcp is not None:
        server = devices.enter_context(TcpPrinter(printer, host, tcp))
        say(f"printer of {columns} columns at {host}:{server.port}")
    elif link is not None:
        devices.enter_context(PtyPrinter(printer, link))
        say(f"printer of {columns} columns at {link}")

    def act(line: str) -> None:
        hand = _HANDS.get(line)
        if hand is None:
            say(f"nobody knows how to {line!r}; try {', '.join(_HANDS)}")
        else:
            hand(printer)

    return act


def _scanner(
    devices: contextlib.ExitStack, say: Callable[[str], None], link: Path | None, suffix: str
) -> Callable[[str], None]:
    if link is None:
        raise Refused("link", "a scanner needs a place to be found at", "give the path of a link to make")
    if suffix not in SUFFIXES:
        raise Refused("suffix", f"{suffix[:10]!r} is not one", f"use one of {', '.join(SUFFIXES)}")
    scanner = devices.enter_context(PtyScanner(link, suffix=SUFFIXES[suffix]))
    say(f"scanner at {link}")

    def act(line: str) -> None:
        try:
            scanner.scan(line)
        except OSError as error:
            say(f"not scanned: {error}")
        else:
            say(f"scanned {line}")

    return act


def _told(event: PrinterEvent, png: Path | None) -> str:
    match event:
        case Printed(document):
            where = f" -> {png}/slip-{document.number:04d}.png" if png else ""
            return f"printed slip {document.number}, {len(document.raw)} bytes{where}"
        case Proved(process_id):
            return f"proved {process_id!r}"
        case Kicked(pin):
            return f"drawer on pin {pin} opened"
        case Strange(raw):
            return f"unknown command {raw.hex(' ')}"
