"""A limit on what anybody may send."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_node.lan.problems import MEDIA_TYPE, Problem

BODY_BYTES_MAX = 256 * 1024
"""The largest request: 500 lines take a tenth of it."""


class BodyLimit:
    """Refuses a larger body with 413 before anything looks at it, whatever its headers claim."""

    def __init__(self, app: ASGIApp, bytes_max: int = BODY_BYTES_MAX) -> None:
        self._app, self._bytes_max = app, bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        chunks: list[bytes] = []
        size, more = _declared(scope), True
        while more and size <= self._bytes_max:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            chunks.append(message.get("body", b""))
            size = max(size, sum(map(len, chunks)))
            more = message.get("more_body", False)
        if size > self._bytes_max:
            await _refuse(send, self._bytes_max)
            return
        await self._app(scope, _replay(b"".join(chunks), receive), send)


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message


async def _refuse(send: Send, bytes_max: int) -> None:
    problem = Problem(title="Too large", status=413, detail=f"send at most {bytes_max} bytes in one request")
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": problem.model_dump_json().encode()})
