"""The demo from the empty folder to the comparison at its end."""

import asyncio
import contextlib
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any

from retail.clock import SystemClock
from retail.ids import SystemIds
from simulators import journey, world
from simulators.broker import free_port
from simulators.compare import compare
from simulators.demo import network
from simulators.demo.chaos import Chaos
from simulators.demo.commands import run_json
from simulators.demo.drain import drained
from simulators.demo.options import Options
from simulators.demo.result import Result, result
from simulators.demo.screen import Screen
from simulators.demo.stack import SCANNING_REGISTER, Stack, peripherals, processes
from simulators.people.client import GaveUp, PatientClient
from simulators.people.customers import WebShop
from simulators.people.shoppers import Register
from simulators.people.staff import Picker
from simulators.people.tally import Tally
from simulators.world import World

GRACE_S = 20.0
"""Orders older than this when the shops close should be fulfilled by the end."""
FINISH_S = 20.0
"""How long staff go on after closing at most, so that what was begun is finished."""
DRAIN_S = 120.0
SCREEN_S = 0.5


async def demo(options: Options, screen: Screen) -> Result:
    """Run a demo. Raises what keeps it from running; whatever happens, no process stays behind."""
    started = time.monotonic()
    with _folder(options) as folder, screen:
        port = options.port or free_port()
        async with processes(folder, port, options.png) as stack:
            screen.step("broker and PostgreSQL run")
            the_world = await _set_up(options, stack, screen)
            tally, chaos = Tally(), Chaos(stack, random.Random(options.seed))
            with peripherals(stack):
                await asyncio.gather(*(stack.start_box(place) for place in stack.boxes.values()))
                screen.step(f"{len(stack.boxes)} boxes run: {', '.join(stack.boxes)}")
                screen.step(f"console: {stack.url}    handhelds: " + "  ".join(
                    f"{place.url}/handheld" for place in stack.boxes.values()
                ))  # fmt: skip
                due = await _day(options, stack, the_world, tally, chaos, screen)
                lag = await drained(stack, DRAIN_S, lambda lag: screen.figures("draining", {"left": lag}))
                screen.end_figures()
                screen.step(f"drained: {lag}")
                await _stop_boxes(stack)
            await stack.supervisor.stop_child(stack.child("central"))
            screen.step("comparing the boxes' files with PostgreSQL")
            comparison = compare(
                {location: place.database for location, place in stack.boxes.items()}, stack.database_url, tally.sales
            )
            if not lag.is_zero:
                comparison.say(f"not drained after {DRAIN_S:.0f} s: {lag}")
            return result(stack, comparison, tally, time.monotonic() - started, due, chaos.done)


@contextlib.contextmanager
def _folder(options: Options) -> Iterator[Path]:
    """The run's folder: the one that was asked for, or one that goes with the run."""
    if options.png is not None:
        options.png.mkdir(parents=True, exist_ok=True)
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        yield options.folder.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="tillway-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _set_up(options: Options, stack: Stack, screen: Screen) -> World:
    """Import network, catalogue and stock by the product's own commands; install and grant the boxes."""
    await run_json("central", "migrate", env=stack.env)
    the_world = world.generate(options.seed)
    if options.network is not None:
        arguments = ("--zip-centroids", options.destinations) if options.destinations else ()
        report = await run_json("central", "import", "network", options.network, *arguments, env=stack.env)
        screen.step(_summary(report))
        sites = network.choose_sites(stack.database_url, options.seed)
        the_world = journey.restock(the_world, [*sites, the_world.sites[-1]], options.network)
    if options.destinations is not None:
        the_world = network.with_destinations(the_world, options.destinations)
    if options.baskets is not None:
        the_world, cleaning = journey.with_baskets(the_world, options.baskets)
        screen.step(cleaning.summary())
    files = world.write_files(the_world, stack.folder / "import")
    screen.step(_summary(await run_json("central", "import", "network", files["network"], env=stack.env)))
    await run_json("central", "import", "network", files["services"], env=stack.env)
    catalogue = await run_json(
        "central", "import", "catalogue", files["catalogue"], "--tax", files["tax"], env=stack.env
    )
    screen.step(_summary(catalogue))
    screen.step(_summary(await run_json("central", "import", "stock", files["stock"], env=stack.env)))
    await asyncio.gather(stack.start_centre(), *(stack.install_box(site) for site in the_world.sites))
    screen.step("the centre runs")
    return the_world


