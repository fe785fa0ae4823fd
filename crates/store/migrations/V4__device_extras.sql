-- The last value of each telemetry of a living device (iot-central §7.4).
CREATE TABLE telemetry (
    device INTEGER PRIMARY KEY,
    latest TEXT NOT NULL                   -- JSON array of [component, name, time, value]
);

-- Commands that were called over the REST API (iot-central §7.3). One without a status has no answer yet, or none
-- ever.
CREATE TABLE command_history (
    key                INTEGER PRIMARY KEY AUTOINCREMENT,
    device             INTEGER NOT NULL,
    method             TEXT NOT NULL,      -- as the device sees it
    called             INTEGER NOT NULL,
    id                 TEXT NOT NULL,
    connection_timeout INTEGER NOT NULL,   -- seconds
    response_timeout   INTEGER NOT NULL,   -- seconds
    request            TEXT,               -- JSON; NULL when none was given
    response           TEXT,               -- JSON
    status             INTEGER
);
CREATE INDEX command_history_by_method ON command_history (device, method, key);
CREATE INDEX command_history_by_time ON command_history (called);

-- Which device is upstream of which (iot-central §7.4).
CREATE TABLE relationship (
    key    INTEGER PRIMARY KEY AUTOINCREMENT,
    id     TEXT NOT NULL UNIQUE,
    source INTEGER NOT NULL,
    target INTEGER NOT NULL,
    name   TEXT
);
CREATE INDEX relationship_by_source ON relationship (source, key);
CREATE INDEX relationship_by_target ON relationship (target, key);
