"""The handhelds' events: what staff did, perhaps while the handheld was out of reach, each with a key of its own.

An event is answered once: repeated, it gets the same answer again, so that a handheld may send everything until it has
heard. A refused event changes nothing and never holds up the events behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from edge_node.fulfilment.picking import Action, Pick, decide
from edge_node.ports import Actor, Kept, Tx
from edge_node.ports.lookup import find
from retail.errors import Refused

EVENTS = "handheld"

EVENTS_MAX = 100
"""Events in one request. A handheld that has more sends the rest in the next one."""

_ACCEPTED = ""


@dataclass(frozen=True, slots=True)
class HandheldEvent:
    """One thing that somebody did. ``refusal`` is set for an event whose form is wrong: it only gets its answer."""

    key: str
    actor: Actor
    task: UUID | None = None
    action: Action | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one event. ``reason`` says in plain words why it is refused; empty when it is accepted."""

    key: str
    reason: str

    @property
    def accepted(self) -> bool:
        """Whether it is in the log now."""
        return not self.reason


def take_events(tx: Tx, events: Sequence[HandheldEvent]) -> list[Answer]:
    """Apply ``events`` in order, each once."""
    return [_take(tx, event) for event in events]


def _take(tx: Tx, event: HandheldEvent) -> Answer:
    kept = tx.recall(EVENTS, event.key)
    if kept is not None:
        return Answer(event.key, kept.answer)
    reason = event.refusal or _applied(tx, event)
    tx.keep(EVENTS, event.key, Kept(b"", reason))
    return Answer(event.key, reason)


def _applied(tx: Tx, event: HandheldEvent) -> str:
    task = tx.task(event.task) if event.task else None
    if task is None or event.action is None:
        return "This store has no such order; load the list again."
    try:
        payloads = decide(task, event.action, _scanned_sku(tx, event.action))
        for payload in payloads:
            tx.append(payload, event.actor)
    except Refused as refusal:
        return sentence(refusal)
    return _ACCEPTED


def sentence(refusal: Refused) -> str:
    """A refusal as staff read it."""
    text = f"{refusal.problem}; {refusal.remedy}."
    return text[0].upper() + text[1:]


def _scanned_sku(tx: Tx, action: Action) -> str:
    if not isinstance(action, Pick) or not action.code:
        return ""
    try:
        return find(tx, action.code)[0].item.sku
    except Refused:
        return ""  # what the list itself says may still name it
