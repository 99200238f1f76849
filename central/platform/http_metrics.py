"""Counts requests by route and status, and how long they took."""

import time

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Counter(
    "tillway_central_http_requests_total", "Requests by route and status.", ["method", "route", "status"]
)
SECONDS = Histogram("tillway_central_http_request_seconds", "Time to answer a request.", ["method", "route"])


class HttpMetrics:
    """Measures what passes through. An address that no route knows counts under one name, so nobody can grow it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            method = scope["method"] if route != "unknown" else "ANY"
            REQUESTS.labels(method, route, status).inc()
            SECONDS.labels(method, route).observe(time.monotonic() - begun)
