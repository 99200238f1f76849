"""Names of the array types that the package passes around."""

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.integer]
"""Whole numbers of any width: cents, units, codes, indices."""

Real = NDArray[np.integer] | NDArray[np.floating]
"""A rate or an amount: whole or not."""

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]
Cents = NDArray[np.int64]
