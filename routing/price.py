"""What an order's assignment costs, by term."""

import numpy as np

from routing.arrays import Cents, Index
from routing.parcels import Parcels
from routing.problem import BACKORDER, Problem


def cost_by_term(problem: Problem, order: int, assignment: Cents, *, with_prices: bool = False) -> Cents:
    """Whole cents by term, in the order of ``problem.terms``; ``with_prices`` adds the duals' terms at the end.

    ``assignment`` (lines of the order,) holds options or -1. A package that is too heavy for its price list has no
    price: it counts as 0, and :func:`routing.check.check` refuses it.
    """
    lines = problem.lines_of(order)
    skus = problem.line_sku[lines]
    served = np.flatnonzero(assignment != BACKORDER)
    where = np.unique(assignment[served])
    columns = np.searchsorted(where, assignment[served])
    cents = [
        int((table if table.ndim == 1 else table[order])[where].sum(dtype=np.int64))
        for table in problem.package_terms.values()
    ]
    if problem.parcels is not None:
        cents.append(_parcels(problem.parcels, order, lines, where, served, columns))
    line_terms = list(problem.line_terms.values())
    prices = [term for _, term in problem.price_terms(order)] if with_prices else []
    places = where if problem.place is None else problem.place[where]
    for term in (*line_terms, *prices):
        table = np.broadcast_to(term.cents(order, lines, skus, where, places), (len(skus), len(where)))
        cents.append(int(table[served, columns].sum()))
    unserved = problem.backorder[lines][assignment == BACKORDER]
    cents.insert(len(problem.terms) - 1, int(unserved.sum(dtype=np.int64)))
    return np.array(cents, np.int64)


def _parcels(parcels: Parcels, order: int, lines: slice, where: Cents, served: Index, columns: Index) -> int:
    """Cents of the packages of the options ``where`` (p,), to which the ``served`` lines belong by ``columns``."""
    grams, volume = np.zeros(len(where), np.int64), np.zeros(len(where), np.int64)
    np.add.at(grams, columns, parcels.grams[lines][served].astype(np.int64))
    np.add.at(volume, columns, parcels.volume_of(lines)[served].astype(np.int64))
    total = 0
    for package, index in enumerate(parcels.tariff_of(order)[where].tolist()):
        if index >= 0:
            price = float(parcels.tariffs[index].price(grams[package], volume[package]))
            total += 0 if np.isinf(price) else int(price)
    return total
