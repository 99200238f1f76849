"""What every rule has, whatever its kind."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from routing.rules.draft import Bound, Draft
from routing.rules.facts import Fact, Lack
from routing.rules.fields import Id, Instant, Listed, Record, Text, given
from routing.rules.match import Match, Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(ABC):
    """One rule. It binds the orders of its ``policies`` that ``when`` matches, at the locations of ``at``, from
    ``starts`` on and before ``ends``."""

    kind: ClassVar[str]
    """The name in a document."""

    soft: ClassVar[bool] = False
    """It charges a price and forbids nothing."""

    network: ClassVar[bool] = False
    """It changes the stock or capacity of a location, so it cannot tell one order from another."""

    anywhere: ClassVar[bool] = False
    """It is about orders alone and takes no ``at``."""

    elsewhere: ClassVar[bool] = False
    """It acts on the locations that are not of ``at``."""

    holds: ClassVar[bool] = False
    """It delays orders and moves none, so dropping it has no price in a run."""

    id: str = given(Id(), says="the name by which decisions and people refer to the rule")
    note: str = given(Text(), "", says="why the rule is there")
    policies: tuple[str, ...] = given(Listed(Id()), (), says="policies whose orders it binds; left out for all")
    when: Match = given(  # noqa: RUF009 - a field
        Record(Match), Match(), says="orders that it binds; left out for all"
    )
    at: Where = given(  # noqa: RUF009 - a field
        Record(Where), Where(), says="locations that it is about; left out for all"
    )
    starts: int | None = given(Instant(), None, says="the moment from which it holds")
    ends: int | None = given(Instant(), None, says="the moment at which it no longer holds")

    @abstractmethod
    def apply(self, draft: Draft, bound: Bound) -> None:
        """Do to the draft what the rule says, for the orders and locations of ``bound``."""

    def active(self, now_ms: int) -> bool:
        """The rule holds at that moment."""
        return (self.starts is None or now_ms >= self.starts) and (self.ends is None or now_ms < self.ends)

    def tells_services(self) -> bool:
        """The rule may treat options of one place that differ in nothing but their service, or transit, differently."""
        return False

    def past(self, now_ms: int) -> str:
        """Why the rule will never hold again, or empty."""
        return "it ended" if self.ends is not None and now_ms >= self.ends else ""

    def impossible(self) -> str:
        """Why the rule can never do anything, whatever the scene, or empty."""
        if self.starts is not None and self.ends is not None and self.starts >= self.ends:
            return "it ends before it starts"
        return self.when.impossible()

    def needs(self) -> Mapping[Fact, Lack]:
        """Facts without which the rule is not what it seems to be; those of ``when`` are its own."""
        return {}

    def own(self) -> dict[str, Any]:
        """The values of the fields that only this kind has."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in COMMON}

    def binds_all_of(self, other: "Rule") -> bool:
        """Wherever and whenever ``other`` holds, this holds too."""
        return (
            (not self.policies or (bool(other.policies) and set(other.policies) <= set(self.policies)))
            and self.when.covers(other.when)
            and (other.at.covers(self.at) if self.elsewhere else self.at.covers(other.at))
            and (self.starts is None or (other.starts is not None and other.starts >= self.starts))
            and (self.ends is None or (other.ends is not None and other.ends <= self.ends))
        )

    def forbids_all_of(self, other: "Rule") -> bool:
        """Where both hold, ``other`` forbids nothing that this does not. Of the same kind, field by field."""
        if type(other) is not type(self) or self.soft:
            return False
        return all(
            f.metadata["stricter"].holds(getattr(self, f.name), getattr(other, f.name))
            for f in dataclasses.fields(self)
            if f.name not in COMMON
        )


COMMON = frozenset(field.name for field in dataclasses.fields(Rule))
"""The fields of every rule."""


def leaves_out(of: type[Rule]) -> frozenset[str]:
    """Common fields that rules of the kind do not take."""
    found = {"policies", "when"} if of.network else set()
    return frozenset(found | ({"at"} if of.anywhere else set()))
