"""Integer programmes over the columns of neighbouring orders, several parts at once.

The plane is cut into strips with about as many columns each, and what is scarce is dealt out among the strips, so that
all of them can be solved at the same time and their plans still fit together: each strip keeps what its orders use in
the plan so far, and what is left is dealt out as the linear programme would use it. Cut at another angle each time, no
border lasts.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from routing.arrays import Flags, Floats, Index
from routing.batch.batch import Batch
from routing.batch.incumbent import Incumbent, used
from routing.batch.master import Search, choose
from routing.batch.pool import Columns

_DECIDED = 0.99
"""A share in the linear programme, solved to a tolerance, from which a column counts as taken."""

SOLVERS = 2
"""Integer programmes at a time. Not read from the machine; the plan does not depend on it either."""


@dataclass(frozen=True, slots=True)
class Work:
    """Limits of one wave. ``columns`` of one programme, about; ``slack``: most reduced cost of a column that takes
    part, as a share of an order's mean cost; ``search``: when the programme ends."""

    columns: int
    slack: float
    search: Search


def wave(
    batch: Batch, columns: Columns, share: Floats, reduced: Floats, incumbent: Incumbent, angle: float,
    work: Work,
) -> Incumbent:  # fmt: skip
    """Improve the ``incumbent``, strip by strip at ``angle`` (radians).

    ``share`` (p,) of each column in the linear programme; ``reduced`` (p,) its reduced cost.
    """
    candidates = _tempting(columns, reduced, work)
    candidates[incumbent.chosen] = True
    counts = np.bincount(columns.order[candidates], minlength=batch.orders)
    strip, many = _cut(batch, counts, angle, work.columns)
    wanted = _use(columns, share, strip, many, batch.resources)
    marked = np.zeros(len(share))
    marked[incumbent.chosen] = 1.0
    own = _use(columns, marked, strip, many, batch.resources)
    limits = own + _deal(incumbent.left, np.maximum(wanted - own, 0.0))
    limits[:, -1] = np.inf

    def solve(number: int) -> Index:
        return _solve(columns, candidates & (strip == number)[columns.order], limits[number], incumbent.chosen, work)

    with ThreadPoolExecutor(SOLVERS) as threads:
        plans = np.concatenate(list(threads.map(solve, range(many))))
    chosen = np.empty(batch.orders, np.intp)
    chosen[columns.order[plans]] = plans
    return Incumbent(columns, batch.limit, chosen)


def dive(batch: Batch, columns: Columns, share: Floats, reduced: Floats, incumbent: Incumbent, work: Work) -> Incumbent:
    """Keep what the linear programme has decided, and solve one programme over the orders that it divides.

    Large orders keep their column of the ``incumbent``: too few of their ways to be served are in the pool.
    """
    pinned = incumbent.chosen[[order.order for order in batch.large]]
    decided, limit = _decided(columns, share, pinned, batch.limit)
    settled = np.zeros(batch.orders, np.bool_)
    settled[columns.order[decided]] = True
    open_ = ~settled[columns.order]
    candidates = open_ & _tempting(columns, reduced, work)
    ranked = np.flatnonzero(candidates & ~columns.uses_nothing())
    candidates[ranked[np.argsort(reduced[ranked], kind="stable")[work.columns :]]] = False
    chosen = np.empty(batch.orders, np.intp)
    for plan in (np.flatnonzero(decided), _solve(columns, candidates, limit, None, work)):
        chosen[columns.order[plan]] = plan
    return Incumbent(columns, batch.limit, chosen)


def _tempting(columns: Columns, reduced: Floats, work: Work) -> Flags:
    """(p,): columns of little reduced cost, and those that always fit."""
    tempting: Flags = reduced <= work.slack * float(np.abs(columns.cost).mean())
    return tempting | columns.uses_nothing()


def _decided(columns: Columns, share: Floats, pinned: Index, limit: Floats) -> tuple[Flags, Floats]:
    """(p,) the columns ``pinned``, and those that the linear programme takes as good as whole and that fit beside them;
    what they leave."""
    decided = share > _DECIDED
    decided[np.isin(columns.order, columns.order[pinned])] = False
    decided[pinned] = True
    left = limit - used(columns, decided, len(limit))
    over = left < 0.0
    if over.any():  # the linear programme is solved to a tolerance, and knows nothing of what is pinned
        decided[columns.entry_column[over[columns.entry_resource]]] = False
        decided[pinned] = True
        left = limit - used(columns, decided, len(limit))
    return decided, left


def _cut(batch: Batch, counts: Index, angle: float, most: int) -> tuple[Index, int]:
    """(O,) the strip of each order, and how many; strips hold about as many columns each, ``counts`` (O,) of them."""
    place = batch.place @ np.array([np.cos(angle), np.sin(angle)])
    sequence = np.argsort(place, kind="stable")
    total = np.cumsum(counts[sequence])
    many = max(1, -(-int(total[-1]) // most))
    strip = np.empty(batch.orders, np.intp)
    strip[sequence] = np.minimum((total - 1) * many // total[-1], many - 1)
    return strip, many


def _use(columns: Columns, share: Floats, strip: Index, many: int, resources: int) -> Floats:
    """(many, resources): units that the orders of each strip use when they take each column by its ``share``."""
    key = strip[columns.order[columns.entry_column]] * resources + columns.entry_resource
    units = columns.entry_units * share[columns.entry_column]
    return np.bincount(key, units, many * resources).astype(np.float64).reshape(many, resources)


def _deal(left: Floats, wanted: Floats) -> Floats:
    """(many, resources): whole units of what is ``left`` (resources,), in proportion to what is ``wanted``.

    What nobody wants goes to all alike; the largest remainders are rounded up.
    """
    many = len(wanted)
    left = np.floor(np.where(np.isfinite(left), left, 0.0) + 1e-9)
    weight = np.where(wanted.sum(axis=0) > 1e-9, wanted, 1.0)
    exact = left * weight / weight.sum(axis=0)
    dealt = np.floor(exact + 1e-9)
    spare = left - dealt.sum(axis=0)
    rank = np.argsort(np.argsort(dealt - exact, axis=0, kind="stable"), axis=0, kind="stable")
    return dealt + (rank < spare) if many > 1 else left[None].copy()


def _solve(columns: Columns, candidates: Flags, limit: Floats, chosen: Index | None, work: Work) -> Index:
    """The columns that the orders of one strip take; its candidates are marked."""
    part, numbers = columns.only(candidates), np.flatnonzero(candidates)
    start = None if chosen is None else chosen[part.order] == numbers
    found = choose(part, limit, start, work.search)
    if found is not None and (start is None or part.cost[found.columns].sum() <= part.cost[start].sum()):
        best = found.columns
    elif start is not None:
        best = start
    else:  # no plan within the limits of work: what uses nothing is always one
        best = part.cheapest_way_out()
    return np.compress(best, numbers)
