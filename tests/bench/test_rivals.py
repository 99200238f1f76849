"""The rivals play by the rules, and each does what its name says."""

from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from routing.plan import Plan
from tests.bench import bench_sourcing, whole_model
from tests.bench.bench_sourcing import course
from tests.bench.benchmark import Setting, Skipped
from tests.bench.child import ChildFailedError, run
from tests.bench.instances import Arrays, in_cents
from tests.bench.reoptimise import batches
from tests.bench.rivals import RULES, assign


def tiny(seed: int, orders: int = 3, locations: int = 4, skus: int = 5) -> dict[str, Any]:
    """A synthetic instance with whole dollars, so that one in cents costs exactly as much."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 4, orders)
    fixed = random.integers(3, 9, (orders, locations)).astype(np.float32)
    fixed[random.random((orders, locations)) < 0.2] = np.inf
    sku = np.concatenate([random.choice(skus, size, replace=False) for size in sizes])
    return {
        "ord_ptr": np.concatenate([[0], np.cumsum(sizes)]),
        "line_sku": sku,
        "line_qty": random.integers(1, 3, len(sku)),
        "line_bo": random.integers(15, 25, len(sku)).astype(float),
        "F": fixed,
        "perlb": random.integers(1, 3, (orders, locations)).astype(np.float32),
        "weight": random.integers(1, 3, skus).astype(float),
        "pick": random.integers(1, 3, locations).astype(float),
        "opp": random.integers(0, 3, (skus, locations)).astype(np.float32),
        "avail": random.integers(0, 4, (skus, locations)).astype(np.int16),
        "cap": random.integers(2, 5, locations),
        "ord_xy": np.zeros((orders, 2)),
    }


def cost(arrays: Arrays, assignment: Any) -> float:
    """Dollars of an assignment, infinite where it breaks a limit."""
    dollars = 0.0
    stock, capacity = arrays["avail"].astype(int), arrays["cap"].astype(int)
    for order, (first, last) in enumerate(pairwise(arrays["ord_ptr"].tolist())):
        dollars += sum(arrays["F"][order, place] for place in set(assignment[first:last]) - {-1})
        for line in range(first, last):
            sku, units, place = arrays["line_sku"][line], arrays["line_qty"][line], assignment[line]
            if place < 0:
                dollars += arrays["line_bo"][line]
                continue
            dollars += arrays["perlb"][order, place] * arrays["weight"][sku] * units
            dollars += (arrays["pick"][place] + arrays["opp"][sku, place]) * units
            stock[sku, place] -= units
            capacity[place] -= units
    return float(dollars) if stock.min() >= 0 and capacity.min() >= 0 else float("inf")


def cheapest(arrays: Arrays) -> float:
    places = range(-1, len(arrays["cap"]))
    return min(cost(arrays, each) for each in product(places, repeat=len(arrays["line_sku"])))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(10))
def test_a_rival_keeps_every_limit(rule: str, seed: int) -> None:
    arrays = tiny(seed, orders=20)
    assert np.isfinite(cost(arrays, assign(arrays, RULES[rule]).tolist()))


@pytest.mark.parametrize("seed", range(40))
def test_a_single_order_is_split_at_the_least_cost(seed: int) -> None:
    arrays = tiny(seed, orders=1)
    assert cost(arrays, assign(arrays, RULES["one_by_one"]).tolist()) == cheapest(arrays)


def test_the_nearest_rule_prefers_one_package_and_then_most_lines() -> None:
    changes = {
        "F": np.array([[3, 4, 5, np.inf]], np.float32),
        "ord_ptr": np.array([0, 3]),
        "line_sku": np.array([0, 1, 2]),
        "line_qty": np.ones(3, int),
        "line_bo": np.full(3, 20.0),
        "perlb": np.ones((1, 4), np.float32),
        "cap": np.full(4, 9),
    }
    whole = np.array([[1, 1, 1, 9], [0, 1, 1, 9], [0, 0, 1, 9], [0] * 4, [0] * 4], np.int16)
    split = np.array([[1, 1, 0, 9], [0, 1, 0, 9], [0, 0, 1, 9], [0] * 4, [0] * 4], np.int16)
    arrays = tiny(0, orders=1) | changes
    assert assign(arrays | {"avail": whole}, RULES["nearest"]).tolist() == [2, 2, 2]
    assert assign(arrays | {"avail": split}, RULES["nearest"]).tolist() == [1, 1, 2]


@pytest.mark.parametrize("solver", whole_model.SOLVERS)
@pytest.mark.parametrize("seed", range(3))
def test_the_whole_model_holds_the_whole_problem(solver: str, seed: int) -> None:
    arrays = tiny(seed)
    found = whole_model.solve(arrays, solver, 60.0)
    assert found is not None
    assert cost(arrays, found.tolist()) == pytest.approx(cheapest(arrays))


@pytest.mark.parametrize("seed", range(5))
def test_an_instance_in_cents_costs_a_hundred_times_as_much(seed: int) -> None:
    arrays = tiny(seed, orders=20)
    assignment = assign(arrays, RULES["one_by_one"])
    part = in_cents(arrays, np.arange(20))
    assert Plan.of(part.problem, assignment).total == pytest.approx(100 * cost(arrays, assignment.tolist()))


def test_a_part_of_an_instance_has_the_lines_of_its_orders() -> None:
    arrays = tiny(1, orders=6)
    part = in_cents(arrays, np.array([4, 1]))
    ptr = arrays["ord_ptr"]
    assert part.lines.tolist() == [*range(ptr[4], ptr[5]), *range(ptr[1], ptr[2])]
    assert part.problem.line_qty.tolist() == arrays["line_qty"][part.lines].tolist()


def test_one_order_in_twenty_is_new_and_the_batch_is_as_large_as_before() -> None:
    before, after, kept = batches(5000, seed=1)
    assert len(before) == len(after) == 4762
    assert (~kept).sum() == 238
    assert set(after[kept]) <= set(before)


def test_progress_is_read_from_what_the_command_prints() -> None:
    said = (
        "    0.4 s  prices     cost            inf  bound      23,158.27  gap      inf%\n"
        "something else\n"
        "  121.9 s  wave 1     cost      23,246.07  bound      23,220.55  gap   0.110%\n"
    )
    assert list(course(said)) == [(0.4, float("inf"), 23158.27), (121.9, 23246.07, 23220.55)]


async def test_a_program_is_measured_from_outside(tmp_path: Path) -> None:
    took = await run(["/bin/sh", "-c", "sleep 0.2; echo done; exit 3"], tmp_path, codes=(3,))
    assert took.out == "done\n"
    assert took.seconds >= 0.2
    assert 0 < took.peak_mb < 100


async def test_a_program_that_fails_says_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(ChildFailedError, match="no such thing"):
        await run(["/bin/sh", "-c", "echo no such thing >&2; exit 1"], tmp_path)


async def test_without_the_instances_nothing_is_measured_and_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_sourcing, "FOLDER", tmp_path / "not there")
    with pytest.raises(Skipped, match="bench/sourcing"):
        await bench_sourcing.BENCHMARK.run(Setting(tmp_path))
