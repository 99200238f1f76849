"""A batch after 5 % of its orders have changed, from nothing and from its last plan.

``python -m tests.bench.reoptimise INSTANCE EFFORT`` prints the figures as JSON.

Of the instance's orders, drawn by a seed, some leave and as many arrive; the rest is kept. First the batch before that
is optimised, then the batch after it, cold and warm. Seconds are those of ``optimise`` alone, from its call until its
progress has the gap.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.batch.efforts import EFFORTS
from routing.batch.solve import Effort, Progress
from routing.optimise import NOT_THERE, Outcome, Warm, optimise
from routing.problem import Prices
from tests.bench.figures import Figures
from tests.bench.instances import Arrays, Part, in_cents, load

CHANGED = 0.05
GAP = 0.005
MOVE_CENTS = 25
"""What moving a line costs: about the gain for which a store's picking list is not worth changing."""


@dataclass
class Run:
    """An outcome, its seconds, and the seconds after which the gap was small enough (infinite if never)."""

    outcome: Outcome
    seconds: float
    to_gap_s: float


def batches(orders: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """The orders before and after, and which of those after were there before."""
    drawn = np.random.default_rng(seed).permutation(orders)
    arriving = round(orders * CHANGED / (1 + CHANGED))
    before, after = np.sort(drawn[arriving:]), np.sort(drawn[: orders - arriving])
    return before, after, np.isin(after, before)


def measure(arrays: Arrays, effort: Effort, seed: int = 1) -> Figures:
    """Seconds to the gap cold and warm, and the percentage of kept orders that each moved."""
    before, after, kept = batches(len(arrays["ord_ptr"]) - 1, seed)
    part = in_cents(arrays, before)
    first = timed(part, effort, None).outcome
    assignment = np.full(len(arrays["line_sku"]), NOT_THERE)
    assignment[part.lines] = first.plan.assignment
    changed = in_cents(arrays, after)
    last = assignment[changed.lines]
    skus = [np.unique(arrays["line_sku"][each.lines]) for each in (part, changed)]
    warm = Warm(_carried(first, skus), last, MOVE_CENTS)
    figures: Figures = {}
    for name, start in (("cold", None), ("warm", warm)):
        _say(f"{len(after)} orders, {int((~kept).sum())} of them new, {name}")
        run = timed(changed, effort, start)
        moved = _moved(changed, run.outcome, last) & kept
        figures |= {
            f"{name}_to_gap_s": run.to_gap_s,
            f"{name}_s": run.seconds,
            f"{name}_gap_pct": 100 * run.outcome.gap,
            f"{name}_moved_pct": 100 * float(moved.sum() / kept.sum()),
        }
    return figures


def timed(part: Part, effort: Effort, last: Warm | None) -> Run:
    """Optimise a part, with a look at the clock after each stage."""
    reached = [np.inf]
    begun = time.perf_counter()

    def watch(progress: Progress) -> bool:
        if progress.cost - progress.bound <= GAP * max(abs(progress.cost), 1.0):
            reached.append(time.perf_counter() - begun)
        _say(f"{time.perf_counter() - begun:7.1f} s  {progress.stage}")
        return True

    outcome = optimise(part.problem, np.arange(part.problem.orders), effort, 0, last, watch, part.place)
    return Run(outcome, time.perf_counter() - begun, min(reached))


def _carried(first: Outcome, skus: list[NDArray[np.intp]]) -> Prices:
    """The prices of the first batch for the SKUs of the second: nothing where nobody ordered one."""
    assert first.prices.stock is not None
    before, after = skus
    stock = np.zeros((len(after), first.prices.stock.shape[1]))
    known = np.isin(after, before)
    stock[known] = first.prices.stock[np.searchsorted(before, after[known])]
    return Prices(stock, first.prices.capacity)


def _moved(part: Part, outcome: Outcome, last: NDArray[np.intp]) -> NDArray[np.bool_]:
    """(O,): some line of the order has another option than in the last plan."""
    moved = outcome.plan.assignment != last
    return np.logical_or.reduceat(moved, part.problem.order_ptr[:-1])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(instance: str, effort: str) -> None:
    """Print the figures."""
    print(json.dumps(measure(load(Path(instance)), EFFORTS[effort])))


if __name__ == "__main__":
    main(*sys.argv[1:])
