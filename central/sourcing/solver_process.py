"""The solver's own process: questions in on standard input, answers out on standard output, until the input ends.

A frame is a count of parts and each part with its length, 8 bytes each, big-endian. A question has three parts (the
canonical bytes of :class:`central.sourcing.question.Asked`), and its answer as a fourth where what its rules cost is
asked; an answer has a first part that says ``done`` or ``refused``, then for ``done`` the seconds it took, the
answer and the explanations or else the costs, for ``refused`` the reason. What is wrong with the question is answered;
a defect of the solver ends the process, and its owner starts another.

It opens no file, no socket and no database, and writes nothing but answers to standard output.
"""

import gc
import os
import sys
from collections.abc import Sequence
from typing import BinaryIO

from central.sourcing.answer import answer_of
from central.sourcing.answer import read as read_answer
from central.sourcing.deciding import decide
from central.sourcing.question import Asked, read
from central.sourcing.rule_costs import rule_costs
from retail.clock import SystemClock
from retail.errors import Fatal, Refused
from routing.rules.document import parse

DONE, REFUSED = b"done", b"refused"
LENGTH_BYTES = 8
QUESTION_PARTS = 3


def frame(parts: Sequence[bytes]) -> bytes:
    """``parts`` as they travel."""
    pieces = [len(parts).to_bytes(LENGTH_BYTES, "big")]
    for part in parts:
        pieces += (len(part).to_bytes(LENGTH_BYTES, "big"), part)
    return b"".join(pieces)


def solve(asked: Asked) -> list[bytes]:
    """The parts of the answer to one question."""
    clock = SystemClock()
    started = clock.monotonic()
    try:
        question = read(asked)
        body = question.rules.body
        rules = None if body is None else parse(body)
        decided = decide(
            question.snapshot, question.tariff, question.steering, rules, question.now_ms, question.delivery
        )
        answer, explanations = answer_of(decided)
    except (Refused, Fatal) as error:
        return [REFUSED, str(error).encode()]
    seconds = clock.monotonic() - started
    return [DONE, repr(seconds).encode(), answer.encoded(), *explanations]


def weigh(asked: Asked, answer: bytes) -> list[bytes]:
    """The parts of the answer to what the rules of a decided question did and cost."""
    clock = SystemClock()
    started = clock.monotonic()
    try:
        found = rule_costs(read(asked), read_answer(answer))
    except (Refused, Fatal) as error:
        return [REFUSED, str(error).encode()]
    return [DONE, repr(clock.monotonic() - started).encode(), found.encoded()]


def main() -> int:
    """Answer until the input ends. Returns the exit status."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    while (parts := _receive(source)) is not None:
        asked = Asked(*parts[:QUESTION_PARTS])
        sink.write(frame(weigh(asked, *parts[QUESTION_PARTS:]) if parts[QUESTION_PARTS:] else solve(asked)))
        sink.flush()
        del parts, asked
        gc.collect()  # plans are full of cycles through their problems: give the arrays back before the next one
    return 0


def _receive(source: BinaryIO) -> list[bytes] | None:
    """The parts of the next frame; None at the end of the input."""
    head = source.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    parts = []
    for _ in range(int.from_bytes(head, "big")):
        length = int.from_bytes(source.read(LENGTH_BYTES), "big")
        parts.append(source.read(length))
    return parts


if __name__ == "__main__":
    sys.exit(main())
