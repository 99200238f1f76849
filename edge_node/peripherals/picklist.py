"""The layout of a pick list: read at arm's length while walking, so the bin and the quantity are the largest."""

import re
from collections.abc import Iterable
from dataclasses import replace

from edge_node.peripherals.documents import PickLine, PickSlip
from edge_node.peripherals.layout import (
    BANNER,
    BIG,
    BOLD,
    LABEL,
    TALL,
    Barcode,
    Cut,
    Feed,
    Line,
    Operation,
    Paper,
    Span,
)

TICK_BOX = "[ ]"
NO_BIN = "no bin"
UNIT_LENGTH_MAX = 3
GIFT = "GIFT: no prices in the parcel"
COPY = "COPY"
COPY_MEANS = "It may be picked already: ask first."


def lay_out_pick_list(slip: PickSlip, paper: Paper) -> list[Operation]:
    """The pick list from the service to the cut, its lines in the order of the walk."""
    lines = sorted(slip.lines, key=_walk_order)
    return [
        *_copy_mark(slip, paper),
        *paper.banner(slip.service),
        Feed(),
        *paper.headline(slip.order_code),
        *paper.headline(f"Pick by {slip.pick_by}"),
        *(paper.headline(f"Send by {slip.send_by}") if slip.send_by else []),
        Feed(),
        *paper.pair("Pick list", slip.printed_at, BOLD),
        *paper.pair(_count(lines), slip.destination),
        *(paper.paragraph(f"For {slip.customer}") if slip.customer else []),
        *(_flags([GIFT], paper) if slip.gift else []),
        paper.rule("\u2550"),
        *(operation for line in lines for operation in _entry(line, paper)),
        Feed(),
        Barcode(slip.task_code),
        Feed(),
        *paper.centred(slip.store),
        *([Feed()] if slip.copy else []),
        *_copy_mark(slip, paper),
        Cut(),
    ]


def _copy_mark(slip: PickSlip, paper: Paper) -> list[Operation]:
    return [*paper.banner(COPY), *paper.centred(COPY_MEANS, BOLD), Feed()] if slip.copy else []


def _entry(line: PickLine, paper: Paper) -> list[Operation]:
    """Bin, quantity and tick box large; a quantity above one stands on black, because two are easily taken for one."""
    box = Span(TICK_BOX, BIG)
    unit = paper.fit(line.unit)[:UNIT_LENGTH_MAX] or "x"
    quantity = Span(f" {line.quantity:d} {unit} ", BIG if line.pieces == 1 else BANNER)
    if quantity.width > paper.columns // 2:
        quantity = Span(quantity.text, replace(quantity.style, wide=False))
    room = paper.columns - quantity.width - box.width - 1
    place = paper.fit(line.bin) or NO_BIN
    style = BIG if len(place) * BIG.cell <= room else TALL
    place = place[: max(room // style.cell, 1)]
    gap = " " * (room - len(place) * style.cell)
    return [
        Line((Span(place, style), Span(gap, TALL), quantity, Span(" ", TALL), box)),
        *paper.paragraph(line.name, BOLD),
        *paper.pair(line.sku, line.gtin),
        *_flags(line.notes, paper),
        paper.rule(),
    ]


def _flags(notes: Iterable[str], paper: Paper) -> list[Line]:
    lines: list[list[Span]] = [[]]
    for note in filter(None, map(paper.fit, notes)):
        flag = Span(f" {note[: paper.columns - 2]} ", LABEL)
        if lines[-1] and sum(span.width for span in lines[-1]) + 1 + flag.width > paper.columns:
            lines.append([])
        lines[-1] += [Span(" "), flag] if lines[-1] else [flag]
    return [Line(tuple(spans)) for spans in lines if spans]


def _count(lines: list[PickLine]) -> str:
    pieces = sum(line.pieces for line in lines)
    return f"{len(lines)} line{'s' * (len(lines) != 1)}, {pieces} piece{'s' * (pieces != 1)}"


def _walk_order(line: PickLine) -> tuple[bool, list[tuple[bool, int, str]], str]:
    """By bin, numbers in it by value (A-2 before A-10), articles without a bin last."""
    parts = re.findall(r"\d+|\D+", line.bin)
    return not parts, [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts], line.name
