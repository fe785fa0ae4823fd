-- Lists of devices in the order of their names (store/lists.rs).
CREATE INDEX device_by_name ON device (COALESCE(display_name, id), seq) WHERE deleted IS NULL;
