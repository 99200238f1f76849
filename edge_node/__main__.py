"""The command ``edge-node``. Says which extra is missing before it imports anything that needs it."""

import sys
from importlib.util import find_spec

EXIT_UNAVAILABLE = 69
"""sysexits.h, EX_UNAVAILABLE: something that the program needs is not installed."""

NEEDED = (
    "escpos", "fastapi", "jinja2", "libusb_package", "msgspec", "paho", "prometheus_client", "pydantic_settings",
    "serial", "structlog", "usb", "uvicorn", "zstandard",
)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Run the command. Returns its exit status."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(f"edge-node needs {', '.join(missing)}, which is not installed: pip install tillway[edge]\n")
        return EXIT_UNAVAILABLE
    from edge_node.cli.main import run_command

    return run_command(argv)


if __name__ == "__main__":
    sys.exit(main())
