"""The command line: answers on standard output, complaints on standard error, a status that a script can use."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from central import __main__ as entry
from central import cli
from central.platform import logs
from central.sourcing import runs
from central.sourcing.answer import Answer

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str) -> Run:
    """Runs a command on this test's database; its status, what it said and what it complained about."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(logs, "configure", lambda **_: None)

    def command(*argv: str) -> tuple[int, str, str]:
        status = entry.main(list(argv))
        said = capsys.readouterr()
        return status, said.out, said.err

    return command


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statement.encode())


def test_a_grant_is_printed_for_a_script(run: Run, database_url: str) -> None:
    execute(database_url, "INSERT INTO location (location, kind, name, currency) VALUES ('S0001', 'store', 'N', 'EUR')")
    box = "01900000-0000-7000-8000-000000000001"
    status, out, _ = run("grant", "--store", "S0001", "--box", box, "--json")
    granted: dict[str, Any] = json.loads(out)
    assert (status, granted["store"], granted["box"]) == (0, "S0001", box)
    assert granted["epoch"] > 1_700_000_000
    assert granted["gen"] > 1_700_000_000
    status, out, _ = run("locations", "--json")
    assert [(place["location"], place["backing"]) for place in json.loads(out)["locations"]] == [("S0001", "edge")]


def test_a_refusal_names_the_field_and_the_remedy(run: Run) -> None:
    status, out, err = run("grant", "--store", "S0001", "--box", "01900000-0000-7000-8000-000000000001")
    assert (status, out) == (2, "")
    assert err == "central: store: 'S0001' is not known; import the network first, or correct the key\n"


def test_an_import_goes_through_to_the_ledger_and_the_check_finds_nothing(run: Run, tmp_path: Any) -> None:
    files = {
        "network": "location,kind,name,currency,backing\nS0001,store,One,EUR,edge\n",
        "catalogue": "sku,name,tax_code,price,currency\ntea,Green tea,std,2.50,EUR\n",
        "stock": "location,sku,quantity\nS0001,tea,12\n",
    }
    tax = tmp_path / "tax.csv"
    tax.write_text("code,rate_percent,inclusive\nstd,19,true\n")
    for kind, content in files.items():
        file = tmp_path / f"{kind}.csv"
        file.write_text(content)
        more = ["--tax", str(tax)] if kind == "catalogue" else []
        status, out, err = run("import", kind, str(file), *more, "--json")
        assert (status, err) == (0, ""), out
    assert run("check-stock")[:2] == (0, "every quantity is in exactly one place\n")


def test_the_check_reports_what_does_not_add_up(run: Run, database_url: str) -> None:
    execute(
        database_url,
        "INSERT INTO stock_balance (location, sku, state, quantity) VALUES ('S0001', 'tea', 'sellable', 3)",
    )
    status, out, _ = run("check-stock", "--json")
    assert status == 1
    [finding] = json.loads(out)["findings"]
    assert finding["account"] == "S0001/tea/sellable"


