"""``edge-node run``: runs the box."""

import argparse
import asyncio

from edge_node import logs
from edge_node.cli.common import add_dir, add_json, say
from edge_node.running import Running
from edge_node.settings import load_settings


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "run",
        help="run the box",
        description="Runs the box until SIGTERM or Ctrl-C, then finishes what was begun. SIGHUP reads the grant again. "
        "Settings come from TILLWAY_EDGE_* variables.",
    )
    add_dir(parser)
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run until a signal."""
    from edge_node.composition import run

    settings = load_settings(arguments.dir)
    logs.configure(settings.log_level, as_json=settings.log_json)

    def ready(running: Running) -> None:
        if arguments.json:
            say(f'{{"host": "{running.host}", "port": {running.port}, "pid": {running.pid}}}')

    asyncio.run(run(settings, on_ready=ready))
    return 0
