"""The linear and integer programmes over columns, through OR-Tools' MathOpt.

Models are built as one protocol buffer: seconds faster than through expressions.
"""

import datetime
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from routing.arrays import Flags, Floats, Index
from routing.batch.pool import Columns

LP_TOLERANCE = 1e-4


class Model(NamedTuple):
    """Least ``cost`` (v,) of variables from 0 on, to 1 where they are whole, with ``low`` (c,) <= rows <= ``high`` (c,)
    of a sparse matrix: ``row``, ``column``, ``value`` (e,)."""

    cost: Floats
    low: Floats
    high: Floats
    row: Index
    column: Index
    value: Floats

    def build(self, *, whole: bool) -> mathopt.Model:
        """For the solver; all variables ``whole`` or none."""
        count = len(self.cost)
        sequence = np.lexsort((self.column, self.row))
        proto = model_pb2.ModelProto()
        variables, objective = proto.variables, proto.objective
        variables.ids.extend(range(count))
        variables.lower_bounds.extend([0.0] * count)
        variables.upper_bounds.extend([1.0 if whole else np.inf] * count)
        variables.integers.extend([whole] * count)
        objective.linear_coefficients.ids.extend(range(count))
        objective.linear_coefficients.values.extend(self.cost.tolist())
        constraints, matrix = proto.linear_constraints, proto.linear_constraint_matrix
        constraints.ids.extend(range(len(self.low)))
        constraints.lower_bounds.extend(self.low.tolist())
        constraints.upper_bounds.extend(self.high.tolist())
        matrix.row_ids.extend(self.row[sequence].tolist())
        matrix.column_ids.extend(self.column[sequence].tolist())
        matrix.coefficients.extend(self.value[sequence].tolist())
        return mathopt.Model.from_model_proto(proto)


class Relaxed(NamedTuple):
    """``prices`` (resources,), ``share`` (v,) of every variable, ``value`` in money."""

    prices: Floats
    share: Floats
    value: float


@dataclass(frozen=True, slots=True)
class Search:
    """When an integer programme ends: within a relative ``gap`` of its optimum, after ``nodes`` of the search tree or
    after ``improvements`` of the plan, whichever comes first. ``seconds`` is a net under work that got out of hand, far
    above what any programme took; a run that falls into it may not repeat bit for bit."""

    gap: float
    nodes: int
    improvements: int = 1_000
    seconds: float = 300.0


class Chosen(NamedTuple):
    """``columns`` (p,) marked; no choice among the same columns costs less than ``bound``."""

    columns: Flags
    bound: float


def relax(columns: Columns, limit: Floats) -> Relaxed:
    """Solve the linear programme over ``columns``. See :func:`relaxed`."""
    asked, resources = _of_columns(columns, limit)
    return relaxed(asked, resources, len(limit))


def relaxed(asked: Model, resources: Index, size: int) -> Relaxed:
    """Solve a linear programme with PDLP (first order, so its prices lie amid the optimal ones, which helps).

    Its last rows limit ``resources``, of which there are ``size``. ``value`` and ``prices`` are as exact as
    ``LP_TOLERANCE``; a bound must be proved from the prices by pricing.
    """
    parameters = mathopt.SolveParameters(threads=1)
    criteria = parameters.pdlp.termination_criteria.simple_optimality_criteria
    criteria.eps_optimal_relative = LP_TOLERANCE
    criteria.eps_optimal_absolute = 1e-3
    result = mathopt.solve(asked.build(whole=False), mathopt.SolverType.PDLP, params=parameters)
    duals = np.fromiter(result.dual_values().values(), np.float64)
    share = np.fromiter(result.variable_values().values(), np.float64)
    prices = np.zeros(size)
    prices[resources] = np.maximum(0.0, -duals[len(asked.low) - len(resources) :])
    return Relaxed(prices, share, float(asked.cost @ share))


def choose(columns: Columns, limit: Floats, start: Flags | None, search: Search) -> Chosen | None:
    """The best columns, one per order, as far as the ``search`` goes; None if it found no plan.

    ``start`` (p,) marks a plan that is possible, if one is known.
    """
    return decide(_of_columns(columns, limit)[0], start, search)


def decide(asked: Model, start: Flags | None, search: Search) -> Chosen | None:
    """The best choice of whole variables, as far as the ``search`` goes; None if it found none."""
    model = asked.build(whole=True)
    hints = []
    if start is not None:
        values = dict(zip(model.variables(), start.astype(float).tolist(), strict=True))
        hints.append(mathopt.SolutionHint(variable_values=values))
    parameters = mathopt.SolveParameters(
        relative_gap_tolerance=search.gap,
        node_limit=search.nodes,
        time_limit=datetime.timedelta(seconds=search.seconds),
    )
    parameters.highs.int_options["mip_max_improving_sols"] = search.improvements
    result = mathopt.solve(
        model,
        mathopt.SolverType.HIGHS,
        params=parameters,
        model_params=mathopt.ModelSolveParameters(solution_hints=hints),
    )
    if not result.has_primal_feasible_solution():
        return None
    chosen: Flags = np.fromiter(result.variable_values().values(), np.float64) > 0.5
    return Chosen(chosen, result.termination.objective_bounds.dual_bound)


def _of_columns(columns: Columns, limit: Floats) -> tuple[Model, Index]:
    """Every order takes one column; every resource that the columns together could exhaust, also returned, has its
    limit, in rows after those of the orders."""
    count = len(columns.cost)
    orders, order = np.unique(columns.order, return_inverse=True)
    most = np.bincount(columns.entry_resource, columns.entry_units, len(limit))
    resources = np.flatnonzero(most > limit)
    number = np.full(len(limit), -1)
    number[resources] = np.arange(len(resources)) + len(orders)
    used = number[columns.entry_resource] >= 0
    model = Model(
        cost=columns.cost,
        low=np.concatenate([np.ones(len(orders)), np.full(len(resources), -np.inf)]),
        high=np.concatenate([np.ones(len(orders)), limit[resources]]),
        row=np.concatenate([order, number[columns.entry_resource[used]]]),
        column=np.concatenate([np.arange(count), columns.entry_column[used]]),
        value=np.concatenate([np.ones(count), columns.entry_units[used]]),
    )
    return model, resources
