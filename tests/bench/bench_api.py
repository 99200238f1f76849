"""How long the plain API takes while the centre's own solver works on a batch, and while that stands still.

``central serve`` with its workers runs in a process of its own on a real PostgreSQL, and its solver in another one, as
always. So many orders are open that the batch lasts for the whole benchmark; in the rounds at rest the solver's process
is stopped by a signal, and goes on afterwards where it was. There is no broker, and no offer before the batch ends.
"""

import asyncio
import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from central.platform.engine import make_engine
from firmware_config.supervisor import ChildSpec, Supervisor, port_is_open
from retail.clock import ManualClock, SystemClock
from simulators.broker import free_port
from tests.bench.benchmark import Benchmark, Row, Setting
from tests.bench.figures import Figures, Rounds, alternating, percentile_ms
from tests.bench.network import CURRENCY, PRICE_CENTS, Network
from tests.bench.over_http import connection, processor_s

PLACES, PLACES_QUICK = 200, 12
SKUS = 60
OPEN, OPEN_QUICK = 600, 60
"""Orders that wait for the batch when the centre starts."""
ROUNDS, ROUNDS_QUICK = 10, 2
ASKED, ASKED_QUICK = 60, 10
"""Requests of each kind in a round."""
WARM_UP = 20
BEGINS_S_MAX = 120.0
DEADLINE_S = 3_600


@dataclass
class Asked:
    """Seconds, round by round, of an order that is looked at and of one that is placed."""

    get: list[list[float]] = field(default_factory=list)
    post: list[list[float]] = field(default_factory=list)


async def run(setting: Setting) -> Figures:
    """The figures of all rounds."""
    await _fill(setting)
    rounds, count = (ROUNDS_QUICK, ASKED_QUICK) if setting.quick else (ROUNDS, ASKED)
    rest, busy = Asked(), Asked()
    worked_s = lasted_s = 0.0
    async with Supervisor() as children, _centre(children, setting) as (port, centre):
        solver = await _solver_of(centre)
        with connection(port) as line:
            shopper = Shopper(line)
            await asyncio.to_thread(shopper.ask, WARM_UP, Asked())
            for number in range(rounds):
                for works in (True, False) if alternating(number) else (False, True):
                    os.kill(solver, signal.SIGCONT if works else signal.SIGSTOP)
                    begun, before_s = time.perf_counter(), processor_s(solver)
                    await asyncio.to_thread(shopper.ask, count, busy if works else rest)
                    if works:
                        worked_s += processor_s(solver) - before_s
                        lasted_s += time.perf_counter() - begun
    return {
        "asked": 4 * rounds * count,
        "solver_pct": 100 * worked_s / lasted_s,
        **_figures("get", busy.get, rest.get),
        **_figures("post", busy.post, rest.post),
    }


def _figures(name: str, busy: Rounds, rest: Rounds) -> Figures:
    """Percentiles of one kind of request, and their ratios."""
    figures = {
        f"{name}_{state}_p{percent}_ms": percentile_ms(rounds, percent)
        for state, rounds in (("rest", rest), ("busy", busy))
        for percent in (50, 99)
    }
    return figures | {
        f"{name}_p{percent}_ratio": figures[f"{name}_busy_p{percent}_ms"] / figures[f"{name}_rest_p{percent}_ms"]
        for percent in (50, 99)
    }


class Shopper:
    """Places orders over ``line``, none like another, and looks at the last one."""

    def __init__(self, line: http.client.HTTPConnection) -> None:
        self._line, self._numbers = line, itertools.count(1)

    def ask(self, count: int, into: Asked) -> None:
        """A round of ``count`` orders, each of which is looked at."""
        into.get.append([])
        into.post.append([])
        for _ in range(count):
            placed, seconds = self._answered("POST", "/v1/orders", self._wanted(), http.client.CREATED)
            into.post[-1].append(seconds)
            _, seconds = self._answered("GET", f"/v1/orders/{placed['order_id']}", b"", http.client.OK)
            into.get[-1].append(seconds)

    def _wanted(self) -> bytes:
        number = next(self._numbers)
        line = {
            "id": "1",
            "sku": f"sku{number % SKUS}",
            "quantity": 1,
            "unit_price": PRICE_CENTS,
            "amount": PRICE_CENTS,
        }
        to = {"zip": "43215", "country": "US", "lat": 30 + number % 15, "lon": -120 + number % 45}
        return json.dumps({
            "platform": "shopper", "platform_order_id": str(number), "service": "ship", "customer_name": "Ada",
            "ship_to": to, "currency": CURRENCY, "lines": [line], "tax_total": 0, "total": PRICE_CENTS,
            "placed_ms": number,
        }).encode()  # fmt: skip

    def _answered(self, method: str, path: str, body: bytes, status: int) -> tuple[dict[str, str], float]:
        """The answer, and the seconds that it took to come."""
        begun = time.perf_counter()
        self._line.request(method, path, body, {"content-type": "application/json"})
        answer = self._line.getresponse()
        text = answer.read()
        seconds = time.perf_counter() - begun
        if answer.status != status:
            raise RuntimeError(f"the centre answered {answer.status}: {text[:500]!r}")
        return json.loads(text), seconds


