"""What the tests of the centre share."""

import pytest
import pytest_asyncio
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integration.central.shop import Shop


@pytest_asyncio.fixture
async def shop(engine: AsyncEngine) -> Shop:
    """An open shop."""
    made = Shop(engine)
    await made.open()
    return made


@pytest.fixture(autouse=True, scope="session")
def plain_logs() -> None:
    """Logs without the coloured tracebacks, which take seconds to draw."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
