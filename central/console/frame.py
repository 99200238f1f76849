"""How every page of the console is made: the menu around it, its links, and what is shown when something fails."""

import functools
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncEngine

from central.console import labels
from central.console.money import change, duration, money, percent
from central.console.reads import attention
from central.platform.engine import is_away
from retail.clock import Clock
from retail.errors import Refused
from retail.quantity import Quantity, Unit
from web_kit.assets import Assets
from web_kit.pages import Pages
from web_kit.words import Label

STATIC_PREFIX = "/console/static"
HERE = Path(__file__).parent
RETRY_S = 5

MENU = (
    (
        "Operate",
        (
            ("overview", "Overview", "/console", "overview"),
            ("attention", "Needs you", "/console/needs-you", "attention"),
            ("orders", "Orders", "/console/orders", "orders"),
            ("pick-lists", "Pick lists", "/console/pick-lists", "pick-list"),
            ("fleet", "Fleet", "/console/fleet", "store"),
        ),
    ),
    ("Measure", (("runs", "Runs", "/console/runs", "chart"),)),
    (
        "Admin",
        (
            ("imports", "Imports", "/console/imports", "import"),
            ("docs", "API", "/docs", "route"),
            ("styleguide", "Style guide", "/styleguide", "palette"),
        ),
    ),
)
"""Groups of (key, words, address, icon)."""

log = structlog.get_logger(__name__)


class NoSuchPage(Exception):
    """There is nothing at this address. ``what`` names what was looked for."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Frame:
    """What every page needs: the database, the clock, the templates.

    Raises :class:`web_kit.assets.AssetMissing` when the script that the build puts into ``static/vendor`` is not there.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self.engine, self.clock = engine, clock
        self.assets = Assets(STATIC_PREFIX, [HERE / "static"], required=["vendor/htmx-2.min.js"])
        self._pages = Pages(HERE / "templates", self.assets)
        self._pages.add(
            filters={
                "money": money, "change": change, "quantity": quantity, "percent": percent, "duration": duration,
            },
            names={
                "menu": MENU, "services": labels.SERVICES, "kinds": labels.KINDS, "late": labels.LATE,
                "rejections": labels.REJECTIONS, "kinds_of_runs": labels.RUN_KINDS,
            },
        )  # fmt: skip

    async def page(self, template: str, section: str, title: str, **context: Any) -> Response:
        """A page that shows what was read; ``now_ms`` in ``context`` is the time at which it was."""
        async with self.engine.connect() as conn:
            badge = await attention.total(conn)
        return self._pages.answer(f"console/{template}", section=section, title=title, badge=badge, **context)

    def message(
        self, status: int, title: str, text: str, *, icon: str = "attention", action: str = "Go to the overview",
        href: str = "/console", reference: str = "", retry_s: int | None = None,
    ) -> Response:  # fmt: skip
        """A page that says what happened. Asks the database nothing."""
        again = {} if retry_s is None else {"retry_s": retry_s}
        answer = self._pages.answer(
            "console/message.html", status=status, section="", title=title, text=text, badge=0, icon_name=icon,
            action=action, action_href=href, reference=reference, now_ms=self.clock.now_ms(), **again,
        )  # fmt: skip
        if retry_s is not None:
            answer.headers["Retry-After"] = str(retry_s)
        return answer

    def failure(self, request: Request, error: Exception) -> Response | None:
        """The page about ``error``; None for one that is nobody's to explain here."""
        address = str(request.url.replace(scheme="", netloc=""))
        if isinstance(error, NoSuchPage):
            return self.message(404, f"There is no such {error.what}", "It may have been removed, or the link is old.")
        if isinstance(error, Refused):
            return self.message(422, "This address does not work", f"{error.problem}; {error.remedy}.")
        if isinstance(error, RequestValidationError):
            return self.message(422, "This address does not work", "A part of it is not what this page understands.")
        if is_away(error):
            text = "The console cannot read anything now. Nothing was changed, and stores go on selling and picking."
            return self.message(503, "The database does not answer", text, icon="offline", action="Try again now",
                                href=address, retry_s=RETRY_S)  # fmt: skip
        reference = f"{self.clock.now_ms():x}"
        log.error("a page failed", path=request.url.path, reference=reference, exc_info=error)
        return self.message(500, "This page failed", "It is in the log of the centre. Nothing was changed.",
                            action="Try again", href=address, reference=reference)  # fmt: skip


def route_class(frame: Frame) -> type[APIRoute]:
    """Routes that answer every failure with a page instead of a problem document."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = super().get_route_handler()

            @functools.wraps(handler)
            async def answer(request: Request) -> Response:
                try:
                    return await handler(request)
                except Exception as error:
                    page = frame.failure(request, error)
                    if page is None:
                        raise
                    return page

            return answer

    return PageRoute


def links(path: str, **current: str) -> Callable[..., str]:
    """Makes the addresses of one page: the current parameters, some of them changed, empty ones left out.

    A changed view or filter begins at the first page again.
    """

    def href(**changes: str) -> str:
        asked = {**current, **changes}
        if changes.keys() - {"order", "location", "after"} or ("after" not in changes and not changes):
            asked["after"] = changes.get("after", "")
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{query}" if query else path

    return href


def quantity(amount: int, unit: str) -> str:
    """``3``, or ``1.250 kg``."""
    return str(Quantity(amount, Unit(unit))) if unit in tuple(Unit) else str(amount)


def label_of(table: Mapping[str, Label], state: str) -> Label:
    """The label of a state, or the state itself where the table does not know it."""
    return table.get(state) or Label("neutral", labels.word(state))
