"""Orders of many lines beside small ones, against the optimum of the whole as one integer programme."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from routing.batch.efforts import STANDARD
from routing.batch.solve import solve
from routing.instance import read
from tests.bench import whole_model
from tests.bench.test_rivals import cost

SECONDS = 60.0
NEAR = 0.02


def crowd(seed: int) -> dict[str, Any]:
    """Four orders of 9 to 14 lines and a dozen of up to three, at six places with a few units and not enough hands."""
    random = np.random.default_rng(seed)
    sizes = np.concatenate([random.integers(9, 15, 4), random.integers(1, 4, 12)])
    orders, skus, places = len(sizes), 20, 6
    sku = np.concatenate([random.choice(skus, size, replace=False) for size in sizes])
    return {
        "ord_ptr": np.concatenate([[0], np.cumsum(sizes)]),
        "line_sku": sku,
        "line_qty": random.integers(1, 3, len(sku)),
        "line_bo": random.integers(20, 40, len(sku)).astype(float),
        "F": random.integers(4, 12, (orders, places)).astype(np.float32),
        "perlb": random.integers(1, 4, (orders, places)).astype(np.float32),
        "weight": random.integers(1, 3, skus).astype(float),
        "pick": random.integers(1, 3, places).astype(float),
        "opp": np.zeros((skus, places), np.float32),
        "avail": random.integers(0, 4, (skus, places)).astype(np.int16),
        "cap": random.integers(8, 20, places),
        "ord_xy": random.random((orders, 2)),
    }


@pytest.mark.parametrize("seed", range(2))
def test_large_orders_share_with_small_ones_nearly_as_well_as_can_be(seed: int, tmp_path: Path) -> None:
    arrays = crowd(seed)
    np.savez(tmp_path / "instance.npz", **arrays)
    best = whole_model.solve(arrays, "highs", SECONDS)
    assert best is not None
    optimum = cost(arrays, best)
    found = solve(read(tmp_path / "instance.npz").batch, STANDARD, 0, lambda _: True)
    assert found.cost == pytest.approx(cost(arrays, found.options))
    assert found.bound <= optimum + 1e-6
    assert optimum - 1e-6 <= found.cost <= optimum * (1 + NEAR)
