-- The first schema. Written by hand from then on: a later change is a new file, never a change of this one.

-- Platform
CREATE TABLE centre (
    tenant text NOT NULL DEFAULT 'main',
    gen bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT centre_pkey PRIMARY KEY (tenant)
);
CREATE TABLE downlink_head (
    tenant text NOT NULL DEFAULT 'main',
    scope text NOT NULL,
    stream text NOT NULL,
    gen bigint NOT NULL,
    ver bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT downlink_head_pkey PRIMARY KEY (tenant, scope, stream)
);
CREATE TABLE downlink_delta (
    tenant text NOT NULL DEFAULT 'main',
    scope text NOT NULL,
    stream text NOT NULL,
    ver bigint NOT NULL,
    delta bytea NOT NULL,
    hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT downlink_delta_pkey PRIMARY KEY (tenant, scope, stream, ver)
);
CREATE TABLE outbox (
    tenant text NOT NULL DEFAULT 'main',
    message_id bigint GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    key text NOT NULL,
    payload text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    parked_at timestamptz,
    error text NOT NULL DEFAULT '',
    CONSTRAINT outbox_pkey PRIMARY KEY (tenant, message_id)
);
CREATE INDEX outbox_tenant_topic_key_message_id_idx ON outbox (tenant, topic, key, message_id);
CREATE TABLE lease (
    tenant text NOT NULL DEFAULT 'main',
    name text NOT NULL,
    holder text NOT NULL,
    token bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT lease_pkey PRIMARY KEY (tenant, name)
);
CREATE TABLE idempotency (
    tenant text NOT NULL DEFAULT 'main',
    scope text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    response jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_pkey PRIMARY KEY (tenant, scope, key)
);
CREATE TABLE audit (
    tenant text NOT NULL DEFAULT 'main',
    audit_id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT audit_pkey PRIMARY KEY (tenant, audit_id)
);
CREATE INDEX audit_tenant_subject_audit_id_idx ON audit (tenant, subject, audit_id);
CREATE TABLE incident (
    tenant text NOT NULL DEFAULT 'main',
    incident_id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    location text NOT NULL DEFAULT '',
    subject text NOT NULL,
    problem text NOT NULL,
    remedy text NOT NULL,
    key text NOT NULL,
    resolved_at timestamptz,
    resolved_by text NOT NULL DEFAULT '',
    CONSTRAINT incident_pkey PRIMARY KEY (tenant, incident_id)
);
CREATE UNIQUE INDEX incident_key_idx ON incident (tenant, kind, key);
CREATE INDEX incident_open_idx ON incident (tenant, incident_id) WHERE resolved_at IS NULL;
CREATE TABLE import_report (
    tenant text NOT NULL DEFAULT 'main',
    report_id uuid NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    rows_read integer NOT NULL DEFAULT 0,
    rows_kept integer NOT NULL DEFAULT 0,
    rows_repaired integer NOT NULL DEFAULT 0,
    rows_refused integer NOT NULL DEFAULT 0,
    CONSTRAINT import_report_pkey PRIMARY KEY (tenant, report_id)
);
CREATE TABLE import_finding (
    tenant text NOT NULL DEFAULT 'main',
    report_id uuid NOT NULL,
    finding_no integer NOT NULL,
    row integer NOT NULL,
    field text NOT NULL,
    value text NOT NULL,
    problem text NOT NULL,
    remedy text NOT NULL,
    action text NOT NULL,
    CONSTRAINT import_finding_pkey PRIMARY KEY (tenant, report_id, finding_no),
    CONSTRAINT import_finding_import_report_fkey FOREIGN KEY (tenant, report_id)
        REFERENCES import_report (tenant, report_id) ON DELETE CASCADE,
    CONSTRAINT import_finding_action_check CHECK (action IN ('refused', 'repaired', 'kept'))
);

-- Event log
CREATE TABLE log_entry (
    tenant text NOT NULL DEFAULT 'main',
    location text NOT NULL,
    box uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    body bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT log_entry_pkey PRIMARY KEY (tenant, location, box, seq)
);
CREATE TABLE event (
    tenant text NOT NULL DEFAULT 'main',
    id uuid NOT NULL,
    location text NOT NULL,
    box uuid NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    at_ms bigint NOT NULL,
    time_quality smallint NOT NULL,
    business_day date NOT NULL,
    register text NOT NULL,
    staff text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_pkey PRIMARY KEY (tenant, id)
);
CREATE INDEX event_tenant_location_received_at_idx ON event (tenant, location, received_at);
CREATE TABLE dead_letter (
    tenant text NOT NULL DEFAULT 'main',
    id uuid NOT NULL,
    location text NOT NULL,
    box uuid NOT NULL,
    seq bigint NOT NULL,
    reason text NOT NULL,
    body bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dead_letter_pkey PRIMARY KEY (tenant, location, box, seq)
);

