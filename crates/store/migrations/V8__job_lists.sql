-- What jobs are looked for by stands before the long text of what was asked, so that going through them does not
-- read the text.
CREATE TABLE job_new (
    key             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    type            INTEGER NOT NULL,
    face            INTEGER NOT NULL,         -- 0 hub, 1 central
    state           INTEGER NOT NULL,
    success         INTEGER NOT NULL,         -- 0 every answer, 1 answers with a status from 200 to 299
    created         INTEGER NOT NULL,
    start           INTEGER NOT NULL,
    deadline        INTEGER,                  -- NULL: none
    began           INTEGER,
    ended           INTEGER,
    rest            INTEGER,                  -- class of the targets that have no row of their own
    next_ordinal    INTEGER NOT NULL,
    events          INTEGER NOT NULL,
    targets         INTEGER,                  -- NULL until the list is frozen, as are the columns of the batch
    succeeded       INTEGER NOT NULL,
    failed          INTEGER NOT NULL,
    running         INTEGER NOT NULL,
    cancelled       INTEGER NOT NULL,
    batch           INTEGER,                  -- number of the open batch, or the last; without batches 1, the whole list
    batch_first     INTEGER,
    batch_size      INTEGER,
    batch_succeeded INTEGER,
    batch_failed    INTEGER,
    batch_opened    INTEGER,
    batch_ended     INTEGER,
    delivery        TEXT,                     -- JSON; NULL: neither batches nor a threshold
    organization    TEXT,
    scheduled_job   TEXT,                     -- id of the scheduled job that it is a run of
    kind            INTEGER NOT NULL,         -- store/job_list.rs
    owner           TEXT NOT NULL,
    group_id        TEXT,                     -- NULL: it is not on a device group
    rerun_of        INTEGER,                  -- the job on whose devices it runs again
    display_name    TEXT,
    failure         TEXT,
    description     TEXT,
    spec            TEXT NOT NULL             -- JSON
);
INSERT INTO job_new (key, id, type, face, state, success, created, start, deadline, began, ended, rest, next_ordinal,
                     events, targets, succeeded, failed, running, cancelled, batch, batch_first, batch_size,
                     batch_succeeded, batch_failed, batch_opened, batch_ended, delivery, organization, scheduled_job,
                     kind, owner, group_id, rerun_of, display_name, failure, description, spec)
SELECT key, id, type, face, state, success, created, start, deadline, began, ended, rest, next_ordinal,
       events, targets, succeeded, failed, running, cancelled, batch, batch_first, batch_size,
       batch_succeeded, batch_failed, batch_opened, batch_ended, delivery, organization, scheduled_job,
       CASE WHEN face = 0 THEN iif(type = 0, 5, 4)
            WHEN json_type(spec, '$.face.Central.data[0].Command') IS NOT NULL THEN 1
            WHEN json_type(spec, '$.face.Central.data[0].CloudProperty') IS NOT NULL THEN 2
            WHEN json_type(spec, '$.face.Central.data[0].DeviceTemplateMigration') IS NOT NULL THEN 3
            ELSE 0 END,
       json_extract(spec, '$.owner'), json_extract(spec, '$.face.Central.group'),
       json_extract(spec, '$.target.failed_of'), json_extract(spec, '$.face.Central.display_name'), failure,
       json_extract(spec, '$.face.Central.description'), spec
FROM job;
DROP TABLE job;
ALTER TABLE job_new RENAME TO job;
CREATE INDEX job_by_state ON job (state, key);
CREATE INDEX job_by_scheduled_job ON job (scheduled_job, key) WHERE scheduled_job IS NOT NULL;
CREATE INDEX job_by_source ON job (rerun_of) WHERE rerun_of IS NOT NULL;

-- The devices that were chosen for a job, until it begins: then they are its target list. Packed as that is.
CREATE TABLE job_chosen (
    job     INTEGER NOT NULL,
    block   INTEGER NOT NULL,
    devices BLOB NOT NULL,
    PRIMARY KEY (job, block)
) WITHOUT ROWID;

-- Saved jobs, last saved first.
CREATE INDEX record_by_saved ON record (kind, json_extract(body, '$.saved'), key) WHERE kind = 9;
