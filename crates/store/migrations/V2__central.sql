-- What IoT Central knows of a device beside its identity (iot-central §7.1).
ALTER TABLE device ADD COLUMN display_name TEXT;                        -- NULL: its id
ALTER TABLE device ADD COLUMN template TEXT;                            -- id of its device template; NULL: unassigned
ALTER TABLE device ADD COLUMN organization TEXT;                        -- NULL: the root
ALTER TABLE device ADD COLUMN simulated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN provisioned INTEGER NOT NULL DEFAULT 0;
CREATE INDEX device_by_template ON device (template) WHERE template IS NOT NULL AND deleted IS NULL;
CREATE INDEX device_by_organization ON device (organization) WHERE organization IS NOT NULL AND deleted IS NULL;

-- Things of which there are few, kept whole: organizations, templates, groups, tokens, … (store/records.rs).
CREATE TABLE record (
    key  INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    id   TEXT NOT NULL,
    etag INTEGER NOT NULL,
    body TEXT NOT NULL                     -- JSON
);
CREATE UNIQUE INDEX record_by_id ON record (kind, id);
