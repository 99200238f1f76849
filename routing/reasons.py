"""What an explanation consists of: plain values that become JSON. Money is whole cents, lines count from 0."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Package:
    """Lines of the order that leave one location together."""

    location: int
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
    """What keeps a location from some lines. ``text`` follows its name; ``missing`` units, 0 where none would help."""

    kind: Literal["rule", "pickup", "stock", "capacity"]
    text: str
    lines: tuple[int, ...]
    missing: int
    least_change: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A location that would have made the order ``saving`` cents cheaper, but for all of the ``obstacles``."""

    location: int
    name: str
    saving: int
    choice: Choice
    obstacles: tuple[Obstacle, ...]


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
    ``runner_up``, ``runner_up_proven``
        The best plan that gives some SKU other units at some location, and whether no such plan is cheaper.
    ``refused``, ``refused_more``
        Locations that hold units of what is asked and would be cheaper if nothing stood in their way, the greatest
        saving first; how many there are besides those listed.
    ``funnel``, ``whole``
        How many locations each reason removes; how many of the rest can serve the whole order alone.
    ``candidates``
        For the most promising locations: the best plan that uses the location, cheapest first.
    """

    order: int
    sentence: str
    chosen: Choice
    excess: int
    runner_up: Alternative | None
    runner_up_proven: bool
    refused: tuple[Refusal, ...]
    refused_more: int
    funnel: tuple[Sieve, ...]
    whole: int
    candidates: tuple[Alternative, ...]

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
