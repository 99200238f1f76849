"""What the API shows of decisions: why an order goes where it goes, and which run of sourcing said so."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.orders.tables import customer_order, decision
from central.platform.tables import TENANT
from central.sourcing.tables import sourcing_run

EARLIER_MAX = 50


class DecidedLine(BaseModel):
    """A line that was decided about. The plans below count lines from 0 in this order."""

    line: UUID
    sku: str
    name: str = ""
    quantity: int


class PackageView(BaseModel):
    """Lines that leave one location together."""

    location: str | int = Field(description="key of the location")
    name: str = ""
    send_by: str = Field(default="", description="the carrier's service; empty for what is collected")
    lines: list[int] = []


class PlanView(BaseModel):
    """One way to serve the order, in minor units."""

    packages: list[PackageView] = []
    backordered: list[int] = Field(default=[], description="lines that nobody would serve")
    cents: int = Field(default=0, description="what it costs")
    value: int = Field(default=0, description="cost, and what contested stock and capacity are worth to other orders")
    terms: dict[str, int] = Field(default={}, description="the parts of value; stock price and capacity price steer"
                                                          " the choice and are paid by nobody")  # fmt: skip


class AlternativeView(BaseModel):
    """A plan that was possible, and how much more it would be worth to pay for the chosen one."""

    choice: PlanView
    difference: int = Field(description="its value less the chosen one's")
    terms: dict[str, int] = Field(default={}, description="the same by term")
    least_change: str = Field(default="", description="what would have made it the choice")


class ObstacleView(BaseModel):
    """What kept a location from some lines."""

    kind: str
    text: str
    lines: list[int] = []
    missing: int = Field(default=0, description="units that were missing; 0 where no unit would help")
    least_change: str = ""


class RefusalView(BaseModel):
    """A location that would have been cheaper but for all of its obstacles."""

    location: str | int = Field(description="key of the location")
    name: str = ""
    send_by: str = Field(default="", description="the carrier's service by which it would have been")
    saving: int
    choice: PlanView = PlanView()
    obstacles: list[ObstacleView] = []


class StepView(BaseModel):
    """How many locations a reason or rule removed, and how many were left after it."""

    reason: str
    removed: int
    remaining: int


class ExplanationView(BaseModel):
    """Why the order goes where it goes; ``sentence`` says it in one."""

    sentence: str = ""
    currency: str = ""
    lines: list[DecidedLine] = []
    chosen: PlanView = PlanView()
    runner_up: AlternativeView | None = None
    runner_up_proven: bool = Field(default=False, description="no other plan is cheaper than the runner-up")
    excess: int = Field(default=0, description="most that a cheaper plan might save; 0: the plan is proven cheapest")
    funnel: list[StepView] = []
    whole: int = Field(default=0, description="locations that could serve the whole order alone")
    candidates: list[AlternativeView] = Field(default=[], description="the best plan through each promising location")
    refused: list[RefusalView] = []
    refused_more: int = Field(default=0, description="cheaper but refused locations besides those listed")
    least_changes: list[str] = Field(default=[], description="what would have altered the choice, one for each way")
    moved_from: list[str] = Field(default=[], description="locations that were asked before and had not answered")


class RunView(BaseModel):
    """The run of sourcing that decided. Money in minor units."""

    run_id: UUID
    kind: str = Field(description="batch: with all open orders together; single: at once, at the prices of the last")
    started_at: datetime
    effort: str
    orders: int
    cost: int
    bound: int = Field(description="no plan of the batch costs less: proved")
    gap: float = Field(description="(cost - bound) / cost")
    baseline: int = Field(description="cost of sourcing the same orders one after another")
    seconds: float


class EarlierView(BaseModel):
    """A decision before this one."""

    decision_id: UUID
    at: datetime
    sentence: str


class OrderDecision(BaseModel):
    """A decision about an order, with its reasons."""

    order_id: UUID
    decision_id: UUID
    at: datetime
    rule_version: str
    sentence: str
    explanation: ExplanationView
    run: RunView | None = Field(description="null for decisions that were made before runs were kept")
    earlier: list[EarlierView]


async def is_order(conn: AsyncConnection, order_id: UUID) -> bool:
    """Whether there is such an order."""
    order = customer_order.c
    query = select(order.order_id).where(order.tenant == TENANT, order.order_id == order_id)
    return (await conn.execute(query)).first() is not None


async def order_decision(
    conn: AsyncConnection, order_id: UUID, decision_id: UUID | None = None
) -> OrderDecision | None:
    """The newest decision about an order, or the named one; None where there is none."""
    sentence = decision.c.explanation["sentence"].as_string().label("sentence")
    query = (
        select(decision.c.decision_id, decision.c.at, sentence)
        .where(decision.c.tenant == TENANT, decision.c.order_id == order_id)
        .order_by(decision.c.at.desc(), decision.c.decision_id.desc())
        .limit(EARLIER_MAX)
    )
    found = (await conn.execute(query)).all()
    wanted = next((row for row in found if decision_id in (None, row.decision_id)), None)
    if wanted is None:
        return None
    run = sourcing_run.c
    detail = await conn.execute(
        select(
            decision.c.rule_version, decision.c.explanation, run.run_id, run.kind, run.started_at, run.effort,
            run.orders, run.cost, run.bound, run.baseline, run.seconds,
        )
        .outerjoin(sourcing_run, and_(run.tenant == decision.c.tenant, run.run_id == decision.c.run_id))
        .where(decision.c.tenant == TENANT, decision.c.order_id == order_id,
               decision.c.decision_id == wanted.decision_id)
    )  # fmt: skip
    row = detail.one()
    explanation = read_explanation(row.explanation)
    ran = None
    if row.run_id is not None:
        ran = RunView(
            run_id=row.run_id, kind=row.kind, started_at=row.started_at, effort=row.effort, orders=row.orders,
            cost=row.cost, bound=row.bound, gap=gap(row.cost, row.bound), baseline=row.baseline, seconds=row.seconds,
        )  # fmt: skip
    return OrderDecision(
        order_id=order_id, decision_id=wanted.decision_id, at=wanted.at, rule_version=row.rule_version,
        sentence=explanation.sentence, explanation=explanation, run=ran,
        earlier=[EarlierView(decision_id=each.decision_id, at=each.at, sentence=each.sentence or "")
                 for each in found[found.index(wanted) + 1 :]],
    )  # fmt: skip


def read_explanation(stored: object) -> ExplanationView:
    """A stored explanation. Other versions of the program wrote some: of one in another form only the sentence is
    read."""
    try:
        return ExplanationView.model_validate(stored)
    except ValidationError:
        sentence = stored.get("sentence") if isinstance(stored, dict) else None
        return ExplanationView(sentence=sentence if isinstance(sentence, str) else "")


def gap(cost: int, bound: int) -> float:
    """How far the cost may be above the best possible, as a share of it."""
    return max(cost - bound, 0) / max(abs(cost), 1)
