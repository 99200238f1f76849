"""Rule sets in the database: drafted and published by a person, followed by every run from then on, kept for ever.

Works in the caller's transaction. A version is its document's name and revision, such as ``peak-7``. A draft may be
overwritten or discarded; once published, a version never changes: a decision that names it can always be read against
it. It is archived when another is published, and may be published again.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.platform import audit
from central.platform.tables import TENANT
from central.sourcing.question import BUILT_IN, Rules
from central.sourcing.tables import rule_set
from retail.errors import Refused
from routing.rules.defaults import default_rules
from routing.rules.document import RuleSet, dump

DRAFT, PUBLISHED, ARCHIVED = "draft", "published", "archived"

DRAFTS_MAX = 50
"""Drafts that are kept at a time; one more is refused."""

_LISTED = "see central rules show --all"
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('rule_set'), hashtext(:tenant))")


@dataclass(frozen=True)
class StoredRules:
    """A version of the rules. ``body`` is the document, ``actor`` who drafted or published it last; times are None
    until they come."""

    version: str
    state: str
    body: dict[str, Any]
    actor: str
    made_at: datetime | None
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


async def draft(conn: AsyncConnection, rules: RuleSet, actor: str) -> bool:
    """Keep ``rules`` as a draft, which no run follows, in place of an earlier draft of the version. False where that
    was the same already.

    Raises :class:`Refused` for a version that was published, and for one draft more than :data:`DRAFTS_MAX`.
    """
    body, digest = _content(rules)
    await conn.execute(_ONE_AT_A_TIME, {"tenant": TENANT})
    known = await _known(conn, rules.version)
    if known is not None and known.state != DRAFT:
        raise Refused("revision", f"{rules.version} was published and never changes", "raise the revision")
    if known is None and sum(each.state == DRAFT for each in await versions(conn)) >= DRAFTS_MAX:
        raise Refused("version", f"there are {DRAFTS_MAX} drafts already", "publish one, or discard one")
    if known is not None and known.digest == digest:
        return False
    written = {"body": body, "digest": digest, "actor": actor, "made_at": func.now()}
    made = insert(rule_set).values(version=rules.version, state=DRAFT, **written)
    await conn.execute(made.on_conflict_do_update(constraint=rule_set.primary_key, set_=written))
    await _record(conn, actor, "rules.draft", rules.version, {"rules": len(rules.rules), "sha256": digest.hex()})
    return True


async def discard(conn: AsyncConnection, version: str, actor: str) -> None:
    """Forget a draft. Raises :class:`Refused` for what is none."""
    await conn.execute(_ONE_AT_A_TIME, {"tenant": TENANT})
    known = await _known(conn, version)
    if known is None or known.state != DRAFT:
        raise Refused("version", f"there is no draft {version[:80]!r}", _LISTED)
    await conn.execute(delete(rule_set).where(rule_set.c.tenant == TENANT, rule_set.c.version == version))
    await _record(conn, actor, "rules.discard", version, {"sha256": known.digest.hex()})


async def publish(conn: AsyncConnection, rules: RuleSet, actor: str) -> str:
    """Let runs follow ``rules`` from the next one on; the rules before are archived. Returns the version before, which
    is their own where they hold already: then nothing changes.

    A version that was published before may be published again, which is how one goes back, to those of the program too.
    Raises :class:`Refused` for a version that was published with another content.
    """
    body, digest = _content(rules)
    await conn.execute(_ONE_AT_A_TIME, {"tenant": TENANT})
    before = await live(conn)
    known = await _known(conn, rules.version)
    if known is not None and known.state != DRAFT and known.digest != digest:
        raise Refused("revision", f"{rules.version} is there with another content", "raise the revision")
    if before.version == rules.version:
        return before.version
    await conn.execute(
        update(rule_set)
        .where(rule_set.c.tenant == TENANT, rule_set.c.state == PUBLISHED)
        .values(state=ARCHIVED, archived_at=func.now())
    )
    if rules.version != BUILT_IN:
        written = {"state": PUBLISHED, "body": body, "digest": digest, "actor": actor, "published_at": func.now()}
        made = insert(rule_set).values(version=rules.version, **written)
        await conn.execute(
            made.on_conflict_do_update(constraint=rule_set.primary_key, set_={**written, "archived_at": None})
        )
    detail = {"before": before.version, "rules": len(rules.rules), "sha256": digest.hex()}
    await _record(conn, actor, "rules.publish", rules.version, detail)
    return before.version


async def versions(conn: AsyncConnection) -> Sequence[StoredRules]:
    """All versions, the published one first, then drafts, then what was published last."""
    query = select(rule_set).where(rule_set.c.tenant == TENANT).order_by(
        (rule_set.c.state == PUBLISHED).desc(), rule_set.c.published_at.desc(), rule_set.c.version
    )  # fmt: skip
    return [
        StoredRules(row.version, row.state, row.body, row.actor, row.made_at, row.published_at, row.archived_at)
        for row in await conn.execute(query)
    ]


async def named(conn: AsyncConnection, version: str) -> StoredRules:
    """One version, the live one where none is named. Raises :class:`Refused` where there is no such version."""
    found = await versions(conn)
    for each in found:
        if each.version == version or (not version and each.state == PUBLISHED):
            return each
    if version in ("", BUILT_IN):
        return StoredRules(BUILT_IN, "built in", dump(default_rules()), "", None, None, None)
    raise Refused("version", f"there are no rules {version[:80]!r}", _LISTED)


@dataclass(frozen=True)
class _Known:
    """What is there of a version."""

    state: str
    digest: bytes


async def _known(conn: AsyncConnection, version: str) -> _Known | None:
    if version == BUILT_IN:
        return _Known(ARCHIVED, _content(default_rules())[1])
    query = select(rule_set.c.state, rule_set.c.digest).where(
        rule_set.c.tenant == TENANT, rule_set.c.version == version
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else _Known(*row)


def _content(rules: RuleSet) -> tuple[dict[str, object], bytes]:
    """The document, and its SHA-256."""
    body = dump(rules)
    return body, hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()


async def _record(conn: AsyncConnection, actor: str, action: str, version: str, detail: dict[str, object]) -> None:
    await audit.record(conn, actor, action, f"rules/{version}", detail)
