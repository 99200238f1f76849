"""What a run decided, as bytes: what the solver sends back, what is stored, and what a replay is compared with. Pure.

The answer holds each decision and the digest of its explanation; the explanations themselves come beside it, one by
one, and are kept with the decisions that were carried out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from central.sourcing.domain import BidPrices, Decided, Decision

_ENCODER = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True)
class Ask:
    """Lines that one location should be asked for, to be sent by the service ``send_by``; empty where none is named."""

    location: str
    lines: tuple[UUID, ...]
    send_by: str = ""


@dataclass(frozen=True)
class TakenBack:
    """An offer that the new ones replace."""

    task: UUID
    rev: int


@dataclass(frozen=True)
class Answered:
    """What is done about one order: its lines are asked for, wait, or are cancelled. ``why`` is the SHA-256 of its
    explanation in hexadecimal, empty without one."""

    order: UUID
    ask: tuple[Ask, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()
    waits: tuple[UUID, ...] = ()
    unserved: str = ""
    why: str = ""
    cancels: tuple[UUID, ...] = ()

    @property
    def is_news(self) -> bool:
        """Whether there is anything to do or to say about the order."""
        return bool(self.why)


@dataclass(frozen=True)
class Answer:
    """All decisions of a run, with the plan's figures in cents and the prices that it hands on."""

    orders: tuple[Answered, ...] = ()
    cost: int = 0
    bound: int = 0
    baseline: int = 0
    prices: BidPrices = field(default_factory=BidPrices)
    work: dict[str, int] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The canonical bytes: equal answers have equal ones."""
        return _ENCODER.encode(self)


_ANSWER = msgspec.json.Decoder(Answer)


def read(encoded: bytes) -> Answer:
    """The answer in these bytes."""
    return _ANSWER.decode(encoded)


def answer_of(decided: Decided) -> tuple[Answer, list[bytes]]:
    """The answer, and the explanations (JSON) of the orders that have one, in their order."""
    explanations = [_ENCODER.encode(each.explanation) if each.explanation else b"" for each in decided.decisions]
    figures = decided.figures
    answer = Answer(
        tuple(_answered(each, why) for each, why in zip(decided.decisions, explanations, strict=True)),
        figures.cost, figures.bound, figures.baseline, decided.prices, dict(figures.work),
    )  # fmt: skip
    return answer, [why for why in explanations if why]


def _answered(decision: Decision, why: bytes) -> Answered:
    return Answered(
        decision.order.order_id,
        tuple(Ask(each.location, tuple(line.line_id for line in each.lines), each.send_by) for each in decision.wishes),
        tuple(TakenBack(offer.task, offer.rev) for offer in decision.moved),
        tuple(line.line_id for line in decision.backordered),
        decision.unserved,
        hashlib.sha256(why).hexdigest() if why else "",
        tuple(line.line_id for line in decision.cancelled),
    )


def differences(stored: Answer, again: Answer, listed: int = 20) -> Sequence[str]:
    """In which decisions two answers to one question differ, in words; at most ``listed`` of them."""
    found = [
        f"{name} is {getattr(again, name)}, was {getattr(stored, name)}"
        for name in ("cost", "bound", "baseline")
        if getattr(stored, name) != getattr(again, name)
    ]
    if stored.prices != again.prices:
        found.append(f"the prices differ: {again.prices.count}, were {stored.prices.count}")
    before = {each.order: each for each in stored.orders}
    for each in again.orders:
        was = before.pop(each.order, None)
        if was is None:
            found.append(f"order {each.order} was not decided before")
        elif was != each:
            is_same = (was.ask, was.waits, was.cancels) == (each.ask, each.waits, each.cancels)
            what = "is explained otherwise" if is_same else "goes elsewhere"
            found.append(f"order {each.order} {what}: {_said(each)}, was {_said(was)}")
    found += [f"order {order} is not decided any more" for order in before]
    return found[:listed]


def _said(answered: Answered) -> str:
    places = [
        f"{len(ask.lines)} from {ask.location}{f' by {ask.send_by}' if ask.send_by else ''}" for ask in answered.ask
    ]
    if answered.waits:
        places.append(f"{len(answered.waits)} waiting")
    if answered.cancels:
        places.append(f"{len(answered.cancels)} cancelled")
    return ", ".join(places) or "as offered"
