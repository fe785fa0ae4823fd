-- Batches, thresholds, several calls a device. What moves while a job runs stands before the long text of what was
-- asked, so that reading and writing it does not go through the text.
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
    failure         TEXT,
    spec            TEXT NOT NULL             -- JSON
);
INSERT INTO job_new (key, id, type, face, state, success, created, start, deadline, began, ended, rest, next_ordinal,
                     events, targets, succeeded, failed, running, cancelled, batch, batch_first, batch_size,
                     batch_succeeded, batch_failed, batch_opened, batch_ended, failure, spec)
SELECT key, id, type, 0, state, 0, created, start, deadline, began, ended, rest, next_ordinal,
       events, targets, succeeded, failed, running, cancelled,
       iif(targets > 0, 1, NULL), iif(targets > 0, 0, NULL), iif(targets > 0, targets, NULL),
       iif(targets > 0, succeeded, NULL), iif(targets > 0, failed, NULL), iif(targets > 0, began, NULL),
       iif(targets > 0, ended, NULL), failure, spec
FROM job;
DROP TABLE job;
ALTER TABLE job_new RENAME TO job;
CREATE INDEX job_by_state ON job (state, key);
CREATE INDEX job_by_scheduled_job ON job (scheduled_job, key) WHERE scheduled_job IS NOT NULL;

-- The batches of jobs that have some: a row appears when its batch opens.
CREATE TABLE job_batch (
    job       INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    first     INTEGER NOT NULL,               -- ordinal of its first device
    size      INTEGER NOT NULL,
    opened    INTEGER NOT NULL,
    ended     INTEGER,
    succeeded INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;

-- Every answer of a sequence of calls. A single answer without a payload has no row: its status stands in
-- device_job.
CREATE TABLE device_job_answer_new (
    job     INTEGER NOT NULL,
    device  INTEGER NOT NULL,
    entry   INTEGER NOT NULL,                 -- which call, from 0
    status  INTEGER NOT NULL,
    payload TEXT,                             -- JSON; NULL: null
    PRIMARY KEY (job, device, entry)
) WITHOUT ROWID;
INSERT INTO device_job_answer_new (job, device, entry, status, payload)
SELECT answer.job, answer.device, 0, coalesce(device_job.status, 200), answer.payload
FROM device_job_answer AS answer LEFT JOIN device_job USING (job, device);
DROP TABLE device_job_answer;
ALTER TABLE device_job_answer_new RENAME TO device_job_answer;
