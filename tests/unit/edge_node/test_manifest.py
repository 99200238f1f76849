"""The manifest, the grant and the settings."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from edge_node.manifest import (
    FILE_BYTES_MAX,
    GRANT_NAME,
    MANIFEST_NAME,
    Address,
    Manifest,
    load_grant,
    load_manifest,
    parse_manifest,
)
from edge_node.settings import load_settings
from retail.errors import Refused
from sync_protocol.frames import Grant

STORE = {"store": "S0412", "role": "store", "name": "Nord", "currency": "EUR", "time_zone": "Europe/Berlin"}
WAREHOUSE = STORE | {"store": "W0001", "role": "warehouse"}
USB = {"name": "main", "connection": "usb"}
BOX = UUID(int=7)


def parse(values: dict[str, object]) -> Manifest:
    return parse_manifest(json.dumps(values))


def test_a_small_manifest_gets_sensible_defaults() -> None:
    manifest = parse(STORE)
    assert (manifest.zone, manifest.cutover_hour, manifest.pick_printer) == ("all", 4, "main")
    assert manifest.lan.host == "127.0.0.1"
    assert (manifest.broker, manifest.replica, manifest.registers) == (None, "", ())


def test_a_manifest_survives_being_written_and_read() -> None:
    manifest = parse(
        STORE | {
            "registers": [{"number": "0001"}, {"number": "0002", "printer": "back"}],
            "printers": [USB, {"name": "back", "connection": "tcp", "address": {"host": "192.0.2.7", "port": 9100}},
                         {"name": "desk", "connection": "serial", "port": "/dev/ttyS0", "profile": "epson-tm-t20"}],
            "scanners": [{"name": "front", "port": "/dev/serial/by-id/x"}],
            "broker": {"host": "centre", "port": 1883},
        }
    )  # fmt: skip
    assert parse_manifest(manifest.model_dump_json()) == manifest


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (STORE | {"store": "S41"}, "store"),
        (STORE | {"store": "+"}, "store"),
        (STORE | {"role": "warehouse"}, "manifest"),
        (WAREHOUSE | {"role": "store"}, "manifest"),
        (WAREHOUSE | {"registers": [{"number": "0001"}]}, "manifest"),
        (STORE | {"currency": "XYZ"}, "currency"),
        (STORE | {"time_zone": "Mars/Base"}, "time_zone"),
        (STORE | {"name": "a\u0000b"}, "name"),
        (STORE | {"zone": "A+"}, "zone"),
        (STORE | {"cutover_hour": 24}, "cutover_hour"),
        (STORE | {"registers": [{"number": "1"}]}, "registers.0.number"),
        (STORE | {"registers": [{"number": "0001"}] * 2}, "manifest"),
        (STORE | {"printers": [USB, USB]}, "manifest"),
        (STORE | {"printers": [{"name": "main", "connection": "tcp"}]}, "printers.0"),
        (STORE | {"printers": [USB | {"address": {"host": "h", "port": 1}}]}, "printers.0"),
        (STORE | {"printers": [{"name": "main", "connection": "serial"}]}, "printers.0"),
        (STORE | {"printers": [USB | {"name": "Main Printer"}]}, "printers.0.name"),
        (STORE | {"broker": {"host": "", "port": 1}}, "broker.host"),
        (STORE | {"surprise": 1}, "surprise"),
        ({}, "store"),
    ],
)
def test_a_wrong_manifest_is_refused_with_the_field(values: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(values)
    assert caught.value.field == field
    assert caught.value.problem


def test_what_is_no_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="edge-node init"):
        load_manifest(tmp_path)
    (tmp_path / MANIFEST_NAME).write_text("{")
    with pytest.raises(Refused):
        load_manifest(tmp_path)
    (tmp_path / MANIFEST_NAME).write_text(" " * (FILE_BYTES_MAX + 1))
    with pytest.raises(Refused, match="too large"):
        load_manifest(tmp_path)


def grant(folder: Path, **changes: object) -> None:
    values = {"store": "S0412", "box": str(BOX), "epoch": 5, "gen": 3} | changes
    (folder / GRANT_NAME).write_text(json.dumps(values))


def test_a_grant_for_this_box_is_taken(tmp_path: Path) -> None:
    assert load_grant(tmp_path, "S0412", BOX) is None
    grant(tmp_path)
    assert load_grant(tmp_path, "S0412", BOX) == Grant("S0412", BOX, 5, 3)


@pytest.mark.parametrize("changes", [{"store": "S0413"}, {"box": str(UUID(int=8))}, {"epoch": 0}, {"box": "x"}])
def test_a_grant_for_somebody_else_or_without_sense_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    grant(tmp_path, **changes)
    with pytest.raises(Refused):
        load_grant(tmp_path, "S0412", BOX)


def test_settings_of_the_machine_overrule_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("DIR", str(tmp_path)), ("LAN_PORT", "0"), ("BROKER_HOST", "other"), ("REPLICA", "")):
        monkeypatch.setenv(f"TILLWAY_EDGE_{name}", value)
    settings = load_settings()
    assert settings.dir == tmp_path
    manifest = settings.overrule(parse(STORE | {"replica": "/mnt/copy", "lan": {"host": "10.0.0.2", "port": 8000}}))
    assert manifest.lan == Address(host="10.0.0.2", port=0)
    assert manifest.broker == Address(host="other", port=1883)
    assert manifest.replica == ""


def test_without_settings_the_manifest_holds(tmp_path: Path) -> None:
    manifest = parse(STORE | {"replica": "/mnt/copy", "broker": {"host": "centre", "port": 1884}})
    assert load_settings(tmp_path).overrule(manifest) == manifest


def test_a_setting_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILLWAY_EDGE_LAN_PORT", "70000")
    with pytest.raises(Refused) as caught:
        load_settings()
    assert caught.value.field == "lan_port"
