"""The box's store: one SQLite file, one writing thread, and everything that is derived from the log.

* :mod:`.connection` opens connections with the settings that durability and replication rest on;
* :mod:`.writer` commits transactions in groups, :mod:`.readers` answer questions beside it;
* :mod:`.view` and :mod:`.transaction` are what use cases see (`edge_node.ports`), :mod:`.journal` what `sync` sees;
* :mod:`.projections` derive stock, sales and tasks from events; :mod:`.verify` derives them again and compares.
"""

from edge_node.storage.journal import SqliteJournal
from edge_node.storage.store import BoxStore

__all__ = ["BoxStore", "SqliteJournal"]
