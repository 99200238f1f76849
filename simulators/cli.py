"""The commands of ``tillway-sim``.

Exit status: 0 all is well; 1 something was lost, doubled, out of balance or could not run; 2 wrong arguments; 69 an
extra is not installed; 130 ended by Ctrl-C.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from firmware_config.supervisor import ChildFailed
from retail.errors import Fatal, NeedsAttention, Refused, Retryable

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


def run_command(argv: list[str] | None = None) -> int:
    """Run one command."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.execute(arguments)
    except (Refused, Retryable, NeedsAttention, Fatal, ChildFailed) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE if isinstance(error, Refused) else EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tillway-sim", description="Simulated hardware, stores and people.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_demo(commands)
    _add_store(commands)
    _add_device(commands)
    return parser


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = commands.add_parser(
        "demo",
        help="run the whole product on simulated hardware",
        description="Broker, PostgreSQL, centre, three stores and a warehouse; shoppers buy, orders come in and are"
        " fulfilled. The last line of the output is one JSON object; exit status 1 if anything was lost or doubled.",
    )
    demo.add_argument("--seconds", type=_positive, help="sell for so long, then drain and compare (default: to Ctrl-C)")
    demo.add_argument("--seed", type=int, default=1, help="of the world, the people and the kills (default: 1)")
    demo.add_argument("--port", type=int, default=8080, help="of the console; 0 takes a free one (default: 8080)")
    demo.add_argument("--png-dir", type=Path, metavar="DIR", help="keep receipts and pick lists as pictures")
    demo.add_argument("--network", type=_file, metavar="CSV", help="a real list of stores")
    demo.add_argument("--baskets", type=_folder, metavar="DIR", help="real baskets (Complete Journey)")
    demo.add_argument("--destinations", type=_file, metavar="CSV", help="ZIP centroids: where orders go")
    demo.add_argument("--kills", type=int, default=0, metavar="N", help="kill each kind of process N times on the way")
    demo.add_argument("--dir", type=Path, help="keep all files of the run here")
    demo.add_argument("--plain", action="store_true", help="lines instead of a table that is drawn anew")
    demo.set_defaults(execute=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    from simulators.demo.commands import CommandFailed
    from simulators.demo.options import Options
    from simulators.demo.run import demo
    from simulators.demo.screen import Screen
    from simulators.journey import JourneyMissing

    if arguments.kills and not arguments.seconds:
        raise Refused("kills", "they are spread over the time of the demo", "say for how long: --seconds")
    options = Options(
        seconds=arguments.seconds, seed=arguments.seed, port=arguments.port, network=arguments.network,
        baskets=arguments.baskets, destinations=arguments.destinations, png=arguments.png_dir, folder=arguments.dir,
        kills=arguments.kills, plain=arguments.plain,
    )  # fmt: skip
    try:
        outcome = asyncio.run(demo(options, Screen(plain=arguments.plain)))
    except (CommandFailed, JourneyMissing) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    except asyncio.CancelledError:
        return EXIT_INTERRUPTED
    for problem in outcome.problems:
        sys.stderr.write(f"PROBLEM: {problem}\n")
    sys.stdout.write(json.dumps(outcome.as_dict()) + "\n")
    return 0 if outcome.is_clean else EXIT_FAILED


def _add_store(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    store = commands.add_parser("store", help="run one box on simulated hardware")
    store.add_argument("--dir", type=_folder, required=True, help="data folder of the box (edge-node init)")
    store.add_argument("--png-dir", type=Path, metavar="DIR", help="keep its slips as pictures")
    store.set_defaults(execute=_store)


def _store(arguments: argparse.Namespace) -> int:
    from simulators.store import run_store

    asyncio.run(run_store(arguments.dir, arguments.png_dir))
    return 0


def _add_device(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    device = commands.add_parser(
        "device",
        help="run one simulated device",
        description="A printer or a scanner for trying a box against it. Lines on standard input are what a person"
        " does: a code to scan; 'paper out', 'cover open', 'jam' for a printer.",
    )
    device.add_argument("kind", choices=("printer", "scanner"))
    device.add_argument("--tcp", type=int, metavar="PORT", help="printer on this TCP port; 0 takes a free one")
    device.add_argument("--link", type=Path, help="printer or scanner on a serial port, found at this path")
    device.add_argument("--png-dir", type=Path, metavar="DIR", help="keep slips as pictures")
    device.add_argument("--columns", type=int, default=48, choices=(42, 48), help="of the printer (default: 48)")
    device.add_argument("--paper-lines", type=int, help="how much paper is left (default: enough)")
    device.add_argument("--suffix", default="cr", help="after each code: cr, lf, crlf, tab, none (default: cr)")
    device.set_defaults(execute=_device)


def _device(arguments: argparse.Namespace) -> int:
    from simulators.devices.run import run_device

    run_device(
        arguments.kind, say=_say, lines=sys.stdin, tcp=arguments.tcp, link=arguments.link, png=arguments.png_dir,
        columns=arguments.columns, paper_lines=arguments.paper_lines, suffix=arguments.suffix,
    )  # fmt: skip
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 < value <= 30 * 86_400:
        raise argparse.ArgumentTypeError("give more than 0 and at most thirty days of seconds")
    return value


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text} is not a file")
    return path.resolve()


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return path.resolve()