def test_a_database_that_is_not_migrated_or_away_is_told_apart(
    run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(database_url, "DELETE FROM alembic_version")
    status, _, err = run("locations")
    assert (status, "central migrate" in err) == (70, True)
    monkeypatch.setenv("DATABASE_URL", "postgresql://tillway@/tillway?host=/nowhere")
    status, _, err = run("locations")
    assert (status, "database is away" in err) == (69, True)


def test_parked_work_is_listed_and_released_or_discarded(run: Run, database_url: str) -> None:
    for key in ("a", "b"):
        execute(
            database_url,
            f"INSERT INTO outbox (topic, key, payload, parked_at, error) VALUES ('t', '{key}', 'x', now(), 'broken')",
        )
    first, second = [message["id"] for message in json.loads(run("parked", "--json")[1])["parked"]]
    assert run("parked", "--release", str(first))[:2] == (0, f"{second} t b: broken\n")
    assert run("parked", "--discard", str(second))[:2] == (0, "nothing is parked\n")
    assert run("parked", "--discard", str(second))[0] == 2
    with psycopg.connect(database_url) as conn:
        assert conn.execute("SELECT key, attempts, parked_at FROM outbox").fetchall() == [("a", 0, None)]
        assert conn.execute("SELECT action FROM audit ORDER BY audit_id").fetchall() == [
            ("outbox.release",), ("outbox.discard",),
        ]  # fmt: skip


def test_a_recorded_day_is_replayed_and_a_difference_ends_with_status_1(run: Run, database_url: str) -> None:
    from central.platform.engine import make_engine
    from tests.integration.central import sourced

    async def decided() -> UUID:
        engine = make_engine(database_url)
        await sourced.network(engine)
        await sourced.stock(engine, "S0001", 5)
        await sourced.order(engine, 1)
        outcome = await sourced.source(engine)
        await engine.dispose()
        assert outcome.run_id is not None
        return outcome.run_id

    run_id = asyncio.run(decided())
    with psycopg.connect(database_url) as conn:
        row = conn.execute("SELECT to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM sourcing_run").fetchone()
        assert row is not None
    status, out, _ = run("replay", str(run_id))
    assert (status, out.splitlines()[-1]) == (0, "1 decisions of 1 runs, 0 runs not reproduced")
    status, out, _ = run("replay", "--day", row[0], "--json")
    said = json.loads(out.splitlines()[-1])
    assert (status, said["not_reproduced"], said["runs"][0]["run_id"]) == (0, 0, str(run_id))
    forged = runs.packed(Answer().encoded()).hex()
    execute(database_url, f"UPDATE sourcing_run SET answer = '\\x{forged}'")
    status, out, _ = run("replay", str(run_id))
    assert (status, "was not decided before" in out) == (1, True)
    status, _, err = run("replay", "01900000-0000-7000-8000-000000000001")
    assert (status, "there is no run" in err) == (2, True)


def test_rules_are_checked_published_and_shown(run: Run, tmp_path: Any) -> None:
    document: dict[str, Any] = {
        "format": 1, "name": "peak", "revision": 7, "default_policy": "standard", "policies": [{"id": "standard"}],
        "rules": [{"id": "all-shut", "kind": "exclude"}],
    }  # fmt: skip
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(document))
    status, out, _ = run("rules", "check", str(file))
    assert (status, "leaves out every location" in out) == (1, True)
    assert run("rules", "publish", str(file))[0] == 2
    assert json.loads(run("rules", "show", "--json")[1])["version"] == "built-in-1"
    document["rules"] = [{"id": "near", "kind": "distance", "miles": 300}]
    file.write_text(json.dumps(document))
    assert run("rules", "check", str(file))[:2] == (0, "peak-7: 1 rules, 0 findings\n")
    status, out, _ = run("rules", "publish", str(file), "--by", "anna")
    assert (status, out) == (0, "peak-7 holds from now on; before it was built-in-1\n")
    shown = json.loads(run("rules", "show", "--json")[1])
    assert (shown["version"], shown["actor"], shown["body"]["rules"][0]["id"]) == ("peak-7", "anna", "near")
    assert "peak-7" in run("rules", "show", "--all")[1]
    unknown = {"id": "sure", "kind": "minimum_confidence", "confidence": 0.8}
    file.write_text(json.dumps({**document, "revision": 8, "rules": [unknown]}))
    status, out, _ = run("rules", "check", str(file))
    assert (status, "rule sure needs the confidence that a unit is there, which is never known" in out) == (1, True)
    status, _, err = run("rules", "publish", str(file))
    assert (status, "drop the rule; minimum_stock" in err) == (2, True)
    assert json.loads(run("rules", "schema")[1])["title"] == "Tillway rule set"
    file.write_text(json.dumps({**document, "rules": [{"id": "near", "kind": "distance"}]}))
    status, _, err = run("rules", "check", str(file))
    assert (status, "rules[0].miles" in err) == (2, True)
    assert run("rules", "check", str(tmp_path / "nothing.json"))[0] == 2


def test_rules_are_drafted_checked_as_stored_published_and_taken_back(run: Run, tmp_path: Any) -> None:
    document: dict[str, Any] = {
        "format": 1, "name": "peak", "revision": 1, "default_policy": "standard", "policies": [{"id": "standard"}],
        "rules": [{"id": "all-shut", "kind": "exclude"}],
    }  # fmt: skip
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(document))
    status, out, _ = run("rules", "draft", str(file), "--by", "anna")
    assert (status, out) == (0, "peak-1 is kept as a draft; see central rules check --version peak-1\n")
    assert json.loads(run("rules", "draft", str(file), "--json")[1])["changed"] is False
    shown = json.loads(run("rules", "show", "peak-1", "--json")[1])
    assert (shown["state"], shown["actor"], shown["published_at"]) == ("draft", "anna", None)
    status, out, _ = run("rules", "check", "--version", "peak-1")
    assert (status, "leaves out every location" in out) == (1, True)
    assert run("rules", "publish", "--version", "peak-1")[0] == 2
    file.write_text(json.dumps({**document, "rules": []}))
    assert run("rules", "draft", str(file))[0] == 0
    assert run("rules", "publish", "--version", "peak-1")[:2] == (
        0, "peak-1 holds from now on; before it was built-in-1\n"
    )  # fmt: skip
    assert run("rules", "publish", "--version", "peak-1")[1] == "peak-1 holds already\n"
    assert run("rules", "publish", "--version", "built-in-1")[1] == (
        "built-in-1 holds from now on; before it was peak-1\n"
    )
    file.write_text(json.dumps({**document, "revision": 2}))
    run("rules", "draft", str(file))
    assert [line.split()[:2] for line in run("rules", "show", "--all")[1].splitlines()] == [
        ["peak-2", "draft"], ["peak-1", "archived"],
    ]  # fmt: skip
    assert run("rules", "discard", "--version", "peak-2")[:2] == (0, "peak-2 is discarded\n")
    status, _, err = run("rules", "check", "--version", "peak-2")
    assert (status, "there are no rules 'peak-2'" in err) == (2, True)


def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILLWAY_CENTRAL_OUTBOX_LANES", "many")
    status, _, err = run("migrate")
    assert status == 2
    assert "outbox_lanes" in err


def test_a_missing_extra_is_named_before_anything_is_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entry, "NEEDED", ("json", "no_such_package"))
    assert entry.main(["serve"]) == entry.EXIT_UNAVAILABLE
    assert (
        capsys.readouterr().err
        == "central needs no_such_package, which is not installed: pip install tillway[central]\n"
    )


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in cli._COMMANDS:
        with pytest.raises(SystemExit) as ended:
            entry.main([command, "--help"])
        assert ended.value.code == 0
        assert "usage: central" in capsys.readouterr().out
