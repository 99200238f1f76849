"""What an order's assignment costs, by term."""

import numpy as np

from routing.arrays import Cents
from routing.problem import BACKORDER, Problem


def cost_by_term(problem: Problem, order: int, assignment: Cents, *, with_prices: bool = False) -> Cents:
    """Whole cents by term, in the order of ``problem.terms``; ``with_prices`` adds the duals' terms at the end.

    ``assignment`` (lines of the order,) holds locations or -1.
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
    line_terms = list(problem.line_terms.values())
    prices = [term for _, term in problem.price_terms()] if with_prices else []
    for term in (*line_terms, *prices):
        table = np.broadcast_to(term.cents(order, lines, skus, where), (len(skus), len(where)))
        cents.append(int(table[served, columns].sum()))
    unserved = problem.backorder[lines][assignment == BACKORDER]
    cents.insert(len(problem.terms) - 1, int(unserved.sum(dtype=np.int64)))
    return np.array(cents, np.int64)
