"""Offers that nobody has answered may be moved to a better place; what was answered stays, and nothing is doubled."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from central.orders import postgres
from central.orders.answers import apply
from central.orders.check import check_claims
from central.orders.domain import Answer
from central.sourcing.question import Asked
from central.sourcing.solver import Reply
from central.sourcing.use_cases import Outcome
from sync_protocol.events import OfferAccepted, TaskLine
from tests.integration.central.sourced import IDS, asks_for, execute, network, order, rows, source, stock


async def offered_and_old(engine: AsyncEngine) -> None:
    """An order that S0001 was offered a minute ago; both other places could serve it too."""
    await network(engine)
    for location in ("S0001", "S0002", "W0001"):
        await stock(engine, location, 20)
    await order(engine, 1)
    assert (await source(engine)).offered == 1
    await execute(engine, "UPDATE task SET offered_at = now() - interval '1 minute'")


async def accept(engine: AsyncEngine) -> None:
    """The store's acceptance of its newest offer arrives."""
    [(order_id, task_id, location, rev)] = await rows(
        engine, "SELECT order_id, task_id, location, rev FROM task ORDER BY task_id DESC LIMIT 1"
    )
    async with engine.begin() as conn:
        book = await postgres.load(conn, order_id)
        assert book is not None
        lines = tuple(TaskLine(line.line_id, line.sku, line.quantity) for line in book.tasks[task_id].lines)
        event_id = IDS.uuid7()
        apply(book, OfferAccepted(task_id, rev, lines), Answer(event_id, location, "anna", 0))
        await postgres.save(conn, book, event_id)


async def test_an_unanswered_offer_is_taken_back_and_made_elsewhere_in_one_step(engine: AsyncEngine) -> None:
    await offered_and_old(engine)
    outcome = await source(engine, asks_for("W0001"))
    assert outcome == Outcome(orders=1, offered=1, moved=1)
    assert await rows(engine, "SELECT location, state, rev, reason FROM task ORDER BY task_id") == [
        ("S0001", "withdrawn", 2, "a better place was found"), ("W0001", "offered", 1, ""),
    ]  # fmt: skip
    # Each store hears of its own part, the first that it is not wanted any more.
    assert await rows(engine, "SELECT scope, ver FROM downlink_head ORDER BY scope") == [("S0001", 2), ("W0001", 1)]
    assert await rows(engine, "SELECT state, excluded_locations FROM order_line") == [("offered", [])]
    async with engine.connect() as conn:
        assert await check_claims(conn) == []
    async with engine.connect() as conn:
        claims = await conn.execute(text("SELECT location, quantity FROM reservation_balance WHERE quantity <> 0"))
        assert [tuple(row) for row in claims] == [("W0001", 1)]


async def test_an_offer_that_is_accepted_while_the_run_thinks_stays_where_it_is(engine: AsyncEngine) -> None:
    await offered_and_old(engine)

    async def slow(asked: Asked) -> Reply:
        await accept(engine)
        return await asks_for("W0001")(asked)

    assert await source(engine, slow) == Outcome(orders=1, stale=1)
    assert await rows(engine, "SELECT location, state FROM task") == [("S0001", "assigned")]
    assert await source(engine, asks_for("W0001")) == Outcome()
    async with engine.connect() as conn:
        assert await check_claims(conn) == []


async def test_an_acceptance_that_comes_after_the_move_changes_nothing(engine: AsyncEngine) -> None:
    await offered_and_old(engine)
    [(order_id, task_id)] = await rows(engine, "SELECT order_id, task_id FROM task")
    await source(engine, asks_for("W0001"))
    async with engine.begin() as conn:
        book = await postgres.load(conn, order_id)
        assert book is not None
        lines = tuple(TaskLine(line.line_id, line.sku, line.quantity) for line in book.tasks[task_id].lines)
        apply(book, OfferAccepted(task_id, 1, lines), Answer(IDS.uuid7(), "S0001", "anna", 0))
        await postgres.save(conn, book)
    assert await rows(engine, "SELECT location, state FROM task ORDER BY task_id") == [
        ("S0001", "withdrawn"), ("W0001", "offered"),
    ]  # fmt: skip


async def test_a_fresh_offer_is_left_alone_until_the_store_had_time_to_answer(engine: AsyncEngine) -> None:
    await offered_and_old(engine)
    assert await source(engine, asks_for("W0001"), settled_s=3_600.0) == Outcome()
    assert await rows(engine, "SELECT location FROM task") == [("S0001",)]


async def test_a_run_without_any_change_moves_nothing(engine: AsyncEngine) -> None:
    await offered_and_old(engine)
    again = await source(engine)
    assert (again.offered, again.moved, again.stale) == (0, 0, 0)
    assert await rows(engine, "SELECT location, state, rev FROM task") == [("S0001", "offered", 1)]


async def test_what_has_gone_while_the_run_thought_is_not_offered(engine: AsyncEngine) -> None:
    await network(engine)
    await stock(engine, "S0002", 1)
    await order(engine, 1)
    await order(engine, 2)
    # Both are wanted at S0002, where there is one: as if a sale had taken the other meanwhile.
    assert await source(engine, asks_for("S0002")) == Outcome(orders=2, offered=1, stale=1)
    assert await rows(engine, "SELECT count(*) FROM task") == [(1,)]


async def test_two_orders_may_change_places_for_the_last_unit_of_each(engine: AsyncEngine) -> None:
    await network(engine)
    await stock(engine, "S0001", 1)
    await order(engine, 1)
    assert (await source(engine)).offered == 1
    await order(engine, 2)
    await stock(engine, "S0002", 1)
    assert (await source(engine)).offered == 1
    await execute(engine, "UPDATE task SET offered_at = now() - interval '1 minute'")

    async def swap(asked: Asked) -> Reply:
        from central.sourcing import answer
        from central.sourcing.question import read

        other = {"S0001": "S0002", "S0002": "S0001"}
        answered = []
        for each in read(asked).snapshot.orders:
            [line] = each.lines
            assert line.task is not None
            answered.append(
                answer.Answered(
                    each.order_id, (answer.Ask(other[line.offered_to], (line.line_id,)),),
                    (answer.TakenBack(line.task, line.rev),), why="x",
                )
            )  # fmt: skip
        return Reply(answer.Answer(tuple(answered)).encoded(), (b"{}", b"{}"), 0.1)

    before: dict[UUID, str] = dict(await rows(engine, "SELECT order_id, location FROM task WHERE state = 'offered'"))  # type: ignore[arg-type]
    assert await source(engine, swap) == Outcome(orders=2, offered=2, moved=2)
    after: dict[UUID, str] = dict(await rows(engine, "SELECT order_id, location FROM task WHERE state = 'offered'"))  # type: ignore[arg-type]
    assert sorted(after.values()) == ["S0001", "S0002"]
    assert all(before[each] != after[each] for each in before)
    async with engine.connect() as conn:
        assert await check_claims(conn) == []
