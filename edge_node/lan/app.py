"""The box's web application."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from edge_node.lan import items, prints, problems, sales, scanner, status, stock, tasks
from edge_node.lan.box import Box
from edge_node.lan.limits import BodyLimit


def create_app(box: Box, more: Sequence[APIRouter] = ()) -> FastAPI:
    """The API of ``box``; ``more`` are routers beside it, such as the handheld's pages."""
    app = FastAPI(
        title="Tillway store box",
        version=box.software,
        description="What registers and handhelds in the store talk to. Amounts are minor units, times ms since 1970.",
        docs_url=None,  # its scripts would come from another machine
        redoc_url=None,
    )
    app.state.box = box
    problems.install(app)
    app.add_middleware(BodyLimit)
    for router in (
        status.router, items.router, sales.router, stock.router, tasks.router, prints.router, scanner.router, *more,
    ):  # fmt: skip
        app.include_router(router)
    return app
