-- Lists of the devices of one organization in the order of their names (store/lists.rs).
CREATE INDEX device_by_organization_and_name ON device (organization, COALESCE(display_name, id), seq)
WHERE organization IS NOT NULL AND deleted IS NULL;
