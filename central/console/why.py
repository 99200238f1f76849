"""Why an order went where it went: a stored explanation, read so that a page can show it whatever it holds.

The shape is that of :class:`routing.reasons.Explanation`. Explanations are kept for years and other versions of the
program wrote some of them, so nothing here relies on a part being there: what is missing or of another kind is left
out, and the rest is shown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOT_PAID = ("stock price", "capacity price")
"""Terms that steer a choice although nobody pays them."""
_LISTED_MAX = 20
_CHANGES_MAX = 4
_LIFTED = re.compile("^lift: ")


@dataclass(frozen=True)
class Plan:
    """A way to serve the order. ``places`` are names with the number of lines that leave from there."""

    places: Sequence[tuple[str, int]]
    backordered: int
    cents: int
    value: int

    @property
    def title(self) -> str:
        """Where it all comes from, in a few words."""
        names = [name for name, _ in self.places]
        if self.backordered:
            names.append(f"{self.backordered} backordered" if names else "Backorder")
        return " + ".join(names) or "Nowhere"


@dataclass(frozen=True)
class Term:
    """A part of the cost: of the chosen plan, of the runner-up, and the difference between them."""

    name: str
    chosen: int
    runner_up: int | None
    difference: int
    is_paid: bool


@dataclass(frozen=True)
class Candidate:
    """A plan that was possible, what it would cost more, and what would have made it the choice."""

    plan: Plan
    difference: int
    least_change: str


@dataclass(frozen=True)
class Refusal:
    """A location that would have been cheaper, and all that stood in its way."""

    name: str
    saving: int
    obstacles: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Step:
    """How many locations a reason removed, and how many were left."""

    reason: str
    removed: int
    remaining: int


@dataclass(frozen=True)
class Why:
    """An explanation as the page shows it. ``excess`` is the most that another plan might save; 0: proven cheapest."""

    sentence: str
    chosen: Plan
    runner_up: Candidate | None
    runner_up_proven: bool
    terms: Sequence[Term]
    excess: int
    refused: Sequence[Refusal]
    refused_more: int
    locations: int
    funnel: Sequence[Step]
    whole: int | None
    candidates: Sequence[Candidate]
    least_changes: Sequence[str]
    moved_from: Sequence[str]

    @property
    def changes(self) -> Sequence[tuple[str, str]]:
        """Who would have been chosen, and what it would have taken: the runner-up, then cheaper ones, a few of them."""
        found = [tuple(change.partition(": ")[::2]) for change in self.least_changes]
        return [(name, _LIFTED.sub("if this did not hold: ", change)) for name, change in found][:_CHANGES_MAX]

    @property
    def largest_term(self) -> int:
        """What the bars are drawn against."""
        return max((abs(cents) for term in self.terms for cents in (term.chosen, term.runner_up or 0)), default=0)


def why(explanation: Mapping[str, Any]) -> Why:
    """Read a stored explanation."""
    chosen = _mapping(explanation.get("chosen"))
    runner_up = _mapping(explanation.get("runner_up"))
    funnel = [
        Step(_text(step.get("reason")), _number(step.get("removed")), _number(step.get("remaining")))
        for step in _mappings(explanation.get("funnel"))
    ]
    whole = explanation.get("whole")
    return Why(
        sentence=_text(explanation.get("sentence")),
        chosen=_plan(chosen),
        runner_up=_candidate(runner_up) if runner_up else None,
        runner_up_proven=explanation.get("runner_up_proven") is True,
        terms=_terms(chosen, runner_up),
        excess=_number(explanation.get("excess")),
        refused=[_refusal(refusal) for refusal in _mappings(explanation.get("refused"))],
        refused_more=_number(explanation.get("refused_more")),
        locations=funnel[0].removed + funnel[0].remaining if funnel else 0,
        funnel=funnel,
        whole=whole if type(whole) is int else None,
        candidates=[_candidate(candidate) for candidate in _mappings(explanation.get("candidates"))],
        least_changes=_texts(explanation.get("least_changes")),
        moved_from=_texts(explanation.get("moved_from")),
    )


def _plan(choice: Mapping[str, Any]) -> Plan:
    cents = _number(choice.get("cents"))
    packages = _mappings(choice.get("packages"))
    backordered = choice.get("backordered")
    return Plan(
        places=[(_text(package.get("name")) or "a location", _length(package.get("lines"))) for package in packages],
        backordered=_length(backordered),
        cents=cents,
        value=_number(choice.get("value"), cents),
    )


def _candidate(alternative: Mapping[str, Any]) -> Candidate:
    return Candidate(
        _plan(_mapping(alternative.get("choice"))),
        _number(alternative.get("difference")),
        _text(alternative.get("least_change")),
    )


def _refusal(refusal: Mapping[str, Any]) -> Refusal:
    obstacles = _mappings(refusal.get("obstacles"))
    return Refusal(
        _text(refusal.get("name")) or "A location",
        _number(refusal.get("saving")),
        [(_text(obstacle.get("text")), _text(obstacle.get("least_change"))) for obstacle in obstacles],
    )


def _terms(chosen: Mapping[str, Any], runner_up: Mapping[str, Any]) -> Sequence[Term]:
    """Every term that either plan has, the dearest of the chosen one first."""
    own = _mapping(chosen.get("terms"))
    other = _mapping(_mapping(runner_up.get("choice")).get("terms"))
    found = [
        Term(
            str(name),
            _number(own.get(name)),
            _number(other.get(name)) if runner_up else None,
            _number(other.get(name)) - _number(own.get(name)) if runner_up else 0,
            name not in NOT_PAID,
        )
        for name in dict.fromkeys((*own, *other))
    ]
    return sorted(found, key=lambda term: (not term.is_paid, -abs(term.chosen), -abs(term.difference)))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [item for item in _list(value) if isinstance(item, Mapping)]


def _list(value: object) -> Sequence[Any]:
    return value[:_LISTED_MAX] if isinstance(value, list | tuple) else ()


def _texts(value: object) -> Sequence[str]:
    return [text for text in _list(value) if isinstance(text, str)]


def _number(value: object, default: int = 0) -> int:
    return value if type(value) is int else default


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _length(value: object) -> int:
    return len(value) if isinstance(value, list | tuple) else 0
