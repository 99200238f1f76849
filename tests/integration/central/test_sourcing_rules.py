"""Rules that ops publish: runs follow them from then on, decisions name their version, and nobody may change one."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from central.orders import reads
from central.orders.check import check_claims
from central.orders.intake import Destination
from central.sourcing import rule_sets, runs
from central.sourcing.question import Asked
from central.sourcing.replay import replay
from central.sourcing.solver import Reply
from central.sourcing.use_cases import Outcome
from retail.errors import Refused
from routing.rules.defaults import default_rules
from routing.rules.document import RuleSet, parse
from tests.integration.central.sourced import ask_here, execute, network, order, rows, source, stock


def rules(*rules: dict[str, Any], revision: int = 1, **more: Any) -> RuleSet:
    return parse(
        {
            "format": 1, "name": "peak", "revision": revision, "default_policy": "standard",
            "policies": [{"id": "standard", **more}], "rules": list(rules),
        }
    )  # fmt: skip


PAUSE = {"id": "counting", "kind": "pause", "at": {"locations": ["S0001"]}}


async def publish(engine: AsyncEngine, document: RuleSet) -> str:
    async with engine.begin() as conn:
        return await rule_sets.publish(conn, document, "anna")


async def draft(engine: AsyncEngine, document: RuleSet) -> bool:
    async with engine.begin() as conn:
        return await rule_sets.draft(conn, document, "anna")


async def discard(engine: AsyncEngine, version: str) -> None:
    async with engine.begin() as conn:
        await rule_sets.discard(conn, version, "anna")


async def actions(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    """What the audit says was done to which rules."""
    return await rows(engine, "SELECT action, subject FROM audit ORDER BY audit_id")


async def places(engine: AsyncEngine) -> None:
    await network(engine)
    for location in ("S0001", "S0002", "W0001"):
        await stock(engine, location, 20)


async def test_a_run_follows_the_published_rules_and_its_decisions_name_them(engine: AsyncEngine) -> None:
    await places(engine)
    assert await publish(engine, rules(PAUSE)) == "built-in-1"
    await order(engine, 1)
    outcome = await source(engine)
    [(location, version)] = await rows(
        engine, "SELECT t.location, d.rule_version FROM task t JOIN decision d USING (tenant, decision_id)"
    )
    assert (location != "S0001", version) == (True, "peak-1")
    [(funnel,)] = await rows(engine, "SELECT explanation -> 'funnel' FROM decision")
    assert any("paused" in step["reason"] and step["removed"] == 1 for step in funnel), funnel
    assert await rows(engine, "SELECT rule_version FROM sourcing_run") == [("peak-1",)]
    assert outcome.run_id is not None
    # Its replay needs neither the rules' table nor what holds now.
    await publish(engine, rules(revision=2))
    assert (await replay(engine, ask_here, outcome.run_id)).is_same


async def test_a_version_is_published_with_an_audit_line_and_archives_the_one_before(engine: AsyncEngine) -> None:
    await publish(engine, rules(PAUSE))
    assert await publish(engine, rules(revision=2)) == "peak-1"
    assert await rows(engine, "SELECT version, state FROM rule_set ORDER BY version") == [
        ("peak-1", "archived"), ("peak-2", "published"),
    ]  # fmt: skip
    assert await rows(engine, "SELECT actor, action, subject, detail ->> 'before' FROM audit ORDER BY audit_id") == [
        ("anna", "rules.publish", "rules/peak-1", "built-in-1"), ("anna", "rules.publish", "rules/peak-2", "peak-1"),
    ]  # fmt: skip
    # Going back is publishing the version before once more.
    assert await publish(engine, rules(PAUSE)) == "peak-2"
    async with engine.connect() as conn:
        assert (await rule_sets.live(conn)).version == "peak-1"


async def test_a_published_version_never_changes(engine: AsyncEngine) -> None:
    await publish(engine, rules(PAUSE))
    with pytest.raises(Refused, match="peak-1 is there with another content"):
        await publish(engine, rules())
    for document in (rules(), rules(PAUSE)):
        with pytest.raises(Refused, match="peak-1 was published and never changes"):
            await draft(engine, document)
    await publish(engine, rules(revision=2))
    with pytest.raises(Refused, match="peak-1 was published and never changes"):
        await draft(engine, rules())
    with pytest.raises(Refused, match="there is no draft 'peak-1'"):
        await discard(engine, "peak-1")


async def test_publishing_what_holds_already_changes_nothing(engine: AsyncEngine) -> None:
    await publish(engine, rules(PAUSE))
    before = await rows(engine, "SELECT * FROM rule_set")
    assert await publish(engine, rules(PAUSE)) == "peak-1"
    assert await rows(engine, "SELECT * FROM rule_set") == before
    assert await actions(engine) == [("rules.publish", "rules/peak-1")]


async def test_no_run_follows_a_draft_until_it_is_published(engine: AsyncEngine) -> None:
    await places(engine)
    assert await draft(engine, rules(PAUSE))
    assert await rows(engine, "SELECT version, state, published_at FROM rule_set") == [("peak-1", "draft", None)]
    await order(engine, 1)
    await source(engine)
    assert await rows(engine, "SELECT rule_version FROM decision") == [("built-in-1",)]
    assert await publish(engine, rules(PAUSE)) == "built-in-1"
    async with engine.connect() as conn:
        assert (await rule_sets.live(conn)).version == "peak-1"


async def test_a_draft_may_be_overwritten_and_the_same_again_changes_nothing(engine: AsyncEngine) -> None:
    assert await draft(engine, rules(PAUSE))
    assert not await draft(engine, rules(PAUSE))
    assert await draft(engine, rules())
    await publish(engine, rules(PAUSE))  # what was published is what was checked, whatever the draft became
    assert await rows(engine, "SELECT state, jsonb_array_length(body -> 'rules') FROM rule_set") == [("published", 1)]
    assert await actions(engine) == [
        ("rules.draft", "rules/peak-1"), ("rules.draft", "rules/peak-1"), ("rules.publish", "rules/peak-1"),
    ]  # fmt: skip


async def test_a_draft_is_discarded_once_and_there_are_only_so_many(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_sets, "DRAFTS_MAX", 2)
    for revision in (1, 2):
        await draft(engine, rules(revision=revision))
    with pytest.raises(Refused, match="there are 2 drafts already"):
        await draft(engine, rules(revision=3))
    assert await draft(engine, rules(PAUSE, revision=2))
    await discard(engine, "peak-1")
    with pytest.raises(Refused, match="there is no draft 'peak-1'"):
        await discard(engine, "peak-1")
    assert await draft(engine, rules(revision=3))


async def test_one_may_go_back_to_the_rules_of_the_program(engine: AsyncEngine) -> None:
    await publish(engine, rules(PAUSE))
    assert await publish(engine, default_rules()) == "peak-1"
    async with engine.connect() as conn:
        assert (await rule_sets.live(conn)).version == "built-in-1"
    assert await rows(engine, "SELECT version, state FROM rule_set") == [("peak-1", "archived")]
    with pytest.raises(Refused, match="built-in-1 is there with another content"):
        await publish(engine, replace(rules(PAUSE), name="built-in"))


async def test_rules_that_forget_what_cannot_be_done_do_not_make_it_possible(engine: AsyncEngine) -> None:
    await places(engine)
    await publish(engine, rules())
    await execute(engine, "DELETE FROM store_link", "DELETE FROM box")
    await order(engine, 1)
    assert await source(engine) == Outcome(orders=1, waiting=1)
    assert await rows(engine, "SELECT count(*) FROM task") == [(0,)]


async def test_an_order_that_rules_hold_back_is_left_alone_and_nobody_is_alarmed(engine: AsyncEngine) -> None:
    await places(engine)
    await publish(engine, rules({"id": "remorse", "kind": "remorse", "minutes": 60}))
    await order(engine, 1)
    await execute(engine, "UPDATE customer_order SET placed_ms = extract(epoch FROM now()) * 1000")
    assert (await source(engine)).offered == 0
    assert await rows(engine, "SELECT attention FROM customer_order") == [("",)]
    await execute(engine, "UPDATE customer_order SET placed_ms = placed_ms - 3600000")
    assert await source(engine) == Outcome(orders=1, offered=1)


async def test_what_a_fallback_says_is_told_to_people(engine: AsyncEngine) -> None:
    await network(engine)
    await publish(engine, rules(fallbacks=[{"after_minutes": 30, "then": "person"}]))
    await order(engine, 1)  # placed in 1970
    await source(engine)
    assert await rows(engine, "SELECT attention FROM customer_order") == [
        ("No location can serve Tea, and by the rules a person decides what becomes of it.",)
    ]


GIVES_UP: dict[str, Any] = {"fallbacks": [{"after_minutes": 30, "then": "cancel"}]}


async def test_what_nobody_can_serve_is_cancelled_with_its_claim_a_reason_and_an_audit_line(
    engine: AsyncEngine,
) -> None:
    await network(engine)
    await publish(engine, rules(**GIVES_UP))
    await order(engine, 1)  # placed in 1970
    outcome = await source(engine)
    assert outcome == Outcome(orders=1)
    assert await rows(engine, "SELECT status, attention FROM customer_order") == [("cancelled", "")]
    assert await rows(engine, "SELECT state FROM order_line") == [("cancelled",)]
    assert await rows(engine, "SELECT sum(quantity) FROM reservation_entry") == [(0,)]
    said = "No location can serve Tea, and by the rules nobody waits for it any longer: it is cancelled."
    [(order_id, code)] = await rows(engine, "SELECT order_id, code FROM customer_order")
    async with engine.connect() as conn:
        assert await check_claims(conn) == []
        shown = await reads.one(conn, order_id)
    assert shown is not None
    assert [(entry.what, entry.detail.get("reason")) for entry in shown.timeline] == [
        ("received", None), ("cancelled", said),
    ]  # fmt: skip
    assert [decided.rule_version for decided in shown.decisions] == ["peak-1"]
    assert (await actions(engine))[1:] == [("order.give_up", f"order/{code}")]
    assert await source(engine) == Outcome()
    assert outcome.run_id is not None
    assert (await replay(engine, ask_here, outcome.run_id)).is_same


async def test_a_line_that_changed_while_it_was_decided_on_is_not_cancelled(engine: AsyncEngine) -> None:
    await network(engine)
    await publish(engine, rules(**GIVES_UP))
    await order(engine, 1)

    async def offered_meanwhile(asked: Asked) -> Reply:
        await execute(engine, "UPDATE order_line SET version = version + 1")
        return await ask_here(asked)

    assert (await source(engine, offered_meanwhile)).stale == 1
    assert await rows(engine, "SELECT state FROM order_line") == [("open",)]
    assert await rows(engine, "SELECT count(*) FROM decision") == [(0,)]


async def test_stock_that_came_while_the_solver_thought_saves_an_order_from_being_cancelled(
    engine: AsyncEngine,
) -> None:
    await network(engine)
    await publish(engine, rules(**GIVES_UP))
    await order(engine, 1)

    async def delivered_meanwhile(asked: Asked) -> Reply:
        await stock(engine, "S0002", 1)
        return await ask_here(asked)

    assert (await source(engine, delivered_meanwhile)).stale == 1
    assert await rows(engine, "SELECT state FROM order_line") == [("open",)]
    assert (await source(engine)).offered == 1


async def test_a_step_that_is_not_reached_cancels_nothing(engine: AsyncEngine) -> None:
    await network(engine)
    await publish(engine, rules(**GIVES_UP))
    await order(engine, 1)
    await execute(engine, "UPDATE customer_order SET placed_ms = extract(epoch FROM now()) * 1000")
    assert await source(engine) == Outcome(orders=1, waiting=1)
    assert await rows(engine, "SELECT status FROM customer_order") == [("open",)]


async def test_an_answer_that_was_stored_before_lines_were_cancelled_replays_the_same(engine: AsyncEngine) -> None:
    await places(engine)
    await order(engine, 1)
    outcome = await source(engine)
    assert outcome.run_id is not None
    async with engine.connect() as conn:
        older = msgspec.json.decode((await runs.stored(conn, outcome.run_id)).answer)
    del older["orders"][0]["cancels"]
    await execute(engine, f"UPDATE sourcing_run SET answer = '\\x{runs.packed(msgspec.json.encode(older)).hex()}'")
    assert (await replay(engine, ask_here, outcome.run_id)).differences == []


async def test_caps_of_both_services_count_what_was_asked_for_today(engine: AsyncEngine) -> None:
    await places(engine)
    cap = {"id": "cap", "kind": "capacity", "units": 1, "service": "ship", "at": {"locations": ["S0001", "W0001"]}}
    await publish(engine, rules(cap))
    for number in (1, 2, 3):
        await order(engine, number)
        assert (await source(engine)).offered == 1
    assert sorted(await rows(engine, "SELECT location FROM task")) == [("S0001",), ("S0002",), ("W0001",)]


MILITARY = Destination("Ada", "PSC 1 Box 2", "APO", "AE", "09204", "US", 39.9, -83.1)

LOOKED_AT: list[tuple[dict[str, Any], list[str], dict[str, Any], str]] = [
    ({"kind": "exclude", "at": {"locations": ["S0001", "W0001"]}, "when": {"tiers": ["gold"]}}, [],
     {"customer_tier": "gold"}, "is left out by rule r"),
    ({"kind": "pinned"}, [], {"pinned_location": "S0002"}, "is not the location that a service agent has chosen"),
    ({"kind": "destination", "destinations": ["military"], "service": "post"},
     ["UPDATE location SET delivery_services = '{post}' WHERE location = 'S0002'"], {"ship_to": MILITARY},
     "does not send to a military address without post"),
    ({"kind": "only", "at": {"groups": ["flagship"]}},
     ["UPDATE location SET groups = '{flagship,mall}' WHERE location = 'S0002'"], {},
     "is not among the locations of rule r"),
    ({"kind": "order_value", "most": 99, "at": {"not_groups": ["all"]}}, ["UPDATE location SET zone = 'far'",
     "UPDATE location SET zone = 'all' WHERE location = 'S0002'"], {}, "serves no order of so much value"),
]  # fmt: skip
"""A rule, what the network says, the order, and why nobody but S0002 may serve it."""


@pytest.mark.parametrize(("rule", "statements", "changes", "reason"), LOOKED_AT, ids=lambda each: str(each)[:40])
async def test_a_rule_acts_on_what_is_imported_and_on_what_the_order_says(
    engine: AsyncEngine, rule: dict[str, Any], statements: list[str], changes: dict[str, Any], reason: str
) -> None:
    await places(engine)
    await execute(engine, *statements)
    await publish(engine, rules({"id": "r", **rule}))
    await order(engine, 1, **changes)
    await source(engine)
    [(location, funnel)] = await rows(
        engine, "SELECT t.location, d.explanation -> 'funnel' FROM task t JOIN decision d USING (tenant, decision_id)"
    )
    assert location == "S0002"
    assert reason in {step["reason"] for step in funnel}, funnel


LINES = {
    "hazmat": ({"kind": "hazmat", "tags": ["launch"]}, "hazmat", "ground"),
    "adults": ({"kind": "age_restricted", "tags": ["launch"]}, "", "adult signature"),
}


@pytest.mark.parametrize("name", LINES)
async def test_goods_with_a_tag_go_where_they_may_be_handled(engine: AsyncEngine, name: str) -> None:
    rule, certificate, service = LINES[name]
    await places(engine)
    await execute(engine, "UPDATE item SET tags = '{launch}'")
    await publish(engine, rules({"id": "r", **rule}))
    await order(engine, 1)
    assert await source(engine) == Outcome(orders=1, waiting=1)
    await execute(
        engine,
        f"UPDATE location SET certifications = '{{{certificate}}}', delivery_services = '{{\"{service}\"}}'"
        " WHERE location = 'W0001'",
    )
    await source(engine)
    assert await rows(engine, "SELECT location FROM task") == [("W0001",)]


async def test_the_wait_of_a_fallback_begins_anew_when_an_accepted_line_comes_back(engine: AsyncEngine) -> None:
    await network(engine)
    await publish(engine, rules(fallbacks=[{"after_minutes": 30, "then": "person"}]))
    await order(engine, 1)  # placed in 1970
    await execute(engine, "UPDATE customer_order SET waiting_since = now() - interval '29 minutes'")
    await source(engine)
    assert await rows(engine, "SELECT attention FROM customer_order") == [
        ("No location can serve Tea now: it is tried again as stock changes.",)
    ]
