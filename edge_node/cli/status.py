"""``edge-node status``: asks a running box how it is doing."""

import argparse
import http.client
import json

from edge_node.cli.common import add_dir, add_json, say
from edge_node.running import load_running
from edge_node.settings import load_settings
from retail.errors import Retryable

TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 1_000_000


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("status", help="ask the running box how it is doing")
    add_dir(parser)
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Show the status; 1 if something needs attention."""
    running = load_running(load_settings(arguments.dir).dir)
    connection = http.client.HTTPConnection(running.host, running.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/v1/status")
        values = json.loads(connection.getresponse().read(ANSWER_BYTES_MAX))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Retryable(f"the box at {running.host}:{running.port} does not answer: {error}") from error
    finally:
        connection.close()
    if arguments.json:
        say(json.dumps(values))
    else:
        _show(values)
    return 1 if values["attention"] else 0


def _show(values: dict[str, object]) -> None:
    say(f"{values['store']} {values['name']} ({values['role']}), box {values['box']}")
    for name in ("log", "link", "replica", "tasks", "print_jobs"):
        part = values[name]
        text = ", ".join(f"{key} {value}" for key, value in part.items()) if isinstance(part, dict) else "none"
        say(f"{name.replace('_', ' '):<12}{text or 'none'}")
    devices = values["devices"]
    for device in devices if isinstance(devices, list) else []:
        say(f"{device['name']:<12}{device['state']}: {device['detail']}")
    problems = values["attention"]
    for problem in problems if isinstance(problems, list) else []:
        say(f"! {problem}")
