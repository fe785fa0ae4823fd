-- Somebody has seen that a job needs attention, when; NULL: nobody has.
ALTER TABLE job ADD COLUMN acknowledged INTEGER;

-- A device whose connection was lost after the call was sent may have acted: it was reached, and how it ended is unknown.
UPDATE device_job SET state = 7
WHERE code = 'DeviceNotOnline' AND state = 4 AND detail = 'the connection was lost after the call was sent';

-- Of the failed devices those to which nothing was sent. Whatever counts as failed has a code, but what was given to the
-- rest of a list has no rows.
ALTER TABLE job ADD COLUMN never_reached INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job_event ADD COLUMN never_reached INTEGER NOT NULL DEFAULT 0;
UPDATE job SET never_reached = iif(rest IS 4,
    failed - (SELECT COUNT(*) FROM device_job INDEXED BY device_job_failed
              WHERE device_job.job = job.key AND code IS NOT NULL AND device_job.state <> 4),
    (SELECT COUNT(*) FROM device_job INDEXED BY device_job_failed
     WHERE device_job.job = job.key AND code IS NOT NULL AND device_job.state = 4))
WHERE failed > 0;
