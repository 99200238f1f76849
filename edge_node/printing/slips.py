"""How a document reads on paper: amounts, times and quantities as the store's people write them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from edge_node.peripherals.documents import PickLine, PickSlip, ReceiptLine, ReceiptSlip, Row, TaxRow
from edge_node.ports import CancelDocument, Document, PickDocument, ReceiptDocument, SelfTestDocument, SlipLine
from retail.money import Money
from retail.quantity import Quantity, Unit
from sync_protocol.events import Sale, SaleLine
from sync_protocol.tasks import PICKUP

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def task_code(task_id: UUID) -> str:
    """What the barcode on a pick list says: 12 characters, short enough for the narrowest paper."""
    return task_id.hex[-12:].upper()


class SlipWriter:
    """Writes slips for a store called ``name`` in the IANA time zone ``zone``."""

    def __init__(self, name: str, address: Sequence[str], zone: str) -> None:
        self._name, self._address, self._zone = name, tuple(address), ZoneInfo(zone)

    def write(self, document: Document, *, is_copy: bool, now_ms: int) -> ReceiptSlip | PickSlip:
        """The slip for ``document``, printed now."""
        match document:
            case ReceiptDocument():
                return self._receipt(document, is_copy)
            case PickDocument():
                return self._pick_list(document, is_copy, now_ms)
            case CancelDocument():
                return self._cancel_slip(document, is_copy, now_ms)
            case SelfTestDocument():
                return ReceiptSlip(
                    self._name, "TEST", self._time(document.at_ms), (), Row("Printer", "works"), title="Test",
                    footer=(document.text,), copy=is_copy,
                )  # fmt: skip

    def _receipt(self, document: ReceiptDocument, is_copy: bool) -> ReceiptSlip:
        sale = document.sale
        marks = {share.code: chr(ord("A") + index % 26) for index, share in enumerate(document.taxes)}
        on_top = {share.code for share in document.taxes if not share.inclusive}
        return ReceiptSlip(
            store=self._name,
            address=self._address,
            code=sale.receipt,
            printed_at=self._time(document.at_ms),
            register=document.register,
            cashier=document.staff,
            lines=tuple(_article(sale, line, marks, on_top) for line in sale.lines),
            subtotals=_subtotals(document, on_top),
            total=Row(f"Total {sale.currency}", _amount(sale, sale.total)),
            tenders=_tenders(sale),
            change=Row("Change", _amount(sale, document.change)) if document.change else None,
            taxes=tuple(
                TaxRow(
                    marks[share.code], percent(share.rate_ppm), _amount(sale, share.net), _amount(sale, share.tax),
                    _amount(sale, share.gross),
                )
                for share in document.taxes
            ),
            copy=is_copy,
        )  # fmt: skip

    def _pick_list(self, document: PickDocument, is_copy: bool, now_ms: int) -> PickSlip:
        return PickSlip(
            order_code=document.order_code,
            service="PICKUP" if document.service == PICKUP else "SHIP",
            pick_by=self._time(document.pick_by_ms) if document.pick_by_ms else "soon",
            task_code=task_code(document.task),
            lines=tuple(_pick_line(line) for line in document.lines),
            store=self._name,
            customer=document.customer,
            destination=document.destination,
            send_by=document.send_by,
            printed_at=self._time(now_ms),
            copy=is_copy,
        )

    def _cancel_slip(self, document: CancelDocument, is_copy: bool, now_ms: int) -> ReceiptSlip:
        lines = tuple(
            ReceiptLine(line.name, _quantity(line), detail="  ".join(filter(None, (line.bin, line.sku))))
            for line in document.lines
        )
        return ReceiptSlip(
            self._name, document.order_code, self._time(now_ms), lines,
            Row("Put back", f"{len(lines)} line{'s' * (len(lines) != 1)}"), title="CANCELLED", copy=is_copy,
            footer=tuple(filter(None, ("Stop picking this order.", document.reason))),
        )  # fmt: skip

    def _time(self, at_ms: int) -> str:
        return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(self._zone).strftime("%Y-%m-%d %H:%M")


def percent(rate_ppm: int) -> str:
    """A tax rate as people write it: ``19 %``, ``8.875 %``."""
    whole, fraction = divmod(rate_ppm, 10_000)
    return f"{whole}.{fraction:04}".rstrip("0").rstrip(".") + " %"


def _amount(sale: Sale, minor: int) -> str:
    return Money(minor, sale.currency).decimal_text


def _article(sale: Sale, line: SaleLine, marks: dict[str, str], on_top: set[str]) -> ReceiptLine:
    amount = line.amount - line.tax_amount if line.tax_code in on_top else line.amount
    price = _amount(sale, line.unit_price)
    detail = ""
    if line.unit == Unit.GRAM:
        detail = f"{Quantity(line.quantity, Unit.GRAM)} x {price} per kg"
    elif line.quantity != 1:
        detail = f"{line.quantity} x {price}"
    return ReceiptLine(line.name, _amount(sale, amount), marks.get(line.tax_code, ""), detail)


def _subtotals(document: ReceiptDocument, on_top: set[str]) -> tuple[Row, ...]:
    if not on_top:
        return ()
    sale = document.sale
    taxes = [share for share in document.taxes if share.code in on_top]
    subtotal = sale.total - sum(share.tax for share in taxes)
    rows = [Row(f"Tax {percent(share.rate_ppm)}", _amount(sale, share.tax)) for share in taxes]
    return (Row("Subtotal", _amount(sale, subtotal)), *rows)


def _tenders(sale: Sale) -> tuple[Row, ...]:
    rounding = (Row("Rounding", _amount(sale, sale.rounding)),) if sale.rounding else ()
    return (*rounding, *(Row(each.tender.capitalize(), _amount(sale, each.given)) for each in sale.tenders))


def _pick_line(line: SlipLine) -> PickLine:
    notes = (f"Age {line.age_minimum}+" if line.age_minimum else "", f"Hazard: {line.hazard}" if line.hazard else "")
    unit = "g" if line.unit == Unit.GRAM else ""
    return PickLine(line.quantity, line.name, line.sku, line.gtin, line.bin, unit, tuple(filter(None, notes)))


def _quantity(line: SlipLine) -> str:
    return f"{line.quantity} g" if line.unit == Unit.GRAM else f"{line.quantity} x"
