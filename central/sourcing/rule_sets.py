"""Rule sets in the database: published by a person, followed by every run from then on, kept for ever.

Works in the caller's transaction. A version is its document's name and revision, such as ``peak-7``, and never changes:
a decision that names it can always be read against it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform import audit
from central.platform.tables import TENANT
from central.sourcing.question import BUILT_IN, Rules
from central.sourcing.tables import rule_set
from retail.errors import Refused
from routing.rules.defaults import default_rules
from routing.rules.document import RuleSet, dump

PUBLISHED, ARCHIVED = "published", "archived"

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('rule_set'), hashtext(:tenant))")


@dataclass(frozen=True)
class StoredRules:
    """A version of the rules. ``body`` is the document as it was published; times are None until they come."""

    version: str
    state: str
    body: dict[str, Any]
    actor: str
    published_at: datetime | None
    archived_at: datetime | None


async def live(conn: AsyncConnection) -> Rules:
    """The rules that runs follow now: the published ones, or those of the program."""
    query = select(rule_set.c.version, rule_set.c.body).where(
        rule_set.c.tenant == TENANT, rule_set.c.state == PUBLISHED
    )
    row = (await conn.execute(query)).one_or_none()
    return Rules() if row is None else Rules(row.version, row.body)


async def live_version(conn: AsyncConnection) -> str:
    """The version of the rules that runs follow now. What a version says never changes."""
    query = select(rule_set.c.version).where(rule_set.c.tenant == TENANT, rule_set.c.state == PUBLISHED)
    return (await conn.execute(query)).scalar_one_or_none() or BUILT_IN


async def publish(conn: AsyncConnection, rules: RuleSet, actor: str) -> str:
    """Let runs follow ``rules`` from the next one on; the rules before are archived. Returns the version before.

    A version that was published before may be published again, which is how one goes back. Raises :class:`Refused` for
    a version whose content was another.
    """
    body = dump(rules)
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
    await conn.execute(_ONE_AT_A_TIME, {"tenant": TENANT})
    before = await live(conn)
    query = select(rule_set.c.digest).where(rule_set.c.tenant == TENANT, rule_set.c.version == rules.version)
    known = (await conn.execute(query)).scalar_one_or_none()
    if rules.version == BUILT_IN or known not in (None, digest):
        raise Refused("revision", f"{rules.version} is there with another content", "raise the revision")
    await conn.execute(
        update(rule_set)
        .where(rule_set.c.tenant == TENANT, rule_set.c.state == PUBLISHED, rule_set.c.version != rules.version)
        .values(state=ARCHIVED, archived_at=func.now())
    )
    made = insert(rule_set).values(
        version=rules.version, state=PUBLISHED, body=body, digest=digest, actor=actor, published_at=func.now()
    )
    await conn.execute(
        made.on_conflict_do_update(
            constraint=rule_set.primary_key,
            set_={"state": PUBLISHED, "actor": actor, "published_at": func.now(), "archived_at": None},
        )
    )
    detail = {"before": before.version, "rules": len(rules.rules), "sha256": digest.hex()}
    await audit.record(conn, actor, "rules.publish", f"rules/{rules.version}", detail)
    return before.version


async def versions(conn: AsyncConnection) -> Sequence[StoredRules]:
    """All versions, the published one first, then the newest."""
    query = select(rule_set).where(rule_set.c.tenant == TENANT).order_by(
        (rule_set.c.state == PUBLISHED).desc(), rule_set.c.published_at.desc(), rule_set.c.version
    )  # fmt: skip
    return [
        StoredRules(row.version, row.state, row.body, row.actor, row.published_at, row.archived_at)
        for row in await conn.execute(query)
    ]


async def named(conn: AsyncConnection, version: str) -> StoredRules:
    """One version, the live one where none is named. Raises :class:`Refused` where there is no such version."""
    found = await versions(conn)
    for each in found:
        if each.version == version or (not version and each.state == PUBLISHED):
            return each
    if version in ("", BUILT_IN):
        return StoredRules(BUILT_IN, "built in", dump(default_rules()), "", None, None)
    raise Refused("version", f"there are no rules {version[:80]!r}", "see central rules show --all")