-- Catalogue
CREATE TABLE tax_code (
    tenant text NOT NULL DEFAULT 'main',
    code text NOT NULL,
    rate_ppm integer NOT NULL,
    inclusive boolean NOT NULL,
    CONSTRAINT tax_code_pkey PRIMARY KEY (tenant, code)
);
CREATE TABLE item (
    tenant text NOT NULL DEFAULT 'main',
    sku text NOT NULL,
    name text NOT NULL,
    unit text NOT NULL,
    tax_code text NOT NULL,
    weight_g integer NOT NULL DEFAULT 0,
    age_minimum integer NOT NULL DEFAULT 0,
    hazard text NOT NULL DEFAULT '',
    department text NOT NULL DEFAULT '',
    withdrawn boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT item_pkey PRIMARY KEY (tenant, sku),
    CONSTRAINT item_tax_code_fkey FOREIGN KEY (tenant, tax_code) REFERENCES tax_code (tenant, code),
    CONSTRAINT item_unit_check CHECK (unit IN ('each', 'gram'))
);
CREATE TABLE item_gtin (
    tenant text NOT NULL DEFAULT 'main',
    gtin14 text NOT NULL,
    sku text NOT NULL,
    CONSTRAINT item_gtin_pkey PRIMARY KEY (tenant, gtin14),
    CONSTRAINT item_gtin_item_fkey FOREIGN KEY (tenant, sku) REFERENCES item (tenant, sku) ON DELETE CASCADE
);
CREATE INDEX item_gtin_tenant_sku_idx ON item_gtin (tenant, sku);
CREATE TABLE price (
    tenant text NOT NULL DEFAULT 'main',
    price_list text NOT NULL DEFAULT 'standard',
    sku text NOT NULL,
    currency text NOT NULL,
    effective_ms bigint NOT NULL DEFAULT 0,
    price bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT price_pkey PRIMARY KEY (tenant, price_list, sku, currency, effective_ms),
    CONSTRAINT price_item_fkey FOREIGN KEY (tenant, sku) REFERENCES item (tenant, sku) ON DELETE CASCADE
);

-- Fleet
CREATE TABLE location (
    tenant text NOT NULL DEFAULT 'main',
    location text NOT NULL,
    kind text NOT NULL,
    backing text NOT NULL DEFAULT 'none',
    name text NOT NULL,
    legal_entity text NOT NULL DEFAULT '',
    currency text NOT NULL,
    country text NOT NULL DEFAULT '',
    region text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    zip text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    time_zone text,
    lat double precision,
    lon double precision,
    coordinate_state text NOT NULL DEFAULT 'missing',
    hours jsonb,
    zone text NOT NULL DEFAULT 'all',
    ships boolean NOT NULL DEFAULT false,
    pickups boolean NOT NULL DEFAULT false,
    capacity_units_per_day integer,
    open_for_orders boolean NOT NULL DEFAULT false,
    closed_reason text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT location_pkey PRIMARY KEY (tenant, location),
    CONSTRAINT location_kind_check CHECK (kind IN ('store', 'warehouse')),
    CONSTRAINT location_backing_check CHECK (backing IN ('edge', 'wms', 'dropship', 'none')),
    CONSTRAINT location_coordinate_state_check
        CHECK (coordinate_state IN ('believed', 'unverified', 'refused', 'missing'))
);
CREATE TABLE box (
    tenant text NOT NULL DEFAULT 'main',
    box uuid NOT NULL,
    location text NOT NULL,
    enrolled_at timestamptz NOT NULL DEFAULT now(),
    software text NOT NULL DEFAULT '',
    last_hello_at timestamptz,
    hello jsonb,
    state text NOT NULL DEFAULT 'open',
    incident text NOT NULL DEFAULT '',
    incident_at timestamptz,
    CONSTRAINT box_pkey PRIMARY KEY (tenant, box),
    CONSTRAINT box_location_fkey FOREIGN KEY (tenant, location) REFERENCES location (tenant, location),
    CONSTRAINT box_state_check CHECK (state IN ('open', 'replaced'))
);
CREATE INDEX box_tenant_location_idx ON box (tenant, location);
CREATE TABLE store_link (
    tenant text NOT NULL DEFAULT 'main',
    location text NOT NULL,
    epoch bigint NOT NULL,
    box uuid NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT store_link_pkey PRIMARY KEY (tenant, location),
    CONSTRAINT store_link_box_fkey FOREIGN KEY (tenant, box) REFERENCES box (tenant, box)
);
CREATE TABLE watermark (
    tenant text NOT NULL DEFAULT 'main',
    location text NOT NULL,
    box uuid NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT watermark_pkey PRIMARY KEY (tenant, location, box)
);

