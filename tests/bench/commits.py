"""What the writer of a box tells of its commits."""

import asyncio
from dataclasses import dataclass, field

from edge_node.storage.writer import Group

TOLD_S_MAX = 10.0


@dataclass
class Commits:
    """Commits since the last :meth:`forget`: how long each took, and how many sales were in it."""

    seconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def observe(self, group: Group) -> None:
        """Note one commit; called in the writing thread."""
        self.seconds.append(group.commit_s)
        self.sizes.append(group.size)

    async def all_told(self, transactions: int) -> None:
        """Wait until the writer has told of so many: callers hear of a commit a moment before."""
        async with asyncio.timeout(TOLD_S_MAX):
            while sum(self.sizes) < transactions:
                await asyncio.sleep(0.0005)

    def forget(self) -> None:
        """Begin anew."""
        self.seconds.clear()
        self.sizes.clear()
