-- Keys are integers in the order of creation. Times are microseconds since 1970.

-- Small facts of the installation: the epoch of the last start, the secret behind continuation tokens.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE policy (
    name          TEXT PRIMARY KEY NOT NULL,
    primary_key   TEXT NOT NULL,
    secondary_key TEXT NOT NULL,
    rights        TEXT NOT NULL            -- JSON array
) WITHOUT ROWID;

-- Identities. A deleted one stays as a tombstone, for the results that name it.
CREATE TABLE device (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL,
    generation     INTEGER NOT NULL,
    etag           INTEGER NOT NULL,
    disabled       INTEGER NOT NULL,
    status_reason  TEXT,
    status_updated INTEGER NOT NULL,
    primary_key    TEXT NOT NULL,
    secondary_key  TEXT NOT NULL,
    iot_edge       INTEGER NOT NULL,
    device_scope   TEXT,
    model_id       TEXT NOT NULL,
    connected      INTEGER NOT NULL,
    state_updated  INTEGER NOT NULL,
    last_activity  INTEGER NOT NULL,
    deleted        INTEGER                 -- when, NULL while it lives
);
CREATE UNIQUE INDEX device_living ON device (id) WHERE deleted IS NULL;
CREATE INDEX device_deleted ON device (id) WHERE deleted IS NOT NULL;

-- Twins of living devices; sections without `$` members, their metadata packed and last.
CREATE TABLE twin (
    seq              INTEGER PRIMARY KEY,
    version          INTEGER NOT NULL,
    etag             INTEGER NOT NULL,
    desired_version  INTEGER NOT NULL,
    reported_version INTEGER NOT NULL,
    tags             TEXT,
    desired          TEXT NOT NULL,
    reported         TEXT NOT NULL,
    meta             BLOB NOT NULL
);

-- What a device with clean session 0 is subscribed to, for when it comes back.
CREATE TABLE subscription (
    device  INTEGER PRIMARY KEY,
    filters TEXT NOT NULL                  -- JSON array of [filter, qos]
);

CREATE TABLE job (
    key          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    type         INTEGER NOT NULL,
    state        INTEGER NOT NULL,
    spec         TEXT NOT NULL,            -- JSON
    created      INTEGER NOT NULL,
    start        INTEGER NOT NULL,
    deadline     INTEGER NOT NULL,
    began        INTEGER,
    ended        INTEGER,
    failure      TEXT,
    rest         INTEGER,                  -- class of the targets that have no row of their own
    next_ordinal INTEGER NOT NULL,
    events       INTEGER NOT NULL,
    targets      INTEGER,                  -- NULL until the list is frozen
    succeeded    INTEGER NOT NULL,
    failed       INTEGER NOT NULL,
    running      INTEGER NOT NULL,
    cancelled    INTEGER NOT NULL
);
CREATE INDEX job_by_state ON job (state, key);

-- The frozen target list, packed in blocks in the order of the device keys.
CREATE TABLE job_target (
    job     INTEGER NOT NULL,
    block   INTEGER NOT NULL,
    first   INTEGER NOT NULL,              -- smallest device key in the block
    devices BLOB NOT NULL,
    PRIMARY KEY (job, block)
) WITHOUT ROWID;

-- One row for each device that was begun or has an outcome; the others are pending by being in the list.
CREATE TABLE device_job (
    job      INTEGER NOT NULL,
    device   INTEGER NOT NULL,
    state    INTEGER NOT NULL,             -- 0 running, else the class of its outcome
    created  INTEGER NOT NULL,
    updated  INTEGER NOT NULL,
    epoch    INTEGER,                      -- the start of the program that made the attempt
    status   INTEGER,                      -- the device's own
    code     TEXT,
    detail   TEXT,
    previous TEXT,                         -- what a twin change replaced, when short
    PRIMARY KEY (job, device)
) WITHOUT ROWID;

CREATE TABLE device_job_answer (
    job     INTEGER NOT NULL,
    device  INTEGER NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (job, device)
) WITHOUT ROWID;

CREATE TABLE device_job_previous (
    job      INTEGER NOT NULL,
    device   INTEGER NOT NULL,
    previous TEXT NOT NULL,
    PRIMARY KEY (job, device)
) WITHOUT ROWID;

-- One row a transaction that moved a job: the counters after it, and the devices it touched, packed.
CREATE TABLE job_event (
    job       INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    state     INTEGER NOT NULL,
    targets   INTEGER,
    succeeded INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    running   INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    devices   BLOB NOT NULL,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;
