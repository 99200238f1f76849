"""CSV files: every line is accounted for, and what is wrong with one row costs that row only."""

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.importing import csv_file
from central.importing.csv_file import LINE_BYTES_MAX, Table, open_table
from central.importing.rows import Row
from retail.cleaning import Action, CleaningReport
from retail.errors import Refused


def _table(content: bytes) -> Table:
    return Table(io.BytesIO(content), CleaningReport("network", "stores.csv"))


def _rows(content: bytes) -> tuple[list[Row], CleaningReport]:
    table = _table(content)
    return list(table.rows()), table.report


def _refusal(content: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        list(_table(content).rows())
    return caught.value


def test_rows_have_their_cells_by_column_and_the_number_of_their_line_below_the_heading() -> None:
    rows, report = _rows(b'SKU, Name\nA1,Tea\n\nA2,"Milk, fresh"\r\n')
    assert [(row.number, dict(row.cells)) for row in rows] == [
        (1, {"sku": "A1", "name": "Tea"}),
        (3, {"sku": "A2", "name": "Milk, fresh"}),
    ]
    assert report.rows_read == 2


def test_a_byte_order_mark_and_blank_lines_before_the_heading_are_no_part_of_it() -> None:
    assert _table(b"\xef\xbb\xbf\n\nsku,name\n").heading == ("sku", "name")


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"sku,name\nA1,Caf\xe9\n", 2), ("sku,name\n".encode("utf-16"), 1), (b"sku\nA\nB\n\xff\n", 4)],
)
def test_another_encoding_is_refused_with_its_line_and_the_remedy(content: bytes, line: int) -> None:
    error = _refusal(content)
    assert (error.field, error.problem) == ("file", f"line {line} is not UTF-8")
    assert "UTF-8" in error.remedy


def test_a_forgotten_quote_costs_its_own_row_only() -> None:
    rows, report = _rows(b'sku,name\nA1,"Tea\nA2,Milk\nA3,"Te"a\nA4,Salt\n')
    assert [row.cells["sku"] for row in rows] == ["A2", "A4"]
    assert [(finding.row, finding.action) for finding in report.findings] == [(1, Action.REFUSED), (3, Action.REFUSED)]
    assert "quotes" in report.findings[0].problem


@pytest.mark.parametrize("row", [b"A1", b"A1,Tea,more", b"A1,Tea,"])
def test_a_row_with_too_few_or_too_many_cells_is_refused(row: bytes) -> None:
    rows, report = _rows(b"sku,name\n" + row + b"\nA2,Milk\n")
    assert [row.cells["sku"] for row in rows] == ["A2"]
    assert report.findings[0].problem == "it does not have 2 cells as the heading has"


def test_a_row_that_is_too_long_is_refused_and_the_next_one_is_read() -> None:
    longest = b"A1," + b"x" * (LINE_BYTES_MAX - 3)
    rows, report = _rows(b"sku,name\n" + longest + b"x" * 100_000 + b"\n" + longest + b"\r\nA2,Milk")
    assert [row.number for row in rows] == [2, 3]
    assert report.rows_refused == 1
    assert "longer than" in report.findings[0].problem


def test_a_file_with_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "ROWS_MAX", 2)
    assert len(_rows(b"sku\n1\n2\n")[0]) == 2
    assert _refusal(b"sku\n1\n2\n3\n").remedy == "split it into several files"


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(csv_file, "FILE_BYTES_MAX", 1024 * 1024)
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(b"sku\n" + b"x" * 20_000_000))
    with (
        pytest.raises(Refused, match="more than 1 MB unpacked"),
        open_table(bomb, CleaningReport("stock", "")) as table,
    ):
        list(table.rows())


def test_a_packed_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_bytes(gzip.compress(b"sku\nA1\n"))
    with open_table(file, CleaningReport("catalogue", "items.csv")) as table:
        assert [row.cells["sku"] for row in table.rows()] == ["A1"]


@pytest.mark.parametrize(("kept", "tail"), [(-9, b""), (20, b"\0" * 30), (-8, b"\0" * 8)])
def test_a_damaged_packed_file_is_refused(tmp_path: Path, kept: int, tail: bytes) -> None:
    packed = gzip.compress(b"sku\n" + b"".join(b"%d\n" % number for number in range(1000)))
    file = tmp_path / "items.csv.gz"
    file.write_bytes(packed[:kept] + tail)
    with pytest.raises(Refused, match="damaged"), open_table(file, CleaningReport("catalogue", "")) as table:
        list(table.rows())


@pytest.mark.parametrize("name", ["absent.csv", "a\0b.csv", "."])
def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(Refused, match="cannot be opened"),
        open_table(tmp_path / name, CleaningReport("stock", "")),
    ):
        pass


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert "it is empty" in str(_refusal(content))


def test_a_heading_that_names_a_column_twice_is_refused() -> None:
    assert "twice" in _refusal(b"sku,name, SKU\n").problem


def test_missing_columns_are_refused_by_name_and_a_wrong_separator_is_recognised() -> None:
    with pytest.raises(Refused, match="no column sku, name; name the columns"):
        _table(b"code,name2\n").check_heading(("sku", "name"), ("sku", "name"))
    with pytest.raises(Refused, match="separate the cells with commas"):
        _table(b"sku;name\n").check_heading(("sku", "name"), ("sku", "name"))


def test_unknown_columns_are_named_in_the_report_and_left_out() -> None:
    table = _table(b"sku,colour\nA1,red\n")
    table.check_heading(("sku",), ("sku", "name"))
    assert [(finding.row, finding.value) for finding in table.report.findings] == [(0, "colour")]
    assert table.report.rows_refused == 0


def test_progress_tells_rows_and_the_share_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "PROGRESS_ROWS", 10)
    file = tmp_path / "stock.csv"
    file.write_bytes(b"sku\n" + b"x\n" * 25)
    told: list[tuple[int, float | None]] = []
    with open_table(file, CleaningReport("stock", ""), lambda rows, share: told.append((rows, share))) as table:
        list(table.rows())
    assert [rows for rows, _ in told] == [10, 20, 25]
    assert told[-1] == (25, 1.0)


_CELLS = st.text(st.sampled_from('a1,;"\n\r\t \0é\ufeff'), max_size=12)


@given(st.one_of(st.binary(max_size=300), st.lists(_CELLS).map(lambda parts: ",".join(parts).encode())))
def test_any_bytes_are_refused_as_a_file_or_accounted_for_row_by_row(content: bytes) -> None:
    try:
        table = _table(b"sku,name\n" + content)
        rows = list(table.rows())
    except Refused as error:
        assert error.field == "file"
        return
    report = table.report
    assert len(rows) + report.rows_refused == report.rows_read
    assert all(set(row.cells) == {"sku", "name"} for row in rows)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_heading_are_understood_or_refused(content: bytes) -> None:
    try:
        _table(content).check_heading(("sku",), ("sku",))
    except Refused as error:
        assert error.field in ("file", "heading", "row")


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs"))), min_size=2, max_size=2)))
def test_what_the_csv_library_writes_comes_back(cells: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["a", "b"], *cells])
    rows, report = _rows(out.getvalue().encode())
    assert [list(row.cells.values()) for row in rows] == cells
    assert report.rows_refused == 0
