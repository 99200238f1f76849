"""What the endpoints need of the box they run in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from edge_node.checkout.sell import Till
from edge_node.lan.metrics import BoxMetrics
from edge_node.lan.scans import ScanBoard
from edge_node.manifest import Manifest
from edge_node.ports import DeviceStatus, Replica
from edge_node.storage import BoxStore
from edge_node.sync.driver import LinkStatus
from retail.clock import Clock


@dataclass(frozen=True)
class Box:
    """The box as its endpoints see it. ``link`` is None where no broker is configured.

    ``open_drawer`` opens the drawer of a register's printer and returns at once.
    """

    manifest: Manifest
    clock: Clock
    store: BoxStore
    till: Till
    scans: ScanBoard
    metrics: BoxMetrics
    replica: Replica
    link: Callable[[], LinkStatus | None]
    devices: Callable[[], Sequence[DeviceStatus]]
    open_drawer: Callable[[str], None]
    software: str


def _box(request: Request) -> Box:
    return cast(Box, request.app.state.box)


TheBox = Annotated[Box, Depends(_box)]
"""A parameter that the endpoint's box is passed in."""
