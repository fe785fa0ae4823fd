-- When each call of a job went out to a device, and when its answer came: microseconds since 1970. Answers from before
-- have neither.
ALTER TABLE device_job_answer ADD COLUMN begun INTEGER;
ALTER TABLE device_job_answer ADD COLUMN answered INTEGER;
