"""Instances of ../shared/bench/sourcing: their arrays, parts of them, and an instance as a Problem in cents.

All of them are synthetic. :mod:`routing.instance` says what each array is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.problem import Problem, Reason
from routing.terms import LineTerm

Arrays = Mapping[str, NDArray[Any]]

FOLDER = Path(__file__).parents[3] / "shared" / "bench" / "sourcing"
"""Beside the project, where it exists at all."""

CENTS = 100.0


def load(path: Path) -> Arrays:
    """All arrays of an instance."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Some orders of an instance as a ``problem``. ``lines`` (n,) are their lines in the instance; ``place`` (O, 2) is
    where they go, in degrees."""

    problem: Problem
    lines: NDArray[np.intp]
    place: NDArray[np.float64]


def in_cents(arrays: Arrays, orders: NDArray[np.intp]) -> Part:
    """The ``orders`` of an instance with each cost term rounded to cents. Only SKUs that somebody orders are kept."""
    begin, end = arrays["ord_ptr"][orders].astype(np.intp), arrays["ord_ptr"][orders + 1].astype(np.intp)
    sizes = end - begin
    ptr = np.concatenate([[0], np.cumsum(sizes)])
    lines = np.arange(ptr[-1]) + np.repeat(begin - ptr[:-1], sizes)
    skus, sku = np.unique(arrays["line_sku"][lines].astype(np.intp), return_inverse=True)
    units = arrays["line_qty"][lines].astype(np.int64)
    package, possible = arrays["F"][orders], np.isfinite(arrays["F"][orders])
    problem = Problem(
        order_ptr=ptr,
        line_sku=sku,
        line_qty=units,
        backorder=_cents(arrays["line_bo"][lines]),
        stock=arrays["avail"][skus].astype(np.int32),
        capacity=arrays["cap"].astype(np.int64),
        blocked=(~possible).astype(np.uint8),
        reasons=(Reason(""), Reason("may not serve the order", priced=False)),
        package_terms={"package": _cents(np.where(possible, package, 0.0)).astype(np.int32)},
        line_terms={
            "weight": LineTerm(
                (CENTS * arrays["perlb"][orders]).astype(np.float32),
                "order",
                arrays["weight"][skus][sku].astype(np.float64) * units,
            ),
            "picking": LineTerm(CENTS * arrays["pick"].astype(np.float64), "location", units),
            "stock value": LineTerm((CENTS * arrays["opp"][skus]).astype(np.float32), "sku", units),
        },
    )
    return Part(problem, lines, arrays["ord_xy"][orders].astype(np.float64))


def _cents(dollars: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(CENTS * dollars).astype(np.int64)
