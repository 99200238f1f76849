"""What happened to an order, as sentences: the newest first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from central.console.labels import HISTORY, REJECTIONS, SHORTS, word
from central.console.reads.orders import HistoryRow
from web_kit.words import Label, count

_PICK_EVENT = "pick.picked"


@dataclass(frozen=True)
class Entry:
    """One thing that happened. ``place`` is a location's name, ``note`` what is known of it besides."""

    at_ms: int
    label: Label
    place: str
    note: str


def timeline(rows: Iterable[HistoryRow]) -> Sequence[Entry]:
    """The entries of ``rows``, which are the newest first; picks of one list that follow each other become one."""
    entries: list[Entry] = []
    picks: list[HistoryRow] = []
    for row in rows:
        if _what(row) == "picking":
            if picks and picks[-1].location != row.location:
                entries.append(_picks(picks))
                picks = []
            picks.append(row)
            continue
        if picks:
            entries.append(_picks(picks))
            picks = []
        entries.append(_entry(row))
    return [*entries, _picks(picks)] if picks else entries


def _what(row: HistoryRow) -> str:
    """Picks change no state of the order, so the history has no word of its own for them."""
    if row.what == "picked" or (row.what == "ignored" and row.detail.get("kind") == _PICK_EVENT):
        return "picking"
    return row.what


def _picks(rows: Sequence[HistoryRow]) -> Entry:
    newest = rows[0]
    note = ", ".join(part for part in (count(len(rows), "pick"), _by(newest)) if part)
    return Entry(newest.at_ms, HISTORY["picking"], newest.place or newest.location, note)


def _entry(row: HistoryRow) -> Entry:
    label = HISTORY.get(row.what) or Label("neutral", word(row.what))
    note = ", ".join(part for part in (_note(row.what, row.detail), _by(row)) if part)
    return Entry(row.at_ms, label, row.place or row.location, note)


def _by(row: HistoryRow) -> str:
    return f"by {row.staff}" if row.staff else ""


def _note(what: str, detail: Mapping[str, Any]) -> str:
    def text(name: str) -> str:
        value = detail.get(name)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""

    if what == "offered":
        return count(int(text("lines") or 0), "line") if text("lines").isdigit() else ""
    if what == "short":
        reason = SHORTS.get(text("reason"), text("reason"))
        return f"{text('quantity')} of {text('sku')}, {reason}"
    if what == "packed":
        return count(int(text("packages")), "package") if text("packages").isdigit() else ""
    if what in ("shipped", "handed_over"):
        return " ".join(part for part in (text("carrier"), text("tracking"), text("proof")) if part)
    if what == "trouble":
        return text("problem")
    reason = text("reason")
    return REJECTIONS.get(reason, reason)
