"""Routing on orders of a real marketplace over a synthetic network: the nearest rule, one by one, and batches."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from routing.check import checked
from routing.left import Left
from routing.optimise import optimise
from routing.plan import Plan
from routing.problem import Problem
from routing.source import source_in_order
from tests.bench.benchmark import Benchmark, Row, Setting, Skipped, Table
from tests.bench.figures import Figures
from tests.bench.olist import Marketplace, Order, end_of_day, end_of_week, is_there, marketplace
from tests.bench.rule import nearest_rule

ORDERS_QUICK = 250
NAMES = {
    "nearest": "nearest seller with everything, else the nearest for each line",
    "exact": "exact split, one by one",
    "daily": "all orders of a day together",
    "weekly": "all orders of a week together",
}


@dataclass
class Sums:
    """Of one way to route, over all weeks. ``bound`` in cents; ``late`` orders have a package after the promise."""

    cents: int = 0
    bound: int = 0
    packages: int = 0
    split: int = 0
    late: int = 0
    backordered: int = 0


def measure(market: Marketplace) -> Figures:
    """All figures, week by week with fresh stock."""
    sums = {name: Sums() for name in NAMES}
    lines = 0
    for number, orders in enumerate(market.weeks()):
        placed = [order.placed for order in orders]
        leaves: dict[str, Sequence[datetime]] = {
            "nearest": placed,
            "exact": placed,
            "daily": [end_of_day(each) for each in placed],
            "weekly": [end_of_week(each) for each in placed],
        }
        far = market.km(orders)
        for name in NAMES:
            problem = market.problem(orders, leaves[name], market.level)
            _add(sums[name], problem, *ROUTES[name](market, problem, orders, far))
        lines += sum(len(order.lines) for order in orders)
        if number % 20 == 0:
            print(f"  olist: week {number + 1}", file=sys.stderr, flush=True)
    count = len(market.orders)
    found: Figures = {
        "orders": count,
        "lines": lines,
        "sellers": len(market.sellers),
        "without_items": market.left_out["orders without items"],
        "without_centroid": market.left_out["orders whose ZIP prefix has no centroid"],
        "sellers_without_centroid": market.left_out["sellers whose ZIP prefix has no centroid"],
    }
    for name, each in sums.items():
        found[f"{name}_ratio"] = each.cents / sums["nearest"].cents
        found[f"{name}_per_order"] = each.cents / 100 / count
        found[f"{name}_split_pct"] = 100 * each.split / count
        found[f"{name}_packages"] = each.packages / count
        found[f"{name}_late_pct"] = 100 * each.late / count
        found[f"{name}_backordered_pct"] = 100 * each.backordered / lines
        if name in ("daily", "weekly"):
            found[f"{name}_gap_pct"] = 100 * (each.cents - each.bound) / each.cents
    return found


async def run(setting: Setting) -> Figures:
    """The figures of all orders, or of some. Raises :class:`Skipped` where the data is absent."""
    if not is_there():
        raise Skipped("../shared/data/orders/olist is not there")
    return measure(marketplace(ORDERS_QUICK if setting.quick else None))


def _add(sums: Sums, problem: Problem, plan: Plan, bound: int) -> None:
    sums.cents += plan.total
    sums.bound += bound
    sums.packages += len(plan.package_order)
    sums.split += int((np.bincount(plan.package_order, minlength=problem.orders) > 1).sum())
    sums.backordered += int((plan.assignment < 0).sum())
    sums.late += int((plan.cents[:, plan.terms.index("lateness")] > 0).sum())


Routed = tuple[Plan, int]
Far = NDArray[np.float64]


def _nearest(market: Marketplace, problem: Problem, orders: Sequence[Order], far: Far) -> Routed:
    del market, orders
    left = Left.copy_of(problem)
    assignment = np.full(len(problem.line_sku), -1, np.int64)
    for order in range(problem.orders):
        lines = problem.lines_of(order)
        able = left.stock[problem.line_sku[lines]] >= problem.line_qty[lines, None]
        assignment[lines] = nearest_rule(far[order], able)
        left.take(problem, order, assignment[lines])
    return checked(problem, Plan.of(problem, assignment)), 0


def _exact(market: Marketplace, problem: Problem, orders: Sequence[Order], far: Far) -> Routed:
    del market, orders, far
    return source_in_order(problem, range(problem.orders)), 0


def _weekly(market: Marketplace, problem: Problem, orders: Sequence[Order], far: Far) -> Routed:
    del market, far
    found = optimise(problem, np.arange(problem.orders), place=_where(orders))
    return found.plan, found.bound


def _daily(market: Marketplace, problem: Problem, orders: Sequence[Order], far: Far) -> Routed:
    """Day after day, on what earlier days left; the bounds of the days add up to that of these decisions."""
    del far
    stock, bound = problem.stock.copy(), 0
    assignment = np.full(len(problem.line_sku), -1, np.int64)
    days = [order.placed.date() for order in orders]
    for day in sorted(set(days)):
        first, last = days.index(day), len(days) - days[::-1].index(day)
        some = orders[first:last]
        asked = market.problem(some, [end_of_day(order.placed) for order in some], stock)
        found = optimise(asked, np.arange(asked.orders), place=_where(some))
        for order in range(asked.orders):
            lines = asked.lines_of(order)
            where = found.plan.assignment[lines]
            on = where >= 0
            np.subtract.at(stock, (asked.line_sku[lines][on], where[on]), asked.line_qty[lines][on])
        begin = int(problem.order_ptr[first])
        assignment[begin : begin + len(asked.line_sku)] = found.plan.assignment
        bound += found.bound
    return checked(problem, Plan.of(problem, assignment)), bound


def _where(orders: Sequence[Order]) -> NDArray[np.float64]:
    return np.array([(order.lat, order.lon) for order in orders])


ROUTES: dict[str, Callable[[Marketplace, Problem, Sequence[Order], Far], Routed]] = {
    "nearest": _nearest,
    "exact": _exact,
    "daily": _daily,
    "weekly": _weekly,
}


def _line(name: str) -> tuple[str, Sequence[Row | None]]:
    text = NAMES[name]
    batch = name in ("daily", "weekly")
    return text, (
        Row(f"{name}_ratio", f"{text}: cost ÷ nearest", "×", 3),
        Row(f"{name}_per_order", f"{text}: cost of an order"),
        Row(f"{name}_packages", f"{text}: packages of an order", "", 3),
        Row(f"{name}_split_pct", f"{text}: orders in several packages", "%", 1),
        Row(f"{name}_late_pct", f"{text}: late orders", "%", 1),
        Row(f"{name}_backordered_pct", f"{text}: lines backordered", "%", 1),
        Row(f"{name}_gap_pct", f"{text}: proved gap", "%", 3) if batch else None,
    )


BENCHMARK = Benchmark(
    name="olist",
    title="Orders of a marketplace",
    about=(
        "Real orders (where from and to, when, promised when, how many, how heavy) of the Olist sample over a "
        "**synthetic network**: all its sellers are locations, every product category is one SKU, sellers of a "
        "category are stocked from a seed, anew every Monday, and tariff and transit days follow the distance; what a "
        "seller's work costs comes from the seed. So the figures are about routing, not about that marketplace, and "
        "money is that of the synthetic tariff. Each calendar week is a problem of its own. Rules and single splits "
        "decide when an order is placed; a batch of a day or a week decides at its end and loses the days until then: "
        "waiting is charged as lateness, so that nobody holds orders for nothing. Orders without items and orders or "
        "sellers whose ZIP prefix has no centroid cannot be routed; they are counted below."
    ),
    against="what the nearest rule costs on the same orders, stock and tariff.",
    targets="none; no plan of a day or a week costs less than the gap says.",
    rows=(
        Row("orders", "orders routed", "", 0),
        Row("lines", "lines", "", 0),
        Row("sellers", "locations", "", 0),
        Row("without_items", "orders left out: without items", "", 0),
        Row("without_centroid", "orders left out: ZIP prefix without centroid", "", 0),
        Row("sellers_without_centroid", "sellers left out: ZIP prefix without centroid", "", 0),
    ),
    run=run,
    tables=(
        Table(
            "Means over the orders.",
            ("way", "cost ÷ nearest", "cost", "packages", "split", "late", "backordered", "proved gap"),
            [_line(name) for name in NAMES],
        ),
    ),
)
