"""What an assignment costs, by term."""

import numpy as np

from routing.arrays import Cents, Index, Real
from routing.parcels import Parcels
from routing.problem import BACKORDER, Problem


def cost_by_term(problem: Problem, order: int, assignment: Cents, *, with_prices: bool = False) -> Cents:
    """Whole cents of one order by term, in the order of ``problem.terms``; ``with_prices`` adds the duals' terms.

    ``assignment`` (lines of the order,) holds options or -1. A package that is too heavy for its price list has no
    price: it counts as 0, and :func:`routing.check.check` refuses it.
    """
    cents: Cents = costs_by_term(problem, range(order, order + 1), assignment)[0]
    if not with_prices:
        return cents
    lines = problem.lines_of(order)
    served = np.flatnonzero(assignment != BACKORDER)
    line, option = served + lines.start, assignment[served]
    where = np.full(len(served), order), line, problem.line_sku[line], option, problem.places[option]
    paid = [int(term.cents_at(*where).sum()) for _, term in problem.price_terms(order)]
    return np.append(cents, np.array(paid, np.int64))


def costs_by_term(problem: Problem, orders: range, assignment: Cents) -> Cents:
    """(orders, terms): whole cents of successive ``orders``; ``assignment`` holds options or -1 for all their lines."""
    ptr = problem.order_ptr[orders.start : orders.stop + 1]
    order_of = np.repeat(np.arange(len(orders)), np.diff(ptr))
    served = np.flatnonzero(assignment != BACKORDER)
    line, option, order = served + ptr[0], assignment[served], order_of[served]
    packages, package = np.unique(order * problem.options + option, return_inverse=True)
    sender, sends = np.divmod(packages, max(problem.options, 1))

    def summed(who: Index, cents: Real) -> Cents:
        total = np.zeros(len(orders), np.int64)
        np.add.at(total, who, cents.astype(np.int64))
        return total

    columns = [
        summed(sender, table[sends] if table.ndim == 1 else table[sender + orders.start, sends])
        for table in problem.package_terms.values()
    ]
    if problem.parcels is not None:
        columns.append(summed(sender, _parcels(problem.parcels, sender + orders.start, sends, line, package)))
    where = order + orders.start, line, problem.line_sku[line], option, problem.places[option]
    columns += [summed(order, term.cents_at(*where)) for term in problem.line_terms.values()]
    waiting = np.flatnonzero(assignment == BACKORDER)
    columns.append(summed(order_of[waiting], problem.backorder[waiting + ptr[0]]))
    return np.column_stack(columns)


def _parcels(parcels: Parcels, order: Index, option: Index, line: Index, package: Index) -> Cents:
    """(p,): cents of packages, each of an ``order`` (p,) by an ``option`` (p,); ``package`` (k,) is that of each
    ``line`` (k,)."""
    grams, volume = np.zeros(len(order), np.int64), np.zeros(len(order), np.int64)
    np.add.at(grams, package, parcels.grams[line].astype(np.int64))
    np.add.at(volume, package, parcels.volume_of(line).astype(np.int64))
    asked = parcels.tariff[option] if parcels.tariff.ndim == 1 else parcels.tariff[order, option]
    cents = np.zeros(len(order), np.int64)
    for number, tariff in enumerate(parcels.tariffs):
        mine = np.flatnonzero(asked == number)
        price = np.array(tariff.price(grams[mine], volume[mine]), np.float64)
        cents[mine] = np.where(np.isinf(price), 0.0, price).astype(np.int64)
    return cents
