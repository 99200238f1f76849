"""The centre's web application: API, its description, health and metrics."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from central import health
from central.catalog import http as catalogue
from central.fleet import http as fleet
from central.inventory import http as inventory
from central.orders import http as orders
from central.platform import api_docs, problems
from central.platform.http_metrics import HttpMetrics
from central.platform.limits import BodyLimit
from central.sourcing import http as sourcing
from central.sourcing.promises import http as promises
from central.sourcing.promises.use_cases import PromiseDesk
from retail.clock import Clock
from retail.ids import IdSource

DESCRIPTION = (
    "Orders, stock and the fleet of Tillway. Amounts are integers of the currency's minor unit, times milliseconds"
    " since 1970 UTC. Errors are problem documents (RFC 9457) that name the field and the remedy. Lists are paged by"
    " cursor; orders are idempotent by the shop's own number, other changes by the header Idempotency-Key."
)


def create_app(
    engine: AsyncEngine,
    clock: Clock,
    ids: IdSource,
    *,
    version: str,
    broker_up: Callable[[], bool] | None = None,
    promise_desk: PromiseDesk | None = None,
    more: Sequence[APIRouter] = (),
) -> FastAPI:
    """The application on ``engine``; ``more`` are routers beside the API, such as the console's.

    Without a ``promise_desk`` there is one with the usual terms, which reads the network when it is asked.
    """
    app = FastAPI(title="Tillway centre", version=version, description=DESCRIPTION, docs_url=None, redoc_url=None)
    problems.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(HttpMetrics)
    for router in (
        orders.router(engine, ids), sourcing.router(engine), inventory.router(engine, clock, ids),
        promises.router(promise_desk or PromiseDesk(engine, clock)), catalogue.router(engine),
        fleet.router(engine), health.router(engine, broker_up), api_docs.router(), *more,
    ):  # fmt: skip
        app.include_router(router)
    return app
