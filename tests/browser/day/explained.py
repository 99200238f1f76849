"""Explanations of a small order as the optimiser really writes them."""

import numpy as np

from routing.explain import explain
from routing.labels import Labels
from routing.problem import Problem, Reason
from routing.source import source_in_order
from routing.terms import LineTerm

LOCATIONS = 60


def explained() -> dict[str, dict[str, object]]:
    """One order that a single location serves, and one that is split over two."""
    return {"single": _explained(grinders=3), "split": _explained(grinders=0)}


def _explained(grinders: int) -> dict[str, object]:
    chance = np.random.default_rng(5)
    names = ["Bloomington Mall", "Columbus warehouse", *(f"Location {number}" for number in range(2, LOCATIONS))]
    stock = chance.integers(0, 3, (2, LOCATIONS))
    stock[:, 0] = (4, grinders)
    stock[:, 1:3] = ((grinders * 10, 0), (40, 1))
    blocked = np.zeros((1, LOCATIONS), np.int64)
    blocked[0, 5:] = 1
    blocked[0, 2:5] = (0, 2, 2)
    shipping = chance.integers(600, 1400, LOCATIONS)
    shipping[:3] = (640, 810, 420)
    problem = Problem(
        order_ptr=np.array([0, 2]),
        line_sku=np.array([0, 1]),
        line_qty=np.array([1, 2]),
        backorder=np.array([9_000, 9_000]),
        stock=stock,
        capacity=np.full(LOCATIONS, 40),
        blocked=blocked,
        reasons=(Reason(""), Reason("has no box"), Reason("is closed by ops")),
        package_terms={"shipping": shipping, "packing": np.full(LOCATIONS, 90)},
        line_terms={"picking": LineTerm(np.where(np.arange(LOCATIONS) == 1, 22, 65), "location")},
    )
    labels = Labels(names, ["Espresso machine", "Burr coffee grinder"], "USD")
    return explain(problem, source_in_order(problem, [0]), 0, labels).to_dict()
