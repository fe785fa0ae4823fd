-- How devices registered with the provisioning service (store/provisioning.rs).
CREATE TABLE registration (
    device   INTEGER PRIMARY KEY,          -- device.seq
    created  INTEGER NOT NULL,
    updated  INTEGER NOT NULL,
    group_id TEXT                          -- the enrollment group that its keys came from; NULL: keys of its own
);

-- The template of the model that a device announces is looked up when it connects.
CREATE INDEX record_by_model ON record (kind, json_extract(body, '$.body.capabilityModel."@id"'));
