"""Index tables over the subsets of up to 12 lines. A subset is a bit mask: bit i stands for line i."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from routing.arrays import Index

EXACT_LINES = 12
"""Most lines of an order whose subsets are enumerated: 3**12 pairs of a set and its subset."""


class Level(NamedTuple):
    """The C(n, p) masks of p lines, each with its 2**p subsets and what they leave of the mask.

    ``masks`` (C,), ``inside`` and ``outside`` (C, 2**p); ``leading`` and ``trailing`` (C, 2**(p - 1)) are the same for
    the subsets that hold the mask's lowest line. A partition may be built from those alone: some part holds that line.
    """

    masks: Index
    inside: Index
    outside: Index
    leading: Index
    trailing: Index


@lru_cache(maxsize=EXACT_LINES)
def levels(lines: int) -> tuple[Level, ...]:
    """Levels of 1, 2, ... ``lines`` lines. At 12 lines about 13 MB, built once."""
    masks = np.arange(1 << lines)
    size = np.bitwise_count(masks)
    return tuple(_level(lines, masks[size == p], p) for p in range(1, lines + 1))


def _level(lines: int, masks: Index, size: int) -> Level:
    held = (masks[:, None] >> np.arange(lines)) & 1 == 1
    bits = np.broadcast_to(1 << np.arange(lines), held.shape)[held].reshape(len(masks), size)
    choose = (np.arange(1 << size)[:, None] >> np.arange(size)) & 1
    inside = bits @ choose.T
    outside = masks[:, None] ^ inside
    leading, trailing = (np.ascontiguousarray(table[:, 1::2]) for table in (inside, outside))
    return Level(masks, inside, outside, leading, trailing)


def subsets_of(lines: int, mask: int) -> Index:
    """All subsets of ``mask``, the empty one first; those at odd places hold its lowest line."""
    level = levels(lines)[mask.bit_count() - 1]
    subsets: Index = level.inside[np.searchsorted(level.masks, mask)]
    return subsets


def lines_in(mask: int) -> list[int]:
    """The lines of a subset, ascending."""
    return [line for line in range(mask.bit_length()) if mask >> line & 1]
