//! Passwords and sessions. What may be done with them is decided by the caller, inside the transaction.

use bellwether_model::Time;
use bellwether_model::guesses::Guesses;
use bellwether_model::ids::UserId;
use bellwether_model::session::{Session, SessionKey};
use rusqlite::{OptionalExtension, Row, params};

use crate::{Records, Store, StoreError};

/// Rows that go in one transaction.
const PURGED_AT_ONCE: usize = 1000;

/// How a user signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPassword {
    /// PHC string.
    pub hash: String,
    /// Somebody else made it.
    pub must_change: bool,
    /// Who tried to guess it.
    pub guesses: Guesses,
}

impl Records<'_> {
    /// The password of a user.
    pub fn password(&self, user: &UserId) -> Result<Option<StoredPassword>, StoreError> {
        let sql = "SELECT hash, must_change, tries, tries_since, closed_until FROM password WHERE user = ?1";
        let row = self.connection().prepare_cached(sql)?.query_row([user.as_str()], |row| {
            let guesses = Guesses { tries: row.get(2)?, since: Time(row.get(3)?), closed_until: Time(row.get(4)?) };
            Ok(StoredPassword { hash: row.get(0)?, must_change: row.get(1)?, guesses })
        });
        Ok(row.optional()?)
    }

    /// Writes the password of a user, in the place of the one there is.
    pub fn put_password(&self, user: &UserId, password: &StoredPassword) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO password (user, hash, must_change, tries, tries_since, closed_until)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let StoredPassword { hash, must_change, guesses: Guesses { tries, since, closed_until } } = password;
        let values = params![user.as_str(), hash, must_change, tries, since.0, closed_until.0];
        self.connection().prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Takes a user's password away, and with it the places from which it was used.
    pub fn delete_password(&self, user: &UserId) -> Result<(), StoreError> {
        self.connection().prepare_cached("DELETE FROM password WHERE user = ?1")?.execute([user.as_str()])?;
        self.forget_places(user)
    }

    /// Forgets from where a user signed in, and the tries from there.
    pub fn forget_places(&self, user: &UserId) -> Result<(), StoreError> {
        self.connection().prepare_cached("DELETE FROM sign_in_place WHERE user = ?1")?.execute([user.as_str()])?;
        Ok(())
    }

    /// The tries for a user from a place where the user signed in since `since`; `None`: from no such place.
    pub fn guesses_at(&self, user: &UserId, place: &str, since: Time) -> Result<Option<Guesses>, StoreError> {
        let sql = "SELECT tries, tries_since, closed_until FROM sign_in_place
                   WHERE user = ?1 AND place = ?2 AND used >= ?3";
        let mut statement = self.connection().prepare_cached(sql)?;
        Ok(statement.query_row(params![user.as_str(), place, since.0], guesses_of).optional()?)
    }

    /// Writes down the tries for a user from a place where the user signed in before.
    pub fn put_guesses_at(&self, user: &UserId, place: &str, guesses: &Guesses) -> Result<(), StoreError> {
        let sql = "UPDATE sign_in_place SET tries = ?3, tries_since = ?4, closed_until = ?5
                   WHERE user = ?1 AND place = ?2";
        let Guesses { tries, since, closed_until } = guesses;
        let values = params![user.as_str(), place, tries, since.0, closed_until.0];
        self.connection().prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// The user has signed in from there; tries before that are forgotten.
    pub fn signed_in_at(&self, user: &UserId, place: &str, now: Time) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO sign_in_place (user, place, used, tries, tries_since, closed_until)
                   VALUES (?1, ?2, ?3, 0, 0, 0)";
        self.connection().prepare_cached(sql)?.execute(params![user.as_str(), place, now.0])?;
        Ok(())
    }

    /// The tries for a mail address that no user has, by [`Guesses::key_of_email`].
    pub fn guesses_for(&self, key: [u8; 32]) -> Result<Guesses, StoreError> {
        let sql = "SELECT tries, tries_since, closed_until FROM unknown_email WHERE key = ?1";
        let found = self.connection().prepare_cached(sql)?.query_row([key], guesses_of).optional()?;
        Ok(found.unwrap_or_default())
    }

    /// Writes them down.
    pub fn put_guesses_for(&self, key: [u8; 32], guesses: &Guesses) -> Result<(), StoreError> {
        let sql =
            "INSERT OR REPLACE INTO unknown_email (key, tries, tries_since, closed_until) VALUES (?1, ?2, ?3, ?4)";
        let Guesses { tries, since, closed_until } = guesses;
        self.connection().prepare_cached(sql)?.execute(params![key, tries, since.0, closed_until.0])?;
        Ok(())
    }

    /// Begins a session.
    pub fn add_session(&self, key: SessionKey, session: &Session) -> Result<(), StoreError> {
        let sql = "INSERT INTO session (key, user, created, used) VALUES (?1, ?2, ?3, ?4)";
        let values = params![key.0, session.user.as_str(), session.created.0, session.used.0];
        self.connection().prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// The session kept under `key`, over or not.
    ///
    /// # Errors
    /// Also [`StoreError::Damaged`] when it is of no user there can be.
    pub fn session(&self, key: SessionKey) -> Result<Option<Session>, StoreError> {
        let sql = "SELECT user, created, used FROM session WHERE key = ?1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query([key.0])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let user: String = row.get(0)?;
        let user = user.parse().map_err(|error| StoreError::Damaged(format!("the user of a session: {error}")))?;
        Ok(Some(Session { user, created: Time(row.get(1)?), used: Time(row.get(2)?) }))
    }

    /// Ends one session.
    pub fn end_session(&self, key: SessionKey) -> Result<(), StoreError> {
        self.connection().prepare_cached("DELETE FROM session WHERE key = ?1")?.execute([key.0])?;
        Ok(())
    }

    /// Ends the sessions of a user, all but the one kept under `but`.
    pub fn end_sessions(&self, user: &UserId, but: Option<SessionKey>) -> Result<(), StoreError> {
        let sql = "DELETE FROM session WHERE user = ?1 AND key IS NOT ?2";
        let values = params![user.as_str(), but.map(|key| key.0)];
        self.connection().prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Notes that something is done which is done once in the life of an installation. Returns whether it is the first
    /// time.
    pub fn once(&self, name: &str) -> Result<bool, StoreError> {
        let sql = "INSERT OR IGNORE INTO setting (name, value) VALUES (?1, 1)";
        Ok(self.connection().prepare_cached(sql)?.execute([name])? == 1)
    }
}

fn guesses_of(row: &Row<'_>) -> rusqlite::Result<Guesses> {
    Ok(Guesses { tries: row.get(0)?, since: Time(row.get(1)?), closed_until: Time(row.get(2)?) })
}

impl Store {
    /// Writes down that a session was used.
    pub async fn session_used(&self, key: SessionKey, now: Time) -> Result<(), StoreError> {
        self.interactive(move |connection| {
            let sql = "UPDATE session SET used = ?2 WHERE key = ?1 AND used < ?2";
            connection.prepare_cached(sql)?.execute(params![key.0, now.0])?;
            Ok(())
        })
        .await
    }

    /// Deletes some of the sessions that began before `time`. Returns whether there may be more.
    pub async fn purge_sessions(&self, time: Time) -> Result<bool, StoreError> {
        self.for_job(move |connection| {
            let sql = "DELETE FROM session WHERE key IN (SELECT key FROM session WHERE created < ?1 LIMIT ?2)";
            let gone = connection.prepare_cached(sql)?.execute(params![time.0, PURGED_AT_ONCE as i64])?;
            Ok(gone == PURGED_AT_ONCE)
        })
        .await
    }

    /// Deletes some of the tries that do not matter any more, and of the places that nobody signed in from since
    /// `time`. Returns whether there may be more.
    pub async fn purge_guesses(&self, time: Time, now: Time) -> Result<bool, StoreError> {
        self.for_job(move |connection| {
            let sql = "DELETE FROM sign_in_place WHERE (user, place) IN
                       (SELECT user, place FROM sign_in_place WHERE used < ?1 LIMIT ?2)";
            let places = connection.prepare_cached(sql)?.execute(params![time.0, PURGED_AT_ONCE as i64])?;
            let mut statement =
                connection.prepare_cached("SELECT key, tries, tries_since, closed_until FROM unknown_email")?;
            let mut delete = connection.prepare_cached("DELETE FROM unknown_email WHERE key = ?1")?;
            let mut rows = statement.query([])?;
            let mut old: Vec<[u8; 32]> = Vec::new();
            while let Some(row) = rows.next()?
                && old.len() < PURGED_AT_ONCE
            {
                let guesses = Guesses { tries: row.get(1)?, since: Time(row.get(2)?), closed_until: Time(row.get(3)?) };
                if guesses.is_forgotten(now) {
                    old.push(row.get(0)?);
                }
            }
            drop(rows);
            for key in &old {
                delete.execute([key])?;
            }
            Ok(places == PURGED_AT_ONCE || old.len() == PURGED_AT_ONCE)
        })
        .await
    }
}
