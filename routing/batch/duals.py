"""First prices of scarce resources: subgradient steps, smoothed, on the Lagrangian bound."""

from typing import NamedTuple

import numpy as np

from routing.arrays import Floats
from routing.batch.batch import Batch
from routing.batch.pool import Pool
from routing.batch.pricing import price

_SMOOTHING = 0.5
_PATIENCE = 3
_SHRINK = 0.6
_GROW = 1.3
_FADING = 0.9
_COLLECTED = 3

DENIED = 1e9
"""A price, in money per unit, at which nobody takes a resource who has any way around it."""
_REACH = 0.04


class Bound(NamedTuple):
    """The best bound met, in money, and the ``prices`` (resources,) that prove it."""

    value: float
    prices: Floats


def ascend(batch: Batch, start: Floats, steps: int, pool: Pool) -> Bound:
    """Raise the bound from the prices ``start``.

    The columns of every few of the later steps go into the ``pool``. A step is as long as would raise the bound by
    ``reach`` if the slope held; ``reach`` grows while that goes well.
    """
    prices = best = start
    value, reach, run = -np.inf, 0.0, 0
    direction = np.zeros(batch.resources)
    scale = np.ones(batch.resources)
    for step in range(steps):
        priced = price(batch, prices)
        if step == 0:
            reach = _REACH * abs(priced.bound)
        if step >= steps // 2 and step % _COLLECTED == 0:
            pool.add(priced)
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
        scale = np.maximum(_FADING * scale if step else 0.0, _scale(priced.use, batch.limit))
        steep = float(direction @ (scale * direction))
        if steep == 0.0:
            break
        prices = np.maximum(0.0, prices + reach / steep * scale * direction)
    return Bound(value, best)


def _scale(use: Floats, limit: Floats) -> Floats:
    """(resources,): shorter steps for large pools than for single units, or the large ones alone would move."""
    return 1.0 / np.sqrt(np.maximum(1.0, np.maximum(use, np.where(np.isfinite(limit), limit, 1.0))))


def escapes(batch: Batch, prices: Floats, shares: Floats, rng: np.random.Generator, pool: Pool) -> None:
    """Columns on which orders fall back when scarce resources go to others.

    One pricing step for each of ``shares``: that part of all resources with a price, drawn at random, is denied.
    Column generation alone never asks for these, and an integer plan cannot do without them.
    """
    scarce = np.flatnonzero(prices > 0.0)
    for share in shares:
        denied = prices.copy()
        denied[scarce[rng.random(len(scarce)) < share]] = DENIED
        pool.add(price(batch, denied))
