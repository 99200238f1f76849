"""The command line as a whole."""

import argparse
import sys

from edge_node.cli import devices, doctor, init, restore, run, status
from retail.errors import Fatal, NeedsAttention, Refused, Retryable

EXIT_ATTENTION, EXIT_REFUSED, EXIT_TRY_AGAIN = 1, 2, 75

_DESCRIPTION = "The store box: sells, picks, prints and keeps the store's data, with or without the head office."
_EXIT_CODES = (
    "Exit status: 0 done; 1 needs attention; 2 wrong arguments or refused input; 69 not installed; 75 try again."
)


def parser() -> argparse.ArgumentParser:
    """All commands with their arguments."""
    root = argparse.ArgumentParser("edge-node", description=_DESCRIPTION, epilog=_EXIT_CODES)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (run, init, restore, status, devices, doctor):
        module.add_to(commands)
    return root


def run_command(argv: list[str] | None) -> int:
    """Carry out what ``argv`` says, and say in one sentence why if it cannot be done."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.execute(arguments))
    except Refused as refusal:
        return _failed(str(refusal), EXIT_REFUSED)
    except (NeedsAttention, Fatal) as failure:
        return _failed(str(failure), EXIT_ATTENTION)
    except Retryable as failure:
        return _failed(failure.problem, EXIT_TRY_AGAIN)


def _failed(text: str, status: int) -> int:
    sys.stderr.write(f"edge-node: {text}\n")
    return status
