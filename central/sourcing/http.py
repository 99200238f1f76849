"""Why an order goes where it goes, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncEngine

from central.platform.problems import Problem, documented, not_found
from central.sourcing import reads
from central.sourcing.reads import OrderDecision


def router(engine: AsyncEngine) -> APIRouter:
    """The routes of sourcing."""
    routes = APIRouter(prefix="/v1/orders", tags=["sourcing"])

    @routes.get("/{order_id}/decision", responses=dict(documented(404)))
    async def get_decision(
        order_id: UUID, decision: Annotated[UUID | None, Query(description="an earlier one; else the newest")] = None
    ) -> OrderDecision:
        """Why the order goes where it goes: a sentence, what each rule removed, candidates with their cost by term, the
        runner-up, what would have altered the choice, and the run that decided with its proved bound."""
        async with engine.connect() as conn:
            found = await reads.order_decision(conn, order_id, decision)
            if found is not None:
                return found
            if decision is not None or not await reads.is_order(conn, order_id):
                raise not_found("order" if decision is None else "decision of this order")
        raise Problem(
            404, "not-decided", "Nobody has decided about this order yet.",
            "it is on hold, or it waits for the next run of sourcing",
        )  # fmt: skip

    return routes
