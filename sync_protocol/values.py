"""What no value on the wire may be, wherever it stands: behind this check nothing looks again.

A database refuses NUL and integers over 64 bits, a printer obeys control characters, and half a character cannot be
encoded at all. One such value must not travel, or it stops everything that comes after it.
"""

import re
from collections.abc import Iterable

import msgspec

INT_MAX = 2**63 - 1
"""Integers run from ``-INT_MAX`` to ``INT_MAX``, so that changing the sign of one never overflows."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HALF = re.compile(r"[\ud800-\udfff]")


def first_problem(value: object, parts_max: int, path: str = "") -> str | None:
    """What is wrong with ``value``, naming the place below ``path``; None when nothing is.

    ``parts_max`` is the most parts that any tuple or map in it may have.
    """
    if isinstance(value, str):
        if _CONTROL.search(value):
            return f"{path} holds a control character"
        return f"{path} holds half a character" if _HALF.search(value) else None
    if isinstance(value, int):
        return None if -INT_MAX <= value <= INT_MAX else f"{path} does not fit 64 bits"
    if isinstance(value, msgspec.Struct):
        names = value.__struct_fields__
        return _first(((f"{path}.{name}" if path else name, getattr(value, name)) for name in names), parts_max)
    if isinstance(value, tuple | dict):
        if len(value) > parts_max:
            return f"{path} has {len(value)} parts, at most {parts_max} are allowed"
        parts = value.items() if isinstance(value, dict) else value
        return _first(((f"{path}[{index}]", part) for index, part in enumerate(parts)), parts_max)
    return None


def _first(places: Iterable[tuple[str, object]], parts_max: int) -> str | None:
    for path, value in places:
        if (problem := first_problem(value, parts_max, path)) is not None:
            return problem
    return None
