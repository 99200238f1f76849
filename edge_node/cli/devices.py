"""``edge-node devices``: what is plugged in, and what the manifest knows of it. Sends nothing to any device."""

import argparse
from pathlib import Path

from edge_node.cli.common import add_dir, add_json, answer, say
from edge_node.devices import load_profiles
from edge_node.manifest import load_manifest
from edge_node.peripherals.receipt_printer.usb import list_printers, system_backend
from edge_node.settings import load_settings

SERIAL_LINKS = Path("/dev/serial/by-id")
"""Where udev keeps a link for each serial adapter that has a serial number: it survives replugging."""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("devices", help="list printers and serial ports that are plugged in")
    add_dir(parser)
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """List them."""
    folder = load_settings(arguments.dir).dir
    manifest, profiles = load_manifest(folder), load_profiles(folder)
    usb = system_backend()
    printers = [
        {
            "where": str(found),
            "serial_number": found.serial,
            "port": found.port,
            "model": found.model,
            "profile": known.name if (known := profiles.for_usb(found.vendor, found.product)) else "",
        }
        for found in (list_printers(usb) if usb is not None else [])
    ]
    ports = [str(path) for path in sorted(SERIAL_LINKS.glob("*"))]
    configured = [*(entry.name for entry in manifest.printers), *(entry.name for entry in manifest.scanners)]
    if arguments.json:
        answer(arguments, {"usb_printers": printers, "serial_ports": ports, "configured": configured})
        return 0
    for each in printers:
        say(f"printer  {each['where']}  {each['model']}  profile: {each['profile'] or '-'}")
    for port in ports:
        say(f"port     {port}")
    say(f"manifest {', '.join(configured) or 'names no devices'}")
    return 0
