"""The word, shape and colour of every state: the same on console, handheld and paper."""

from collections.abc import Collection, Mapping

from web_kit.words import Label

TO_ROUTE = Label("neutral", "To route")

TASKS: Mapping[str, Label] = {
    "offered": Label("neutral", "Offered"),
    "assigned": Label("neutral", "Assigned"),
    "started": Label("info", "Picking"),
    "packed": Label("info", "Packed"),
    "shipped": Label("ok", "Shipped"),
    "handed_over": Label("ok", "Handed over"),
    "rejected": Label("bad", "Rejected"),
    "withdrawn": Label("neutral", "Withdrawn"),
    "released": Label("neutral", "Released"),
}
READY = Label("ok", "Ready to collect")
_PROGRESS = ("offered", "assigned", "started", "packed", "shipped", "handed_over")
DEAD_TASKS = ("rejected", "withdrawn", "released")
"""Tasks that serve nothing any more: the lines went elsewhere."""

LINES: Mapping[str, Label] = {
    "open": TO_ROUTE,
    "offered": TASKS["offered"],
    "assigned": TASKS["assigned"],
    "started": TASKS["started"],
    "shipped": Label("ok", "Gone"),
    "short": Label("bad", "Short"),
    "cancelled": Label("neutral", "Cancelled"),
}

LATE = Label("warn", "Late")

HEALTH: Mapping[str, Label] = {
    "offline": Label("bad", "Offline"),
    "degraded": Label("warn", "Degraded"),
    "healthy": Label("ok", "Healthy"),
    "none": Label("neutral", "No box"),
}

FINDINGS: Mapping[str, Label] = {
    "refused": Label("bad", "Refused"),
    "repaired": Label("warn", "Repaired"),
    "kept": Label("info", "Kept"),
}

HISTORY: Mapping[str, Label] = {
    "received": Label("neutral", "Received"),
    "held": Label("bad", "Put on hold"),
    "unrouted": Label("warn", "No location can serve it"),
    "routed": Label("neutral", "Routed"),
    "offered": Label("neutral", "Offered to"),
    "assigned": Label("neutral", "Accepted and assigned"),
    "started": Label("info", "Start confirmed"),
    "picking": Label("info", "Picked"),
    "packed": Label("info", "Packed"),
    "shipped": Label("ok", "Shipped"),
    "handed_over": Label("ok", "Handed over"),
    "rejected": Label("bad", "Rejected"),
    "short": Label("bad", "Short"),
    "withdrawn": Label("warn", "Withdrawn"),
    "released": Label("warn", "Released"),
    "cancelled": Label("neutral", "Cancelled"),
    "trouble": Label("bad", "Needs you"),
    "ignored": Label("neutral", "Came too late, ignored"),
}

RUNS: Mapping[str, Label] = {
    "running": Label("info", "Running"),
    "done": Label("ok", "Done"),
    "failed": Label("bad", "Failed"),
}
RUN_KINDS: Mapping[str, str] = {"batch": "Batch", "single": "New orders"}

SERVICES: Mapping[str, str] = {"ship": "Ship", "pickup": "Pickup"}
KINDS: Mapping[str, str] = {"store": "Store", "warehouse": "Warehouse"}

REJECTIONS: Mapping[str, str] = {
    "no_stock": "too little stock",
    "unknown_sku": "an item it does not know",
    "closed": "the store is closed",
    "no_capacity": "no capacity",
    "staff": "staff declined",
}
SHORTS: Mapping[str, str] = {"not_found": "not found", "damaged": "damaged", "other": "another reason"}


def word(state: str) -> str:
    """A state that no table above knows, made readable: a newer part of the centre may have brought it."""
    return state.replace("_", " ").replace(".", ": ").capitalize()


def task_label(state: str, service: str) -> Label:
    """The state of a pick list."""
    if state == "packed" and service == "pickup":
        return READY
    return TASKS.get(state) or Label("neutral", word(state))


def order_label(
    status: str, hold: str, attention: str, service: str, tasks: Collection[str], is_partly_open: bool
) -> Label:
    """The state of an order: what needs a person comes first, then its least advanced pick list."""
    if status == "cancelled":
        return LINES["cancelled"]
    if status == "fulfilled":
        return TASKS["handed_over" if service == "pickup" else "shipped"]
    if hold:
        return Label("bad", "On hold")
    if attention:
        return Label("bad", "Needs you")
    living = [state for state in _PROGRESS if state in tasks]
    if not living:
        return TO_ROUTE
    if is_partly_open:
        return Label("neutral", "Part to route")
    return task_label(living[0], service)
