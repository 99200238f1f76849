ALTER TABLE decision ADD COLUMN run_id uuid;
CREATE TABLE sourcing_network (
    tenant text NOT NULL DEFAULT 'main',
    digest bytea NOT NULL,
    body bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sourcing_network_pkey PRIMARY KEY (tenant, digest)
);
CREATE TABLE sourcing_run (
    tenant text NOT NULL DEFAULT 'main',
    run_id uuid NOT NULL,
    region text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    digest bytea NOT NULL,
    network_digest bytea NOT NULL,
    core bytea,
    moment bytea,
    answer bytea,
    kept_bytes bigint NOT NULL DEFAULT 0,
    rule_version text NOT NULL,
    effort text NOT NULL,
    seed bigint NOT NULL,
    made_by text NOT NULL,
    cost bigint NOT NULL DEFAULT 0,
    bound bigint NOT NULL DEFAULT 0,
    baseline bigint NOT NULL DEFAULT 0,
    seconds double precision NOT NULL DEFAULT 0,
    orders integer NOT NULL DEFAULT 0,
    lines integer NOT NULL DEFAULT 0,
    places integer NOT NULL DEFAULT 0,
    offered integer NOT NULL DEFAULT 0,
    moved integer NOT NULL DEFAULT 0,
    waiting integer NOT NULL DEFAULT 0,
    stale integer NOT NULL DEFAULT 0,
    prices integer NOT NULL DEFAULT 0,
    work jsonb NOT NULL DEFAULT '{}',
    problem text NOT NULL DEFAULT '',
    CONSTRAINT sourcing_run_pkey PRIMARY KEY (tenant, run_id),
    CONSTRAINT sourcing_run_kind_check CHECK (kind IN ('batch', 'single')),
    CONSTRAINT sourcing_run_state_check CHECK (state IN ('running', 'done', 'failed'))
);
CREATE INDEX sourcing_run_region_idx ON sourcing_run (tenant, region, kind, run_id);
CREATE INDEX sourcing_run_kept_idx ON sourcing_run (tenant, run_id) WHERE kept_bytes > 0;
CREATE TABLE rule_set (
    tenant text NOT NULL DEFAULT 'main',
    version bigint NOT NULL,
    state text NOT NULL,
    body jsonb NOT NULL,
    digest bytea NOT NULL,
    actor text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    archived_at timestamptz,
    CONSTRAINT rule_set_pkey PRIMARY KEY (tenant, version),
    CONSTRAINT rule_set_state_check CHECK (state IN ('draft', 'published', 'archived'))
);
CREATE UNIQUE INDEX rule_set_live_idx ON rule_set (tenant) WHERE state = 'published';
