"""Integer programmes over the columns of neighbouring orders, several parts at once, the other orders held.

The plane is cut into strips with about as many columns each. A strip may use what its own orders use now, and what is
left over at resources that lie in it; so all strips can be solved at the same time and their plans still fit together.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from routing.arrays import Flags, Floats, Index
from routing.batch.batch import Batch
from routing.batch.incumbent import Incumbent, used
from routing.batch.master import choose
from routing.batch.pool import Columns

SOLVERS = 2
"""Integer programmes at a time. Not a matter of the machine: the plan must not depend on it, nor does it."""


@dataclass(frozen=True, slots=True)
class Work:
    """Limits of one wave. ``columns`` of one programme at most; its relative ``gap`` and ``nodes``; ``slack``: most
    reduced cost of a column that takes part, as a share of an order's mean cost; ``seconds``: a net, see
    :func:`routing.batch.master.choose`."""

    columns: int
    slack: float
    gap: float
    nodes: int
    seconds: float


class _Strips(NamedTuple):
    """``order`` (O,) and ``resource`` (resources,): the strip that each belongs to; how ``many``."""

    order: Index
    resource: Index
    many: int


def wave(batch: Batch, columns: Columns, incumbent: Incumbent, reduced: Floats, angle: float, work: Work) -> Incumbent:
    """Solve every strip at ``angle`` (radians) over columns of little ``reduced`` cost (p,); never dearer than before."""
    candidates = _candidates(columns, incumbent, reduced, work)
    counts = np.bincount(columns.order[candidates], minlength=batch.orders)
    strips = _cut(batch, counts, angle, work.columns)

    def solve(strip: int) -> Index:
        return _solve(batch, columns, incumbent, candidates, strips, strip, work)

    with ThreadPoolExecutor(SOLVERS) as threads:
        plans = list(threads.map(solve, range(strips.many)))
    chosen = incumbent.chosen.copy()
    for plan in plans:
        chosen[columns.order[plan]] = plan
    return Incumbent(columns, batch.limit, chosen)


def _candidates(columns: Columns, incumbent: Incumbent, reduced: Floats, work: Work) -> Flags:
    """(p,): columns worth a try: little reduced cost, the plan's own, and those that use nothing scarce."""
    mean = float(columns.cost[incumbent.chosen].mean())
    candidates = reduced <= work.slack * abs(mean)
    candidates[incumbent.chosen] = True
    return candidates


def _cut(batch: Batch, counts: Index, angle: float, most: int) -> _Strips:
    """Strips across ``angle`` with about as many columns each; ``counts`` (O,) of each order."""
    across = np.array([np.cos(angle), np.sin(angle)])
    place = batch.place @ across
    sequence = np.argsort(place, kind="stable")
    total = np.cumsum(counts[sequence])
    many = max(1, -(-int(total[-1]) // most))
    ends = np.searchsorted(total, np.arange(1, many) * total[-1] / many)
    order = np.zeros(batch.orders, np.intp)
    order[sequence] = np.searchsorted(ends, np.arange(batch.orders), side="left")
    edges = place[sequence][ends]
    return _Strips(order, np.searchsorted(edges, batch.resource_place @ across), many)


def _solve(
    batch: Batch, columns: Columns, incumbent: Incumbent, candidates: Flags, strips: _Strips, strip: int, work: Work
) -> Index:
    """The columns that the orders of one strip take."""
    inside = strips.order == strip
    own = incumbent.chosen[inside]
    chosen = candidates & inside[columns.order]
    limit = used(columns, own, batch.resources) + np.where(strips.resource == strip, incumbent.left, 0.0)
    limit[-1] = np.inf
    part = columns.only(chosen)
    numbers = np.flatnonzero(chosen)
    start = np.zeros(len(columns.cost), np.bool_)
    start[own] = True
    found = choose(part, limit, start[numbers], work.gap, work.nodes, work.seconds)
    if found is None or part.cost[found].sum() > columns.cost[own].sum():
        return own
    return numbers[found]
