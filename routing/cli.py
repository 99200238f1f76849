"""The command line of the optimiser: solve a benchmark instance."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from retail.errors import Refused
from routing.batch.efforts import EFFORTS, STANDARD
from routing.batch.solve import Progress, solve
from routing.instance import read, write

USAGE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0, or 2 where the input cannot be used."""
    arguments = _parser().parse_args(argv)
    try:
        return _solve(arguments)
    except Refused as error:
        sys.stderr.write(f"routing: {error}\n")
        return USAGE


def _solve(arguments: argparse.Namespace) -> int:
    started = time.perf_counter()

    def watch(progress: Progress) -> bool:
        if not arguments.quiet:
            seconds = time.perf_counter() - started
            sys.stderr.write(f"{seconds:7.1f} s  {_said(progress)}\n")
        return arguments.seconds is None or time.perf_counter() - started < arguments.seconds

    instance = read(arguments.instance)
    solution = solve(instance.batch, EFFORTS[arguments.effort], arguments.seed, watch)
    write(arguments.answer, instance, solution)
    seconds = time.perf_counter() - started
    gap = (solution.cost - solution.bound) / max(abs(solution.cost), 1.0)
    if arguments.json:
        figures = {"cost": solution.cost, "bound": solution.bound, "gap": gap, "seconds": seconds}
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        said = f"cost {solution.cost:,.2f}, at least {solution.bound:,.2f}: gap {gap:.3%} in {seconds:.1f} s"
        sys.stdout.write(said + "\n")
    return 0


def _said(progress: Progress) -> str:
    gap = (progress.cost - progress.bound) / max(abs(progress.cost), 1.0)
    return f"{progress.stage:10} cost {progress.cost:14,.2f}  bound {progress.bound:14,.2f}  gap {gap:8.3%}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m routing", description="Near-optimal order routing, with a proof.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("solve", help="solve an instance (.npz) and write the plan with its prices")
    command.add_argument("instance", type=Path, help="the file with the instance's arrays")
    command.add_argument("answer", type=Path, help="the file to write: assignment, prices, bound")
    command.add_argument("--effort", choices=sorted(EFFORTS), default=STANDARD.name, help="how much work to do")
    command.add_argument("--seed", type=int, default=0, help="seed of what is drawn at random")
    command.add_argument("--seconds", type=float, help="end after the stage that passes this many seconds")
    command.add_argument("--json", action="store_true", help="print the figures as JSON")
    command.add_argument("--quiet", action="store_true", help="print no progress")
    return parser
