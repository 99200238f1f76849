"""Fixtures for the simulated devices."""

from pathlib import Path

import pytest
from hypothesis import settings

# Properties are about values, not about how busy the machine is.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")

CAPTURED = Path(__file__).parents[4].parent / "shared" / "data" / "printing" / "escpos"


def captured_streams() -> list[Path]:
    """Streams that another program has sent to real printers; empty where they are not at hand."""
    return sorted(CAPTURED.glob("*.bin"))


@pytest.fixture(params=captured_streams() or [None], ids=lambda path: path.stem if path else "none")
def captured(request: pytest.FixtureRequest) -> bytes:
    """One captured stream after the other."""
    if request.param is None:
        pytest.skip(f"no captured streams in {CAPTURED}")
    data: bytes = request.param.read_bytes()
    return data
