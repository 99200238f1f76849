"""The fleet over HTTP, to read."""

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncEngine

from central.fleet import reads
from central.fleet.reads import BoxView, LocationView
from central.platform.paging import LIMIT_DEFAULT, Cursor, Limit, Page, decode_cursor, encode_cursor
from central.platform.problems import documented


def router(engine: AsyncEngine) -> APIRouter:
    """``/v1/locations`` and ``/v1/fleet``."""
    routes = APIRouter(prefix="/v1", tags=["fleet"])

    @routes.get("/locations", responses=dict(documented()))
    async def list_locations(limit: Limit = LIMIT_DEFAULT, cursor: Cursor = "") -> Page[LocationView]:
        """All locations by key, a page at a time."""
        async with engine.connect() as conn:
            found = await reads.locations(conn, decode_cursor(cursor), limit + 1)
        shown = found[:limit]
        return Page(items=shown, next=encode_cursor(shown[-1].location) if len(found) > limit else None)

    @routes.get("/fleet", responses=dict(documented()))
    async def list_boxes(limit: Limit = LIMIT_DEFAULT, cursor: Cursor = "") -> Page[BoxView]:
        """The locations with a box, by key, and how their boxes are."""
        async with engine.connect() as conn:
            found = await reads.boxes(conn, decode_cursor(cursor), limit + 1)
        shown = found[:limit]
        return Page(items=shown, next=encode_cursor(shown[-1].location) if len(found) > limit else None)

    return routes
