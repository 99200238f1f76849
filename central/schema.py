"""All tables of the centre in one place: importing this module fills the shared metadata."""

import central.catalog.tables
import central.fleet.calendar_tables
import central.fleet.tables
import central.inventory.tables
import central.orders.tables
import central.platform.event_log
import central.sales.tables
import central.sourcing.tables  # noqa: F401  the imports are the purpose
from central.platform.tables import metadata

__all__ = ["metadata"]
