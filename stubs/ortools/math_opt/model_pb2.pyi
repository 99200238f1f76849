from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")

class Repeated(Generic[T]):
    def extend(self, values: Iterable[T]) -> None: ...

class VariablesProto:
    ids: Repeated[int]
    lower_bounds: Repeated[float]
    upper_bounds: Repeated[float]
    integers: Repeated[bool]

class SparseDoubleVectorProto:
    ids: Repeated[int]
    values: Repeated[float]

class ObjectiveProto:
    linear_coefficients: SparseDoubleVectorProto

class LinearConstraintsProto:
    ids: Repeated[int]
    lower_bounds: Repeated[float]
    upper_bounds: Repeated[float]

class SparseDoubleMatrixProto:
    row_ids: Repeated[int]
    column_ids: Repeated[int]
    coefficients: Repeated[float]

class ModelProto:
    variables: VariablesProto
    objective: ObjectiveProto
    linear_constraints: LinearConstraintsProto
    linear_constraint_matrix: SparseDoubleMatrixProto
    def __init__(self) -> None: ...
