"""The tables of sourcing: every run with what it decided on, and the rule sets that it follows."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from central.platform.tables import metadata, moment, one_of, optional_moment, required, tenant

RUNNING, DONE, FAILED = "running", "done", "failed"

sourcing_network = Table(
    "sourcing_network",
    metadata,
    tenant(),
    required("digest", LargeBinary),
    required("body", LargeBinary),
    moment("stored_at"),
    PrimaryKeyConstraint("tenant", "digest"),
)
"""The network as runs saw it, once for all runs that saw the same. ``body`` is compressed by zstd."""

sourcing_run = Table(
    "sourcing_run",
    metadata,
    tenant(),
    required("run_id", Uuid),
    required("region", Text),
    required("kind", Text),
    required("state", Text),
    required("started_at", DateTime(timezone=True)),
    optional_moment("ended_at"),
    required("digest", LargeBinary),
    required("network_digest", LargeBinary),
    Column("core", LargeBinary),
    Column("moment", LargeBinary),
    Column("answer", LargeBinary),
    required("kept_bytes", BigInteger, "0"),
    required("rule_version", Text),
    required("effort", Text),
    required("seed", BigInteger),
    required("made_by", Text),
    required("cost", BigInteger, "0"),
    required("bound", BigInteger, "0"),
    required("baseline", BigInteger, "0"),
    required("seconds", Double, "0"),
    required("orders", Integer, "0"),
    required("lines", Integer, "0"),
    required("places", Integer, "0"),
    required("offered", Integer, "0"),
    required("moved", Integer, "0"),
    required("waiting", Integer, "0"),
    required("stale", Integer, "0"),
    required("prices", Integer, "0"),
    required("work", JSONB, "'{}'"),
    required("problem", Text, "''"),
    Column("rule_costs", JSONB),
    PrimaryKeyConstraint("tenant", "run_id"),
    one_of("kind", "kind", "batch", "single"),
    one_of("state", "state", "running", "done", "failed"),
    Index("sourcing_run_region_idx", "tenant", "region", "kind", "run_id"),
    Index("sourcing_run_kept_idx", "tenant", "run_id", postgresql_where=text("kept_bytes > 0")),
)
"""One run of sourcing: what it decided on, what came of it, what it cost in minor units of its region's currency.

``digest`` is the SHA-256 of all inputs; ``core`` and ``moment`` are the inputs beside the network and ``answer`` the
decisions, each compressed by zstd, and null once they are older than the setting allows: the figures stay, a replay is
then no longer possible. ``rule_costs`` is what every rule did and cost, or why that is not known; null until it has
been worked out, which happens for the newest batches only.
"""

rule_set = Table(
    "rule_set",
    metadata,
    tenant(),
    required("version", Text),
    required("state", Text),
    required("body", JSONB),
    required("digest", LargeBinary),
    required("actor", Text),
    moment("made_at"),
    optional_moment("published_at"),
    optional_moment("archived_at"),
    PrimaryKeyConstraint("tenant", "version"),
    one_of("state", "state", "draft", "published", "archived"),
    Index("rule_set_live_idx", "tenant", unique=True, postgresql_where=text("state = 'published'")),
)
"""Versions of the rules that ops wrote. At most one is published: that is the one which runs follow.

``made_at`` is when it was drafted last, or published without a draft.
"""
