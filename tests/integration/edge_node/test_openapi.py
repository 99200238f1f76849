"""The API keeps what its description promises, whatever is sent to it."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_node.lan.app import create_app
from edge_node.lan.scans import ScanBoard
from retail.clock import ManualClock
from tests.unit.edge_node.lan.conftest import open_shop

Result = TypeVar("Result")

EXAMPLES = 8
"""Requests to each endpoint, in each mode."""

NOT_PROMISED = {"/edge/events": [positive_data_acceptance, negative_data_rejection]}
"""A request of the right form may still be refused: its code may name nothing. Handheld events are refused one by one,
inside an answer of 200."""


class Loop:
    """An event loop in a thread of its own: the box lives in one loop, schemathesis makes one for each request."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def serving(self, app: ASGIApp) -> ASGIApp:
        """``app``, called from any loop and running in this one."""

        async def bridge(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            asked = [await receive()]
            while asked[-1].get("more_body"):
                asked.append(await receive())
            answered: list[Message] = []

            async def inner_receive() -> Message:
                return asked.pop(0) if asked else {"type": "http.disconnect"}

            async def inner_send(message: Message) -> None:
                answered.append(message)

            inner = asyncio.run_coroutine_threadsafe(_call(app, scope, inner_receive, inner_send), self._loop)
            await asyncio.wrap_future(inner)
            for message in answered:
                await send(message)

        return bridge


async def _call(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    loop = Loop()
    opened = open_shop(tmp_path_factory.mktemp("box"), ManualClock())
    shop = loop.run(opened.__aenter__())
    board = shop.box.scans
    board.after = lambda scan_id, wait_s: ScanBoard.after(board, scan_id, 0)  # type: ignore[method-assign]
    yield schemathesis.openapi.from_asgi("/openapi.json", loop.serving(create_app(shop.box)))
    loop.run(opened.__aexit__(None, None, None))
    loop.close()


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_endpoint_answers_as_it_says(schema: schemathesis.BaseSchema, mode: GenerationMode) -> None:
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= 17
    for operation in operations:

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(excluded_checks=NOT_PROMISED.get(case.path, [positive_data_acceptance]))

        try:
            ask()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # an endpoint without parameters cannot be asked wrongly
