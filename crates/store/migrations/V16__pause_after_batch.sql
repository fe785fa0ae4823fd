-- The number of the batch after which a job stops instead of opening the next; NULL: it does not.
ALTER TABLE job ADD COLUMN pause_after INTEGER;
