"""Prices of units now from sampled futures: the mean of the duals of their linear programmes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retail.errors import Refused
from routing.batch.compile import compile_batch, prices_of, start_of
from routing.batch.duals import ascend
from routing.batch.pool import Pool
from routing.bids.stages import Staged
from routing.problem import Prices

STEPS = 100
"""Subgradient steps for the duals of one future. On synthetic weeks 25, 40 and 100 steps closed more and more of the
gap to hindsight, at little cost beside that of laying out the future."""

AGAIN = 25
"""Steps from the duals of before. On a synthetic week renewing twice as often was worth more than more steps."""


@dataclass(frozen=True, eq=False, slots=True)
class BidPrices:
    """``prices`` of the stock of now: the mean over the futures. ``duals`` of each future, to start the next ones from.

    ``spread`` is the standard deviation over the futures, in cents, of a unit with a price, averaged over those units:
    how little one future says.
    """

    prices: Prices
    duals: tuple[Prices, ...]
    spread: float


def bid_prices(
    futures: Sequence[Staged], steps: int = STEPS, last: BidPrices | None = None, again: int = AGAIN
) -> BidPrices:
    """Price a unit of every SKU at every location by the mean of what it is worth over the ``futures``.

    All futures begin with the same stock. ``last`` are earlier prices: their duals are where the search begins where
    they are of as many stages, so that ``again`` steps are enough. The same arguments give the same prices.
    """
    if not futures:
        raise Refused("futures", "there is none", "sample at least one, several for steadier prices")
    found: list[Prices] = []
    for number, future in enumerate(futures):
        start = None if last is None or number >= len(last.duals) else last.duals[number]
        if start is not None and (start.stock is None or start.stock.shape != future.problem.stock.shape):
            start = None
        found.append(duals(future, steps if start is None else again, start))
    worth = np.array([future.stock_price(prices) for future, prices in zip(futures, found, strict=True)])
    priced = worth.max(axis=0) > 0.0
    spread = float(worth[:, priced].std(axis=0).mean()) if priced.any() else 0.0
    return BidPrices(Prices(worth.mean(axis=0)), tuple(found), spread)


def duals(future: Staged, steps: int = STEPS, start: Prices | None = None) -> Prices:
    """Duals of one future: the prices that prove the best bound met in so many subgradient steps; no plan is sought."""
    problem = future.problem
    if problem.orders == 0:
        return Prices(np.zeros(problem.stock.shape), np.zeros(len(problem.capacity)))
    compiled = compile_batch(problem)
    batch = compiled.batch
    begin = np.zeros(batch.resources) if start is None else start_of(problem, compiled, start)
    return prices_of(problem, compiled, ascend(batch, begin, steps, Pool(batch)).prices)
