"""uvicorn under our own control: it takes a socket that is there, leaves signals alone, and says when it is ready.

Both ends stop in an order of their own, so they and not the web server decide what a signal means.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI

from retail.errors import Fatal


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket, taken before anything else begins. Raises :class:`Fatal` where it cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise Fatal(f"{host}:{port} cannot be had: {error.strerror}", "stop what uses it, or choose another") from error
    with listener:
        # Connections inherit it. asyncio sets it only on sockets that were made with a protocol number, and without it
        # an answer of two writes waits for the caller's delayed acknowledgement: 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


@contextlib.asynccontextmanager
async def serving(app: FastAPI, listener: socket.socket, stop_s: int) -> AsyncIterator[tuple[str, int]]:
    """Serve ``app`` on ``listener``; the host and port under which it answers.

    At the end, requests under way may go on for ``stop_s`` seconds.
    """
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=stop_s
    )
    server = _Server(config)
    host, port = listener.getsockname()[:2]
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    try:
        await server.ready.wait()
        yield str(host), int(port)
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
