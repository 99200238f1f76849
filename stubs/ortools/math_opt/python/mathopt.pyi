import datetime
from collections.abc import Iterator, Sequence
from enum import Enum

from ortools.math_opt.model_pb2 import ModelProto

class Variable: ...
class LinearConstraint: ...

class SolverType(Enum):
    CP_SAT = ...
    GLOP = ...
    HIGHS = ...
    PDLP = ...

class HighsOptions:
    int_options: dict[str, int]

class SolveParameters:
    highs: HighsOptions
    pdlp: PrimalDualHybridGradientParams
    def __init__(
        self,
        *,
        threads: int | None = None,
        time_limit: datetime.timedelta | None = None,
        relative_gap_tolerance: float | None = None,
        node_limit: int | None = None,
    ) -> None: ...

class OptimalityCriteria:
    eps_optimal_relative: float
    eps_optimal_absolute: float

class TerminationCriteria:
    simple_optimality_criteria: OptimalityCriteria

class PrimalDualHybridGradientParams:
    termination_criteria: TerminationCriteria

class SolutionHint:
    def __init__(self, *, variable_values: dict[Variable, float]) -> None: ...

class ModelSolveParameters:
    def __init__(self, *, solution_hints: Sequence[SolutionHint] = ()) -> None: ...

class Model:
    @classmethod
    def from_model_proto(cls, proto: ModelProto) -> Model: ...
    def variables(self) -> Iterator[Variable]: ...

class ObjectiveBounds:
    dual_bound: float

class Termination:
    objective_bounds: ObjectiveBounds

class SolveResult:
    termination: Termination
    def has_primal_feasible_solution(self) -> bool: ...
    def dual_values(self) -> dict[LinearConstraint, float]: ...
    def variable_values(self) -> dict[Variable, float]: ...

def solve(
    model: Model,
    solver: SolverType,
    *,
    params: SolveParameters | None = None,
    model_params: ModelSolveParameters | None = None,
) -> SolveResult: ...
