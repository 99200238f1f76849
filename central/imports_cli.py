"""``central import``: the command line of the imports. The composition mounts it with :func:`add_import_commands`."""

import argparse
import json
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TextIO

from sqlalchemy.ext.asyncio import AsyncEngine

from central import imports
from central.importing.csv_file import FILE_BYTES_MAX, ROWS_MAX
from central.importing.reports import as_json
from central.imports import CATALOGUE, COLLECTIONS, DAYS, NETWORK, STOCK, Imported, Request, Tools
from retail.cleaning import CleaningReport, Finding
from retail.clock import Clock
from retail.errors import Refused

EXIT_DONE, EXIT_NOTHING_TAKEN = 0, 2
EXAMPLES_SHOWN = 3
"""Findings shown for each kind of problem; the others are in the database and in ``--json``."""
REDRAW_S = 0.1
HELP_COLUMNS = 100

_EXIT_CODES = f"""
exit status: {EXIT_DONE} the file was imported; rows that were refused are listed
             {EXIT_NOTHING_TAKEN} nothing was taken: the file cannot be understood, or every row was refused
"""
_LIMITS = (
    f"CSV in UTF-8 with a heading, packed by gzip or not, at most {FILE_BYTES_MAX // 1024**2} MB and {ROWS_MAX:,} rows."
)
_KINDS = {
    NETWORK: (
        "stores and warehouses",
        "location, kind (store, warehouse), name, currency; and any of address, city, region, zip, country, time_zone,"
        " lat, lon, hours, legal_entity, backing (none, edge, wms, dropship), ships, pickups, capacity_units_per_day,"
        " zone. Or a published store list: id, name, address, city, state, zip, lat, lon, hours.",
    ),
    CATALOGUE: (
        "items, barcodes and prices",
        "sku; for new items name and tax_code; and any of gtin (several separated by |), unit (each, gram), weight_g,"
        " department, age_minimum, hazard, price, currency. Stores are told what changed.",
    ),
    STOCK: (
        "counted quantities",
        "location, sku, quantity; and any of lot, serial. The difference to the sellable stock is booked and sent to"
        " the store.",
    ),
    DAYS: (
        "days on which a location has other hours",
        "location, day (2026-12-24), hours (10:00-14:00, closed, or nothing for those of the weekday); and reason.",
    ),
    COLLECTIONS: (
        "when carriers collect, where that differs from the settings",
        "location, service, days (mon-fri; mon,wed; none; or nothing: as in the settings), cutoff (16:00, local).",
    ),
}


class Subparsers(Protocol):
    """What :meth:`argparse.ArgumentParser.add_subparsers` returns."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """Add a command."""
        ...


def add_import_commands(subparsers: Subparsers) -> None:
    """Add ``import`` with a command for each kind. The arguments that they parse are for :func:`run_import`."""
    parser = subparsers.add_parser(
        "import", help="take in the network, the catalogue, the stock or calendars from a CSV file"
    )
    kinds = parser.add_subparsers(dest="import_kind", required=True, metavar="|".join(_KINDS))
    for kind, (what, columns) in _KINDS.items():
        command = kinds.add_parser(
            kind,
            help=what,
            description=textwrap.fill(f"Import {what}. {_LIMITS} Columns: {columns}", HELP_COLUMNS),
            epilog=_EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument("file", type=Path, metavar="FILE", help="the CSV file")
        command.add_argument("--json", action="store_true", help="print the whole report as one JSON object")
        if kind == NETWORK:
            command.add_argument(
                "--zip-centroids", type=Path, metavar="FILE",
                help="middle of each ZIP area (zip, lat, lon): coordinates far from it are reported, not believed",
            )  # fmt: skip
        if kind == CATALOGUE:
            command.add_argument(
                "--tax", type=Path, metavar="FILE", help="tax codes (code, rate_percent, inclusive), taken in first"
            )


async def run_import(
    args: argparse.Namespace, engine: AsyncEngine, tools: Tools, out: TextIO, terminal: TextIO | None
) -> int:
    """Do the import that ``args`` ask for and return the exit status.

    The report goes to ``out``; progress is drawn on ``terminal``, where there is one.
    """
    beside = getattr(args, "zip_centroids", None), getattr(args, "tax", None)
    request = Request(args.import_kind, args.file, *beside)
    bar = _Progress(tools.clock, terminal)
    try:
        imported = await imports.run(engine, request, replace(tools, progress=bar.show))
    except Refused as error:
        bar.clear()
        _print(out, _refusal_json(error) if args.json else f"nothing was imported: {error}")
        return EXIT_NOTHING_TAKEN
    bar.clear()
    _print(out, _report_json(imported) if args.json else "\n".join(_report_lines(imported)))
    main = imported.reports[0]
    return EXIT_NOTHING_TAKEN if main.rows_read and not main.rows_kept else EXIT_DONE


class _Progress:
    """One line that is drawn over and over."""

    def __init__(self, clock: Clock, terminal: TextIO | None) -> None:
        self._clock, self._terminal = clock, terminal
        self._drawn_at = float("-inf")

    def show(self, rows: int, share: float | None) -> None:
        """Draw it, unless it was drawn a moment ago."""
        now = self._clock.monotonic()
        if self._terminal is None or now - self._drawn_at < REDRAW_S:
            return
        self._drawn_at = now
        done = "" if share is None else f", {share:.0%} of the file"
        self._terminal.write(f"\r\x1b[K{rows:,} rows{done}")
        self._terminal.flush()

    def clear(self) -> None:
        """Wipe it away."""
        if self._terminal is not None:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()


def _report_lines(imported: Imported) -> Iterator[str]:
    for report in imported.reports:
        yield report.summary()
        yield from map(_finding_line, _examples(report))
    yield ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in imported.figures.items())
    yield f"report {imported.report_id}"


def _examples(report: CleaningReport) -> Iterator[Finding]:
    shown: Counter[tuple[str, str]] = Counter()
    for finding in report.findings:
        kind = finding.field, finding.problem
        shown[kind] += 1
        if shown[kind] <= EXAMPLES_SHOWN:
            yield finding


def _finding_line(finding: Finding) -> str:
    value = f" {finding.value!r}" if finding.value else ""
    where = f"row {finding.row}" if finding.row else "file"
    return f"  {where}, {finding.field}{value}: {finding.problem}; {finding.remedy} ({finding.action})"


def _report_json(imported: Imported) -> str:
    return json.dumps(
        {
            "report_id": str(imported.report_id),
            "figures": imported.figures,
            "reports": [as_json(report) for report in imported.reports],
        }
    )


def _refusal_json(error: Refused) -> str:
    return json.dumps({"error": {"field": error.field, "problem": error.problem, "remedy": error.remedy}})


def _print(out: TextIO, text: str) -> None:
    out.write(f"{text}\n")
