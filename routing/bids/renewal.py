"""When bid prices are renewed: after a time, or after so many units were taken at them, whichever comes first.

Never by counting runs or orders modulo a number: on a quiet day such prices grow old, on a busy one they go stale.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Renewal:
    """Prices are due after ``age_s`` seconds or ``units`` taken at them."""

    age_s: float
    units: int

    def is_due(self, age_s: float, units: int) -> bool:
        """Whether prices of this age, at which ``units`` were taken, should be renewed."""
        return age_s >= self.age_s or units >= self.units
