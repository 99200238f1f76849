"""``central rules``: check a file of rules, publish it, and see which rules hold."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from retail.clock import Clock
from retail.errors import Refused

EXIT_DONE, EXIT_FOUND = 0, 1


def add_rules_commands(commands: Any) -> None:
    """Add the command and what it can do."""
    rules = commands.add_parser("rules", help="check, publish and show the rules of routing")
    actions = rules.add_subparsers(dest="action", required=True, metavar="action")
    for name, says in (
        ("check", "say what is wrong with a file of rules, and what of it is dead or contradicts itself"),
        ("publish", "let runs follow a file of rules from now on"),
    ):
        action = actions.add_parser(name, help=says)
        action.add_argument("file", type=Path, help="JSON document; its schema: central rules schema")
        action.add_argument("--json", action="store_true", help="answer with one JSON object")
        if name == "publish":
            action.add_argument("--by", default="command line", help="who publishes, for the audit")
    show = actions.add_parser("show", help="print the rules that hold, or a version of them")
    show.add_argument("version", nargs="?", default="", help="such as peak-7")
    show.add_argument("--all", action="store_true", help="list all versions instead")
    show.add_argument("--json", action="store_true", help="answer with one JSON object")
    schema = actions.add_parser("schema", help="print the JSON schema of the document")
    schema.add_argument("--json", action="store_true", help="it is JSON anyhow")


async def run_rules(
    args: argparse.Namespace, engine: AsyncEngine, clock: Clock, silent_s: float, carrier_services: str
) -> int:
    """Do what the command line asks for; ``carrier_services`` is that setting.

    Raises :class:`Refused` for rules that cannot be used.
    """
    # The rules need numpy, which takes a while to import: only for who uses them.
    from central.sourcing import rule_sets
    from routing.rules.document import schema

    if args.action == "schema":
        _say(json.dumps(schema(), indent=2))
        return EXIT_DONE
    if args.action == "show":
        async with engine.connect() as conn:
            if args.all:
                found = await rule_sets.versions(conn)
                said: dict[str, Any] = {"versions": [_summary(each) for each in found]}
                lines = [f"{each.version:24} {each.state:10} by {each.actor}" for each in found] or ["none yet"]
            else:
                shown = await rule_sets.named(conn, args.version)
                said = {**_summary(shown), "body": shown.body}
                lines = [json.dumps(shown.body, indent=2)]
        _say(json.dumps(said, default=str) if args.json else "\n".join(lines))
        return EXIT_DONE
    return await _check(args, engine, clock, silent_s, carrier_services)


async def _check(
    args: argparse.Namespace, engine: AsyncEngine, clock: Clock, silent_s: float, carrier_services: str
) -> int:
    from central.sourcing import rule_sets
    from central.sourcing.model import scene_by_any_service
    from central.sourcing.promises.services import parse_services
    from central.sourcing.use_cases import network_snapshot
    from routing.rules.document import parse_text
    from routing.rules.lint import lint

    try:
        content = args.file.read_bytes()
    except OSError as error:
        raise Refused("file", f"{args.file} cannot be read ({error.strerror})", "name a file of rules") from error
    rules = parse_text(content)
    async with engine.connect() as conn:
        snapshot = await network_snapshot(conn, silent_s)
    services = parse_services(carrier_services)
    scene = scene_by_any_service(snapshot, services) if snapshot.places and snapshot.orders else None
    findings = lint(rules, scene, clock.now_ms())
    said: dict[str, Any] = {
        "version": rules.version, "rules": len(rules.rules),
        "findings": [
            {"severity": each.severity, "path": each.path, "text": each.text, "remedy": each.remedy}
            for each in findings
        ],
    }  # fmt: skip
    lines = [str(each) for each in findings]
    is_wrong = any(each.severity == "error" for each in findings)
    if args.action == "publish" and is_wrong:
        raise Refused("file", f"{rules.version} contradicts itself: {lines[0]}", "see central rules check")
    if args.action == "publish":
        async with engine.begin() as conn:
            before = await rule_sets.publish(conn, rules, args.by)
        said["before"] = before
        lines.append(f"{rules.version} holds from now on; before it was {before}")
    else:
        lines.append(f"{rules.version}: {len(rules.rules)} rules, {len(findings)} findings")
    _say(json.dumps(said) if args.json else "\n".join(lines))
    return EXIT_FOUND if is_wrong else EXIT_DONE


def _summary(rules: Any) -> dict[str, Any]:
    return {
        "version": rules.version, "state": rules.state, "actor": rules.actor,
        "published_at": rules.published_at, "archived_at": rules.archived_at,
    }  # fmt: skip


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
