"""The main job from end to end: shops sell, orders are routed, picked and gone, and both sides agree on everything."""

import signal
import tempfile
import time
from pathlib import Path

import pytest

from tests.slow.demo_run import DATA, finish, processes_of, shown, start, wait_until_gone

pytestmark = pytest.mark.slow


def test_a_minute_of_selling_loses_and_doubles_nothing(tmp_path: Path) -> None:
    outcome = finish(start(tmp_path / "run", "--seconds", "60", "--png-dir", tmp_path / "png"), 300)
    result = outcome.result
    assert outcome.status == 0, shown(outcome)
    assert result["lost"] == result["doubled"] == result["out_of_balance"] == 0, shown(outcome)
    assert result["sales"] >= 100, shown(outcome)
    assert result["orders"] >= 20, shown(outcome)
    assert all(count >= 3 for count in result["routed"].values()), shown(outcome)
    assert result["fulfilled_due"] >= 0.9 * result["orders_due"] > 0, shown(outcome)
    assert result["pick_lists_printed"] >= result["orders_due"], shown(outcome)
    assert len(list((tmp_path / "png").rglob("*.png"))) >= result["pick_lists_printed"]
    assert wait_until_gone(tmp_path) == []


def test_the_same_on_a_real_network_with_real_baskets(tmp_path: Path) -> None:
    network = DATA / "network" / "bestbuy_stores.csv"
    baskets = DATA / "baskets" / "complete_journey"
    centroids = DATA / "network" / "us_zip_centroids.csv"
    for path in (network, baskets, centroids):
        if not path.exists():
            pytest.skip(f"{path.relative_to(DATA.parent)} is not here")
    real = ("--network", network, "--baskets", baskets, "--destinations", centroids)
    outcome = finish(start(tmp_path / "run", "--seconds", "60", *real), 300)
    result = outcome.result
    assert outcome.status == 0, shown(outcome)
    assert result["lost"] == result["doubled"] == 0, shown(outcome)
    assert result["sales"] >= 100, shown(outcome)
    assert result["orders"] >= 20, shown(outcome)
    assert all(count >= 3 for count in result["routed"].values()), shown(outcome)
    assert result["fulfilled_due"] >= 0.9 * result["orders_due"] > 0, shown(outcome)
    assert "1,565 rows read" in outcome.output
    assert wait_until_gone(tmp_path) == []


def test_ten_kills_of_every_kind_of_process_lose_and_double_nothing(tmp_path: Path) -> None:
    outcome = finish(start(tmp_path / "run", "--seconds", "120", "--kills", "10", "--seed", "7"), 480)
    result = outcome.result
    assert result["kills"] == {"box": 10, "litestream": 10, "broker": 10, "database": 10, "centre": 10}, shown(outcome)
    assert outcome.status == 0, shown(outcome)
    assert result["lost"] == result["doubled"] == result["out_of_balance"] == 0, shown(outcome)
    assert result["sales"] >= 100, shown(outcome)
    assert result["orders"] >= 10, shown(outcome)  # how many get in between the kills depends on the machine
    assert wait_until_gone(tmp_path) == []


def test_ctrl_c_closes_the_shops_and_leaves_nothing_behind(tmp_path: Path) -> None:
    process = start(tmp_path / "run")
    _wait_until_open(process)
    process.send_signal(signal.SIGINT)
    outcome = finish(process, 120)
    assert outcome.status == 0, shown(outcome)
    assert wait_until_gone(tmp_path) == []


def test_a_killed_demo_leaves_no_process_behind(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="tillway-killed-") as sockets:
        process = start(tmp_path / "run", sockets=sockets)
        _wait_until_open(process)
        assert len(processes_of(tmp_path)) > 10
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert wait_until_gone(tmp_path, 30) == []


def _wait_until_open(process: "object") -> None:
    deadline = time.monotonic() + 120
    stdout = process.stdout  # type: ignore[attr-defined]
    for line in stdout:
        if "the shops are open" in line:
            return
        if time.monotonic() > deadline:
            break
    raise AssertionError("the shops did not open")
