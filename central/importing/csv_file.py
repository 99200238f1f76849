"""CSV files as people make them, read line by line, with a limit on everything.

A row is one line. A line break inside quotes would end in a refused row anyway, as no cell may hold one; so one
forgotten quote costs its row and not the rest of the file, and a row's number leads back to its line.

What is wrong with the file as a whole (its encoding, its heading, its size) is raised as
:class:`~retail.errors.Refused` and nothing of it counts. What is wrong with a row goes to the cleaning report, and the
rest of the file goes on: ``rows_read`` is the number of rows that :meth:`Table.rows` gave plus those it refused.
"""

import csv
import gzip
import os
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from central.importing.rows import Row
from retail.cleaning import Action, CleaningReport
from retail.errors import Refused
from retail.text import printable

FILE_BYTES_MAX = 256 * 1024 * 1024
"""Size of a file, unpacked. Beyond it the whole file is refused, so that a packed bomb ends there."""
ROWS_MAX = 1_000_000
"""Rows of a file. Beyond it the whole file is refused."""
LINE_BYTES_MAX = 32 * 1024
"""Length of a row. A longer one is refused; the file goes on behind it."""
COLUMNS_MAX = 100
PROGRESS_ROWS = 1_000
"""Progress is reported once in so many rows."""

_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Progress = Callable[[int, float | None], None]
"""Called with the rows read so far and the share of the file that is done, 0 to 1; None where the size is unknown."""


def no_progress(rows: int, share: float | None) -> None:
    """Tell nobody."""


class _Lines(Protocol):
    def readline(self, size: int = -1, /) -> bytes: ...


@contextmanager
def open_table(path: Path, report: CleaningReport, progress: Progress = no_progress) -> Iterator["Table"]:
    """Open the file at ``path``, packed by gzip or not. Raises :class:`Refused` when it cannot be read."""
    try:
        raw = path.open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise Refused("file", f"it cannot be opened: {reason or 'its name is wrong'}", "check its name") from error
    with raw:
        size = os.fstat(raw.fileno()).st_size
        lines = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == _GZIP_MAGIC else raw
        yield Table(lines, report, lambda rows: progress(rows, min(1.0, raw.tell() / size) if size else None))


class Table:
    """A CSV file whose heading is read: ``heading`` holds the names of its columns in small letters.

    Reads from ``lines`` and writes to ``report``. Raises :class:`Refused` for an empty file, for one that is not
    UTF-8 and for a heading that cannot be understood.
    """

    def __init__(self, lines: _Lines, report: CleaningReport, on_rows: Callable[[int], None] = lambda rows: None):
        self.report = report
        self._source = lines
        self._on_rows = on_rows
        self._bytes_left = FILE_BYTES_MAX
        self._lines = self._read_lines()
        self._heading_line, self.heading = self._read_heading()

    def check_heading(self, required: Collection[str], known: Collection[str]) -> None:
        """Refuse the file unless it has the ``required`` columns; report those that are not ``known``."""
        missing = [name for name in required if name not in self.heading]
        if missing:
            only = self.heading[0] if len(self.heading) == 1 else ""
            remedy = (
                "separate the cells with commas"
                if ";" in only or "\t" in only
                else f"name the columns in the first line: {', '.join(required)}"
            )
            raise Refused("heading", f"there is no column {', '.join(missing)}", remedy)
        for name in self.heading:
            if name not in known:
                self.report.add(
                    0, "heading", name, "this column is not known and was left out",
                    "take it out, or check how it is written", Action.KEPT,
                )  # fmt: skip

    def rows(self) -> Iterator[Row]:
        """The rows that can be taken apart, in order; the others are refused in the report. To be read once."""
        for line_number, text in self._lines:
            if text is not None and not text.strip():
                continue
            number = line_number - self._heading_line
            self.report.rows_read += 1
            if self.report.rows_read > ROWS_MAX:
                raise Refused("file", f"it has more than {ROWS_MAX:,} rows", "split it into several files")
            if self.report.rows_read % PROGRESS_ROWS == 0:
                self._on_rows(self.report.rows_read)
            try:
                yield Row(number, self._cells(text))
            except Refused as error:
                self.report.add(number, error.field, text or "", error.problem, error.remedy, Action.REFUSED)
        self._on_rows(self.report.rows_read)

    def _cells(self, text: str | None) -> dict[str, str]:
        if text is None:
            raise Refused("row", f"it is longer than {LINE_BYTES_MAX:,} bytes", "shorten it; is a line break missing?")
        cells = _split(text)
        if len(cells) != len(self.heading):
            raise Refused(
                "row", f"it does not have {len(self.heading)} cells as the heading has",
                "put cells with commas in double quotes",
            )  # fmt: skip
        return dict(zip(self.heading, cells, strict=True))

    def _read_heading(self) -> tuple[int, tuple[str, ...]]:
        for line_number, text in self._lines:
            if text is None:
                raise Refused("heading", f"it is longer than {LINE_BYTES_MAX:,} bytes", "is this a CSV file?")
            if not text.strip():
                continue
            heading = tuple(printable(name).strip().lower() for name in _split(text))
            if len(heading) > COLUMNS_MAX:
                raise Refused("heading", f"it has more than {COLUMNS_MAX} columns", "leave out what is not needed")
            twice = sorted({name for name in heading if name and heading.count(name) > 1})
            if twice:
                raise Refused("heading", f"it names {twice[0][:40]!r} twice", "keep one of the two columns")
            return line_number, heading
        raise Refused("file", "it is empty", "name the columns in the first line")

    def _read_lines(self) -> Iterator[tuple[int, str | None]]:
        """Numbered lines without their ends; None for one that is too long."""
        number = 0
        while line := self._read(LINE_BYTES_MAX + 2):
            number += 1
            if number == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            if len(line.rstrip(b"\r\n")) > LINE_BYTES_MAX:
                while line and not line.endswith(b"\n"):
                    line = self._read(LINE_BYTES_MAX)
                yield number, None
                continue
            try:
                yield number, line.decode("utf-8").removesuffix("\n").removesuffix("\r")
            except UnicodeDecodeError as error:
                raise Refused("file", f"line {number} is not UTF-8", "save the file as CSV in UTF-8") from error

    def _read(self, bytes_max: int) -> bytes:
        try:
            line = self._source.readline(bytes_max)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Refused("file", "it was packed by gzip and is damaged", "pack it again") from error
        except OSError as error:
            raise Refused("file", f"it cannot be read: {error.strerror}", "check the file") from error
        self._bytes_left -= len(line)
        if self._bytes_left < 0:
            raise Refused(
                "file", f"it has more than {FILE_BYTES_MAX // 1024**2} MB unpacked", "split it into several files"
            )
        return line


def _split(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as error:
        raise Refused(
            "row", "its quotes or line breaks are wrong", "quote whole cells, double quotes inside, keep to one line"
        ) from error
