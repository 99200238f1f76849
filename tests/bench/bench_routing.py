"""How long the exact split of one order takes over 1,000 locations, beside a scan for the nearest location that can.

The instance is synthetic: stores around the origin with a few units each, five warehouses with many, orders of 1-5
lines.
"""

import time
from collections.abc import Callable
from typing import ParamSpec

import numpy as np
from numpy.typing import NDArray

from routing.explain import explain
from routing.problem import Problem, Reason
from routing.source import source_in_order
from routing.split import split
from routing.terms import LineTerm
from tests.bench.benchmark import Benchmark, Bound, Row, Setting
from tests.bench.figures import Figures, alternating

P = ParamSpec("P")

WAREHOUSES = 5
WARM_UP = 100


def instance(
    seed: int = 1, orders: int = 1000, locations: int = 1000, skus: int = 2000
) -> tuple[Problem, NDArray[np.float64]]:
    """Orders on a square of 3,000 miles and the distances (O, L) that their costs follow."""
    random = np.random.default_rng(seed)
    sizes = random.choice(np.arange(1, 6), orders, p=[0.52, 0.24, 0.12, 0.07, 0.05])
    lines = int(sizes.sum())
    homes, places = random.random((orders, 2)) * 3000, random.random((locations, 2)) * 3000
    miles = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))
    zone = np.searchsorted([50, 150, 300, 600, 1000, 1400, 1800], miles)
    sku, qty = random.integers(0, skus, lines), random.choice([1, 2, 3], lines, p=[0.92, 0.06, 0.02])
    stock = random.poisson(0.4, (skus, locations)) * (random.random((skus, locations)) < 0.6)
    stock[:, -WAREHOUSES:] = random.poisson(20, (skus, WAREHOUSES)) * (random.random((skus, WAREHOUSES)) < 0.5)
    grams = random.lognormal(6.5, 0.8, skus).clip(50, 6000).astype(np.int64)
    problem = Problem(
        order_ptr=np.concatenate([[0], np.cumsum(sizes)]),
        line_sku=sku,
        line_qty=qty,
        backorder=random.integers(1500, 4000, lines),
        stock=stock.astype(np.int32),
        capacity=random.integers(5, 60, locations),
        blocked=(random.random((orders, locations)) < 0.15).astype(np.uint8),
        reasons=(Reason(""), Reason("is paused")),
        package_terms={
            "label": np.array([620, 650, 690, 750, 830, 920, 1010, 1120], np.int32)[zone],
            "packing": random.integers(60, 150, locations),
            "lateness": (400 * np.maximum(0, zone // 2 - 1)).astype(np.int32),
        },
        line_terms={
            "shipping": LineTerm(np.asarray(0.06 + 0.03 * zone, np.float32), "order", grams[sku] * qty),
            "picking": LineTerm(random.integers(50, 350, locations), "location", qty),
            "stock value": LineTerm((random.random((skus, locations)) * 200).astype(np.float32), "sku", qty),
        },
    )
    return problem, miles


def nearest(problem: Problem, miles: NDArray[np.float64], order: int) -> list[int]:
    """What a rule does: the nearest location with everything, else the nearest for each line."""
    lines = problem.lines_of(order)
    serves = problem.stock[problem.line_sku[lines]] >= problem.line_qty[lines, None]
    serves &= (problem.blocked[order] == 0) & (problem.capacity >= problem.line_qty[lines].sum())
    far = np.where(serves.all(axis=0), miles[order], np.inf)
    best = int(far.argmin())
    if np.isfinite(far[best]):
        return [best] * len(serves)
    each = np.where(serves, miles[order], np.inf)
    return [int(place) if np.isfinite(row[place]) else -1 for place, row in zip(each.argmin(axis=1), each, strict=True)]


async def run(setting: Setting) -> Figures:
    """The figures of :func:`single_order_split`; of a small instance if it shall be quick."""
    if setting.quick:
        return single_order_split(instance(orders=100, locations=200, skus=200))
    return single_order_split(instance())


def single_order_split(made: tuple[Problem, NDArray[np.float64]]) -> Figures:
    """Milliseconds of one split (median, 99th percentile, the latter also in processor time) and of its explanation,
    and how many times the nearest scan of the same order in the same run the split takes (median of the ratios)."""
    problem, miles = made
    for order in range(WARM_UP):  # index tables and caches
        split(problem, order)
        nearest(problem, miles, order)
    splits, scans = list[tuple[float, float]](), list[tuple[float, float]]()
    for order in range(problem.orders):
        if alternating(order):
            splits.append(_timed(split, problem, order))
        scans.append(_timed(nearest, problem, miles, order))
        if not alternating(order):
            splits.append(_timed(split, problem, order))
    (wall, processor), scan = np.array(splits).T, np.array(scans)[:, 0]
    plan = source_in_order(problem, range(problem.orders))
    explained = [_timed(explain, problem, plan, order)[0] for order in range(0, problem.orders, 20)]
    return {
        "locations": problem.locations,
        "orders": problem.orders,
        "split_p50_ms": float(np.median(wall)),
        "split_p99_ms": float(np.percentile(wall, 99)),
        "split_p99_processor_ms": float(np.percentile(processor, 99)),
        "nearest_p50_ms": float(np.median(scan)),
        "split_to_nearest_ratio": float(np.median(wall / scan)),
        "explain_p50_ms": float(np.median(explained)),
    }


def _timed(work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> tuple[float, float]:
    """Milliseconds of wall clock and of this thread's processor time."""
    wall, processor = time.perf_counter(), time.thread_time()
    work(*args, **kwargs)
    return 1e3 * (time.perf_counter() - wall), 1e3 * (time.thread_time() - processor)


BENCHMARK = Benchmark(
    name="routing",
    title="Split of one order",
    about=(
        "The exact split of one order over 1,000 locations (`routing.split`), for 1,000 orders of 1 to 5 lines. "
        "The instance is synthetic: stores on a square of 3,000 miles with a few units each, five warehouses with "
        "many."
    ),
    against=(
        "a scan for the nearest location that has everything (else the nearest for each line), of the same order "
        "on the same arrays, in turns: what a simple rule would cost. Median of the 1,000 ratios. The processor "
        "time leaves out what the machine did for others meanwhile."
    ),
    targets="p99 within 1 ms.",
    rows=(
        Row("split_to_nearest_ratio", "split ÷ nearest scan", "×", 1),
        Row("split_p50_ms", "split, p50", "ms", 3),
        Row("split_p99_ms", "split, p99", "ms", 3, Bound(1)),
        Row("split_p99_processor_ms", "split, p99 of processor time", "ms", 3),
        Row("nearest_p50_ms", "nearest scan, p50", "ms", 3),
        Row("explain_p50_ms", "explanation of a plan, p50", "ms"),
        Row("locations", "locations", "", 0),
        Row("orders", "orders", "", 0),
    ),
    run=run,
)
