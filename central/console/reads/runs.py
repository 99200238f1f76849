"""Runs of sourcing: the list, and one with what it decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from central.console.reads.keyset import ROWS, Rows, key_of, ms, page_of
from central.orders.tables import customer_order, decision
from central.platform.tables import TENANT
from central.sourcing.reads import gap
from central.sourcing.rule_costs import RunRules
from central.sourcing.tables import sourcing_run

VIEWS = ("all", "batch", "single", "failed")
DECIDED_MAX = 200


@dataclass(frozen=True)
class RunRow:
    """A run. Money in minor units of ``region``, which is a currency; ``ended_ms`` is None while it runs, and for ever
    if it was broken off."""

    run_id: UUID
    region: str
    kind: str
    state: str
    started_ms: int
    ended_ms: int | None
    effort: str
    orders: int
    lines: int
    places: int
    offered: int
    moved: int
    waiting: int
    stale: int
    cost: int
    bound: int
    baseline: int
    seconds: float
    problem: str

    @property
    def saved(self) -> int:
        """What sourcing one order after another would have cost more."""
        return self.baseline - self.cost

    @property
    def gap_percent(self) -> float:
        """By how much of its cost the plan may miss the best one, at most."""
        return 100 * gap(self.cost, self.bound)


@dataclass(frozen=True)
class RunDetail:
    """All that is known of a run. ``can_replay``: its inputs are still kept. ``rules``: what each did and cost; None
    where nobody has worked it out."""

    row: RunRow
    rule_version: str
    made_by: str
    seed: int
    digest: str
    prices: int
    work: Mapping[str, Any]
    can_replay: bool
    rules: RunRules | None
    decided: Sequence[tuple[str, str]]


async def counts(conn: AsyncConnection) -> Mapping[str, int]:
    """How many runs there are of the views that show a number."""
    run = sourcing_run.c
    query = select(func.count().filter(run.state == "failed")).where(run.tenant == TENANT)
    return {"failed": (await conn.execute(query)).scalar_one()}


async def runs(conn: AsyncConnection, view: str, after: str = "", size: int = ROWS) -> Rows[RunRow]:
    """The runs of a view, the newest first."""
    run = sourcing_run.c
    query = (
        select(*RUN_COLUMNS).where(run.tenant == TENANT, _in_view(view)).order_by(run.run_id.desc()).limit(size + 1)
    )  # fmt: skip
    key = key_of(after, str)
    if key is not None:
        query = query.where(run.run_id < UUID(str(key[0])))
    rows = [run_row(found) for found in await conn.execute(query)]
    return page_of(rows, lambda row: (str(row.run_id),), size)


async def run(conn: AsyncConnection, run_id: UUID) -> RunDetail | None:
    """One run; None where there is none."""
    table = sourcing_run.c
    more = (
        table.rule_version, table.made_by, table.seed, table.digest, table.prices, table.work,
        table.rule_costs,
        table.core.is_not(None).label("can_replay"),
    )  # fmt: skip
    query = select(*RUN_COLUMNS, *more).where(table.tenant == TENANT, table.run_id == run_id)
    found = (await conn.execute(query)).one_or_none()
    if found is None:
        return None
    decided = await conn.execute(
        select(customer_order.c.code, decision.c.explanation["sentence"].as_string())
        .join(
            customer_order,
            and_(customer_order.c.tenant == decision.c.tenant, customer_order.c.order_id == decision.c.order_id),
        )
        .where(decision.c.tenant == TENANT, decision.c.run_id == run_id)
        .order_by(decision.c.decision_id)
        .limit(DECIDED_MAX)
    )
    return RunDetail(
        run_row(found), found.rule_version, found.made_by, found.seed, found.digest.hex(), found.prices, found.work,
        found.can_replay,
        None if found.rule_costs is None else msgspec.convert(found.rule_costs, RunRules),
        [(code, sentence or "") for code, sentence in decided],
    )  # fmt: skip


RUN_COLUMNS = tuple(
    sourcing_run.c[name]
    for name in (
        "run_id", "region", "kind", "state", "started_at", "ended_at", "effort", "orders", "lines", "places", "offered",
        "moved", "waiting", "stale", "cost", "bound", "baseline", "seconds", "problem",
    )
)  # fmt: skip


def _in_view(view: str) -> ColumnElement[bool]:
    if view == "failed":
        return sourcing_run.c.state == "failed"
    return sourcing_run.c.kind == view if view in ("batch", "single") else true()


def run_row(found: Any) -> RunRow:
    """A row with :data:`RUN_COLUMNS` as the pages want it."""
    return RunRow(
        run_id=found.run_id, region=found.region, kind=found.kind, state=found.state,
        started_ms=ms(found.started_at) or 0, ended_ms=ms(found.ended_at), effort=found.effort, orders=found.orders,
        lines=found.lines, places=found.places, offered=found.offered, moved=found.moved, waiting=found.waiting,
        stale=found.stale, cost=found.cost, bound=found.bound, baseline=found.baseline, seconds=found.seconds,
        problem=found.problem,
    )  # fmt: skip
