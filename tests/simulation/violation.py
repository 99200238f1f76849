"""What a run raises when the system under test breaks a promise."""


class Violation(AssertionError):
    """An invariant does not hold. The message begins with its number in the list of :mod:`.invariants`."""


def require(holds: bool, message: str) -> None:
    """Raise :class:`Violation` unless ``holds``."""
    if not holds:
        raise Violation(message)
