"""The command ``tillway-sim``. Says which extra is missing before it imports anything that needs it."""

import sys
from importlib.util import find_spec

EXIT_UNAVAILABLE = 69
"""sysexits.h, EX_UNAVAILABLE: something that the program needs is not installed."""

NEEDED = (
    "amqtt",
    "escpos",
    "fastapi",
    "httpx",
    "msgspec",
    "numpy",
    "PIL",
    "psycopg",
    "rich",
    "sqlalchemy",
)


def main(argv: list[str] | None = None) -> int:
    """Run the command. Returns its exit status."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(f"tillway-sim needs {', '.join(missing)}, which is not installed: pip install tillway[sim]\n")
        return EXIT_UNAVAILABLE
    from simulators.cli import run_command

    return run_command(argv)


if __name__ == "__main__":
    sys.exit(main())