-- Inventory
CREATE TABLE stock_move (
    tenant text NOT NULL DEFAULT 'main',
    move_id bigint GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL,
    location text NOT NULL,
    sku text NOT NULL,
    lot text NOT NULL DEFAULT '',
    serial text NOT NULL DEFAULT '',
    source text NOT NULL,
    target text NOT NULL,
    quantity bigint NOT NULL,
    reason text NOT NULL,
    business_day date NOT NULL,
    staff text NOT NULL,
    at_ms bigint NOT NULL,
    CONSTRAINT stock_move_pkey PRIMARY KEY (tenant, location, move_id),
    CONSTRAINT stock_move_quantity_check CHECK (quantity > 0),
    CONSTRAINT stock_move_from_somewhere_to_somewhere_check CHECK (source <> target AND source <> '' AND target <> '')
);
CREATE INDEX stock_move_tenant_event_id_idx ON stock_move (tenant, event_id);
CREATE TABLE stock_balance (
    tenant text NOT NULL DEFAULT 'main',
    location text NOT NULL,
    sku text NOT NULL,
    state text NOT NULL,
    lot text NOT NULL DEFAULT '',
    serial text NOT NULL DEFAULT '',
    quantity bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_balance_pkey PRIMARY KEY (tenant, location, sku, state, lot, serial)
);
CREATE INDEX stock_balance_tenant_sku_state_idx ON stock_balance (tenant, sku, state);
CREATE TABLE stock_doubt (
    tenant text NOT NULL DEFAULT 'main',
    location text NOT NULL,
    sku text NOT NULL,
    available bigint NOT NULL,
    event_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_doubt_pkey PRIMARY KEY (tenant, location, sku)
);
CREATE TABLE reservation_entry (
    tenant text NOT NULL DEFAULT 'main',
    entry_id bigint GENERATED ALWAYS AS IDENTITY,
    order_line uuid NOT NULL,
    sku text NOT NULL,
    location text NOT NULL DEFAULT '',
    state text NOT NULL,
    quantity bigint NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reservation_entry_pkey PRIMARY KEY (tenant, entry_id),
    CONSTRAINT reservation_entry_state_check CHECK (state IN ('wanted', 'offered', 'set_aside')),
    CONSTRAINT reservation_entry_quantity_check CHECK (quantity <> 0)
);
CREATE INDEX reservation_entry_tenant_order_line_idx ON reservation_entry (tenant, order_line);
CREATE TABLE reservation_balance (
    tenant text NOT NULL DEFAULT 'main',
    sku text NOT NULL,
    location text NOT NULL,
    state text NOT NULL,
    quantity bigint NOT NULL,
    CONSTRAINT reservation_balance_pkey PRIMARY KEY (tenant, sku, location, state)
);

-- Sales
CREATE TABLE sale (
    tenant text NOT NULL DEFAULT 'main',
    sale_id uuid NOT NULL,
    event_id uuid NOT NULL,
    location text NOT NULL,
    register text NOT NULL,
    receipt text NOT NULL,
    business_day date NOT NULL,
    currency text NOT NULL,
    total bigint NOT NULL,
    tax_total bigint NOT NULL,
    rounding bigint NOT NULL,
    at_ms bigint NOT NULL,
    staff text NOT NULL,
    CONSTRAINT sale_pkey PRIMARY KEY (tenant, sale_id)
);
CREATE INDEX sale_tenant_event_id_idx ON sale (tenant, event_id);
CREATE INDEX sale_tenant_location_business_day_idx ON sale (tenant, location, business_day);
CREATE TABLE sale_line (
    tenant text NOT NULL DEFAULT 'main',
    sale_id uuid NOT NULL,
    line_no integer NOT NULL,
    sku text NOT NULL,
    gtin text NOT NULL,
    name text NOT NULL,
    quantity bigint NOT NULL,
    unit text NOT NULL,
    unit_price bigint NOT NULL,
    amount bigint NOT NULL,
    tax_code text NOT NULL,
    tax_amount bigint NOT NULL,
    price_gen bigint NOT NULL,
    price_ver bigint NOT NULL,
    lot text NOT NULL DEFAULT '',
    serial text NOT NULL DEFAULT '',
    CONSTRAINT sale_line_pkey PRIMARY KEY (tenant, sale_id, line_no)
);
CREATE TABLE money_move (
    tenant text NOT NULL DEFAULT 'main',
    move_id bigint GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL,
    location text NOT NULL,
    register text NOT NULL,
    staff text NOT NULL,
    business_day date NOT NULL,
    source text NOT NULL,
    target text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT money_move_pkey PRIMARY KEY (tenant, location, move_id),
    CONSTRAINT money_move_amount_check CHECK (amount > 0),
    CONSTRAINT money_move_from_somewhere_to_somewhere_check CHECK (source <> target AND source <> '' AND target <> '')
);
CREATE INDEX money_move_tenant_event_id_idx ON money_move (tenant, event_id);

