"""What a person should do about a printer, in plain words."""

from edge_node.peripherals.health import READY, DeviceState, Health
from edge_node.peripherals.receipt_printer.protocol import PaperLevel, PrinterStatus


def health_of(status: PrinterStatus) -> Health:
    """The most pressing thing about ``status``: first what stops the printer for good, last what can wait."""
    if status.unrecoverable:
        return _stopped("the printer reports a fault", "switch it off and on; call service if the fault comes back")
    if status.cover_open:
        return _stopped("the printer's cover is open", "close it until it clicks")
    if status.paper is PaperLevel.END:
        return _stopped("the printer is out of paper", "put in a new roll")
    if status.cutter_error:
        return _stopped("paper is stuck in the printer's cutter", "take it out, close the cover, then choose Continue")
    if status.overheated:
        return Health(DeviceState.DEGRADED, "the print head is too hot", "wait: it goes on by itself")
    if status.error:
        return _stopped("the printer reports an error", "switch it off and on")
    if status.feeding:
        return Health(DeviceState.DEGRADED, "somebody is feeding paper", "let go of the feed button")
    if not status.online:
        return _stopped("the printer is offline", "press its feed button; if that does not help, switch it off and on")
    if status.paper is PaperLevel.NEAR_END:
        return Health(DeviceState.DEGRADED, "the printer's paper is running low", "have a new roll at hand")
    return READY


def _stopped(problem: str, remedy: str) -> Health:
    return Health(DeviceState.ERROR, problem, remedy)
