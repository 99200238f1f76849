"""Requests that may be sent twice: the second one gets the answer of the first.

The answer is kept in the transaction of the work, so there is never one without the other. A key belongs to a scope
(the operation); two requests of one key that differ are a mistake of the caller.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform.problems import conflict
from central.platform.tables import TENANT, idempotency

KEY_LENGTH_MAX = 200


@dataclass(frozen=True)
class Answer:
    """What was answered: an HTTP status and a JSON object."""

    status: int
    body: Mapping[str, Any]


def fingerprint(content: object) -> bytes:
    """A hash that is equal for equal JSON values, however they were written."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


async def begin(conn: AsyncConnection, scope: str, key: str, request_hash: bytes) -> Answer | None:
    """The answer that this key got before; None when the work is still to be done, now, by the caller.

    Two requests of one key at the same time wait for each other. Raises a 409
    :class:`~central.platform.problems.Problem` when the key came before with another content.
    """
    made = await conn.execute(
        insert(idempotency)
        .values(scope=scope, key=key, request_hash=request_hash, status=0, response={})
        .on_conflict_do_nothing()
        .returning(idempotency.c.key)
    )
    if made.scalar_one_or_none() is not None:
        return None
    query = select(idempotency.c.request_hash, idempotency.c.status, idempotency.c.response).where(
        idempotency.c.tenant == TENANT, idempotency.c.scope == scope, idempotency.c.key == key
    )
    row = (await conn.execute(query)).one()
    if row.request_hash != request_hash:
        raise conflict("this Idempotency-Key came before with another content; use a new key for a new request")
    return Answer(row.status, row.response)


async def finish(conn: AsyncConnection, scope: str, key: str, answer: Answer) -> None:
    """Keep the answer for whoever asks again."""
    await conn.execute(
        update(idempotency)
        .where(idempotency.c.tenant == TENANT, idempotency.c.scope == scope, idempotency.c.key == key)
        .values(status=answer.status, response=dict(answer.body), created_at=func.now())
    )
