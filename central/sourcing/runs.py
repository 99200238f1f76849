"""Runs in the database: begun, finished, read again for a replay, and forgotten. Works in the caller's transaction."""

import asyncio
import datetime
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import zstandard
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform.tables import TENANT
from central.sourcing.answer import Answer
from central.sourcing.answer import read as read_answer
from central.sourcing.domain import BidPrices
from central.sourcing.question import Asked, Question
from central.sourcing.rule_costs import RunRules
from central.sourcing.tables import DONE, FAILED, RUNNING, sourcing_network, sourcing_run
from retail.errors import Refused

LEVEL = 6
INFLATED_BYTES_MAX = 1 << 31
"""No stored part is longer than this when it is unpacked; one that claims to be is refused."""


@dataclass(frozen=True)
class Kept:
    """The inputs of a run, compressed for the database."""

    network: bytes
    core: bytes
    moment: bytes


@dataclass(frozen=True)
class Stored:
    """A run as it was: ``asked`` and ``answer`` are as the solver got and gave them; empty where it gave none."""

    made_by: str
    asked: Asked
    answer: bytes


@dataclass(frozen=True)
class Ended:
    """What was done about a run's answer."""

    offered: int = 0
    moved: int = 0
    waiting: int = 0
    stale: int = 0


async def kept(asked: Asked) -> Kept:
    """``asked``, compressed aside: nothing else waits for it."""
    return Kept(*await asyncio.gather(*map(pack_aside, (asked.network, asked.core, asked.moment))))


async def pack_aside(part: bytes) -> bytes:
    """``part`` compressed on another thread, which lets this one go on."""
    return await asyncio.to_thread(packed, part)


def packed(part: bytes) -> bytes:
    """``part`` compressed."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(part)


def unpacked(part: bytes) -> bytes:
    """What :func:`packed` made of it. Raises :class:`Refused` for bytes that are damaged or too long."""
    try:
        size = zstandard.frame_content_size(part)
        if not 0 <= size <= INFLATED_BYTES_MAX:
            raise Refused("inputs", "they do not say how long they are", "restore them from a backup")
        return zstandard.ZstdDecompressor().decompress(part, max_output_size=INFLATED_BYTES_MAX)
    except zstandard.ZstdError as error:
        raise Refused("inputs", f"they are damaged ({error})", "restore them from a backup") from error


async def begin(
    conn: AsyncConnection, run_id: UUID, question: Question, asked: Asked, kept: Kept, started_at: datetime.datetime
) -> None:
    """Keep what a run decides on."""
    await conn.execute(
        insert(sourcing_network).values(digest=asked.network_digest, body=kept.network).on_conflict_do_nothing()
    )
    snapshot, steering = question.snapshot, question.steering
    await conn.execute(
        insert(sourcing_run).values(
            run_id=run_id, region=question.region, kind=steering.kind, state=RUNNING, started_at=started_at,
            digest=asked.digest, network_digest=asked.network_digest, core=kept.core, moment=kept.moment,
            kept_bytes=len(kept.core) + len(kept.moment), rule_version=question.rules.version,
            effort=steering.effort, seed=steering.seed, made_by=question.made_by, orders=len(snapshot.orders),
            lines=sum(len(order.lines) for order in snapshot.orders), places=len(snapshot.places),
        )
    )  # fmt: skip


async def decided(conn: AsyncConnection, run_id: UUID, answer: Answer, body: bytes, seconds: float) -> None:
    """Keep what a run decided. ``body`` is the compressed answer; a run without any news keeps none, and no inputs."""
    values: dict[str, Any] = {
        "cost": answer.cost, "bound": answer.bound, "baseline": answer.baseline, "seconds": seconds,
        "prices": answer.prices.count, "work": dict(answer.work), "answer": body,
        "kept_bytes": sourcing_run.c.kept_bytes + len(body),
    }  # fmt: skip
    if not any(each.is_news for each in answer.orders):
        values |= {"core": None, "moment": None, "kept_bytes": len(body)}
    await conn.execute(update(sourcing_run).where(*_is(run_id)).values(values))


async def ended(conn: AsyncConnection, run_id: UUID, ended: Ended) -> None:
    """Note what was done about the answer."""
    await conn.execute(
        update(sourcing_run)
        .where(*_is(run_id))
        .values(
            state=DONE, ended_at=func.clock_timestamp(), offered=ended.offered, moved=ended.moved,
            waiting=ended.waiting, stale=ended.stale,
        )
    )  # fmt: skip


async def failed(conn: AsyncConnection, run_id: UUID, problem: str) -> None:
    """Note why a run came to nothing. Its inputs are kept."""
    await conn.execute(
        update(sourcing_run)
        .where(*_is(run_id))
        .values(state=FAILED, ended_at=func.clock_timestamp(), problem=problem[:500])
    )


async def stored(conn: AsyncConnection, run_id: UUID) -> Stored:
    """A run to be replayed. Raises :class:`Refused` for one that is not known or no longer kept."""
    query = (
        select(
            sourcing_run.c.digest,
            sourcing_run.c.made_by,
            sourcing_run.c.core,
            sourcing_run.c.moment,
            sourcing_run.c.answer,
            sourcing_network.c.body,
        )
        .outerjoin(
            sourcing_network,
            (sourcing_network.c.tenant == sourcing_run.c.tenant)
            & (sourcing_network.c.digest == sourcing_run.c.network_digest),
        )
        .where(*_is(run_id))
    )
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise Refused("run", f"there is no run {run_id}", "see the page Runs of the console")
    if row.core is None or row.moment is None or row.body is None:
        raise Refused("run", f"the inputs of {run_id} are not kept", "replay a newer run, or keep them longer")
    asked = Asked(unpacked(row.body), unpacked(row.core), unpacked(row.moment))
    if asked.digest != row.digest:
        raise Refused("run", f"the inputs of {run_id} are not those that were decided on", "restore a backup")
    return Stored(row.made_by, asked, b"" if row.answer is None else unpacked(row.answer))


async def of_day(conn: AsyncConnection, day: datetime.date) -> list[UUID]:
    """The runs that began on ``day`` (UTC) and can be replayed, the oldest first."""
    start = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    query = (
        select(sourcing_run.c.run_id)
        .where(
            sourcing_run.c.tenant == TENANT,
            sourcing_run.c.started_at >= start,
            sourcing_run.c.started_at < start + timedelta(days=1),
            sourcing_run.c.core.is_not(None),
            sourcing_run.c.answer.is_not(None),
        )
        .order_by(sourcing_run.c.run_id)
    )
    return list((await conn.execute(query)).scalars())


@dataclass(frozen=True)
class LastPrices:
    """The prices of the newest batch, and its age in seconds by the database's clock."""

    run_id: UUID
    age_s: float
    prices: BidPrices


