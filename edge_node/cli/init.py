"""``edge-node init``: makes the data folder of a new box."""

import argparse
from pathlib import Path

from pydantic import ValidationError

from edge_node.cli.common import add_json, answer
from edge_node.manifest import MANIFEST_NAME, Manifest, as_refusal, parse_manifest
from edge_node.storage.box import create_box
from edge_node.storage.store import DATABASE_NAME
from edge_node.storage.transaction import Context
from edge_node.timekeeping import machine_time_quality, stamps
from retail.clock import SystemClock
from retail.errors import Refused
from retail.ids import SystemIds


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("init", help="make the data folder of a new box")
    parser.add_argument("--dir", type=Path, required=True, help="data folder to make")
    parser.add_argument("--store", help="number of the location: S and four digits, W for a warehouse")
    parser.add_argument("--role", choices=("store", "warehouse"), help="default: by the number")
    parser.add_argument("--name", help="what people call it (default: its number)")
    parser.add_argument("--address", action="append", default=[], help="a line of the address on receipts")
    parser.add_argument("--currency", default="EUR", help="ISO 4217 (default: EUR)")
    parser.add_argument("--time-zone", default="UTC", help="IANA name (default: UTC)")
    parser.add_argument("--cutover-hour", type=int, default=4, help="when a business day begins (default: 4)")
    parser.add_argument("--zone", default="all", help="price zone (default: all)")
    parser.add_argument("--register", action="append", default=[], metavar="NUMBER[=PRINTER]", help="four digits")
    parser.add_argument("--pick-printer", default="main", help="printer of pick lists (default: main)")
    parser.add_argument("--broker", metavar="HOST:PORT", help="the centre's broker")
    parser.add_argument("--lan", metavar="HOST:PORT", default="127.0.0.1:8700", help="where the API listens")
    parser.add_argument("--replica", default="", help="folder or URL of the second copy")
    parser.add_argument("--manifest", type=Path, help="take everything from this manifest instead")
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Make the folder, the manifest and the database."""
    manifest = _given(arguments.manifest) if arguments.manifest else _manifest(arguments)
    folder: Path = arguments.dir.absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / MANIFEST_NAME).exists():
        raise Refused("dir", f"{folder} holds a box already", "choose an empty folder")
    clock = SystemClock()
    ids = SystemIds(clock)
    stamp = stamps(clock, manifest.time_zone, manifest.cutover_hour, machine_time_quality)
    text = manifest.model_dump_json(indent=2)
    box = ids.uuid7()
    log = create_box(folder / DATABASE_NAME, manifest.store, box, text, Context(ids, stamp))
    (folder / MANIFEST_NAME).write_text(text, encoding="utf-8")
    answer(
        arguments,
        {"store": manifest.store, "box": str(box), "head": log.head, "head_hash": log.head_hash.hex(),
         "dir": str(folder)},
    )  # fmt: skip
    return 0


def _given(path: Path) -> Manifest:
    try:
        return parse_manifest(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused("manifest", f"{path} cannot be read: {error.strerror}", "check the path") from error


def _manifest(arguments: argparse.Namespace) -> Manifest:
    if not arguments.store:
        raise Refused("store", "it is missing", "give --store, or a whole --manifest")
    try:
        return Manifest.model_validate(
            {
                "store": arguments.store,
                "role": arguments.role or ("warehouse" if arguments.store.startswith("W") else "store"),
                "name": arguments.name or arguments.store,
                "address": arguments.address,
                "currency": arguments.currency,
                "time_zone": arguments.time_zone,
                "cutover_hour": arguments.cutover_hour,
                "zone": arguments.zone,
                "registers": [_register(text) for text in arguments.register],
                "pick_printer": arguments.pick_printer,
                "broker": _address("broker", arguments.broker) if arguments.broker else None,
                "lan": _address("lan", arguments.lan),
                "replica": arguments.replica,
            }
        )
    except ValidationError as error:
        raise as_refusal(error) from error


def _register(text: str) -> dict[str, str]:
    number, _, printer = text.partition("=")
    return {"number": number, "printer": printer or "main"}


def _address(field: str, text: str) -> dict[str, str]:
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise Refused(field, f"{text[:60]!r} is not HOST:PORT", "write it like 127.0.0.1:1883")
    return {"host": host, "port": port}
