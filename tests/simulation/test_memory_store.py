"""The model of the centre's store does what a store must do."""

import pytest

from tests.simulation.disk import Disk
from tests.simulation.store import CentreStore, MemoryStore
from tests.simulation.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    """The suite, for the model."""

    @pytest.fixture
    def store(self) -> CentreStore:
        return MemoryStore(Disk())
