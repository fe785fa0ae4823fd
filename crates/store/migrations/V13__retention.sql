-- Jobs that are no more, and whose rows are being deleted (store/retention.rs).
CREATE TABLE job_gone (
    key INTEGER PRIMARY KEY
);
CREATE INDEX job_by_end ON job (ended) WHERE ended IS NOT NULL;
CREATE INDEX device_by_deletion ON device (deleted) WHERE deleted IS NOT NULL;
