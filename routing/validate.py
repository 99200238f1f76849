"""Every condition that a problem must meet before anything is solved, so that no later step doubts its input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retail.errors import Refused

if TYPE_CHECKING:
    from routing.arrays import Flags, Real, Whole
    from routing.parcels import Parcels, Tariff
    from routing.problem import Problem
    from routing.terms import LineTerm

LINES_MAX = 255
"""Most lines of one order: more would let tie-breaks reach into the cents (see `routing.quotes`)."""

CENTS_MAX = 10**8
"""Most that one package or one line may cost (a million dollars): 255 of them stay exact in float64."""

AMOUNT_MAX = 10**12
"""Most grams or cubic millimetres of one line: 255 of them stay exact in float64."""

_ORDERS_AT_A_TIME = 1_024
"""Rows of a table of orders and options that are added up at once: a sum of all would be the largest table there is."""

PRICE_NAMES = ("stock price", "capacity price")
"""Names of the terms of a problem's prices, of stock and of capacity."""

_RESERVED = ("backorder", *PRICE_NAMES)


def validate(problem: Problem) -> None:
    """Raise :class:`retail.errors.Refused` for the first array that cannot be right."""
    _structure(problem)
    _options(problem)
    _together(problem)
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
    skus, _ = _table("stock", problem.stock)
    _within("line_sku", _whole("line_sku", problem.line_sku, (lines,)), 0, skus - 1, "give a row of stock")
    _within("line_qty", _whole("line_qty", problem.line_qty, (lines,)), 1, CENTS_MAX, "give at least one unit")
    _within("stock", problem.stock, 0, None, "count what is short as 0")


def _options(problem: Problem) -> None:
    """Where options take their units from: stock of a place, capacity of a pool and perhaps of a leg."""
    locations, pools = problem.locations, problem.capacity.size
    expected = (locations,) if problem.separate else (pools,)
    _within("capacity", _whole("capacity", problem.capacity, expected), 0, None, "count what is overbooked as 0")
    if problem.place is not None:
        place = _whole("place", problem.place, (problem.place.size,))
        _within("place", place, 0, locations - 1, "give the column of stock of each option")
    if problem.pool is not None:
        pool = _whole("pool", problem.pool, (problem.options,))
        _within("pool", pool, 0, pools - 1, "give an index into capacity")
    elif (problem.places >= pools).any():
        raise Refused("capacity", f"has {pools} entries for {locations} locations", "give one per location, or pool")
    if problem.leg is not None:
        leg = _whole("leg", problem.leg, (problem.orders, problem.options))
        _within("leg", leg, -1, pools - 1, "give an index into capacity or -1")
        if (leg == problem.pools).any():
            order, option = (int(i) for i in np.argwhere(leg == problem.pools)[0])
            raise Refused(
                "leg", f"is the pool of option {option} itself for order {order}", "give the transfer its own"
            )


def _together(problem: Problem) -> None:
    """What limits the packages of one order as a whole."""
    orders = problem.orders
    if problem.max_packages is not None:
        limit = _whole("max_packages", problem.max_packages, (orders,))
        _within("max_packages", limit, 0, None, "give 0 for no limit")
    if problem.kits is not None:
        kits = _whole("kits", problem.kits, (len(problem.line_sku),))
        _within("kits", kits, -1, None, "give a number of the kit, or -1 for a line by itself")
    if problem.complete is not None:
        if problem.complete.dtype.kind != "b":
            raise Refused("complete", f"holds {problem.complete.dtype}", "give true or false")
        _shape("complete", problem.complete, (orders,))


def _eligibility(problem: Problem) -> None:
    orders, lines, options = problem.orders, len(problem.line_sku), problem.options
    last = len(problem.reasons) - 1
    if last < 0:
        raise Refused("reasons", "there is no entry for code 0", "let the table start with an entry that is not used")
    for name, codes, rows in (("blocked", problem.blocked, orders), ("line_blocked", problem.line_blocked, lines)):
        if codes is not None:
            _within(name, _whole(name, codes, (rows, options)), 0, last, "give 0 or an index into reasons")
    if problem.pickup is not None:
        place = _whole("pickup", problem.pickup, (orders,))
        _within("pickup", place, -1, problem.locations - 1, "give a location or -1")


