"""What the rules have done so far: the arrays of a compiled rule set while they are being filled."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from routing.arrays import Cents, Flags, Index, Whole
from routing.rules.scene import UNITS_MAX
from routing.rules.view import Units, View
from routing.terms import LineTerm

ROWS_AT_ONCE = 256
"""Orders or lines that are looked at together: few enough for the processor's cache."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something may not be: ``text`` follows the location's name, ``rule`` is the id of the rule or empty.

    ``least_change`` is what would lift it ("if its cut-off were 15:30"), empty where nothing less than dropping the
    rule would. ``priced`` is False where the cost of such a location is unknown.
    """

    text: str
    least_change: str = ""
    priced: bool = True
    rule: str = ""


@dataclass(slots=True)
class Tally:
    """What one rule did: ``orders`` that it binds; ``pairs`` of order and option and ``line_pairs`` of line and option
    that it blocks, ``first`` of them that nothing before it blocked; ``units`` of stock that it keeps back; ``held``
    orders that it holds back."""

    orders: int = 0
    pairs: int = 0
    line_pairs: int = 0
    first: int = 0
    units: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """An order that is not routed now: by which ``rule``, until when (None: until something changes), and why."""

    order: int
    rule: str
    until_ms: int | None
    text: str


@dataclass(slots=True)
class Bound:
    """What one rule is about: its id, the (O,) orders that it binds, the (L,) places and the (K,) options there;
    ``order_of`` (n,) is the order of every line."""

    rule: str
    orders: Flags
    places: Flags
    options: Flags
    order_of: Index

    @property
    def lines(self) -> Flags:
        """(n,): lines of the orders."""
        found: Flags = self.orders[self.order_of]
        return found


@dataclass(slots=True)
class Draft:
    """Arrays of all rules so far. Every method takes the :class:`Bound` of the rule that acts."""

    view: View
    causes: list[Cause] = field(default_factory=lambda: [Cause("")])
    blocked: Whole = field(init=False)
    line_blocked: Whole | None = None
    package_terms: dict[str, Whole] = field(default_factory=dict)
    line_terms: dict[str, LineTerm] = field(default_factory=dict)
    kept: Units | None = None
    kept_by: Whole | None = None
    capacity: Cents = field(init=False)
    ship_capacity: Cents = field(init=False)
    pickup_capacity: Cents = field(init=False)
    max_packages: Cents = field(init=False)
    complete: Flags = field(init=False)
    kit_kept: Flags = field(init=False)
    held: dict[int, Held] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    _codes: dict[tuple[str, Cause], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        orders, options = len(self.view.orders), len(self.view.options)
        self.blocked = np.zeros((orders, options), np.uint16)
        self.capacity = self.view.room.copy()
        self.ship_capacity = np.full(options, UNITS_MAX, np.int64)
        self.pickup_capacity = np.full(options, UNITS_MAX, np.int64)
        self.max_packages = np.zeros(orders, np.int64)
        self.complete = np.zeros(orders, np.bool_)
        self.kit_kept = np.zeros(orders, np.bool_)

    def tally(self, rule: str) -> Tally:
        """The rule's own count."""
        found = self.tallies.get(rule)
        if found is None:
            found = self.tallies[rule] = Tally()
        return found

    def code(self, rule: str, cause: Cause) -> int:
        """The index in the table of reasons of a cause for which ``rule`` blocks."""
        known = self._codes.get((rule, cause))
        if known is None:
            known = self._codes[rule, cause] = len(self.causes)
            self.causes.append(replace(cause, rule=rule))
        return known

    def block(self, bound: Bound, options: Flags, cause: Cause, orders: Flags | None = None) -> None:
        """Block ``options`` (K,) among the rule's own for its orders, or for those of them in ``orders`` (O,)."""
        rows = np.flatnonzero(bound.orders if orders is None else bound.orders & orders)
        here = bound.options & options
        columns = int(np.count_nonzero(here)) if len(rows) else 0
        if not columns:
            return
        before = self.blocked[rows]
        free = here & (before == 0)
        self._count(bound, len(rows) * columns, int(np.count_nonzero(free)))
        _mark(before, free, self.code(bound.rule, cause))
        self.blocked[rows] = before

    def block_pairs(self, bound: Bound, pairs: Flags, cause: Cause) -> None:
        """Block ``pairs`` (O, K), which must be within the rule's orders and options."""
        count = int(np.count_nonzero(pairs))
        if count:
            free = pairs & (self.blocked == 0)
            self._count(bound, count, int(np.count_nonzero(free)))
            _mark(self.blocked, free, self.code(bound.rule, cause))

    def block_rings(self, bound: Bound, rows: Index, rings: Whole, options: Flags, causes: list[Cause]) -> None:
        """Block the orders ``rows`` (r,), which must be the rule's, at those of its ``options`` (K,) whose place has a
        ring in ``rings`` (r, L) that is not 0: 1 for the first cause, 2 for the second."""
        codes = np.array([0, *(self.code(bound.rule, cause) for cause in causes)], np.uint16)
        marks = self.view.spread(codes.take(rings))
        before, hit = self.blocked[rows], (marks != 0) & (options & bound.options)
        free = hit & (before == 0)
        self._count(bound, int(np.count_nonzero(hit)), int(np.count_nonzero(free)))
        _mark(before, free, marks)
        self.blocked[rows] = before

    def block_lines(self, bound: Bound, lines: Flags, options: Flags, cause: Cause) -> None:
        """Block ``options`` (K,) among the rule's own for those ``lines`` (n,) that are of its orders."""
        here = bound.options & options
        every = lines & bound.lines
        self._block_lines(bound.rule, every, lambda r: np.broadcast_to(here, (len(r), len(here))), cause)

    def block_items(self, bound: Bound, items: Flags, lines: Flags, cause: Cause) -> None:
        """Block where the line's SKU is marked in ``items`` (S, L), at the rule's options, for those of its ``lines``
        (n,)."""
        view, here = self.view, items & bound.places
        if here.any():
            rows = rows_with_any(here)[view.line_sku]
            every = lines & bound.lines & rows
            self._block_lines(bound.rule, every, lambda r: view.spread(here[view.line_sku[r]]), cause)

    def block_denied(self, units: Units, left: Units) -> None:
        """Block where ``units`` (S, L) would serve a line, and what rules have ``left`` of them would not."""
        view, by = self.view, np.zeros(units.shape, np.uint16) if self.kept_by is None else self.kept_by
        for code in sorted(set(np.unique(by).tolist()) - {0}):
            mine: Flags = by == code
            cause = self.causes[code]

            def denied(rows: Index, mine: Flags = mine) -> Flags:
                skus, wanted = view.line_sku[rows], view.quantity[rows, None]
                return view.spread(mine[skus] & (units[skus] >= wanted) & (left[skus] < wanted))

            self._block_lines(cause.rule, rows_with_any(mine)[view.line_sku], denied, cause)

    def _block_lines(self, rule: str, lines: Flags, pairs: Callable[[Index], Flags], cause: Cause) -> None:
        """``pairs`` gives (r, K) for a few of the ``lines`` (n,): few enough to stay in the processor's cache."""
        tally, every = self.tally(rule), np.flatnonzero(lines)
        for start in range(0, len(every), ROWS_AT_ONCE):
            rows = every[start : start + ROWS_AT_ONCE]
            found = pairs(rows)
            count = int(np.count_nonzero(found))
            if not count:
                continue
            if self.line_blocked is None:
                self.line_blocked = np.zeros((len(self.view.lines), len(self.view.options)), np.uint16)
            before = self.line_blocked[rows]
            free = found & (before == 0)
            tally.line_pairs += count
            tally.first += int(np.count_nonzero(free))
            _mark(before, free, self.code(rule, cause))
            self.line_blocked[rows] = before

    def keep(self, bound: Bound, skus: Flags, units: Units | int, cause: Cause) -> None:
        """Keep back ``units``, one number or (S, L), of ``skus`` (S,) at the rule's places.

        Of several rules the greatest counts. Nobody keeps back more than there is.
        """
        if self.kept is None or self.kept_by is None:
            self.kept = np.zeros(self.view.units.shape, np.int32)
            self.kept_by = np.zeros(self.view.units.shape, np.uint16)
        where = np.flatnonzero(skus)[:, None], np.flatnonzero(bound.places)
        own = np.minimum(units if isinstance(units, int) else units[where], self.view.units[where])
        self.tally(bound.rule).units += int(own.sum())
        before = self.kept[where]
        self.kept[where] = np.maximum(own, before)
        self.kept_by[where] = np.where(own > before, self.code(bound.rule, cause), self.kept_by[where])

    def limit(self, bound: Bound, units: Cents, ship: bool, pickup: bool) -> None:
        """At most ``units`` (K,) more at the rule's options: of both services together, or of one."""
        target = self.capacity if ship and pickup else self.ship_capacity if ship else self.pickup_capacity
        np.minimum(target, np.maximum(units, 0), out=target, where=bound.options)

    def hold(self, bound: Bound, order: int, until_ms: int | None, text: str) -> None:
        """Keep an order from being routed; the longest hold counts, one without an end above all."""
        before = self.held.get(order)
        self.tally(bound.rule).held += 1
        if before is None or (before.until_ms is not None and (until_ms is None or until_ms > before.until_ms)):
            self.held[order] = Held(order, bound.rule, until_ms, text)

    def charge_packages(self, bound: Bound, cents: Whole) -> None:
        """``cents`` (K,) per package of the rule's orders, at its options; at least 0."""
        here = np.where(bound.options, cents, 0).astype(np.int32)
        if here.any() and bound.orders.any():
            every = bool(bound.orders.all())
            self.package_terms[term(bound.rule)] = here if every else np.where(bound.orders[:, None], here, 0)

    def charge_units(self, bound: Bound, rate: Whole, lines: Flags) -> None:
        """``rate`` cents, (L,) or (S, L), for each unit of the rule's ``lines`` (n,) at its places."""
        table = rate.astype(np.int32)
        if not bound.places.all():
            table = np.where(bound.places, table, np.int32(0))
        amount = np.where(lines & bound.lines, self.view.quantity, 0)
        if table.any() and amount.any():
            self.line_terms[term(bound.rule)] = LineTerm(table, "location" if table.ndim == 1 else "sku", amount)

    def _count(self, bound: Bound, pairs: int, first: int) -> None:
        tally = self.tally(bound.rule)
        tally.pairs += pairs
        tally.first += first


def _mark(codes: Whole, free: Flags, code: Whole | int) -> None:
    """Write ``code`` where ``codes`` are ``free``, which must be 0 there: twice as fast as a masked assignment."""
    codes |= np.multiply(free, code, dtype=np.uint16)


def term(rule: str) -> str:
    """The name of a soft rule's cost term."""
    return f"rule {rule}"


def rows_with_any(table: Flags) -> Flags:
    """(r,): some entry of the row of ``table`` (r, c) is true."""
    return np.asarray(table.any(axis=1), np.bool_)
