"""Rows of values as one SQL relation, so that many rows travel in one statement: ``unnest`` over arrays."""

from typing import Any


class Relation:
    """Rows of a fixed shape. ``columns`` maps a column's name to its PostgreSQL type."""

    def __init__(self, name: str, /, **columns: str) -> None:
        self.name = name
        self._columns = columns
        self._rows: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, *values: Any) -> None:
        """Add a row; ``values`` are in the order of the columns."""
        if len(values) != len(self._columns):
            raise ValueError(f"{self.name} has {len(self._columns)} columns, not {len(values)}")
        self._rows.append(values)

    @property
    def sql(self) -> str:
        """``unnest(...) AS name(columns)``, to stand in a FROM clause."""
        arrays = ", ".join(f"CAST(:{self.name}_{column} AS {kind}[])" for column, kind in self._columns.items())
        return f"unnest({arrays}) AS {self.name}({', '.join(self._columns)})"

    @property
    def parameters(self) -> dict[str, list[Any]]:
        """The arrays that :attr:`sql` names."""
        columns = zip(*self._rows, strict=True) if self._rows else ([] for _ in self._columns)
        return {f"{self.name}_{name}": list(values) for name, values in zip(self._columns, columns, strict=True)}
