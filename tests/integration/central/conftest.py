"""What the tests of the centre share."""

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integration.central.shop import Shop


@pytest_asyncio.fixture
async def shop(engine: AsyncEngine) -> Shop:
    """An open shop."""
    made = Shop(engine)
    await made.open()
    return made
