-- Devices that failed, in the order of the list: few beside all, so that showing and counting them does not go through
-- the others (store/results.rs, store/failures.rs). Whatever counts as failed has a code, and nothing else has one.
CREATE INDEX device_job_failed ON device_job (job, device, state, code, status) WHERE code IS NOT NULL;