-- Orders
CREATE TABLE customer_order (
    tenant text NOT NULL DEFAULT 'main',
    order_id uuid NOT NULL,
    code text NOT NULL,
    platform text NOT NULL,
    platform_order_id text NOT NULL,
    content_hash bytea NOT NULL,
    channel text NOT NULL,
    service text NOT NULL,
    pickup_location text NOT NULL DEFAULT '',
    customer_name text NOT NULL,
    contact jsonb NOT NULL DEFAULT '{}',
    ship_to jsonb NOT NULL DEFAULT '{}',
    dest_lat double precision,
    dest_lon double precision,
    currency text NOT NULL,
    total bigint NOT NULL,
    tax_total bigint NOT NULL,
    shipping_charged bigint NOT NULL,
    payments jsonb NOT NULL DEFAULT '[]',
    promise_ms bigint,
    placed_ms bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    status text NOT NULL,
    hold text NOT NULL DEFAULT '',
    attention text NOT NULL DEFAULT '',
    CONSTRAINT customer_order_pkey PRIMARY KEY (tenant, order_id),
    CONSTRAINT customer_order_tenant_platform_platform_order_id_key UNIQUE (tenant, platform, platform_order_id),
    CONSTRAINT customer_order_tenant_code_key UNIQUE (tenant, code),
    CONSTRAINT customer_order_service_check CHECK (service IN ('ship', 'pickup')),
    CONSTRAINT customer_order_status_check CHECK (status IN ('open', 'working', 'fulfilled', 'cancelled'))
);
CREATE INDEX customer_order_open_idx ON customer_order (tenant, order_id) WHERE status IN ('open', 'working');
CREATE TABLE order_line (
    tenant text NOT NULL DEFAULT 'main',
    order_id uuid NOT NULL,
    line_id uuid NOT NULL,
    position integer NOT NULL,
    platform_line_id text NOT NULL,
    kit_parent text NOT NULL DEFAULT '',
    split_from uuid,
    sku text NOT NULL,
    ordered_quantity bigint NOT NULL,
    quantity bigint NOT NULL,
    picked_quantity bigint NOT NULL DEFAULT 0,
    actual_weight_g bigint,
    gift boolean NOT NULL DEFAULT false,
    age_minimum integer NOT NULL DEFAULT 0,
    hazard text NOT NULL DEFAULT '',
    unit_price bigint NOT NULL,
    tax bigint NOT NULL,
    amount bigint NOT NULL,
    version bigint NOT NULL,
    state text NOT NULL,
    task uuid,
    excluded_locations text[] NOT NULL DEFAULT '{}',
    CONSTRAINT order_line_pkey PRIMARY KEY (tenant, order_id, line_id),
    CONSTRAINT order_line_tenant_line_id_key UNIQUE (tenant, line_id),
    CONSTRAINT order_line_customer_order_fkey FOREIGN KEY (tenant, order_id)
        REFERENCES customer_order (tenant, order_id),
    CONSTRAINT order_line_state_check
        CHECK (state IN ('open', 'offered', 'assigned', 'started', 'shipped', 'short', 'cancelled')),
    CONSTRAINT order_line_quantity_check CHECK (quantity >= 0 AND (quantity > 0 OR state = 'short'))
);
CREATE INDEX order_line_open_idx ON order_line (tenant, order_id) WHERE state = 'open';
CREATE TABLE decision (
    tenant text NOT NULL DEFAULT 'main',
    order_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    rule_version text NOT NULL,
    explanation jsonb NOT NULL,
    CONSTRAINT decision_pkey PRIMARY KEY (tenant, order_id, decision_id),
    CONSTRAINT decision_customer_order_fkey FOREIGN KEY (tenant, order_id)
        REFERENCES customer_order (tenant, order_id)
);
CREATE TABLE task (
    tenant text NOT NULL DEFAULT 'main',
    task_id uuid NOT NULL,
    order_id uuid NOT NULL,
    location text NOT NULL,
    rev integer NOT NULL,
    state text NOT NULL,
    service text NOT NULL,
    reason text NOT NULL DEFAULT '',
    collect_code text NOT NULL DEFAULT '',
    decision_id uuid,
    pick_by_ms bigint,
    packages integer NOT NULL DEFAULT 0,
    offered_at timestamptz NOT NULL DEFAULT now(),
    answered_at timestamptz,
    assigned_at timestamptz,
    started_at timestamptz,
    packed_at timestamptz,
    closed_at timestamptz,
    CONSTRAINT task_pkey PRIMARY KEY (tenant, task_id),
    CONSTRAINT task_customer_order_fkey FOREIGN KEY (tenant, order_id)
        REFERENCES customer_order (tenant, order_id),
    CONSTRAINT task_service_check CHECK (service IN ('ship', 'pickup')),
    CONSTRAINT task_state_check
        CHECK (state IN ('offered', 'assigned', 'started',
            'packed', 'shipped', 'handed_over', 'rejected', 'withdrawn', 'released'))
);
CREATE INDEX task_tenant_order_id_idx ON task (tenant, order_id);
CREATE INDEX task_unfinished_idx ON task (tenant, location, task_id) WHERE closed_at IS NULL;
CREATE TABLE task_line (
    tenant text NOT NULL DEFAULT 'main',
    task_id uuid NOT NULL,
    line_id uuid NOT NULL,
    sku text NOT NULL,
    quantity bigint NOT NULL,
    picked bigint NOT NULL DEFAULT 0,
    short bigint NOT NULL DEFAULT 0,
    CONSTRAINT task_line_pkey PRIMARY KEY (tenant, task_id, line_id),
    CONSTRAINT task_line_task_fkey FOREIGN KEY (tenant, task_id) REFERENCES task (tenant, task_id)
);
CREATE TABLE shipment (
    tenant text NOT NULL DEFAULT 'main',
    task_id uuid NOT NULL,
    order_id uuid NOT NULL,
    location text NOT NULL,
    kind text NOT NULL,
    carrier text NOT NULL DEFAULT '',
    tracking text NOT NULL DEFAULT '',
    proof text NOT NULL DEFAULT '',
    packages integer NOT NULL DEFAULT 0,
    at_ms bigint NOT NULL,
    staff text NOT NULL DEFAULT '',
    CONSTRAINT shipment_pkey PRIMARY KEY (tenant, task_id),
    CONSTRAINT shipment_customer_order_fkey FOREIGN KEY (tenant, order_id)
        REFERENCES customer_order (tenant, order_id),
    CONSTRAINT shipment_kind_check CHECK (kind IN ('shipped', 'handed_over'))
);
CREATE INDEX shipment_tenant_order_id_idx ON shipment (tenant, order_id);
CREATE TABLE shipment_line (
    tenant text NOT NULL DEFAULT 'main',
    line_id uuid NOT NULL,
    task_id uuid NOT NULL,
    sku text NOT NULL,
    quantity bigint NOT NULL,
    CONSTRAINT shipment_line_pkey PRIMARY KEY (tenant, line_id),
    CONSTRAINT shipment_line_shipment_fkey FOREIGN KEY (tenant, task_id) REFERENCES shipment (tenant, task_id)
);
CREATE TABLE order_history (
    tenant text NOT NULL DEFAULT 'main',
    order_id uuid NOT NULL,
    entry_id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    what text NOT NULL,
    task_id uuid,
    location text NOT NULL DEFAULT '',
    staff text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}',
    event_id uuid,
    CONSTRAINT order_history_pkey PRIMARY KEY (tenant, order_id, entry_id),
    CONSTRAINT order_history_customer_order_fkey FOREIGN KEY (tenant, order_id)
        REFERENCES customer_order (tenant, order_id)
);
CREATE UNIQUE INDEX order_history_event_idx ON order_history (tenant, order_id, event_id) WHERE event_id IS NOT NULL;
