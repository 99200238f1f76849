"""First prices of scarce resources: subgradient steps, smoothed, on the Lagrangian bound."""

from typing import NamedTuple

import numpy as np

from routing.arrays import Floats
from routing.batch.batch import Batch, Group
from routing.batch.pool import Pool
from routing.batch.pricing import price

_SMOOTHING = 0.7
_PATIENCE = 3
_SHRINK = 0.6
_GROW = 1.3
_REACH = 0.1


class Bound(NamedTuple):
    """The best bound met, in money, and the ``prices`` (resources,) that prove it."""

    value: float
    prices: Floats


def ascend(batch: Batch, groups: tuple[Group, ...], start: Floats, steps: int) -> Bound:
    """Raise the bound from the prices ``start``.

    A step is as long as would raise the bound by ``reach`` if the slope held; ``reach`` grows while that goes well.
    """
    prices = best = start
    value, reach, run = -np.inf, 0.0, 0
    direction = np.zeros(batch.resources)
    for step in range(steps):
        priced = price(batch, groups, prices)
        if step == 0:
            reach = _REACH * abs(priced.bound)
        run = max(run, 0) + 1 if priced.bound > value else min(run, 0) - 1
        if priced.bound > value:
            value, best = priced.bound, prices
        if abs(run) == _PATIENCE:
            reach, run = reach * (_GROW if run > 0 else _SHRINK), 0
        over = priced.use - batch.limit
        over[-1] = 0.0
        over[(prices <= 0.0) & (over < 0.0)] = 0.0
        direction = over if step == 0 else _SMOOTHING * direction + (1.0 - _SMOOTHING) * over
        direction[(prices <= 0.0) & (direction < 0.0)] = 0.0
        steep = float(direction @ direction)
        if steep == 0.0:
            break
        prices = np.maximum(0.0, prices + reach / steep * direction)
    return Bound(value, best)


def escapes(
    batch: Batch, groups: tuple[Group, ...], prices: Floats, shares: Floats, rng: np.random.Generator, pool: Pool
) -> None:
    """Columns on which orders fall back when scarce resources go to others.

    One pricing step for each of ``shares``: that part of all resources with a price, drawn at random, is denied.
    Column generation alone never asks for these, and an integer plan cannot do without them.
    """
    scarce = np.flatnonzero(prices > 0.0)
    for share in shares:
        denied = prices.copy()
        denied[scarce[rng.random(len(scarce)) < share]] = _DENIED
        pool.add(price(batch, groups, denied), groups)


_DENIED = 1e12
