"""What the commands share."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]


def add_dir(parser: argparse.ArgumentParser) -> None:
    """``--dir``: the data folder."""
    parser.add_argument("--dir", type=Path, default=None, help="data folder (default: TILLWAY_EDGE_DIR)")


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``: for scripts."""
    parser.add_argument("--json", action="store_true", help="answer with one line of JSON")


def say(text: str) -> None:
    """One line for a person or a script."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def answer(arguments: argparse.Namespace, values: Json) -> None:
    """The outcome: a line of JSON, or a line for each value."""
    if arguments.json:
        say(json.dumps(values))
        return
    width = max(map(len, values), default=0)
    for name, value in values.items():
        say(f"{name.replace('_', ' '):<{width}}  {value}")
