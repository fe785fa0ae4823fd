-- How many devices are disabled, without looking at all of them.
CREATE INDEX device_disabled ON device (seq) WHERE disabled = 1 AND deleted IS NULL;
