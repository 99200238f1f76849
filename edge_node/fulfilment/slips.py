"""What the slips of a task say."""

from edge_node.ports import CancelDocument, PickDocument, PickLine, PickTask, SlipLine


def pick_list(task: PickTask) -> PickDocument:
    """The list to pick by."""
    return PickDocument(
        task.id, task.order_code, task.service, task.customer, task.destination, task.pick_by_ms,
        tuple(_slip_line(line, line.quantity) for line in task.lines), task.send_by,
    )  # fmt: skip


def cancel_slip(task: PickTask) -> CancelDocument:
    """What takes a printed list back, with the goods that somebody may have fetched already."""
    lines = tuple(_slip_line(line, line.reserved) for line in task.lines if line.reserved)
    return CancelDocument(task.id, task.order_code, task.reason, lines)


def _slip_line(line: PickLine, quantity: int) -> SlipLine:
    return SlipLine(line.sku, line.gtin, line.name, quantity, line.unit, line.bin, line.age_minimum, line.hazard)
