"""What rule engines do with an order, beside which routing is measured."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def nearest_rule(far: NDArray[np.float64], able: Any) -> NDArray[np.int64]:
    """(n,): the nearest location that is ``able`` (n, L) to serve every line, ``far`` (L,) away; else the nearest for
    each line, -1 for lines that nobody can serve."""
    whole = np.where(able.all(axis=0), far, np.inf)
    if np.isfinite(whole.min()):
        return np.full(len(able), int(whole.argmin()))
    each = np.where(able, far, np.inf)
    return np.where(np.isfinite(each.min(axis=1)), each.argmin(axis=1), -1)