async def last_prices(conn: AsyncConnection, region: str, known: LastPrices | None = None) -> LastPrices | None:
    """The prices of the region's newest batch; None where there was none or it is no longer kept.

    ``known``: what the caller read before, so that the same answer is not read twice.
    """
    query = (
        select(
            sourcing_run.c.run_id,
            func.extract("epoch", func.clock_timestamp() - sourcing_run.c.started_at).label("age_s"),
        )
        .where(
            sourcing_run.c.tenant == TENANT,
            sourcing_run.c.region == region,
            sourcing_run.c.kind == "batch",
            sourcing_run.c.answer.is_not(None),
        )
        .order_by(sourcing_run.c.run_id.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    if known is not None and known.run_id == row.run_id:
        return replace(known, age_s=float(row.age_s))
    body = await conn.execute(select(sourcing_run.c.answer).where(*_is(row.run_id)))
    answer = body.scalar_one_or_none()
    if answer is None:
        return None
    return LastPrices(row.run_id, float(row.age_s), read_answer(unpacked(answer)).prices)


async def unweighed(conn: AsyncConnection) -> list[UUID]:
    """The newest optimised batch of every region, where what its rules cost is not known yet and still can be."""
    run = sourcing_run.c
    newest = (
        select(run.run_id, run.rule_costs)
        .ext(distinct_on(run.region))
        .where(run.tenant == TENANT, run.kind == "batch", run.state == DONE, run.effort != "one-by-one",
               run.kept_bytes > 0,  # so has every run with inputs; an index holds those alone
               run.core.is_not(None), run.answer.is_not(None))
        .order_by(run.region, run.run_id.desc())
        .subquery()
    )  # fmt: skip
    return list((await conn.execute(select(newest.c.run_id).where(newest.c.rule_costs.is_(None)))).scalars())


async def weighed(conn: AsyncConnection, run_id: UUID, costs: RunRules) -> None:
    """Keep what the rules of a run did and cost."""
    await conn.execute(update(sourcing_run).where(*_is(run_id)).values(rule_costs=msgspec.to_builtins(costs)))


_TOO_MANY = text(
    """
    WITH newest AS (
        SELECT run_id, sum(kept_bytes) OVER (ORDER BY run_id DESC) AS bytes
        FROM sourcing_run WHERE tenant = :tenant AND kept_bytes > 0
    )
    SELECT run_id FROM newest WHERE bytes > :bytes_max ORDER BY run_id DESC LIMIT 1
    """
)


async def forget(conn: AsyncConnection, older_than: timedelta, bytes_max: int) -> int:
    """Drop inputs and answers that are older than allowed, and the oldest while all together exceed ``bytes_max``.

    The figures of a run stay. Returns how many runs can be replayed no longer.
    """
    run = sourcing_run
    newest_to_drop = (
        await conn.execute(_TOO_MANY, {"tenant": TENANT, "bytes_max": bytes_max})
    ).scalar_one_or_none()  # fmt: skip
    is_old = run.c.started_at < func.now() - older_than
    dropped = await conn.execute(
        update(run)
        .where(
            run.c.tenant == TENANT,
            run.c.kept_bytes > 0,
            is_old if newest_to_drop is None else is_old | (run.c.run_id <= newest_to_drop),
        )
        .values(core=None, moment=None, answer=None, kept_bytes=0)
    )
    network = sourcing_network
    still = select(run.c.network_digest).where(run.c.tenant == TENANT, run.c.kept_bytes > 0)
    await conn.execute(
        delete(network).where(
            network.c.tenant == TENANT,
            network.c.digest.not_in(still),
            network.c.stored_at < func.now() - timedelta(hours=1),
        )
    )
    return dropped.rowcount


def _is(run_id: UUID) -> tuple[Any, ...]:
    return sourcing_run.c.tenant == TENANT, sourcing_run.c.run_id == run_id
