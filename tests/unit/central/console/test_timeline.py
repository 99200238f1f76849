"""What happened to an order, as sentences."""

from typing import Any

from central.console.labels import HISTORY
from central.console.reads.orders import HistoryRow
from central.console.timeline import timeline


def _row(what: str, at_ms: int = 0, place: str = "Tempe Mall", staff: str = "", **detail: Any) -> HistoryRow:
    return HistoryRow(at_ms, what, place[:5].upper(), place, staff, detail)


def test_each_kind_of_event_says_what_matters_about_it() -> None:
    notes = {
        "offered": (_row("offered", lines=2), "2 lines"),
        "short": (
            _row("short", sku="SKU-1", quantity=3, reason="damaged", staff="Maya"),
            "3 of SKU-1, damaged, by Maya",
        ),
        "packed": (_row("packed", packages=1), "1 package"),
        "shipped": (_row("shipped", carrier="UPS", tracking="1Z9"), "UPS 1Z9"),
        "rejected": (_row("rejected", reason="no_stock"), "too little stock"),
        "withdrawn": (_row("withdrawn", reason="the customer cancelled"), "the customer cancelled"),
        "trouble": (_row("trouble", problem="shipped twice"), "shipped twice"),
    }
    for what, (row, note) in notes.items():
        (entry,) = timeline([row])
        assert (entry.label, entry.note) == (HISTORY[what], note)


def test_picks_of_one_list_become_one_entry() -> None:
    picks = [_row("ignored", 30 - n, kind="pick.picked", staff="Leo") for n in range(3)]
    entries = timeline([_row("packed", 40), *picks, _row("started", 10)])
    assert [entry.label.word for entry in entries] == ["Packed", "Picked", "Start confirmed"]
    assert (entries[1].at_ms, entries[1].note) == (30, "3 picks, by Leo")


def test_picks_of_two_lists_stay_apart() -> None:
    entries = timeline([_row("ignored", kind="pick.picked"), _row("ignored", place="Waco Mall", kind="pick.picked")])
    assert [entry.place for entry in entries] == ["Tempe Mall", "Waco Mall"]


def test_what_came_too_late_is_said_to_have_been_ignored() -> None:
    (entry,) = timeline([_row("ignored", kind="start.asked")])
    assert entry.label.word == "Came too late, ignored"


def test_an_event_of_a_newer_version_is_shown_by_its_own_name_whatever_it_holds() -> None:
    (entry,) = timeline([_row("gift_wrapped", paper=["red"], reason=None, lines=True)])
    assert (entry.label.word, entry.note) == ("Gift wrapped", "")
    assert timeline([_row("offered", lines="many"), _row("packed", packages=None)])[0].note == ""