async def _day(
    options: Options, stack: Stack, the_world: World, tally: Tally, chaos: Chaos, screen: Screen
) -> set[str]:
    """Open the shops, close them, let staff finish. Returns the orders that are due by the end."""
    chance, clock = random.Random(options.seed), SystemClock()
    ids = SystemIds(clock)
    closing, leaving = asyncio.Event(), asyncio.Event()
    async with contextlib.AsyncExitStack() as clients:
        tills = [(site, number) for site in the_world.stores for number in range(1, site.registers + 1)]
        registers = [
            Register(
                site.location, f"{number:04d}",
                await clients.enter_async_context(PatientClient(stack.boxes[site.location].url)),
                the_world, random.Random(chance.random()), ids, tally, len(tills) / options.sales_per_s,
                stack.scanners[site.location] if f"{number:04d}" == SCANNING_REGISTER else None,
            )
            for site, number in tills
        ]  # fmt: skip
        shop = WebShop(
            await clients.enter_async_context(PatientClient(stack.url)), the_world, random.Random(chance.random()),
            clock, tally, 1 / options.orders_per_s,
        )  # fmt: skip
        pickers = [
            Picker(
                location, await clients.enter_async_context(PatientClient(place.url)),
                random.Random(chance.random()), ids, tally, shop.collect_code,
            )
            for location, place in stack.boxes.items()
        ]  # fmt: skip
        async with _ctrl_c(closing), asyncio.TaskGroup() as work:
            people = [work.create_task(_patiently(each.run(closing))) for each in registers]
            people.append(work.create_task(_patiently(shop.run(closing))))
            staff = [work.create_task(_patiently(each.run(leaving))) for each in pickers]
            watch = work.create_task(_watch(screen, tally, chaos.done))
            if options.kills and options.seconds:
                work.create_task(chaos.run(chaos.plan(options.kills, options.seconds)))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(options.seconds):
                    await closing.wait()
            closing.set()
            await asyncio.gather(*people)
            due = {order for order, at_s in tally.orders.items() if clock.monotonic() - at_s > GRACE_S}
            await drained(stack, FINISH_S, lambda _lag: None, with_tasks=True)
            leaving.set()
            await asyncio.gather(*staff)
            watch.cancel()
    screen.end_figures()
    screen.step(f"the shops are closed: {tally.sales_count} sales, {len(tally.orders)} orders")
    return due


async def _patiently(work: Coroutine[object, object, None]) -> None:
    """Somebody's day; who gets no answer for too long goes home, and the comparison shows what came of it."""
    with contextlib.suppress(GaveUp):
        await work


async def _watch(screen: Screen, tally: Tally, kills: Counter[str]) -> None:
    while True:
        figures: dict[str, object] = {"sales": tally.sales_count, "orders": len(tally.orders), **tally.steps}
        if kills:
            figures["killed"] = ", ".join(f"{count} x {kind}" for kind, count in kills.items())
        if tally.refused:
            figures["refused"] = sum(tally.refused.values())
        screen.figures("the shops are open (Ctrl-C closes them)", figures)
        await asyncio.sleep(SCREEN_S)


async def _stop_boxes(stack: Stack) -> None:
    for location in stack.boxes:
        await stack.supervisor.stop_child(stack.child(location))


@contextlib.asynccontextmanager
async def _ctrl_c(closing: asyncio.Event) -> AsyncIterator[None]:
    """The first Ctrl-C closes the shops; the second ends everything at once."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None

    def pressed() -> None:
        if closing.is_set():
            task.cancel()
        closing.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, pressed)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _summary(answer: dict[str, Any]) -> str:
    """What an import took and what it found, in a few lines."""
    lines = []
    for report in answer["reports"]:
        lines.append(
            f"{report['kind']} from {report['source']}: {report['rows_read']:,} rows read,"
            f" {report['rows_kept']:,} taken ({report['rows_repaired']:,} repaired), {report['rows_refused']:,} refused"
        )
        lines += [f"  {count:>7,} x {problem}" for problem, count in report["problems"].items()]
    return "\n".join(lines)
