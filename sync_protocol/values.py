"""What no value on the wire may be, wherever it stands: behind this check nothing looks again.

A database refuses NUL and integers over 64 bits, a printer obeys control characters, and half a character cannot be
encoded at all. One such value must not travel, or it stops everything that comes after it.
"""

import re

import msgspec

INT_MAX = 2**63 - 1
"""Integers run from ``-INT_MAX`` to ``INT_MAX``, so that changing the sign of one never overflows."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HALF = re.compile(r"[\ud800-\udfff]")


def first_problem(value: object, parts_max: int) -> str | None:
    """What is wrong with ``value``, beginning with the place in it; None when nothing is.

    ``parts_max`` is the most parts that any tuple or map in it may have.
    """
    found = _find(value, parts_max)
    return None if found is None else f"{found[0].removeprefix('.')} {found[1]}"


def _find(value: object, parts_max: int) -> tuple[str, str] | None:
    """(place, problem). The place is put together on the way out: nearly all values have no problem."""
    if isinstance(value, str):
        return None if value.isprintable() else _find_in_text(value)
    if isinstance(value, int):
        return None if -INT_MAX <= value <= INT_MAX else ("", "does not fit 64 bits")
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if (found := _find(getattr(value, name), parts_max)) is not None:
                return f".{name}{found[0]}", found[1]
    elif isinstance(value, tuple | dict):
        if len(value) > parts_max:
            return "", f"has {len(value)} parts, at most {parts_max} are allowed"
        for index, part in enumerate(value.items() if isinstance(value, dict) else value):
            if (found := _find(part, parts_max)) is not None:
                return f"[{index}]{found[0]}", found[1]
    return None


def _find_in_text(text: str) -> tuple[str, str] | None:
    if _CONTROL.search(text):
        return "", "holds a control character"
    return ("", "holds half a character") if _HALF.search(text) else None
