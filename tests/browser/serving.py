"""An app on a real port of this machine, which can be stopped and started again as a box or a centre may."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"


def port_of() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class _Server(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


class Served:
    """The server of an app."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app, self.port = app, port
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        """Begin to answer."""
        config = uvicorn.Config(
            self._app, host=HOST, port=self.port, log_level="error", lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stop answering; connections break."""
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        self._server.force_exit = True
        await self._task
        self._server = self._task = None


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, port: int) -> AsyncIterator[Served]:
    """``app`` on ``port``."""
    served = Served(app, port)
    await served.start()
    try:
        yield served
    finally:
        await served.stop()
