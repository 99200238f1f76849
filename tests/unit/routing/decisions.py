"""Random decisions of random batches, and their runners-up found anew by trying every plan."""

from dataclasses import replace

import numpy as np

from routing.arrays import Index
from routing.batch.efforts import QUICK
from routing.explain import explain
from routing.left import Left
from routing.optimise import Outcome, optimise
from routing.plan import Plan
from routing.problem import Problem, Reason
from routing.terms import LineTerm
from tests.unit.routing.brute import everything
from tests.unit.routing.test_explain import assignment_of

PLACES, SKUS, ORDERS = 5, 6, 12


def batch(seed: int) -> Problem:
    """A dozen orders of 1-4 lines that want the same few units at five locations."""
    random = np.random.default_rng(seed)
    sizes = random.choice([1, 2, 3, 4], ORDERS, p=[0.3, 0.35, 0.25, 0.1])
    lines = int(sizes.sum())
    qty = random.choice([1, 2], lines, p=[0.85, 0.15])
    return Problem(
        order_ptr=np.concatenate([[0], np.cumsum(sizes)]),
        line_sku=random.integers(0, SKUS, lines),
        line_qty=qty,
        backorder=random.integers(900, 2500, lines),
        stock=random.poisson(1.3, (SKUS, PLACES)),
        capacity=random.integers(3, 12, PLACES),
        blocked=(random.random((ORDERS, PLACES)) < 0.1).astype(np.uint8),
        reasons=(Reason(""), Reason("is paused")),
        package_terms={
            "label": random.integers(500, 1100, (ORDERS, PLACES)),
            "packing": random.integers(50, 150, PLACES),
        },
        line_terms={
            "shipping": LineTerm(
                random.integers(5, 40, (ORDERS, PLACES)) / 10, "order", random.integers(50, 900, lines)
            ),
            "picking": LineTerm(random.integers(30, 200, PLACES), "location", qty),
        },
        max_packages=random.choice([0, 2], ORDERS),
    )


def decision(seed: int) -> tuple[Problem, Outcome, Index, int]:
    """A batch, its outcome, the sequence and one order of it."""
    drawn, sequence = batch(seed), np.arange(ORDERS)
    order = int(np.random.default_rng([seed, 1]).integers(0, ORDERS))
    return drawn, optimise(drawn, sequence, QUICK, seed), sequence, order


def assert_differences_are_exact(seed: int) -> int:
    """Explain every decision of a batch at the stored prices; how many have a runner-up, the best of all other plans
    that the other orders leave room for."""
    drawn, found, _, _ = decision(seed)
    steered = replace(drawn, prices=found.prices)
    return sum(_is_exact(steered, found.plan, order) for order in range(ORDERS))


def _is_exact(steered: Problem, plan: Plan, order: int) -> bool:
    why = explain(steered, plan, order)
    left = Left.copy_of(steered)
    for other in range(ORDERS):
        if other != order:
            left.take(steered, other, plan.assignment[steered.lines_of(other)])
    truth = everything(steered, order, left)
    chosen = plan.assignment[steered.lines_of(order)]
    [value] = truth.cents[(truth.assignments == chosen).all(axis=1)].tolist()
    assert why.chosen.value == value
    best = truth.least(truth.differs_from(chosen))
    if best is None:
        assert why.runner_up is None
        return False
    assert why.runner_up is not None
    assert why.runner_up.difference == best - value == sum(why.runner_up.terms.values())
    row = (truth.assignments == assignment_of(why.runner_up.choice)).all(axis=1)
    assert truth.allowed[row].all()
    assert truth.cents[row].tolist() == [best]
    return True
