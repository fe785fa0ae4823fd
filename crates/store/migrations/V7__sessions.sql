-- Passwords, apart from the users that they belong to (store/sign_in.rs).
CREATE TABLE password (
    user         TEXT PRIMARY KEY NOT NULL,  -- the user's id
    hash         TEXT NOT NULL,              -- PHC string
    must_change  INTEGER NOT NULL,
    tries        INTEGER NOT NULL,           -- that were not found right
    tries_since  INTEGER NOT NULL,
    closed_until INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE session (
    key     BLOB PRIMARY KEY NOT NULL,       -- SHA-256 of what the browser has
    user    TEXT NOT NULL,
    created INTEGER NOT NULL,
    used    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user);
CREATE INDEX session_by_age ON session (created);

-- Who changed what (store/audit.rs).
CREATE TABLE audit (
    number       INTEGER PRIMARY KEY,        -- its time, or one more than the entry before if that is taken
    actor        TEXT NOT NULL,
    actor_name   TEXT,
    action       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    id           TEXT,
    organization TEXT,                       -- NULL: the root
    address      TEXT,
    detail       TEXT
);
CREATE INDEX audit_by_id ON audit (id, number) WHERE id IS NOT NULL;