async def _fill(setting: Setting) -> None:
    """The network, and the orders that wait."""
    engine = make_engine(setting.database_url)
    try:
        clock = ManualClock(SystemClock().now_ms())
        network = Network(engine, clock, places=PLACES_QUICK if setting.quick else PLACES, skus=SKUS)
        await network.open()
        await network.order(OPEN_QUICK if setting.quick else OPEN)
    finally:
        await engine.dispose()


@contextlib.asynccontextmanager
async def _centre(children: Supervisor, setting: Setting) -> AsyncIterator[tuple[int, int]]:
    """``central serve`` with its workers: the port on which it answers, and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    env = {
        "DATABASE_URL": setting.database_url,
        "TILLWAY_CENTRAL_SILENT_S": "86400",
        "TILLWAY_CENTRAL_BROKER_PORT": str(free_port()),
        "TILLWAY_CENTRAL_SOURCING_DEADLINE_S": str(DEADLINE_S),
    }
    child = await children.start(
        ChildSpec(
            "central", [sys.executable, "-m", "central", "serve", "--port", str(port)], env=os.environ | env,
            log=setting.folder / "centre.log", ready=lambda: port_is_open("127.0.0.1", port), restarts=False,
        )
    )  # fmt: skip
    yield port, child.pid


async def _solver_of(centre: int) -> int:
    """The process of the centre that the batch was given to."""
    async with asyncio.timeout(BEGINS_S_MAX):
        while not (found := _solvers(centre)):
            await asyncio.sleep(0.1)
    return found[0]


def _solvers(centre: int) -> list[int]:
    children = Path(f"/proc/{centre}/task/{centre}/children").read_text(encoding="utf-8")
    return [pid for pid in map(int, children.split()) if b"solver_process" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _rows(name: str, text: str) -> tuple[Row, ...]:
    return (
        Row(f"{name}_p99_ratio", f"{text}: p99 while the solver works ÷ at rest", "×", 2),
        Row(f"{name}_p50_ratio", f"{text}: p50 while the solver works ÷ at rest", "×", 2),
        Row(f"{name}_rest_p50_ms", f"{text}: p50 at rest", "ms"),
        Row(f"{name}_rest_p99_ms", f"{text}: p99 at rest", "ms"),
        Row(f"{name}_busy_p50_ms", f"{text}: p50 while the solver works", "ms"),
        Row(f"{name}_busy_p99_ms", f"{text}: p99 while the solver works", "ms"),
    )


BENCHMARK = Benchmark(
    name="api",
    title="Orders over HTTP beside the batch optimiser",
    about=(
        "`POST /v1/orders` and `GET /v1/orders/{id}` in turns on one connection that is kept, at a centre with its "
        f"workers and PostgreSQL in processes of their own. All the while its own solver has a batch of {OPEN} orders "
        f"over {PLACES} places to decide, on a synthetic network; in the rounds at rest its process is stopped by a "
        "signal."
    ),
    against="the same requests in the rounds at rest, which alternate with the others: ratios of percentiles.",
    targets="none of its own; the optimiser should cost whoever places an order little.",
    rows=(
        *_rows("post", "an order placed"),
        *_rows("get", "an order looked at"),
        Row("solver_pct", "the solver's share of one processor meanwhile", "%", 0),
        Row("asked", "requests", "", 0),
    ),
    run=run,
    needs_database=True,
)
