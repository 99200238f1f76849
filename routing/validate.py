"""Every condition that a problem must meet before anything is solved, so that no later step doubts its input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retail.errors import Refused

if TYPE_CHECKING:
    from routing.arrays import Real, Whole
    from routing.problem import Problem
    from routing.terms import LineTerm

LINES_MAX = 255
"""Most lines of one order: more would let tie-breaks reach into the cents (see `routing.quotes`)."""

CENTS_MAX = 10**8
"""Most that one package or one line may cost (a million dollars): 255 of them stay exact in float64."""

PRICE_NAMES = ("stock price", "capacity price")
_RESERVED = ("backorder", *PRICE_NAMES)


def validate(problem: Problem) -> None:
    """Raise :class:`retail.errors.Refused` for the first array that cannot be right."""
    _structure(problem)
    _eligibility(problem)
    _costs(problem)


def _structure(problem: Problem) -> None:
    ptr = _whole("order_ptr", problem.order_ptr, (len(problem.order_ptr),))
    lines = len(problem.line_sku)
    if len(ptr) == 0 or ptr[0] != 0 or ptr[-1] != lines:
        raise Refused("order_ptr", f"does not run from 0 to the {lines} lines", "start at 0 and end at the line count")
    count = np.diff(ptr)
    if (count < 1).any() or (count > LINES_MAX).any():
        order = int(np.flatnonzero((count < 1) | (count > LINES_MAX))[0])
        raise Refused(
            "order_ptr",
            f"order {order} has {int(count[order])} lines",
            f"sort the lines by order, leave out empty orders and divide those of more than {LINES_MAX} lines",
        )
    skus, locations = _table("stock", problem.stock)
    _within("line_sku", _whole("line_sku", problem.line_sku, (lines,)), 0, skus - 1, "give a row of stock")
    _within("line_qty", _whole("line_qty", problem.line_qty, (lines,)), 1, CENTS_MAX, "give at least one unit")
    _within("stock", problem.stock, 0, None, "count what is short as 0")
    _within("capacity", _whole("capacity", problem.capacity, (locations,)), 0, None, "count what is overbooked as 0")
    if problem.max_packages is not None:
        limit = _whole("max_packages", problem.max_packages, (problem.orders,))
        _within("max_packages", limit, 0, None, "give 0 for no limit")


def _eligibility(problem: Problem) -> None:
    orders, lines, locations = problem.orders, len(problem.line_sku), problem.locations
    last = len(problem.reasons) - 1
    if last < 0:
        raise Refused("reasons", "there is no entry for code 0", "let the table start with an entry that is not used")
    for name, codes, rows in (("blocked", problem.blocked, orders), ("line_blocked", problem.line_blocked, lines)):
        if codes is not None:
            _within(name, _whole(name, codes, (rows, locations)), 0, last, "give 0 or an index into reasons")
    if problem.pickup is not None:
        place = _whole("pickup", problem.pickup, (orders,))
        _within("pickup", place, -1, locations - 1, "give a location or -1")


def _costs(problem: Problem) -> None:
    orders, lines, (skus, locations) = problem.orders, len(problem.line_sku), problem.stock.shape
    names = [*problem.package_terms, *problem.line_terms]
    for name in names:
        if names.count(name) > 1 or name in _RESERVED or not name:
            raise Refused("terms", f"the name {name!r} is taken or empty", "name every cost term once")
    together = np.zeros((orders, locations), np.int64)
    for name, cents in problem.package_terms.items():
        shape = (locations,) if cents.ndim == 1 else (orders, locations)
        _within(name, _whole(name, cents, shape), -CENTS_MAX, CENTS_MAX, "give cents of one package")
        together += cents
    if (together[problem.blocked == 0] < 0).any():
        order, location = (int(i) for i in np.argwhere((together < 0) & (problem.blocked == 0))[0])
        raise Refused(
            "package_terms",
            f"a package of order {order} from location {location} costs {int(together[order, location])} cents",
            "give credits to lines, not to packages",
        )
    _within("backorder", _whole("backorder", problem.backorder, (lines,)), 0, CENTS_MAX, "give cents of one line")
    rows = {
        "line": (lines, locations),
        "order": (orders, locations),
        "sku": (skus, locations),
        "location": (locations,),
    }
    priced = dict(problem.price_terms())
    largest = 0.0
    for name, term in (*problem.line_terms.items(), *priced.items()):
        _line_term(name, term, rows[term.by], lines)
        if name in priced and (term.rate < 0).any():
            raise Refused(name, "a price is below zero", "give duals of at least 0")
        largest += term.largest()
    if max(largest, int(together.max(initial=0))) > CENTS_MAX:
        raise Refused(
            "terms", "a package or a line may cost over a million dollars", "check the unit: rates are in cents"
        )


def _line_term(name: str, term: LineTerm, shape: tuple[int, ...], lines: int) -> None:
    for part, values, expected in (("rate", term.rate, shape), ("amount", term.amount, (lines,))):
        if values is not None:
            _shape(f"{name}.{part}", values, expected)
            if not np.isfinite(values).all():
                raise Refused(f"{name}.{part}", "holds NaN or infinity", "block the location instead")


def _table(name: str, values: Whole) -> tuple[int, int]:
    if values.ndim != 2:
        raise Refused(name, f"has {values.ndim} axes", "give one row per SKU and one column per location")
    _whole(name, values, values.shape)
    return values.shape[0], values.shape[1]


def _shape(name: str, values: Real, expected: tuple[int, ...]) -> None:
    if values.shape != expected:
        raise Refused(name, f"has shape {values.shape}", f"give shape {expected}")


def _whole(name: str, values: Whole, expected: tuple[int, ...]) -> Whole:
    if values.dtype.kind not in "iu":
        raise Refused(
            name, f"holds {values.dtype}", "round to whole numbers first; infinity and NaN have no place here"
        )
    _shape(name, values, expected)
    return values


def _within(name: str, values: Real, low: int, high: int | None, remedy: str) -> None:
    wrong = values < low if high is None else (values < low) | (values > high)
    if wrong.any():
        raise Refused(name, f"holds {int(values[wrong][0])}", remedy)
