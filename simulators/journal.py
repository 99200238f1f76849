"""What simulated printers did, kept on disk as lines of JSON: a real printer's paper outlives the box, too."""

import json
from collections.abc import Iterator
from pathlib import Path

from simulators.devices.escpos.machine import Kicked, Printed, PrinterEvent, Proved, Strange


class PrinterJournal:
    """Appends each event of one printer to a file. To be called from one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, event: PrinterEvent) -> None:
        """Write one event down."""
        match event:
            case Printed(document):
                line: dict[str, object] = {"printed": document.number, "bytes": len(document.raw)}
            case Proved(process_id):
                line = {"proved": process_id.decode("ascii")}
            case Kicked(pin):
                line = {"drawer": pin}
            case Strange(raw):
                line = {"strange": raw.hex()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def proofs(path: Path) -> Iterator[str]:
    """The process ids of the slips that a printer proved, in order. A line cut off by a kill is passed over."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            continue
        if "proved" in event:
            yield event["proved"]
