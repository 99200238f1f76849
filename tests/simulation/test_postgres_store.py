"""The centre's ingest on a real PostgreSQL does what a store must do, and repeats simulated runs to the last event."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.ingest.domain import BoxStep, Rows
from central.ingest.postgres import store as store_rows
from central.platform.engine import make_engine
from sync_protocol import chain
from sync_protocol.frames import Entry
from sync_protocol.receiver import Watermark
from tests.simulation.scenario import STORES, Scenario
from tests.simulation.store import CentreStore
from tests.simulation.store_contract import StoreContract

Answer = TypeVar("Answer")


class PostgresStore:
    """The port over `central.ingest`. A box is known to a store as soon as somebody asks for its watermark."""

    def __init__(self, url: str) -> None:
        self._runner, self._engine = asyncio.Runner(), make_engine(url)

    def close(self) -> None:
        """Let go of the database."""
        self._run(self._engine.dispose())
        self._runner.close()

    def watermark(self, store: str, box: UUID) -> Watermark:
        async def read(conn: AsyncConnection) -> Watermark:
            key = {"store": store, "box": box}
            await conn.execute(
                text(
                    "INSERT INTO watermark (location, box, seq, hash) VALUES (:store, :box, 0, :seed)"
                    " ON CONFLICT DO NOTHING"
                ),
                key | {"seed": chain.seed(box)},
            )
            query = text("SELECT seq, hash FROM watermark WHERE location = :store AND box = :box")
            row = (await conn.execute(query, key)).one()
            return Watermark(row.seq, bytes(row.hash))

        return self._run(self._within(read))

    def take(self, store: str, box: UUID, before: Watermark, after: Watermark, entries: Sequence[Entry]) -> bool:
        self.watermark(store, box)
        rows = Rows([BoxStep(store, box, before, after, tuple(entries))])
        return self._run(self._within(lambda conn: store_rows(conn, rows))) == {box}

    def entries(self, store: str, box: UUID) -> Sequence[Entry]:
        query = "SELECT seq, id, body FROM log_entry WHERE location = :store AND box = :box ORDER BY seq"
        return [Entry(row.seq, row.id, bytes(row.body)) for row in self._rows(query, store=store, box=box)]

    def events(self, store: str) -> Mapping[UUID, bytes]:
        query = (
            "SELECT e.id, l.body FROM event e JOIN log_entry l USING (tenant, location, box, seq)"
            " WHERE e.location = :store"
        )
        return {row.id: bytes(row.body) for row in self._rows(query, store=store)}

    def dead_letters(self, store: str) -> set[UUID]:
        return {row.id for row in self._rows("SELECT id FROM dead_letter WHERE location = :store", store=store)}

    def stock(self, store: str) -> Mapping[tuple[str, str], int]:
        query = (
            "SELECT sku, state, sum(quantity) AS quantity FROM stock_balance WHERE location = :store"
            " GROUP BY sku, state HAVING sum(quantity) <> 0"
        )
        return {(row.sku, row.state): int(row.quantity) for row in self._rows(query, store=store)}

    def _rows(self, query: str, **values: object) -> Sequence[Any]:
        async def read(conn: AsyncConnection) -> Sequence[Any]:
            return (await conn.execute(text(query), values)).all()

        return self._run(self._within(read))

    async def _within(self, work: Any) -> Any:
        async with self._engine.begin() as conn:
            return await work(conn)

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self._runner.run(work)


@pytest.fixture
def postgres_store(database_url: str) -> Iterator[PostgresStore]:
    """A store in a database of its own."""
    store = PostgresStore(database_url)
    yield store
    store.close()


class TestPostgresStore(StoreContract):
    """The suite, for the real thing."""

    @pytest.fixture
    def store(self, postgres_store: PostgresStore) -> CentreStore:
        return postgres_store


@pytest.mark.parametrize("seed", [0, 1])
def test_a_simulated_run_repeated_on_postgresql_ends_the_same(postgres_store: PostgresStore, seed: int) -> None:
    scenario = Scenario(seed)
    scenario.storm()
    scenario.calm()
    model = scenario.centre.store
    for store, box, before, after, entries in model.history():
        assert postgres_store.take(store, box, before, after, entries)
        assert not postgres_store.take(store, box, before, after, entries)
    for store in STORES:
        assert postgres_store.events(store) == model.events(store)
        assert postgres_store.dead_letters(store) == model.dead_letters(store)
        assert postgres_store.stock(store) == model.stock(store)
    for (store, box), mark in scenario.centre.disk.rows("watermark").items():
        assert postgres_store.watermark(store, box) == mark
        assert postgres_store.entries(store, box) == model.entries(store, box)
