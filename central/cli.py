"""The command line of the centre. Answers go to standard output, logs and complaints to standard error."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import pydantic
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from central.database import database
from central.fleet import reads as fleet_reads
from central.fleet import use_cases as fleet
from central.imports import Tools
from central.imports_cli import add_import_commands, run_import
from central.inventory import use_cases as inventory
from central.orders import check as orders_check
from central.platform import logs, outbox
from central.platform.engine import is_away, make_unpooled_engine
from central.platform.migrate import is_migrated, migrate, newest_revision
from central.rules_cli import add_rules_commands, run_rules
from central.settings import Settings
from retail.clock import SystemClock
from retail.errors import Fatal, NeedsAttention, Refused, Retryable
from retail.ids import SystemIds

EXIT_DONE, EXIT_FOUND, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_FAILED = 0, 1, 2, 69, 70
PAGE = 1_000

_EXIT_CODES = (
    "exit status: 0 done; 1 something was found (check-stock, replay, rules check); 2 the request was refused; 69 the"
    " database is away or not migrated; 70 it cannot run"
)


@dataclass(frozen=True)
class Shell:
    """What a command works with."""

    settings: Settings
    engine: AsyncEngine
    clock: SystemClock
    ids: SystemIds


def run_command(argv: Sequence[str] | None = None) -> int:
    """Do what the command line asks for. Returns the exit status."""
    args = _parser().parse_args(argv)
    try:
        settings = _settings(args)
    except pydantic.ValidationError as error:
        for finding in error.errors():
            _complain(f"setting {'.'.join(map(str, finding['loc']))}: {finding['msg']}")
        return EXIT_REFUSED
    logs.configure(level=settings.log_level.upper() if args.command in ("serve", "worker") else "WARNING")
    try:
        return asyncio.run(_COMMANDS[args.command](args, settings))
    except Refused as error:
        _complain(str(error))
        return EXIT_REFUSED
    except (Fatal, NeedsAttention) as error:
        _complain(str(error))
        return EXIT_FAILED
    except Retryable as error:
        _complain(f"{error}; try it again")
        return EXIT_FAILED
    except (SQLAlchemyError, OSError) as error:
        if not is_away(error):
            raise
        _complain(f"the database is away: {error.__cause__ or error}; start it, or correct DATABASE_URL")
        return EXIT_UNAVAILABLE
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="central",
        description="The centre of Tillway: ingest, stock, orders and their routing, API and console.",
        epilog=f"Settings come from the environment: DATABASE_URL and TILLWAY_CENTRAL_*. {_EXIT_CODES}",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    serve = commands.add_parser("serve", help="run API, console and workers")
    serve.add_argument("--no-workers", action="store_true", help="HTTP only; workers run elsewhere: central worker")
    serve.add_argument("--host", help="address to listen on (loopback unless stated)")
    serve.add_argument("--port", type=int, help="port to listen on; 0 for any")
    commands.add_parser("worker", help="run ingest, outbox, sourcing and downlink, without HTTP")
    _with_json(commands.add_parser("migrate", help="bring the database to the newest schema"))
    grant = _with_json(commands.add_parser("grant", help="let a box speak for a location, and print its grant"))
    grant.add_argument("--store", required=True, help="key of the location")
    grant.add_argument("--box", required=True, type=UUID, help="id that edge-node init printed")
    grant.add_argument("--replace", action="store_true", help="this box takes another one's place")
    add_import_commands(commands)
    _with_json(commands.add_parser("check-stock", help="prove that no stock appeared or vanished"))
    _with_json(commands.add_parser("locations", help="list the locations"))
    replayed = _with_json(commands.add_parser("replay", help="decide stored runs of sourcing again, and compare"))
    runs = replayed.add_mutually_exclusive_group(required=True)
    runs.add_argument("run", nargs="?", type=UUID, help="id of the run")
    runs.add_argument("--day", metavar="YYYY-MM-DD", help="all runs that began on this day (UTC)")
    add_rules_commands(commands)
    parked = _with_json(commands.add_parser("parked", help="list work that failed and waits for a person"))
    which = parked.add_mutually_exclusive_group()
    which.add_argument("--release", type=int, metavar="ID", help="try it anew, its cause is gone")
    which.add_argument("--discard", type=int, metavar="ID", help="give it up: its work will not be done")
    return parser


def _with_json(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    return parser


def _settings(args: argparse.Namespace) -> Settings:
    stated = {"http_host": getattr(args, "host", None), "http_port": getattr(args, "port", None)}
    return Settings(**{name: value for name, value in stated.items() if value is not None})


async def _serve(args: argparse.Namespace, settings: Settings) -> int:
    await _run(settings, http=True, workers=not args.no_workers)
    return EXIT_DONE


async def _worker(args: argparse.Namespace, settings: Settings) -> int:
    await _run(settings, http=False, workers=True)
    return EXIT_DONE


async def _run(settings: Settings, *, http: bool, workers: bool) -> None:
    # The web framework and the solver take a second to import: only for who uses them.
    from central import composition

    await composition.run(settings, http=http, workers=workers)


async def _migrate(args: argparse.Namespace, settings: Settings) -> int:
    async with database(settings) as url:
        revision = await migrate(url, SystemClock())
    _answer(args, {"revision": revision}, f"the database is at revision {revision}")
    return EXIT_DONE


async def _grant(args: argparse.Namespace, settings: Settings) -> int:
    async with _shell(settings) as shell, shell.engine.begin() as conn:
        made = await fleet.grant(conn, args.store, args.box, shell.clock, replace=args.replace)
    said = {"store": made.store, "box": str(made.box), "epoch": made.epoch, "gen": made.gen}
    _answer(args, said, f"box {made.box} speaks for {made.store} in epoch {made.epoch} of generation {made.gen}")
    return EXIT_DONE


async def _import(args: argparse.Namespace, settings: Settings) -> int:
    terminal = sys.stderr if sys.stderr.isatty() else None
    async with _shell(settings) as shell:
        tools = Tools(shell.ids, shell.clock, inventory.adjust_stock)
        return await run_import(args, shell.engine, tools, sys.stdout, terminal)


async def _check_stock(args: argparse.Namespace, settings: Settings) -> int:
    async with _shell(settings) as shell, shell.engine.connect() as conn:
        # One snapshot: what is written meanwhile is either all there or not at all.
        await conn.execution_options(isolation_level="REPEATABLE READ")
        found = [*await inventory.check_stock(conn), *await orders_check.check_claims(conn)]
    lines = [f"{finding.account}: {finding.what}: {finding.detail}" for finding in found]
    _answer(args, {"findings": [asdict(finding) for finding in found]},
            *(lines or ["every quantity is in exactly one place"]))  # fmt: skip
    return EXIT_FOUND if found else EXIT_DONE


async def _locations(args: argparse.Namespace, settings: Settings) -> int:
    async with _shell(settings) as shell, shell.engine.connect() as conn:
        found, after = [], ""
        while page := await fleet_reads.locations(conn, after, PAGE):
            found += page
            after = page[-1].location
    lines = [
        f"{place.location:12} {place.kind:10} {place.backing:6} {'open' if place.open_for_orders else 'closed':6}"
        f" {place.name}"
        for place in found
    ]
    _answer(args, {"locations": [place.model_dump() for place in found]}, *lines)
    return EXIT_DONE


async def _parked(args: argparse.Namespace, settings: Settings) -> int:
    async with _shell(settings) as shell, shell.engine.begin() as conn:
        if args.release is not None or args.discard is not None:
            change, number = (outbox.release, args.release) if args.discard is None else (outbox.discard, args.discard)
            if not await change(conn, number, "command line"):
                raise Refused("id", f"no parked message has the number {number}", "see central parked")
        waiting = await outbox.parked(conn)
    lines = [f"{message.id} {message.topic} {message.key}: {message.error}" for message in waiting]
    _answer(args, {"parked": [asdict(message) for message in waiting]}, *(lines or ["nothing is parked"]))
    return EXIT_DONE


async def _replay(args: argparse.Namespace, settings: Settings) -> int:
    from central.sourcing.replay import replay, runs_of
    from central.sourcing.solver import Solver

    async with _shell(settings) as shell, Solver("replay", settings.sourcing_deadline_s) as solver:
        runs = [args.run] if args.run else await runs_of(shell.engine, args.day)
        done = []
        for number, run_id in enumerate(runs, 1):
            _progress(f"replaying run {number} of {len(runs)}")
            done.append(await replay(shell.engine, solver.ask, run_id))
        _progress("")
    failed = [each for each in done if not each.is_same]
    decisions = sum(each.decisions for each in done)
    lines = [f"run {each.run_id}: {what}" for each in failed for what in each.differences]
    lines += [f"run {each.run_id} was made by {each.other_version}" for each in failed if each.other_version]
    lines.append(f"{decisions} decisions of {len(done)} runs, {len(failed)} runs not reproduced")
    said = [{**asdict(each), "same": each.is_same} for each in done]
    _answer(args, {"runs": said, "decisions": decisions, "not_reproduced": len(failed)}, *lines)
    return EXIT_FOUND if failed else EXIT_DONE


def _progress(text: str) -> None:
    """One line on a terminal that the next one replaces; nothing where nobody watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


