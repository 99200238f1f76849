"""The layout of a receipt."""

from collections.abc import Sequence

from edge_node.peripherals.documents import ReceiptLine, ReceiptSlip, Row, TaxRow
from edge_node.peripherals.layout import (
    BIG,
    BOLD,
    PLAIN,
    TALL,
    Barcode,
    Cut,
    Feed,
    Line,
    Operation,
    Paper,
    QrCode,
    Span,
    Style,
)

COPY = "COPY"
TAX_MARK_LENGTH_MAX = 2
"""A mark is a letter; what is longer would push the amounts off the paper."""


def lay_out_receipt(slip: ReceiptSlip, paper: Paper) -> list[Operation]:
    """The receipt from the store's name to the cut."""
    marks = max((len(_mark(line.tax, paper)) for line in slip.lines), default=0)
    # Rows without a tax mark leave its columns free, so that all amounts stand below each other.
    margin = " " * (marks + 1) if marks else ""

    def rows(pairs: Sequence[Row], style: Style = PLAIN, indent: int = 0) -> list[Line]:
        return [line for row in pairs for line in _amount(paper, row.label, row.amount, margin, style, indent)]

    return [
        *paper.headline(slip.store),
        *(line for text in slip.address for line in paper.centred(text)),
        Feed(),
        *_copy_mark(slip, paper),
        *paper.pair(slip.title, slip.printed_at, BOLD),
        *paper.pair(slip.code, _served_by(slip)),
        paper.rule(),
        *(line for article in slip.lines for line in _article(article, paper, marks)),
        paper.rule(),
        *rows(slip.subtotals),
        *_total(slip.total, paper.narrower(len(margin))),
        *([paper.rule()] if slip.tenders or slip.change else []),
        *rows(slip.tenders),
        *(rows([slip.change], BOLD) if slip.change else []),
        *(_taxes(slip.taxes, paper) if slip.taxes else []),
        Feed(),
        *paper.centred(slip.saved, BOLD),
        *([Feed()] if slip.saved else []),
        *_codes(slip),
        *(line for text in slip.footer for line in paper.centred(text)),
        *([Feed()] if slip.footer and slip.copy else []),
        *_copy_mark(slip, paper),
        Cut(),
    ]


def _copy_mark(slip: ReceiptSlip, paper: Paper) -> list[Operation]:
    return [*paper.banner(COPY), Feed()] if slip.copy else []


def _served_by(slip: ReceiptSlip) -> str:
    register = f"Register {slip.register}" if slip.register else ""
    return ", ".join(filter(None, (register, slip.cashier)))


def _article(article: ReceiptLine, paper: Paper, marks: int) -> list[Line]:
    margin = " " * (marks + 1) if marks else ""
    mark = _mark(article.tax, paper).rjust(marks + 1) if marks else ""
    lines = _amount(paper, article.name, article.amount, mark, PLAIN, 0)
    if article.detail:
        lines += paper.paragraph(article.detail, indent=2)
    for discount in article.discounts:
        lines += _amount(paper, discount.label, discount.amount, margin, PLAIN, 2)
    return lines


def _mark(tax: str, paper: Paper) -> str:
    return paper.fit(tax)[:TAX_MARK_LENGTH_MAX]


def _amount(paper: Paper, label: str, amount: str, margin: str, style: Style, indent: int) -> list[Line]:
    *above, last = paper.narrower(len(margin)).pair(label, amount, style, indent)
    return [*above, Line((*last.spans, Span(margin, style)))]


def _codes(slip: ReceiptSlip) -> list[Operation]:
    """What machines read, with room around it so that they can."""
    link: list[Operation] = [QrCode(slip.link), Feed()] if slip.link else []
    return [*link, Barcode(slip.code), Feed()]


def _total(total: Row, paper: Paper) -> list[Line]:
    label, amount = paper.fit(total.label), paper.fit(total.amount)
    style = BIG if (len(label) + len(amount) + 1) * BIG.cell <= paper.columns else TALL
    return paper.pair(label, amount, style)


def _taxes(taxes: Sequence[TaxRow], paper: Paper) -> list[Operation]:
    """A table: mark and rate at the left, three columns of amounts at the right."""
    table = [("Rate", "Net", "Tax", "Gross")]
    table += [(f"{row.mark} {row.rate}".strip(), row.net, row.tax, row.gross) for row in taxes]
    cells = [[paper.fit(cell) for cell in row] for row in table]
    widths = [max(len(row[column]) for row in cells) for column in (1, 2, 3)]
    first = paper.columns - sum(width + 1 for width in widths)
    if first < max(len(row[0]) for row in cells):
        return [paper.rule(), *(line for row in taxes for line in paper.pair(f"{row.mark} {row.rate}", row.tax))]
    lines = [
        row[0].ljust(first) + "".join(f" {cell.rjust(width)}" for cell, width in zip(row[1:], widths, strict=True))
        for row in cells
    ]
    return [paper.rule(), *(Line((Span(line),)) for line in lines)]
