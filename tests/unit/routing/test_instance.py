"""Benchmark instances: read, solved, and scored by the independent checker that comes with them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retail.errors import Refused
from routing.cli import main
from routing.instance import read

BENCH = Path(__file__).parents[4] / "shared" / "bench" / "sourcing"


def tiny(**changes: Any) -> dict[str, Any]:
    """Two orders over three locations and two SKUs."""
    arrays: dict[str, Any] = {
        "ord_ptr": np.array([0, 1, 3]),
        "line_sku": np.array([0, 0, 1]),
        "line_qty": np.array([1, 1, 2]),
        "line_bo": np.array([30.0, 30.0, 40.0]),
        "F": np.array([[5.0, 6.0, np.inf], [7.0, 5.0, 6.0]], np.float32),
        "perlb": np.full((2, 3), 0.5, np.float32),
        "weight": np.array([1.0, 2.0]),
        "pick": np.array([1.0, 1.0, 0.5]),
        "opp": np.zeros((2, 3), np.float32),
        "avail": np.array([[1, 1, 0], [0, 2, 2]], np.int16),
        "cap": np.array([5, 2, 5]),
        "ord_xy": np.zeros((2, 2)),
    }
    return {**arrays, **changes}


def test_an_instance_is_solved_to_the_optimum_and_the_answer_holds_the_prices(tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", **tiny())
    assert main(["solve", str(tmp_path / "in.npz"), str(tmp_path / "out.npz"), "--quiet"]) == 0
    answer = np.load(tmp_path / "out.npz")
    # Order 0 from location 0; order 1: one unit of SKU 0 from 1, two of SKU 1 from 2, for location 1 handles two units.
    assert answer["assignment"].tolist() == [0, 1, 2]
    assert answer["lower_bound"] <= 6.5 + 6.5 + 9.0 + 1e-6
    assert answer["cap_dual"].shape == (3,)
    assert (answer["stock_dual"] >= 0).all()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"F": np.array([[5.0, np.nan, 6.0], [7.0, 5.0, 6.0]])}, "F"),
        ({"avail": np.array([[1, -1, 0], [0, 2, 2]])}, "avail"),
        ({"cap": np.array([5, -2, 5])}, "cap"),
        ({"line_sku": np.array([0, 0, 9])}, "line_sku"),
        ({"line_qty": np.array([1, 0, 2])}, "line_qty"),
        ({"line_bo": np.array([30.0, np.inf, 40.0])}, "line_bo"),
        ({"ord_ptr": np.array([0, 1, 2])}, "ord_ptr"),
        ({"perlb": np.full((2, 2), 0.5)}, "perlb"),
    ],
)
def test_an_instance_that_cannot_be_right_is_refused_by_its_field(
    tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    np.savez(tmp_path / "in.npz", **tiny(**changes))
    with pytest.raises(Refused, match=field):
        read(tmp_path / "in.npz")


def test_a_file_that_is_no_instance_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.npz").write_text("hello")
    assert main(["solve", str(tmp_path / "in.npz"), str(tmp_path / "out.npz")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


def test_a_file_with_an_array_missing_is_refused(tmp_path: Path) -> None:
    arrays = tiny()
    del arrays["cap"]
    np.savez(tmp_path / "in.npz", **arrays)
    with pytest.raises(Refused, match="cap"):
        read(tmp_path / "in.npz")


@pytest.mark.skipif(not BENCH.is_dir(), reason="the benchmark's instances are not on this machine")
def test_the_independent_checker_proves_the_bound_of_a_real_instance(tmp_path: Path) -> None:
    def python(*arguments: str) -> str:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=BENCH, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    python("make_instance.py", "--size", "S", "--seed", "4", str(tmp_path / "in.npz"))
    assert main(["solve", str(tmp_path / "in.npz"), str(tmp_path / "out.npz"), "--quiet", "--effort", "quick"]) == 0
    said = python("score.py", "--size", "S", "--seed", "4", str(tmp_path / "out.npz"))
    assert "violations 0" in said
    assert float(said.split("gap")[1].split("%")[0]) < 2.0