async def _rules(args: argparse.Namespace, settings: Settings) -> int:
    async with _shell(settings) as shell:
        return await run_rules(args, shell.engine, shell.clock, settings.silent_s, settings.carrier_services)


_COMMANDS = {
    "serve": _serve,
    "worker": _worker,
    "migrate": _migrate,
    "grant": _grant,
    "import": _import,
    "check-stock": _check_stock,
    "locations": _locations,
    "parked": _parked,
    "replay": _replay,
    "rules": _rules,
}


@asynccontextmanager
async def _shell(settings: Settings) -> AsyncIterator[Shell]:
    """A migrated database to work on. Raises :class:`NeedsAttention` for one that is not."""
    clock = SystemClock()
    async with database(settings) as url:
        if not settings.database_url:
            await migrate(url, clock)
        engine = make_unpooled_engine(url)
        try:
            async with engine.connect() as conn:
                if not await is_migrated(conn):
                    raise NeedsAttention(f"the database is not at revision {newest_revision()}", "run central migrate")
            yield Shell(settings, engine, clock, SystemIds(clock))
        finally:
            await engine.dispose()


def _answer(args: argparse.Namespace, content: dict[str, Any], *lines: str) -> None:
    said = json.dumps(content, default=str) if args.json else "\n".join(lines)
    sys.stdout.write(f"{said}\n")


def _complain(problem: str) -> None:
    sys.stderr.write(f"central: {problem}\n")
