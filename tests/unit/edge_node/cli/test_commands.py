"""The command line: what it makes, says and answers."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from edge_node import __main__ as entry
from edge_node.cli import doctor
from edge_node.cli.main import parser, run_command
from edge_node.manifest import MANIFEST_NAME, load_manifest
from edge_node.running import RUNNING_NAME, Running, forget_running, load_running, note_running
from edge_node.storage.store import DATABASE_NAME
from edge_node.storage.verify import verify
from retail.errors import Retryable

COMMANDS = ("run", "init", "restore", "status", "devices", "doctor")


def make(folder: Path, *more: str) -> int:
    return run_command(["init", "--dir", str(folder), "--store", "S0412", "--json", *more])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse_args([command, "--help"])
    assert caught.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run_command(["sell"])
    assert caught.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_a_new_box_has_a_manifest_and_a_whole_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    more = ["--register", "0001", "--register", "0002=back", "--broker", "centre:1884", "--time-zone", "Europe/Berlin"]
    assert make(folder, *more, "--replica", "/mnt/copy") == 0
    said = json.loads(capsys.readouterr().out)
    found = verify(folder / DATABASE_NAME)
    assert found.problems == ()
    assert (said["box"], said["head"], said["head_hash"]) == (str(found.box), 1, found.head_hash.hex())
    manifest = load_manifest(folder)
    assert [(register.number, register.printer) for register in manifest.registers] == [
        ("0001", "main"), ("0002", "back"),
    ]  # fmt: skip
    assert manifest.broker is not None
    assert (manifest.broker.host, manifest.broker.port, manifest.replica) == ("centre", 1884, "/mnt/copy")
    assert folder.stat().st_mode & 0o077 == 0


def test_a_box_is_made_from_a_whole_manifest_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path / "one")
    manifest = tmp_path / "one" / MANIFEST_NAME
    assert run_command(["init", "--dir", str(tmp_path / "two"), "--manifest", str(manifest), "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert UUID(first["box"]) != UUID(second["box"])
    assert load_manifest(tmp_path / "two") == load_manifest(tmp_path / "one")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--currency", "XYZ"], "currency"),
        (["--time-zone", "Mars/Base"], "time_zone"),
        (["--register", "1"], "registers.0.number"),
        (["--broker", "centre"], "HOST:PORT"),
        (["--lan", ":x"], "HOST:PORT"),
        (["--role", "warehouse"], "is not the number of a warehouse"),
        (["--store", "X1"], "store"),
        (["--store", ""], "store"),
    ],
)
def test_a_box_that_makes_no_sense_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], says: str
) -> None:
    assert make(tmp_path / "data", *more) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "data" / DATABASE_NAME).exists()


def test_a_box_is_not_made_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path)
    before = (tmp_path / DATABASE_NAME).read_bytes()
    assert make(tmp_path) == 2
    assert "holds a box already" in capsys.readouterr().err
    assert (tmp_path / DATABASE_NAME).read_bytes() == before


def test_asking_a_box_that_does_not_run_says_how_to_start_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path)
    assert run_command(["status", "--dir", str(tmp_path)]) == 75
    assert "edge-node run" in capsys.readouterr().err
    note_running(tmp_path, Running(1, "127.0.0.1", 1))
    assert run_command(["status", "--dir", str(tmp_path)]) == 75
    assert "does not answer" in capsys.readouterr().err


def test_the_note_of_a_running_box_is_taken_away_by_that_box_only(tmp_path: Path) -> None:
    note_running(tmp_path, Running(1, "127.0.0.1", 8700))
    forget_running(tmp_path)
    assert load_running(tmp_path) == Running(1, "127.0.0.1", 8700)
    (tmp_path / RUNNING_NAME).write_text("{")
    with pytest.raises(Retryable):
        load_running(tmp_path)


def findings(folder: Path, *, full: bool = True) -> dict[str, bool]:
    return {finding.name: finding.ok for finding in doctor.examine(folder, full=full)}


def test_the_doctor_finds_a_healthy_box_healthy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, "--replica", str(tmp_path / "copy"))
    found = findings(tmp_path)
    assert set(found) == {
        "manifest", "database", "contents", "disk", "litestream", "broker", "children", "clock",
    }  # fmt: skip
    assert all(ok for name, ok in found.items() if name != "disk")
    assert not (tmp_path / "sync-probe").exists()


def test_the_doctor_finds_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert findings(tmp_path) == {"manifest": False}
    make(tmp_path, "--broker", "127.0.0.1:1")
    connection = sqlite3.connect(tmp_path / DATABASE_NAME)
    connection.execute("UPDATE meta SET head_hash = zeroblob(16)")
    connection.commit()
    connection.close()
    found = findings(tmp_path)
    assert {name for name, ok in found.items() if not ok} - {"disk"} == {"contents", "litestream", "broker"}
    capsys.readouterr()
    assert run_command(["doctor", "--dir", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["broker"]["ok"] is False


def test_the_doctor_does_not_trust_a_disk_that_answers_too_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path)
    for seconds, ok in ((0.000_001, False), (0.004, True), (0.5, False)):
        monkeypatch.setattr(doctor, "_sync_s", lambda _folder, taken=seconds: taken)
        assert findings(tmp_path, full=False)["disk"] is ok


def test_devices_that_are_plugged_in_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path)
    capsys.readouterr()
    assert run_command(["devices", "--dir", str(tmp_path), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"usb_printers", "serial_ports", "configured"}


def test_a_missing_extra_is_named_and_answered_with_69(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entry, "NEEDED", ("json", "no_such_library"))
    assert entry.main(["--help"]) == 69
    assert capsys.readouterr().err == (
        "edge-node needs no_such_library, which is not installed: pip install tillway[edge]\n"
    )


def test_the_entry_imports_nothing_that_an_extra_brings_before_it_has_looked() -> None:
    script = "import sys, edge_node.__main__; print([n for n in edge_node.__main__.NEEDED if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
