-- Where users signed in with a password of their own, each with the tries from there (store/sign_in.rs).
CREATE TABLE sign_in_place (
    user         TEXT NOT NULL,
    place        TEXT NOT NULL,              -- an address, or a network
    used         INTEGER NOT NULL,
    tries        INTEGER NOT NULL,           -- that were not found right
    tries_since  INTEGER NOT NULL,
    closed_until INTEGER NOT NULL,
    PRIMARY KEY (user, place)
) WITHOUT ROWID;
CREATE INDEX sign_in_place_by_age ON sign_in_place (used);

-- Tries for mail addresses that no user has, so that they take as long and are closed as those that a user has.
CREATE TABLE unknown_email (
    key          BLOB PRIMARY KEY NOT NULL,  -- SHA-256 of the address in lower case
    tries        INTEGER NOT NULL,
    tries_since  INTEGER NOT NULL,
    closed_until INTEGER NOT NULL
) WITHOUT ROWID;
