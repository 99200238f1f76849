"""``edge-node restore``: makes a box anew from its replica."""

import argparse
import time
from pathlib import Path
from uuid import UUID

from edge_node.cli.common import add_json, answer
from edge_node.replication.restore import choose_box, restore
from retail.clock import SystemClock
from retail.errors import Refused
from retail.ids import SystemIds


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "restore",
        help="make a box anew from its replica",
        description="Restores the replica of a store's box, checks its pages, its chain and all that is derived from "
        "it, and makes it the database of a new box whose log continues the old one.",
    )
    parser.add_argument("--replica", required=True, help="folder or URL of the replicas, as in the manifest")
    parser.add_argument("--store", required=True, help="number of the location")
    parser.add_argument("--box", help="which box, where the store has more than one")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="empty data folder")
    parser.add_argument("--verify-only", action="store_true", help="check the copy and leave it as it is")
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Restore, verify, install."""
    clock = SystemClock()
    begun = time.monotonic()
    box = _box(arguments.box) if arguments.box else choose_box(arguments.replica, arguments.store)
    restored = restore(
        arguments.replica, arguments.store, box, arguments.to.absolute(), verify_only=arguments.verify_only,
        clock=clock, ids=SystemIds(clock),
    )  # fmt: skip
    found = restored.verification
    values: dict[str, object] = {
        "store": restored.store, "box": str(found.box), "head": found.head, "head_hash": found.head_hash.hex(),
        "entries": found.entries,
    }  # fmt: skip
    if restored.new_box is not None:
        values |= {"new_box": str(restored.new_box), "new_head": 1, "new_head_hash": restored.new_head_hash.hex()}
    answer(arguments, values | {"seconds": round(time.monotonic() - begun, 2)})
    return 0


def _box(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("box", f"{text[:40]!r} is not the id of a box", "copy it from the replica's folder") from None
