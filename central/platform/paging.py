"""Paging by key: a page ends with an opaque cursor that says after which row the next one begins.

Unlike an offset, a cursor neither repeats nor skips rows when others come in between, and costs the same on each page.
"""

import base64
import binascii
import json
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from retail.errors import Refused

LIMIT_MAX = 200
LIMIT_DEFAULT = 50
CURSOR_LENGTH_MAX = 400

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Rows a page")]
Cursor = Annotated[str, Query(max_length=CURSOR_LENGTH_MAX, description="next of the page before; empty: the first")]

Row = TypeVar("Row")


class Page(BaseModel, Generic[Row]):
    """Some rows, and the cursor of the next page: null at the end."""

    items: list[Row]
    next: str | None = None


def encode_cursor(key: str) -> str:
    """The cursor after the row of ``key``."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The key in ``cursor``; empty for the first page. Raises :class:`Refused` for what no page ever gave."""
    if not cursor:
        return ""
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error) as error:
        raise _not_ours() from error
    if not isinstance(key, str) or "\0" in key or not key.isprintable():
        raise _not_ours()
    return key


def _not_ours() -> Refused:
    return Refused("cursor", "it is not a cursor of this service", "give the `next` of a page, or leave it out")
