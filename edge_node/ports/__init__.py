"""What the parts of a store box may ask of each other.

The parts of the box (`checkout`, `fulfilment`, `stockroom`, `peripherals`, `storage`, `sync`, `printing`, `lan`) do not
import each other where the import contracts forbid it; they meet here. `composition.py` hands each the real thing.
"""

from edge_node.ports.devices import DeviceStatus
from edge_node.ports.documents import (
    CancelDocument,
    Document,
    PickDocument,
    ReceiptDocument,
    SelfTestDocument,
    SlipLine,
    TaxShare,
)
from edge_node.ports.journal import Journal, LogEntry, LogState
from edge_node.ports.printing import Printer, PrintJob, PrintKind, PrintOrder, PrintOutcome, PrintResult, PrintState
from edge_node.ports.records import BOX, Actor, Kept, ShelfItem, Stamp, StockRow, StoredSale, stamped
from edge_node.ports.replica import Replica, ReplicaStatus
from edge_node.ports.scans import Scan
from edge_node.ports.tasks import PickLine, PickTask
from edge_node.ports.transaction import Tx, UnitOfWork, View

__all__ = [
    "BOX",
    "Actor",
    "CancelDocument",
    "DeviceStatus",
    "Document",
    "Journal",
    "Kept",
    "LogEntry",
    "LogState",
    "PickDocument",
    "PickLine",
    "PickTask",
    "PrintJob",
    "PrintKind",
    "PrintOrder",
    "PrintOutcome",
    "PrintResult",
    "PrintState",
    "Printer",
    "ReceiptDocument",
    "Replica",
    "ReplicaStatus",
    "Scan",
    "SelfTestDocument",
    "ShelfItem",
    "SlipLine",
    "Stamp",
    "StockRow",
    "StoredSale",
    "TaxShare",
    "Tx",
    "UnitOfWork",
    "View",
    "stamped",
]
