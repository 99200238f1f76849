-- One box: its log, what follows from it and from what the centre told, and what waits to be printed.
-- Identifiers are 16 bytes, hashes 16 bytes, times milliseconds since 1970 UTC, amounts minor units.

CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    store TEXT NOT NULL,
    box BLOB NOT NULL CHECK (length(box) = 16),
    epoch INTEGER NOT NULL DEFAULT 0,
    gen INTEGER NOT NULL DEFAULT 0,
    head INTEGER NOT NULL DEFAULT 0,
    head_hash BLOB NOT NULL CHECK (length(head_hash) = 16),
    acked INTEGER NOT NULL DEFAULT 0,
    acked_hash BLOB NOT NULL CHECK (length(acked_hash) = 16),
    print_attempts INTEGER NOT NULL DEFAULT 0,
    manifest TEXT NOT NULL DEFAULT '',
    CHECK (0 <= acked AND acked <= head)
) STRICT;

-- All events that this box holds, in the order in which they came. An entry of a log (the own one, or the one that a
-- restored box continues) has box, seq and h; what came from elsewhere has only its id. Projections apply by id.
CREATE TABLE entry (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    box BLOB CHECK (length(box) = 16),
    seq INTEGER,
    h BLOB CHECK (length(h) = 16),
    body BLOB NOT NULL,
    problem TEXT NOT NULL DEFAULT '',
    CHECK ((box IS NULL) = (seq IS NULL) AND (box IS NULL) = (h IS NULL))
) STRICT;
CREATE UNIQUE INDEX entry_of_log ON entry (box, seq) WHERE box IS NOT NULL;
CREATE INDEX entry_with_problem ON entry (n) WHERE problem != '';

-- Double entry: the quantities of a SKU over all states add up to zero.
CREATE TABLE stock (
    sku TEXT NOT NULL,
    state TEXT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (sku, state, lot, serial)
) STRICT, WITHOUT ROWID;

-- Each index that a sale touches is a page more to sync: a sale has one, and few others below.
-- The fingerprint is that of the request, empty for a sale that came from elsewhere; it follows from no entry.
CREATE TABLE sale (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    n INTEGER NOT NULL REFERENCES entry (n),
    fingerprint BLOB NOT NULL DEFAULT x''
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt_counter (
    register TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
    sku TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    tax_code TEXT NOT NULL,
    weight_g INTEGER NOT NULL,
    age_minimum INTEGER NOT NULL,
    hazard TEXT NOT NULL,
    withdrawn INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE gtin (
    gtin TEXT PRIMARY KEY,
    sku TEXT NOT NULL REFERENCES item (sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX gtin_by_sku ON gtin (sku);

CREATE TABLE tax (
    code TEXT PRIMARY KEY,
    rate_ppm INTEGER NOT NULL,
    inclusive INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE price (
    sku TEXT NOT NULL,
    effective_ms INTEGER NOT NULL,
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (sku, effective_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    rev INTEGER NOT NULL,
    state TEXT NOT NULL,
    told TEXT NOT NULL,
    order_code TEXT NOT NULL,
    service TEXT NOT NULL,
    customer TEXT NOT NULL,
    destination TEXT NOT NULL,
    pick_by_ms INTEGER NOT NULL,
    collect_code TEXT NOT NULL,
    packages INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX task_by_urgency ON task (state, pick_by_ms);

CREATE TABLE task_line (
    task BLOB NOT NULL REFERENCES task (id),
    position INTEGER NOT NULL,
    line BLOB NOT NULL CHECK (length(line) = 16),
    sku TEXT NOT NULL,
    gtin TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    unit TEXT NOT NULL,
    bin TEXT NOT NULL,
    age_minimum INTEGER NOT NULL,
    hazard TEXT NOT NULL,
    picked INTEGER NOT NULL,
    short INTEGER NOT NULL,
    PRIMARY KEY (task, position),
    CHECK (picked >= 0 AND short >= 0 AND picked + short <= quantity)
) STRICT, WITHOUT ROWID;

-- What the centre told about tasks, each after the entry with number after_n: together with the entries it tells the
-- whole life of a task again.
CREATE TABLE told (
    n INTEGER PRIMARY KEY,
    task BLOB NOT NULL,
    after_n INTEGER NOT NULL,
    decision BLOB NOT NULL
) STRICT;
CREATE INDEX told_by_task ON told (task);

CREATE TABLE cursor (
    stream TEXT PRIMARY KEY,
    gen INTEGER NOT NULL,
    ver INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 16)
) STRICT, WITHOUT ROWID;

CREATE TABLE print_job (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL CHECK (length(id) = 16),
    printer TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    document BLOB NOT NULL,
    state TEXT NOT NULL,
    process_id TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    is_copy INTEGER NOT NULL,
    note TEXT NOT NULL,
    queued_ms INTEGER NOT NULL,
    sent_ms INTEGER NOT NULL,
    proved_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX print_job_open ON print_job (state, number) WHERE state NOT IN ('proved', 'taken', 'cancelled');
CREATE INDEX print_job_of_task ON print_job (subject) WHERE kind != 'receipt';

-- Requests that were answered, so that a repetition is answered the same.
CREATE TABLE answered (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
