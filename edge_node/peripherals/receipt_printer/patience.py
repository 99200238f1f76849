"""How long to wait for a printer: briefly while it should be working, long while it waits for a person."""


class Patience:
    """Ends after ``short`` seconds without anything moving, or after ``long`` ones while the printer pauses.

    The time of a pause does not count against the short limit once the pause is over. A paused printer may be deaf too:
    what it is asked then stands in the cable behind data that it has no room for.
    """

    def __init__(self, short: float, long: float, now: float) -> None:
        self._short = short
        self._long = long
        self.restart(now)

    def restart(self, now: float) -> None:
        """Something has moved."""
        self._moved_at = self._working_since = now

    def is_over(self, now: float, *, pauses: bool) -> bool:
        """Whether it has been long enough; to be asked often, for it learns here when the printer pauses."""
        if pauses:
            self._working_since = now
        return now - self._working_since > self._short or now - self._moved_at > self._long
