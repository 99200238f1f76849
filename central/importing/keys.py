"""Looking up a batch of keys in the database.

The keys travel as one array, which an index is searched for. A list of parameters (``IN (…)``) or a join would leave
PostgreSQL the choice to compare every row with every key; without statistics, as in the first import of a large file,
it takes it.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Text, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY


def among(column: ColumnElement[str], keys: Collection[str]) -> ColumnElement[bool]:
    """Whether ``column`` is one of ``keys``."""
    return column == any_(bindparam(None, list(keys), type_=ARRAY(Text), unique=True))
