"""``central rules``: draft rules, check them, publish them, go back, and see which rules hold."""

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
    rules = commands.add_parser("rules", help="draft, check, publish and show the rules of routing")
    actions = rules.add_subparsers(dest="action", required=True, metavar="action")
    for name, says in (
        ("draft", "keep a file of rules as a draft, which nothing follows"),
        ("discard", "forget a draft"),
        ("check", "say what is wrong with rules, and what of them is dead or contradicts itself"),
        ("publish", "let runs follow rules from now on; an archived version again to go back"),
    ):
        action = actions.add_parser(name, help=says)
        which = action.add_mutually_exclusive_group(required=True)
        if name != "discard":
            which.add_argument("file", nargs="?", type=Path, help="JSON document; its schema: central rules schema")
        if name != "draft":
            which.add_argument("--version", default="", help="a stored version, such as peak-7")
        action.add_argument("--json", action="store_true", help="answer with one JSON object")
        if name != "check":
            action.add_argument("--by", default="command line", help="who does it, for the audit")
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
    if args.action == "discard":
        async with engine.begin() as conn:
            await rule_sets.discard(conn, args.version, args.by)
        _say(json.dumps({"discarded": args.version}) if args.json else f"{args.version} is discarded")
        return EXIT_DONE
    if args.action == "draft":
        return await _draft(args, engine)
    return await _check(args, engine, clock, silent_s, carrier_services)


async def _draft(args: argparse.Namespace, engine: AsyncEngine) -> int:
    from central.sourcing import rule_sets
    from routing.rules.document import parse_text

    rules = parse_text(_content(args.file))
    async with engine.begin() as conn:
        is_new = await rule_sets.draft(conn, rules, args.by)
    said = {"version": rules.version, "state": rule_sets.DRAFT, "changed": is_new}
    words = f"{rules.version} is kept as a draft" if is_new else f"{rules.version} was kept as this draft already"
    _say(json.dumps(said) if args.json else f"{words}; see central rules check --version {rules.version}")
    return EXIT_DONE


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused("file", f"{file} cannot be read ({error.strerror})", "name a file of rules") from error


async def _check(
    args: argparse.Namespace, engine: AsyncEngine, clock: Clock, silent_s: float, carrier_services: str
) -> int:
    from central.sourcing import rule_sets
    from central.sourcing.model import KNOWN_FACTS, scene_by_any_service
    from central.sourcing.promises.services import parse_services
    from central.sourcing.use_cases import network_snapshot
    from routing.rules.document import parse, parse_text
    from routing.rules.lint import lint

    async with engine.connect() as conn:
        if args.file is None:
            rules = parse((await rule_sets.named(conn, args.version)).body)
        else:
            rules = parse_text(_content(args.file))
        snapshot = await network_snapshot(conn, silent_s)
    services = parse_services(carrier_services)
    scene = scene_by_any_service(snapshot, services) if snapshot.places and snapshot.orders else None
    findings = lint(rules, scene, clock.now_ms(), KNOWN_FACTS)
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
        raise Refused("rules", f"{rules.version} cannot be followed: {lines[0]}", "see central rules check")
    if args.action == "publish":
        async with engine.begin() as conn:
            before = await rule_sets.publish(conn, rules, args.by)
        said["before"] = before
        holds = "holds already" if before == rules.version else f"holds from now on; before it was {before}"
        lines.append(f"{rules.version} {holds}")
    else:
        lines.append(f"{rules.version}: {len(rules.rules)} rules, {len(findings)} findings")
    _say(json.dumps(said) if args.json else "\n".join(lines))
    return EXIT_FOUND if is_wrong else EXIT_DONE


def _summary(rules: Any) -> dict[str, Any]:
    return {
        "version": rules.version, "state": rules.state, "actor": rules.actor,
        "made_at": rules.made_at, "published_at": rules.published_at, "archived_at": rules.archived_at,
    }  # fmt: skip


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
