"""What an explanation consists of: plain values that become JSON. Money is whole cents, lines count from 0."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Package:
    """Lines of the order that leave one location together, by one of its options."""

    location: int
    option: int
    name: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to serve the order. ``cents`` is what it costs, ``terms`` the parts of it that are not zero.

    ``value`` adds the prices of contested stock and capacity, which steer the choice though nobody pays them; their
    terms stand in ``terms`` too and are named "stock price" and "capacity price".
    """

    packages: tuple[Package, ...]
    backordered: tuple[int, ...]
    cents: int
    value: int
    terms: dict[str, int]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A plan that was possible. ``difference`` is its value less the chosen one's, ``terms`` the same by term."""

    choice: Choice
    difference: int
    terms: dict[str, int]
    least_change: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps an option from some lines. ``text`` follows its name; ``missing`` units, 0 where none would help.

    ``least_change`` would remove it: "1 unit more", "if its cut-off were 15:30".
    """

    kind: Literal["rule", "pickup", "stock", "capacity"]
    text: str
    lines: tuple[int, ...]
    missing: int
    least_change: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An option that would have made the order ``saving`` cents cheaper, but for all of the ``obstacles``.

    ``saving`` counts prices of contested units like :attr:`Choice.value`. ``least_change`` removes all obstacles; the
    order would then go as in ``choice``.
    """

    location: int
    option: int
    name: str
    saving: int
    choice: Choice
    obstacles: tuple[Obstacle, ...]
    least_change: str


@dataclass(frozen=True, slots=True)
class Sieve:
    """One step of the funnel: ``removed`` locations for this ``reason``, ``remaining`` after it."""

    reason: str
    removed: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an order goes where it goes; ``sentence`` says it in one.

    ``excess``
        Most cents by which the plan may exceed the cheapest one; 0 where it is proven to be the cheapest.
    ``together``
        The order was decided together with the others. Seen by itself, on what the others leave and at the prices of
        contested units, another plan may then be better: its difference is negative, and the sentence says so.
    ``runner_up``, ``runner_up_proven``
        The best plan that gives some SKU other units by some option, and whether no such plan is cheaper.
    ``refused``, ``refused_more``
        Options whose location holds units of what is asked and that would be cheaper than every plan there is if
        nothing stood in their way, the greatest saving first; how many there are besides those listed.
    ``funnel``, ``whole``
        How many options each reason removes; how many of the rest can serve the whole order alone.
    ``candidates``
        For the most promising options: the best plan that uses the option, cheapest first.
    ``least_changes``
        What would have altered the choice, each by itself: for the runner-up and each refused option its name and the
        least change.
    """

    order: int
    sentence: str
    chosen: Choice
    excess: int
    together: bool
    runner_up: Alternative | None
    runner_up_proven: bool
    refused: tuple[Refusal, ...]
    refused_more: int
    funnel: tuple[Sieve, ...]
    whole: int
    candidates: tuple[Alternative, ...]
    least_changes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Only dictionaries, lists, text, whole numbers, truth values and None."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


def _plain(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (Package, Choice, Alternative, Obstacle, Refusal, Sieve)):
        return {name: _plain(getattr(value, name)) for name in value.__slots__}
    return value
