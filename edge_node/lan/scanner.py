"""Scans of the box's scanners, for registers."""

from typing import Annotated

from fastapi import APIRouter, Query

from edge_node.lan.box import TheBox
from edge_node.lan.models import Answer
from edge_node.lan.problems import documented

router = APIRouter(prefix="/v1/scans", tags=["scans"])

WAIT_S_MAX = 30.0


class ScanOut(Answer):
    """What a scanner has read."""

    id: int
    at_ms: int
    scanner: str
    code: str


class Scans(Answer):
    """New scans. Ask again with ``after`` set to ``next``."""

    scans: list[ScanOut]
    next: int


@router.get("", responses=documented(422), summary="Wait for scans")
async def scans(
    box: TheBox,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    wait_s: Annotated[float, Query(ge=0, le=WAIT_S_MAX, allow_inf_nan=False)] = 0,
) -> Scans:
    """The scans behind ``after``, waiting up to ``wait_s`` seconds for the first. Without ``after``: where to begin."""
    if after is None:
        return Scans(scans=[], next=box.scans.last_id)
    found = await box.scans.after(after, wait_s)
    shown = [ScanOut(id=scan.id, at_ms=scan.at_ms, scanner=scan.scanner, code=scan.code) for scan in found]
    return Scans(scans=shown, next=found[-1].id if found else after)
