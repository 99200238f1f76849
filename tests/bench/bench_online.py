"""A week of orders that come one after the other: what prices of stock save, beside rules and beside hindsight.

All policies meet the same weeks (common random numbers), so that they are compared week by week.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import sqrt
from multiprocessing import get_context

import numpy as np

from tests.bench.benchmark import Benchmark, Bound, Row, Setting, Table
from tests.bench.figures import Figures
from tests.bench.online.policies import Batches, Exact, Forecast, Hindsight, Nearest, Priced, hindsight
from tests.bench.online.simulate import Policy, Result, simulate
from tests.bench.online.week import SMALL, Size, week

SEEDS, SEEDS_QUICK = range(1, 6), range(1, 3)
PROCESSES = 2
"""Weeks served at a time; no figure is a time."""
EVERY_H = 2.0
"""How often batches decide again."""
WRONG = 0.3
"""How far the forecast's demand is off in the variants."""
T_975 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
"""Student's t at 97.5 % by degrees of freedom, for an interval of 95 %."""

Maker = Callable[[], Policy]
NAMES = {
    "nearest": "nearest location, then the nearest for each line",
    "exact": "exact split, one by one, no prices",
    "prices": "exact split, one by one, at bid prices",
    "batches": "batches until accepted, at bid prices",
    "batches_low": "the same, 30 % less demand forecast than in past weeks",
    "batches_high": "the same, 30 % more",
}
PRICED = ("prices", "batches", "batches_low", "batches_high")


@dataclass(frozen=True)
class Served:
    """One week: what each policy came to, how often it renewed its prices, and what hindsight would have paid."""

    results: Mapping[str, Result]
    renewals: Mapping[str, int]
    best: Hindsight
    lines: int


def makers(forecast: Forecast, every_h: float) -> dict[str, Maker]:
    """A fresh policy by name. With the same futures, steps and renewals where they have prices."""

    def told(factor: float) -> Forecast:
        return Forecast(forecast.futures, factor, forecast.renewal, forecast.steps)

    return {
        "nearest": Nearest,
        "exact": Exact,
        "prices": lambda: Priced(told(1.0)),
        "batches": lambda: Batches(told(1.0), every_h),
        "batches_low": lambda: Batches(told(1 - WRONG), every_h),
        "batches_high": lambda: Batches(told(1 + WRONG), every_h),
    }


async def run(setting: Setting) -> Figures:
    """The figures over all seeds; of a few small weeks if it shall be quick."""
    if setting.quick:
        return figures([serve(seed, SMALL, Forecast(futures=2, steps=5), every_h=12.0) for seed in SEEDS_QUICK])
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as processes:
        loop = asyncio.get_running_loop()
        served = (loop.run_in_executor(processes, serve, seed, Size(), Forecast()) for seed in SEEDS)
        return figures(await asyncio.gather(*served))


def serve(seed: int, size: Size, forecast: Forecast, every_h: float = EVERY_H) -> Served:
    """One week under every policy."""
    asked = week(seed, size)
    best = hindsight(asked)
    results: dict[str, Result] = {}
    renewals: dict[str, int] = {}
    for name, make in makers(forecast, every_h).items():
        policy = make()
        results[name] = simulate(asked, policy)
        renewals[name] = getattr(policy, "renewals", 0)
        over = 100 * (results[name].cents / best.cents - 1)
        print(f"  online week {seed}: {name} {over:.2f} % over hindsight", file=sys.stderr, flush=True)
    return Served(results, renewals, best, len(asked.orders.sku))


def figures(weeks: Sequence[Served]) -> Figures:
    """Means over the weeks; the interval of batches beside prices is over their differences week by week."""
    found: Figures = {"weeks": len(weeks), "gap_pct": mean(100 * (w.best.cents / w.best.bound - 1) for w in weeks)}
    for name in NAMES:
        found[f"{name}_over_pct"] = mean(100 * (w.results[name].cents / w.best.cents - 1) for w in weeks)
        found[f"{name}_packages"] = mean(w.results[name].packages for w in weeks)
        found[f"{name}_backordered_pct"] = mean(100 * w.results[name].backordered / w.lines for w in weeks)
        if name in PRICED:
            found[f"{name}_open_pct"] = left_open(weeks, name)
            found[f"{name}_renewals"] = mean(w.renewals[name] for w in weeks)
    low, high = paired([w.results["batches"].cents / w.results["prices"].cents for w in weeks])
    return found | {"batches_ratio_low": low, "batches_ratio_high": high}


def left_open(weeks: Sequence[Served], name: str) -> float:
    """What the policy pays above hindsight, in per cent of what deciding one by one without prices does."""
    over = sum(w.results[name].cents - w.best.cents for w in weeks)
    return 100 * over / sum(w.results["exact"].cents - w.best.cents for w in weeks)


def paired(ratios: Sequence[float]) -> tuple[float, float]:
    """The interval of 95 % of the mean of as many paired ratios."""
    spread = float(np.std(ratios, ddof=1)) / sqrt(len(ratios))
    middle, reach = float(np.mean(ratios)), T_975[len(ratios) - 1] * spread
    return middle - reach, middle + reach


def mean(values: Iterable[float]) -> float:
    """Of at least one."""
    return float(np.mean(list(values)))


def _line(name: str) -> tuple[str, Sequence[Row | None]]:
    text = NAMES[name]
    met = Bound(55) if name == "batches" else None
    priced = name in PRICED
    return text, (
        Row(f"{name}_over_pct", f"{text}: over hindsight", "%"),
        Row(f"{name}_open_pct", f"{text}: gap left open", "%", 1, met) if priced else None,
        Row(f"{name}_renewals", f"{text}: renewals of prices", "", 0) if priced else None,
        Row(f"{name}_packages", f"{text}: packages", "", 0),
        Row(f"{name}_backordered_pct", f"{text}: lines backordered", "%", 1),
    )


BENCHMARK = Benchmark(
    name="online",
    title="A week of orders as they come",
    about=(
        "Five **synthetic** weeks: 60 stores and 3 warehouses, 400 SKUs, about 3,000 orders, stock that runs out, more "
        "of it on day 4, locations that answer three times a day and refuse 2 % of what stores are offered. Every "
        "policy meets the same weeks. Bid prices are the mean duals of eight sampled futures (`routing.bids`), drawn "
        "from eight *past* weeks whose demand for each SKU differed; they are renewed after 6 hours, after 200 units "
        "or when stock arrives. Batches decide every two hours again on all that nobody has accepted, what they take "
        "charged with its price. What nobody has is lost at the backorder penalty."
    ),
    against=(
        "hindsight: one `optimise` over the whole week, which knows every order, refusal and arrival; its proved gap "
        "is shown. The gap is what the exact split one by one pays above hindsight's plan; prices and batches leave a "
        "part of it open. The interval is of the ratio batches ÷ prices, paired by week."
    ),
    targets="at most 55 % of the gap left open, 45 % hoped for; batches no dearer than prices within their interval.",
    rows=(
        Row("batches_ratio_low", "batches ÷ prices, lower end of the interval of 95 %", "×", 4, Bound(1)),
        Row("batches_ratio_high", "batches ÷ prices, upper end", "×", 4),
        Row("gap_pct", "hindsight's plan above its proved bound", "%"),
        Row("weeks", "weeks", "", 0),
    ),
    run=run,
    tables=(
        Table(
            "Means over the weeks.",
            ("policy", "over hindsight", "gap left open", "renewals", "packages", "backordered"),
            [_line(name) for name in NAMES],
        ),
    ),
)
