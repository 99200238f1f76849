"""Other plans for an order of more than 12 lines: good ones, found by changing the chosen plan a little."""

from itertools import combinations

import numpy as np

from routing.alternatives import Blocked, Other
from routing.arrays import Cents
from routing.facilities import Facilities, Opened
from routing.problem import BACKORDER
from routing.quotes import Quotes, Wishes, cents_of

_TRIED_MAX = 60
"""Most options that are tried for what they would save."""


class Large:
    """The questions of :class:`~routing.alternatives.Small`; the plans are feasible, but may not be the best."""

    proven = False

    def __init__(self, quotes: Quotes, most: int) -> None:
        self.quotes, self.most, self.sites = quotes, most, Facilities(quotes, most)

    def runner_up(self, chosen: Cents) -> Other | None:
        """The best plan that moves one line or closes one location."""
        columns = self.quotes.by_bundle(chosen)
        used = np.unique(columns[columns != BACKORDER]).tolist()
        plans = [self.sites.serve(some) for some in combinations(used, len(used) - 1)] if used else []
        plans += [self.sites.serve(())] if used else []
        moved = self.sites.best_move(columns)
        able = [plan for plan in (*plans, moved) if plan is not None and np.isfinite(plan.ticks)]
        return self._other(min(able, key=lambda plan: plan.ticks)) if able else None

    def through(self, count: int) -> list[Other]:
        """The ``count`` cheapest options that serve the whole order alone."""
        alone = self.quotes.fixed + self.quotes.lines.sum(axis=0)
        plans = (self.sites.priced(np.full(len(self.quotes.units), c)) for c in alone.argsort(kind="stable").tolist())
        able = [plan for plan in plans if np.isfinite(plan.ticks)]
        return [self._other(plan) for plan in sorted(able, key=lambda plan: plan.ticks)[:count]]

    def blocked(self, wishes: Wishes, chosen: Cents, value: int, count: int) -> tuple[list[Blocked], int]:
        """Options that would save most if they took over every line they are cheaper for; how many more there are."""
        costs = self.sites.line_costs(self.quotes.by_bundle(chosen))
        taken = wishes.lines < costs[:, None]
        saved = np.where(taken, costs[:, None] - wishes.lines, 0.0).sum(axis=0) - wishes.fixed
        hopeful = [c for c in saved.argsort(kind="stable")[::-1].tolist() if cents_of(saved[c]) > 0]
        found: list[Blocked] = []
        for tried, column in enumerate(hopeful[:_TRIED_MAX]):
            if len(found) == count:
                return sorted(found, key=lambda blocked: blocked.other.value), len(hopeful) - tried
            option, free = int(wishes.options[column]), wishes.granted(self.quotes, column)
            moved = np.where(taken[:, column][free.bundle], option, chosen)
            plan = Facilities(free, self.most).priced(free.by_bundle(moved))
            if np.isfinite(plan.ticks) and cents_of(plan.ticks) < value:
                found.append(Blocked(option, Other(moved, cents_of(plan.ticks))))
        return sorted(found, key=lambda blocked: blocked.other.value), 0

    def _other(self, plan: Opened) -> Other:
        return Other(self.quotes.by_line(plan.columns), cents_of(plan.ticks))
