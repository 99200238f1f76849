"""Size limits for requests, before anything reads them."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central.platform.problems import Problem

BODY_BYTES_MAX = 1024 * 1024


class BodyLimit:
    """Answers 413 to a request whose body is larger than ``bytes_max``, stated or not."""

    def __init__(self, app: ASGIApp, bytes_max: int = BODY_BYTES_MAX) -> None:
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > self._bytes_max:
            await self._too_large().response()(scope, receive, send)
            return
        seen = 0
        answered = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._bytes_max:
                raise self._too_large()
            return message

        async def corrected(message: Message) -> None:
            """Whatever the application makes of a body that broke off, the caller is told why it did."""
            nonlocal answered
            if seen <= self._bytes_max:
                await send(message)
            elif not answered:
                answered = True
                await self._too_large().response()(scope, receive, send)

        await self._app(scope, counted, corrected)

    def _too_large(self) -> Problem:
        return Problem(413, "too-large", "The request is too large.", f"send at most {self._bytes_max} bytes at once")
