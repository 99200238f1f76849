"""An HTTP client that does not give up: what gets no answer is asked again, unchanged."""

import asyncio
from types import TracebackType
from typing import Any, Self

import httpx

RETRY_S = 0.2
TIMEOUT_S = 5.0
AWAY = frozenset({502, 503, 504})


class GaveUp(Exception):
    """Nobody answered before the day was over. Nothing is known about what was asked."""


class PatientClient:
    """Asks one server. ``patience_s`` bounds how long a request is repeated; then :class:`GaveUp`."""

    def __init__(self, base_url: str, patience_s: float = 120.0) -> None:
        self.repeats = 0
        self._patience_s = patience_s
        self._client = httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT_S, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        """GET ``path``."""
        return await self._ask("GET", path, params=parameters)

    async def post(self, path: str, body: object) -> httpx.Response:
        """POST ``body`` as JSON. It must carry a key of its own: it may be sent more than once."""
        return await self._ask("POST", path, json=body)

    async def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_s
        while True:
            try:
                answer = await self._client.request(method, path, **arguments)
            except httpx.TransportError as error:
                problem: object = repr(error)
            else:
                if answer.status_code not in AWAY:
                    return answer
                problem = answer.status_code
            if loop.time() > deadline:
                raise GaveUp(f"{method} {path}: {problem}")
            self.repeats += 1
            await asyncio.sleep(RETRY_S)
