"""Figures of a benchmark: names and plain numbers, and how they come from times.

A time by itself says little on a machine that others use too, and whose disk changes its mood. So what is compared is
measured in alternating *rounds* of one run, and a ratio is the median over the rounds of the ratio of each round's
medians: a mood that lasts for some rounds is in both halves of each of them.
"""

from collections.abc import Sequence
from statistics import median

import numpy as np

Figures = dict[str, float]
"""What one benchmark found. Units end the names: ``_ms``, ``_s``, ``_bytes``, ``_mb``, ``_per_s``, ``_ratio``."""

Rounds = Sequence[Sequence[float]]
"""Seconds, round by round."""


def percentile_ms(rounds: Rounds, percent: float) -> float:
    """The percentile over all rounds, in milliseconds."""
    return 1e3 * float(np.percentile([value for each in rounds for value in each], percent))


def paired_ratio(measured: Rounds, against: Rounds) -> float:
    """How many times ``against`` the median of ``measured`` takes, round by round; the median of those."""
    return median(median(one) / median(other) for one, other in zip(measured, against, strict=True))


def alternating(run: int) -> bool:
    """Whether the measured half of round ``run`` goes first: what follows the other half may profit from it."""
    return run % 2 == 0
