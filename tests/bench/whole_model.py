"""An instance as one integer programme for a general solver: ``python -m tests.bench.whole_model SOLVER IN OUT S``.

x: the line goes by the location (where it has enough of the SKU and may serve the order); y: the order has a package
from the location; z: the line is on backorder. Each line is served once or on backorder; x <= y; stock and capacity are
limits where all that could be asked exceeds them. The solver (``highs``, ``cp_sat``) has S seconds, building the model
and loading it not counted. Without a plan it writes no answer.
"""

import datetime
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from tests.bench.instances import Arrays, load

SOLVERS = {"highs": mathopt.SolverType.HIGHS, "cp_sat": mathopt.SolverType.CP_SAT}

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Whole:
    """The model, and the ``line`` and ``location`` of each x; the x come first among the variables."""

    model: mathopt.Model
    line: Ints
    location: Ints


def build(arrays: Arrays) -> Whole:
    """The whole of an instance as one model."""
    units, sku = arrays["line_qty"].astype(np.int64), arrays["line_sku"].astype(np.int64)
    order_of = np.repeat(np.arange(len(arrays["ord_ptr"]) - 1), np.diff(arrays["ord_ptr"]))
    locations = len(arrays["cap"])
    line, location = np.nonzero((arrays["avail"][sku] >= units[:, None]) & np.isfinite(arrays["F"])[order_of])
    order, amount = order_of[line], units[line].astype(np.float64)
    packages, package = np.unique(order * locations + location, return_inverse=True)
    money = arrays["perlb"][order, location].astype(np.float64) * arrays["weight"][sku[line]] * amount
    money += (arrays["pick"][location] + arrays["opp"][sku[line], location]) * amount
    fixed = arrays["F"][packages // locations, packages % locations].astype(np.float64)
    x, y, z = len(line), len(packages), len(units)
    rows = _Rows()
    rows.add(np.concatenate([line, np.arange(z)]), np.concatenate([np.arange(x), x + y + np.arange(z)]),
             np.ones(x + z), np.ones(z), equal=True)  # fmt: skip
    rows.add(np.tile(np.arange(x), 2), np.concatenate([np.arange(x), x + package]), np.repeat([1.0, -1.0], x),
             np.zeros(x), equal=False)  # fmt: skip
    cells, cell = np.unique(sku[line] * locations + location, return_inverse=True)
    have = arrays["avail"][cells // locations, cells % locations].astype(np.float64)
    for entry, limit in ((cell, have), (location, arrays["cap"].astype(np.float64))):
        tight = np.bincount(entry, amount, len(limit)) > limit
        used = tight[entry]
        number = np.cumsum(tight) - 1
        rows.add(number[entry[used]], np.flatnonzero(used), amount[used], limit[tight], equal=False)
    return Whole(rows.model(np.concatenate([money, fixed, arrays["line_bo"]])), line, location)


class _Rows:
    """Collects the constraints."""

    def __init__(self) -> None:
        self._count = 0
        self._entries: list[tuple[Ints, Ints, NDArray[np.float64]]] = []
        self._lower: list[float] = []
        self._upper: list[float] = []

    def add(
        self, row: Ints, variable: Ints, value: NDArray[np.float64], limit: NDArray[np.float64], *, equal: bool
    ) -> None:
        """Add ``len(limit)`` constraints: the sum of value times variable is at most, or equal to, the limit."""
        self._entries.append((row + self._count, variable, value))
        self._lower += limit.tolist() if equal else [-np.inf] * len(limit)
        self._upper += limit.tolist()
        self._count += len(limit)

    def model(self, cost: NDArray[np.float64]) -> mathopt.Model:
        """The model with binary variables that cost so much."""
        row, variable, value = (np.concatenate(each) for each in zip(*self._entries, strict=True))
        sequence = np.lexsort((variable, row))
        count = len(cost)
        proto = model_pb2.ModelProto()
        proto.variables.ids.extend(range(count))
        proto.variables.lower_bounds.extend([0.0] * count)
        proto.variables.upper_bounds.extend([1.0] * count)
        proto.variables.integers.extend([True] * count)
        proto.objective.linear_coefficients.ids.extend(range(count))
        proto.objective.linear_coefficients.values.extend(cost.tolist())
        proto.linear_constraints.ids.extend(range(self._count))
        proto.linear_constraints.lower_bounds.extend(self._lower)
        proto.linear_constraints.upper_bounds.extend(self._upper)
        proto.linear_constraint_matrix.row_ids.extend(row[sequence].tolist())
        proto.linear_constraint_matrix.column_ids.extend(variable[sequence].tolist())
        proto.linear_constraint_matrix.coefficients.extend(value[sequence].tolist())
        return mathopt.Model.from_model_proto(proto)


def solve(arrays: Arrays, solver: str, seconds: float) -> Ints | None:
    """(n,): the location of every line, -1 for backorder; None if the solver has no plan by then."""
    whole = build(arrays)
    limit = datetime.timedelta(seconds=seconds)
    result = mathopt.solve(whole.model, SOLVERS[solver], params=mathopt.SolveParameters(time_limit=limit))
    if not result.has_primal_feasible_solution():
        return None
    values = np.fromiter(result.variable_values().values(), np.float64)
    taken = np.flatnonzero(values[: len(whole.line)] > 0.5)
    assignment = np.full(len(arrays["line_sku"]), -1)
    assignment[whole.line[taken]] = whole.location[taken]
    return assignment


def main(solver: str, instance: str, answer: str, seconds: str) -> None:
    """Read an instance; write the answer, if there is one."""
    assignment = solve(load(Path(instance)), solver, float(seconds))
    if assignment is not None:
        np.savez_compressed(answer, assignment=assignment)


if __name__ == "__main__":
    main(*sys.argv[1:])
