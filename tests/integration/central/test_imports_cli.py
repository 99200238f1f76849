"""``central import`` as a person and as a script use it."""

import argparse
import io
import json
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from central.importing import csv_file
from central.imports import Tools
from central.imports_cli import EXIT_DONE, EXIT_NOTHING_TAKEN, add_import_commands, run_import
from retail.clock import ManualClock
from retail.ids import SeededIds

CLOCK = ManualClock()
IDS = SeededIds(1, CLOCK)
GOOD = "location,kind,name,currency,colour\nS0001,store,One,EUR,red\n"


async def _adjust(*_: object) -> None:
    raise AssertionError("no stock is imported here")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("central")
    add_import_commands(parser.add_subparsers(dest="command", required=True))
    return parser


async def _run(engine: AsyncEngine, terminal: io.StringIO | None, *words: str) -> tuple[int, str]:
    out = io.StringIO()
    args = _parser().parse_args(["import", *words])
    status = await run_import(args, engine, Tools(IDS, CLOCK, _adjust), out, terminal)
    return status, out.getvalue()


def _write(file: Path, content: str) -> str:
    file.write_text(content, encoding="utf-8")
    return str(file)


async def test_the_report_is_printed_with_examples_of_each_problem(engine: AsyncEngine, tmp_path: Path) -> None:
    file = _write(tmp_path / "stores.csv", GOOD + "".join(f"X{number},store,Bad,EUR,\n" for number in range(5)))
    status, out = await _run(engine, None, "network", file)
    assert status == EXIT_DONE
    lines = out.splitlines()
    assert lines[0] == "network from stores.csv: 6 rows read, 1 taken (0 repaired), 5 refused"
    assert sum("it is not a store's or warehouse's id" in line and "row" in line for line in lines) == 3
    assert any(line.startswith("  file, heading 'colour': this column is not known") for line in lines)
    assert "added 1, changed 0, unchanged 0, taking orders 0" in lines


async def test_a_script_gets_all_findings_as_one_json_object(engine: AsyncEngine, tmp_path: Path) -> None:
    file = _write(tmp_path / "stores.csv", GOOD + "".join(f"X{number},store,Bad,EUR,\n" for number in range(5)))
    zips = _write(tmp_path / "zips.csv", "zip,lat,lon\n10003,40.73,-73.99\n")
    status, out = await _run(engine, None, "network", file, "--zip-centroids", zips, "--json")
    assert status == EXIT_DONE
    answer = json.loads(out)
    assert [report["kind"] for report in answer["reports"]] == ["network", "zip_centroids"]
    refused = [finding for finding in answer["reports"][0]["findings"] if finding["action"] == "refused"]
    assert [finding["row"] for finding in refused] == [2, 3, 4, 5, 6]
    assert answer["figures"]["added"] == 1
    async with engine.connect() as conn:
        query = text("SELECT rows_refused FROM import_report WHERE report_id = :id")
        assert (await conn.execute(query, {"id": UUID(answer["report_id"])})).scalar_one() == 5


async def test_a_catalogue_takes_its_tax_table(engine: AsyncEngine, tmp_path: Path) -> None:
    items = _write(tmp_path / "items.csv", "sku,name,tax_code\nTEA,Tea,std\n")
    tax = _write(tmp_path / "tax.csv", "code,rate_percent,inclusive\nstd,19,yes\n")
    status, out = await _run(engine, None, "catalogue", items, "--tax", tax)
    assert status == EXIT_DONE
    assert "added 1" in out and "taxes changed 1" in out


async def test_a_file_that_cannot_be_read_or_has_no_good_row_ends_with_status_2(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    status, out = await _run(engine, None, "stock", str(tmp_path / "absent.csv"))
    assert status == EXIT_NOTHING_TAKEN
    assert out.startswith("nothing was imported: file: it cannot be opened: No such file")
    status, out = await _run(engine, None, "stock", _write(tmp_path / "a.csv", "sku\n"), "--json")
    assert status == EXIT_NOTHING_TAKEN
    assert json.loads(out)["error"]["field"] == "heading"
    bad = _write(tmp_path / "b.csv", "location,sku,quantity\nS0001,TEA,1\n")
    assert (await _run(engine, None, "stock", bad))[0] == EXIT_NOTHING_TAKEN
    empty = _write(tmp_path / "c.csv", "location,sku,quantity\n")
    assert (await _run(engine, None, "stock", empty))[0] == EXIT_DONE


async def test_progress_is_drawn_on_a_terminal_and_wiped_away(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "PROGRESS_ROWS", 1)
    terminal = io.StringIO()
    await _run(engine, terminal, "network", _write(tmp_path / "stores.csv", GOOD))
    assert "1 rows, 100% of the file" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize("kind", ["network", "catalogue", "stock"])
def test_help_names_the_columns_the_limits_and_the_exit_codes(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args(["import", kind, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "exit status: 0" in shown and "1,000,000 rows" in shown
    assert {"network": "time_zone", "catalogue": "age_minimum", "stock": "quantity"}[kind] in shown
