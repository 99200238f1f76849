"""Fixtures for the drivers' pure parts."""

from pathlib import Path

import pytest
from hypothesis import settings

# Properties are about values, not about how busy the machine is.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@pytest.fixture(scope="session")
def escpos_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for python-escpos, filled once for all tests."""
    return tmp_path_factory.mktemp("escpos") / "cache"