def _costs(problem: Problem) -> None:
    orders, lines, options = problem.orders, len(problem.line_sku), problem.options
    skus, locations = problem.stock.shape
    parcels = problem.parcels
    names = [*problem.package_terms, *problem.line_terms, *(() if parcels is None else (parcels.name,))]
    for name in names:
        if names.count(name) > 1 or name in _RESERVED or not name:
            raise Refused("terms", f"the name {name!r} is taken or empty", "name every cost term once")
    for name, cents in problem.package_terms.items():
        shape = (options,) if cents.ndim == 1 else (orders, options)
        _within(name, _whole(name, cents, shape), -CENTS_MAX, CENTS_MAX, "give cents of one package")
    dearest = _packages(problem)
    _within("backorder", _whole("backorder", problem.backorder, (lines,)), 0, CENTS_MAX, "give cents of one line")
    rows: dict[str, tuple[int, ...]] = {
        "line": (lines, options),
        "order": (orders, options),
        "option": (options,),
        "sku": (skus, locations),
        "location": (locations,),
    }
    largest = 0.0
    for name, term in problem.line_terms.items():
        if term.by not in rows:
            raise Refused(f"{name}.by", f"is {term.by!r}", f"give one of {', '.join(rows)}")
        _line_term(name, term, rows[term.by], lines)
        largest += term.largest()
    largest += _prices(problem)
    dearest += 0 if parcels is None else _parcels(problem, parcels)
    if max(largest, dearest) > CENTS_MAX:
        raise Refused(
            "terms", "a package or a line may cost over a million dollars", "check the unit: rates are in cents"
        )


def _packages(problem: Problem) -> int:
    """The dearest package of any order and option, in cents, its weight not counted; a few orders at a time."""
    dearest = 0
    for start in range(0, problem.orders, _ORDERS_AT_A_TIME):
        rows = slice(start, start + _ORDERS_AT_A_TIME)
        together = np.zeros(problem.blocked[rows].shape, np.int64)
        for cents in problem.package_terms.values():
            together += cents if cents.ndim == 1 else cents[rows]
        negative = together < 0
        if negative.any() and (negative := negative & (problem.blocked[rows] == 0)).any():
            order, option = (int(i) for i in np.argwhere(negative)[0])
            raise Refused(
                "package_terms",
                f"a package of order {start + order} by option {option} costs {int(together[order, option])} cents",
                "give credits to lines, not to packages",
            )
        dearest = max(dearest, int(together.max(initial=0)))
    return dearest


def _prices(problem: Problem) -> float:
    """The most that the prices of one line come to, in cents; a leg is a second price of capacity."""
    largest = 0.0
    units = float(problem.line_qty.max(initial=0))
    shapes = (problem.stock.shape, problem.capacity.shape)
    for name, rate, shape in zip(PRICE_NAMES, (problem.prices.stock, problem.prices.capacity), shapes, strict=True):
        if rate is not None:
            _finite(f"{name}.rate", rate, shape)
            if (rate < 0).any():
                raise Refused(name, "a price is below zero", "give duals of at least 0")
            legs = 2 if rate is problem.prices.capacity and problem.leg is not None else 1
            largest += legs * units * float(np.max(rate, initial=0.0))
    return largest


def _parcels(problem: Problem, parcels: Parcels) -> int:
    """The dearest package of any price list, in cents."""
    lines, tariff = (len(problem.line_sku),), parcels.tariff
    shape = (problem.options,) if tariff.ndim == 1 else (problem.orders, problem.options)
    _within(
        "parcels.tariff", _whole("parcels.tariff", tariff, shape), -1, len(parcels.tariffs) - 1, "give a list or -1"
    )
    for name, values in (("parcels.grams", parcels.grams), ("parcels.volume", parcels.volume)):
        if values is not None:
            _within(name, _whole(name, values, lines), 0, AMOUNT_MAX, "give what all units of the line have together")
    for index, listed in enumerate(parcels.tariffs):
        _tariff(f"parcels.tariffs[{index}]", listed)
    return max((listed.largest for listed in parcels.tariffs), default=0)


def _tariff(name: str, listed: Tariff) -> None:
    breaks = listed.upto.size
    if not breaks:
        raise Refused(f"{name}.upto", "has no breaks", "give at least one break, or -1 as the option's list")
    upto = _whole(f"{name}.upto", listed.upto, (breaks,))
    _within(f"{name}.upto", upto, 0, AMOUNT_MAX, "give grams")
    if (np.diff(upto.astype(np.int64)) <= 0).any():
        raise Refused(f"{name}.upto", "does not ascend", "sort the breaks and name each once")
    _within(
        f"{name}.cents", _whole(f"{name}.cents", listed.cents, (breaks,)), 0, CENTS_MAX, "give cents of one package"
    )
    if listed.divisor < 0:
        raise Refused(f"{name}.divisor", f"is {listed.divisor}", "give mm³ per gram, or 0 to ignore volume")


def _line_term(name: str, term: LineTerm, shape: tuple[int, ...], lines: int) -> None:
    for part, values, expected in (("rate", term.rate, shape), ("amount", term.amount, (lines,))):
        if values is not None:
            _finite(f"{name}.{part}", values, expected)


def _finite(name: str, values: Real, expected: tuple[int, ...]) -> None:
    _shape(name, values, expected)
    if values.dtype.kind not in "iu" and not np.isfinite(values).all():
        raise Refused(name, "holds NaN or infinity", "block the option instead")


def _table(name: str, values: Whole) -> tuple[int, int]:
    if values.ndim != 2:
        raise Refused(name, f"has {values.ndim} axes", "give one row per SKU and one column per location")
    _whole(name, values, values.shape)
    return values.shape[0], values.shape[1]


def _shape(name: str, values: Real | Flags, expected: tuple[int, ...]) -> None:
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
