"""What a demo is asked to do."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """``seconds`` of selling (None: until Ctrl-C); ``kills`` of every kind of process, at moments drawn from ``seed``.

    ``network``, ``baskets`` and ``destinations`` are real inputs (a list of stores, a folder of baskets, ZIP
    centroids); without them the world is generated. ``png`` keeps pictures of all slips, ``folder`` all files.
    """

    seconds: float | None = None
    seed: int = 1
    port: int = 8080
    network: Path | None = None
    baskets: Path | None = None
    destinations: Path | None = None
    png: Path | None = None
    folder: Path | None = None
    kills: int = 0
    sales_per_s: float = 4.0
    orders_per_s: float = 0.7
    plain: bool = False
