"""A real SQLite store in a folder of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge_node.storage import BoxStore
from edge_node.storage.box import create_box
from edge_node.storage.store import DATABASE_NAME
from retail.clock import ManualClock
from tests.contract.edge_storage.backends import STORE, context


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path, clock: ManualClock) -> Path:
    """The database of a new box."""
    made = context(clock)
    create_box(tmp_path / DATABASE_NAME, STORE, made.ids.uuid7(), '{"kept": true}', made)
    return tmp_path / DATABASE_NAME


@pytest.fixture
async def store(path: Path, clock: ManualClock) -> AsyncIterator[BoxStore]:
    store = BoxStore(path, clock, context(clock, seed=2), replicated=True)
    await store.open()
    yield store
    await store.close()
