"""Other plans for one order: the best different one, the best through a given location, those that a limit forbids."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from routing.arrays import Cents
from routing.partition import Ban, Partition, best_partition, rest_costs
from routing.quotes import ALONE, TICKS, Quotes, Wishes, cents_of
from routing.split import assignment_of
from routing.subsets import lines_in
from routing.table import Table


class Other(NamedTuple):
    """Another assignment (n,) and its value in cents."""

    assignment: Cents
    value: int


class Blocked(NamedTuple):
    """What the best plan would be if ``option``, which serves some line in it, were free of every limit."""

    option: int
    other: Other


class Small:
    """Questions about an order of at most 12 lines, answered exactly."""

    def __init__(self, quotes: Quotes, most: int) -> None:
        self.quotes, self.most, self.table = quotes, most, Table(quotes)
        self.proven = True

    def runner_up(self, chosen: Cents) -> Other | None:
        """The best plan that differs from the ``chosen`` assignment (n,); ``proven`` tells whether none is better.

        Plans differ when some option (or backorder) gets other units of some SKU: swapping two lines alike in SKU,
        units and cost is no difference. Such a plan gives some option fewer lines of some kind than the chosen one,
        so the best of them is the best of those that forbid one such count each.
        """
        best: Partition | None = None
        subsets = np.arange(self.table.full + 1)
        for column, held in _parts(self.quotes, chosen):
            for kind in self._kinds():
                count = (kind & held).bit_count()
                if count:
                    ban = Ban(column, np.bitwise_count(subsets & kind) >= count)
                    found = best_partition(self.table, self.most, ban)
                    self.proven &= found is None or found.proven
                    if found is not None and (best is None or found.ticks < best.ticks):
                        best = found
        return None if best is None or not best.parts else self._other(best)

    def through(self, count: int) -> list[Other]:
        """For the ``count`` most promising options, the best plan that uses the option, cheapest first."""
        values, _ = self.table.through(rest_costs(self.table, self.most))
        columns = values.argsort(kind="stable")[:count].tolist()
        found = (best_partition(self.table, self.most, must=column) for column in columns)
        able = [plan for plan in found if plan is not None and plan.parts]
        return [self._other(plan) for plan in sorted(able, key=lambda plan: plan.ticks)]

    def blocked(self, wishes: Wishes, chosen: Cents, value: int, count: int) -> tuple[list[Blocked], int]:
        """At most ``count`` options that would beat ``value`` cents, greatest saving first; how many more there are.

        Every one that is returned was solved again with that option free of limits.
        """
        del chosen
        hopes, _ = Table(_unlimited(self.quotes, wishes)).through(rest_costs(self.table, self.most))
        hopeful = [c for c in hopes.argsort(kind="stable").tolist() if hopes[c] < value * TICKS]
        found: list[Blocked] = []
        for tried, column in enumerate(hopeful):
            if len(found) == count:
                return sorted(found, key=lambda blocked: blocked.other.value), len(hopeful) - tried
            option, free = int(wishes.options[column]), wishes.granted(self.quotes, column)
            plan = best_partition(Table(free), self.most)
            if plan is not None and plan.parts and cents_of(plan.ticks) < value:
                assignment = assignment_of(free, plan)
                if (assignment == option).any():  # else the saving is not this option's
                    found.append(Blocked(option, Other(assignment, cents_of(plan.ticks))))
        return sorted(found, key=lambda blocked: blocked.other.value), 0

    def _kinds(self) -> list[int]:
        """Bit masks of lines that may be swapped without a difference; most lines stand alone."""
        kinds: list[int] = []
        quotes = self.quotes
        for line in range(self.table.lines):
            for place, kind in enumerate(kinds):
                first = lines_in(kind)[0]
                if any(s.members[line] and s.members[first] for s in quotes.shared) and (
                    quotes.units[line] == quotes.units[first]
                    and quotes.backorder[line] == quotes.backorder[first]
                    and np.array_equal(quotes.lines[line], quotes.lines[first])
                    and all(s.need[line] == s.need[first] for s in quotes.shared)
                    and (quotes.weighed is None or quotes.weighed.alike(line, first))
                ):
                    kinds[place] |= 1 << line
                    break
            else:
                kinds.append(1 << line)
        return kinds

    def _other(self, plan: Partition) -> Other:
        return Other(assignment_of(self.quotes, plan), cents_of(plan.ticks))


def _parts(quotes: Quotes, chosen: Cents) -> list[tuple[int, int]]:
    """The columns (or ``BACKORDER``) that an assignment uses, with their bundles as bit masks."""
    masks: dict[int, int] = {}
    for bundle, column in enumerate(quotes.by_bundle(chosen).tolist()):
        masks[column] = masks.get(column, 0) | 1 << bundle
    return sorted(masks.items())


def _unlimited(quotes: Quotes, wishes: Wishes) -> Quotes:
    """The same order where every wish comes true."""
    alone, total = np.full(len(wishes.options), ALONE), np.full(len(wishes.options), quotes.units.sum())
    weighed = quotes.weighed
    return replace(
        quotes,
        options=wishes.options,
        fixed=wishes.fixed,
        lines=wishes.lines,
        room=total,
        shared=(),
        place=alone,
        pool=alone,
        leg=None,
        weighed=None if weighed is None or wishes.tariff is None else replace(weighed, tariff=wishes.tariff),
        separate=True,
    )
