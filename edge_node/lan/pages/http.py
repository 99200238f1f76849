"""The handheld's pages and their files."""

import functools
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from edge_node.fulfilment.picking import CARRIER_LENGTH_MAX, PACKAGES_MAX, TRACKING_LENGTH_MAX
from edge_node.lan.box import Box, TheBox
from edge_node.lan.pages.models import cancelled_tasks, one_task, open_tasks
from edge_node.lan.problems import NotFound
from retail.errors import Fatal, NeedsAttention, Retryable
from web_kit.assets import Assets
from web_kit.pages import THEME_SCRIPT, Pages

HERE = Path(__file__).parent
STATIC_PREFIX = "/handheld/static"
RETRY_S = 5
CARRIERS = ("UPS", "FedEx", "USPS", "DHL", "Own delivery")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger(__name__)

Part = Annotated[bool, Query(description="Only what changes, for a page that is open already")]


def handheld_pages(carriers: Sequence[str] = CARRIERS) -> APIRouter:
    """``/handheld`` and ``/handheld/task/{id}``. ``carriers`` are those that staff may hand packages to."""
    assets = Assets(STATIC_PREFIX, [HERE / "static"], required=["handheld.js", "handheld.css"])
    pages = Pages(HERE / "templates", assets, head_scripts=(THEME_SCRIPT, HERE / "static" / "head-keys.js"))
    pages.add(
        filters={},
        names={
            "carriers": tuple(carriers), "packages_max": PACKAGES_MAX, "carrier_length": CARRIER_LENGTH_MAX,
            "tracking_length": TRACKING_LENGTH_MAX,
        },
    )  # fmt: skip
    router = APIRouter(route_class=_route_class(pages), include_in_schema=False)
    router.routes.append(assets.route())

    @router.get("/handheld")
    async def task_list(request: Request, box: TheBox, part: Part = False) -> Response:
        tasks, cancelled = await box.store.read(lambda view: (open_tasks(view), cancelled_tasks(view)))
        to_pick = [task for task in tasks if task.state != "packed"]
        return _answer(request, pages, box, "list", part, title="Pick lists", to_pick=to_pick, cancelled=cancelled,
                       packed=[task for task in tasks if task.state == "packed"])  # fmt: skip

    @router.get("/handheld/task/{task_id}")
    async def task(request: Request, box: TheBox, task_id: UUID, part: Part = False) -> Response:
        found = await box.store.read(lambda view: one_task(view, task_id))
        if found is None:
            raise NotFound(f"pick list {task_id}")
        return _answer(request, pages, box, "task", part, title=f"Order {found.order_code}", task=found)

    return router


def _answer(request: Request, pages: Pages, box: Box, name: str, part: bool, **context: Any) -> Response:
    """The whole page, or only the part that changes; nothing (304) where that is what the handheld has."""
    place = ZoneInfo(box.manifest.time_zone)
    body = pages.render(f"handheld/{name}.html", local=functools.partial(_local, place), **context)
    tag = f'"{hashlib.sha256((pages.version + body).encode()).hexdigest()[:20]}"'
    headers = {**pages.headers, "ETag": tag, "X-Now": str(box.clock.now_ms())}
    if part and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if part:
        return Response(body, headers=headers, media_type="text/html")
    page = pages.frame(
        "handheld/frame.html", body, store=box.manifest.name or box.manifest.store, now_ms=box.clock.now_ms(), tag=tag,
        title=context["title"], page=name,
    )  # fmt: skip
    return Response(page, headers=headers, media_type="text/html")


def _local(place: ZoneInfo, ms: int) -> str:
    """A time of day at the store, with the date where it is another day's."""
    return f"{(_EPOCH + timedelta(milliseconds=ms)).astimezone(place):%H:%M}"


def _route_class(pages: Pages) -> type[APIRoute]:
    """Routes that answer failures with a page, as a person holds the device that asked."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = super().get_route_handler()

            @functools.wraps(handler)
            async def answer(request: Request) -> Response:
                try:
                    return await handler(request)
                except (NotFound, RequestValidationError):
                    return _message(pages, 404, "There is no such pick list", "It may be finished, or went elsewhere.")
                except Retryable as error:
                    return _message(pages, 503, "The box is busy", f"{error.problem}.", retry=True)
                except (NeedsAttention, Fatal) as error:
                    log.error("a page failed", path=request.url.path, problem=str(error))
                    return _message(pages, 503, "The box needs somebody", f"{error}.", retry=True)

            return answer

    return PageRoute


def _message(pages: Pages, status: int, title: str, text: str, *, retry: bool = False) -> Response:
    again = {"retry_s": RETRY_S} if retry else {}
    answer = pages.answer("handheld/message.html", status=status, title=title, text=text, **again)
    if retry:
        answer.headers["Retry-After"] = str(RETRY_S)
    return answer
