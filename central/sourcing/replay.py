"""Replays: a stored run is decided again from its stored inputs, and must come out the same, bit for bit."""

import datetime
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from central.sourcing import runs
from central.sourcing.answer import differences, read
from central.sourcing.question import Asked, made_by
from central.sourcing.solver import Reply
from retail.errors import Refused


@dataclass(frozen=True)
class Replayed:
    """What came of a replay: the decisions that were reproduced, and in words those that were not.

    ``other_version`` names the program that made the run where it is not this one; empty else.
    """

    run_id: UUID
    decisions: int
    differences: Sequence[str]
    other_version: str

    @property
    def is_same(self) -> bool:
        """Whether every decision and every explanation is what it was."""
        return not self.differences


async def replay(engine: AsyncEngine, ask: Callable[[Asked], Awaitable[Reply]], run_id: UUID) -> Replayed:
    """Decide the run again. Raises :class:`Refused` for one whose inputs are not kept, and what ``ask`` raises where
    the run failed and fails again."""
    async with engine.connect() as conn:
        stored = await runs.stored(conn, run_id)
    reply = await ask(stored.asked)
    other_version = "" if stored.made_by == made_by() else stored.made_by
    if not stored.answer:
        return Replayed(run_id, 0, ["it was not decided then, and is now"], other_version)
    before, again = read(stored.answer), read(reply.answer)
    found = list(differences(before, again))
    if not found and again != before:  # as values: an older program left out what it did not know
        found = ["the work that the solver counted differs"]
    return Replayed(run_id, len(before.orders), found, other_version)


async def runs_of(engine: AsyncEngine, day: str) -> Sequence[UUID]:
    """The runs of a day (UTC) that can be replayed. Raises :class:`Refused` for what is no date."""
    try:
        date = datetime.date.fromisoformat(day)
    except ValueError as error:
        raise Refused("day", "it is not a date", "write it as 2026-11-21") from error
    async with engine.connect() as conn:
        return await runs.of_day(conn, date)
