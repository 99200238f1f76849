"""Small problems: one builder with defaults, and a strategy that draws them with every kind of limit."""

from collections.abc import Sequence
from typing import Any

import hypothesis.strategies as st
import numpy as np

from routing.parcels import Parcels, Tariff
from routing.problem import Prices, Problem, Reason
from routing.terms import LineTerm

REASONS = (Reason(""), Reason("is paused"), Reason("has no box"), Reason("has no coordinates", priced=False))


def problem(
    *,
    fixed: Sequence[Sequence[int]],
    lines: Sequence[Sequence[int]],
    orders: Sequence[int] | None = None,
    **changes: Any,
) -> Problem:
    """``fixed`` (O, L) and ``lines`` (n, L) in cents; ``orders`` counts lines per order, all in the first if not given.

    Unless changed: a SKU and a unit per line, 9 units of everything everywhere, room for 99, backorder at $20 a line.
    """
    count, places = len(lines), len(fixed[0])
    sizes = [count] if orders is None else orders
    parts: dict[str, Any] = {
        "order_ptr": np.cumsum([0, *sizes]),
        "line_sku": np.arange(count),
        "line_qty": np.ones(count, np.int64),
        "backorder": np.full(count, 2000),
        "stock": np.full((count, places), 9),
        "capacity": np.full(places, 99),
        "blocked": np.zeros((len(sizes), places), np.uint8),
        "reasons": REASONS,
        "package_terms": {"label": np.array(fixed, np.int64).reshape(len(sizes), places)},
        "line_terms": {"shipping": LineTerm(np.array(lines, np.int64).reshape(count, places), "line")},
    }
    for name, value in changes.items():
        parts[name] = np.array(value) if isinstance(value, list) else value
    return Problem(**parts)


@st.composite
def problems(draw: st.DrawFn, orders: int = 1, most_lines: int = 5) -> Problem:
    """Orders of 1-5 lines over 1-4 locations where stock, capacity, rules and the package limit may all bind.

    The shape and the kinds of limits are drawn, so that they shrink; the numbers come from a drawn seed, for speed.
    """
    sizes = [draw(st.integers(1, most_lines)) for _ in range(orders)]
    places, skus = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    ruled, collected, counted = (draw(st.booleans()) for _ in range(3))
    random, count = np.random.default_rng(draw(st.integers(0, 2**32))), sum(sizes)

    def table(shape: tuple[int, ...] | int, low: int, high: int) -> Any:
        return random.integers(low, high + 1, shape)

    qty = table(count, 1, 2)
    return Problem(
        order_ptr=np.cumsum([0, *sizes]),
        line_sku=table(count, 0, skus - 1),
        line_qty=qty,
        backorder=table(count, 0, 12),
        stock=table((skus, places), 0, 4),
        capacity=table(places, 0, 6),
        blocked=np.maximum(table((orders, places), -4, 3), 0) * ruled,
        reasons=REASONS,
        package_terms={"label": table((orders, places), 0, 6), "packing": table(places, 0, 2)},
        line_terms={
            "shipping": LineTerm(table((orders, places), 0, 9) / 7, "order", qty * 1.5),
            "picking": LineTerm(table(places, -1, 3), "location", qty),
            "stock value": LineTerm(table((skus, places), 0, 3), "sku"),
        },
        line_blocked=np.maximum(table((count, places), -6, 3), 0) if ruled else None,
        pickup=np.where(table(orders, 0, 1) == 0, -1, table(orders, 0, places - 1)) if collected else None,
        max_packages=table(orders, 0, 3) if counted else None,
    )


@st.composite
def problems_of_options(draw: st.DrawFn, orders: int = 1, most_lines: int = 4) -> Problem:
    """Orders of 2-4 lines over 1-3 locations with 3-5 options: services and slots with pools, legs on trucks, prices by
    weight, kits and whole orders. The kinds of limits are drawn, the rest comes from a drawn seed."""
    limits = draw(
        st.sets(
            st.sampled_from(["pools", "legs", "weight", "kits", "whole", "packages", "rules", "unit lines", "prices"])
        )
    )
    random = np.random.default_rng(draw(st.integers(0, 2**32)))

    def table(shape: tuple[int, ...] | int, low: int, high: int) -> Any:
        return random.integers(low, high + 1, shape)

    sizes = table(orders, min(2, most_lines), most_lines)
    places, skus, options, count = random.integers(1, 4), random.integers(1, 4), random.integers(3, 6), int(sizes.sum())
    pools, trucks = (random.integers(1, 5) if "pools" in limits else places), (2 if "legs" in limits else 0)
    legs = pools + table((orders, options), 0, 1)
    qty = np.ones(count, np.int64) if "unit lines" in limits else table(count, 1, 2)
    return Problem(
        order_ptr=np.cumsum([0, *sizes]),
        line_sku=table(count, 0, 0 if "unit lines" in limits else skus - 1),
        line_qty=qty,
        backorder=table(count, 0, 40),
        stock=table((skus, places), 0, 3),
        capacity=table(pools + trucks, 1, 6),
        blocked=np.maximum(table((orders, options), -4, 3), 0) * ("rules" in limits),
        reasons=REASONS,
        package_terms={"label": table((orders, options), 0, 3), "packing": table(options, 0, 1)},
        line_terms={
            "shipping": LineTerm(table((orders, options), 0, 9) / 7, "order", qty * 1.5),
            "picking": LineTerm(table(places, -1, 3), "location", qty),
            "slot": LineTerm(table(options, 0, 2), "option"),
            "stock value": LineTerm(table((skus, places), 0, 3), "sku"),
        },
        line_blocked=np.maximum(table((count, options), -3, 1), 0),
        max_packages=table(orders, 0, 3) if "packages" in limits else None,
        prices=Prices(table((skus, places), 0, 9) / 2, table(pools + trucks, 0, 3)) if "prices" in limits else Prices(),
        place=table(options, 0, places - 1),
        pool=table(options, 0, pools - 1) if "pools" in limits else None,
        leg=np.where(table((orders, options), 0, 2) == 0, -1, legs) if "legs" in limits else None,
        parcels=parcels(random, orders, options, qty) if "weight" in limits else None,
        kits=np.maximum(table(count, -3, 1), -1) if "kits" in limits else None,
        complete=table(orders, 0, 1) == 1 if "whole" in limits else None,
    )


def parcels(random: Any, orders: int, options: int, qty: Any) -> Parcels:
    """Two price lists, with prices that may rise by leaps or fall, one by volume; lines of a few grams."""
    lists = tuple(
        Tariff(np.cumsum(random.integers(1, 4, breaks)), random.integers(0, 9, breaks), divisor)
        for breaks, divisor in zip(random.integers(1, 4, 2).tolist(), (0, 3), strict=True)
    )
    shape = (options,) if random.random() < 0.5 else (orders, options)
    return Parcels(
        lists, random.integers(-1, 2, shape), qty * random.integers(0, 3, len(qty)), random.integers(0, 12, len(qty))
    )
