"""How the centre is: for load balancers, for metrics, and for whoever asks."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.platform.migrate import is_migrated
from central.platform.tables import TENANT

DATABASE_UP = Gauge("tillway_central_database_up", "1 while the database answers.")
BROKER_UP = Gauge("tillway_central_broker_up", "1 while the broker is reached.")
OUTBOX = Gauge(
    "tillway_central_outbox_messages", "Messages of the outbox, by whether they wait or are parked.", ["state"]
)
OUTBOX_AGE = Gauge("tillway_central_outbox_oldest_seconds", "Age of the oldest message that waits.")
ORDERS = Gauge("tillway_central_orders", "Orders by status.", ["status"])
TASKS = Gauge("tillway_central_tasks", "Tasks that are not closed, by state.", ["state"])
INCIDENTS = Gauge("tillway_central_incidents", "Incidents that nobody has resolved.")
HELLO_AGE = Gauge("tillway_central_hello_age_seconds", "Since a location's box last said hello.", ["location"])


class Health(BaseModel):
    """Whether the centre can work. ``waiting``: something is away; it goes on by itself when that is back."""

    status: Literal["ok", "waiting"]
    database: Literal["ok", "away", "not migrated"]
    broker: Literal["ok", "away", "not used"]


def router(engine: AsyncEngine, broker_up: Callable[[], bool] | None) -> APIRouter:
    """``/health`` and ``/metrics``. ``broker_up`` is None in a process without workers."""
    routes = APIRouter(tags=["operation"])

    @routes.get("/health", responses={503: {"model": Health}})
    async def health(response: Response) -> Health:
        """How the centre is: 200 while requests can be answered. Without the broker they can; stores wait then."""
        database = await _database(engine)
        broker: Literal["ok", "away", "not used"] = "not used"
        if broker_up is not None:
            broker = "ok" if broker_up() else "away"
        if database != "ok":
            response.status_code = 503
            response.headers["Retry-After"] = "2"
        is_ok = database == "ok" and broker != "away"
        return Health(status="ok" if is_ok else "waiting", database=database, broker=broker)

    @routes.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Everything that is measured, in Prometheus' text format."""
        try:
            async with engine.connect() as conn:
                await _measure(conn)
            DATABASE_UP.set(1)
        except (SQLAlchemyError, OSError):
            DATABASE_UP.set(0)
        if broker_up is not None:
            BROKER_UP.set(broker_up())
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes


async def _database(engine: AsyncEngine) -> Literal["ok", "away", "not migrated"]:
    try:
        async with engine.connect() as conn:
            return "ok" if await is_migrated(conn) else "not migrated"
    except (SQLAlchemyError, OSError):
        return "away"


async def _measure(conn: AsyncConnection) -> None:
    tenant = {"tenant": TENANT}
    row = (await conn.execute(_OUTBOX, tenant)).one()
    OUTBOX.labels("waiting").set(row.waiting)
    OUTBOX.labels("parked").set(row.parked)
    OUTBOX_AGE.set(row.oldest_s)
    for gauge, query in ((ORDERS, _ORDERS), (TASKS, _TASKS), (HELLO_AGE, _HELLOS)):
        gauge.clear()
        for label, value in await conn.execute(query, tenant):
            gauge.labels(label).set(value)
    INCIDENTS.set((await conn.execute(_INCIDENTS, tenant)).scalar_one())


_OUTBOX = text(
    """
    SELECT count(*) FILTER (WHERE parked_at IS NULL) AS waiting, count(parked_at) AS parked,
           coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE parked_at IS NULL)), 0)::float8 AS oldest_s
    FROM outbox WHERE tenant = :tenant
    """
)
_ORDERS = text("SELECT status, count(*) FROM customer_order WHERE tenant = :tenant GROUP BY status")
_TASKS = text("SELECT state, count(*) FROM task WHERE tenant = :tenant AND closed_at IS NULL GROUP BY state")
_INCIDENTS = text("SELECT count(*) FROM incident WHERE tenant = :tenant AND resolved_at IS NULL")
_HELLOS = text(
    """
    SELECT k.location, extract(epoch FROM now() - b.last_hello_at)::float8
    FROM store_link k JOIN box b ON b.tenant = k.tenant AND b.box = k.box
    WHERE k.tenant = :tenant AND b.last_hello_at IS NOT NULL
    """
)
