"""The four ways to fail, named by what the caller should do about it.

Problems and remedies are lower-case clauses without a full stop, so that they read well when joined:
``gtin: the check digit should be 3, not 4; scan the code again``. They may be shown to anybody, so they never repeat
more than a few escaped characters of what came in.
"""


class Refused(Exception):
    """The input is wrong: say so to whoever gave it, and change nothing.

    ``field`` names the input, ``problem`` what is wrong with it, ``remedy`` what to give instead.
    """

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(field, problem, remedy)
        self.field = field
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}; {self.remedy}"


class Retryable(Exception):
    """Something out there does not answer: try again later, with a limit."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class _AsksAPerson(Exception):
    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}; {self.remedy}"


class NeedsAttention(_AsksAPerson):
    """A person must act before this can work; everything else goes on. ``remedy`` is what they do."""


class Fatal(_AsksAPerson):
    """Going on would do harm: stop the program. ``remedy`` is what to do before it is started again."""
