//! Things of which there are few and that are kept whole, as JSON: organizations, templates, groups, tokens, …
//!
//! What may be done to them is decided by the caller, inside the transaction: [`Store::change_records`] runs its
//! rules on [`Records`], so that what they read holds when they write.

use std::marker::PhantomData;

use bellwether_model::api_token::ApiToken;
use bellwether_model::group::DeviceGroup;
use bellwether_model::identity::{IfMatch, etag_text};
use bellwether_model::organization::Organization;
use bellwether_model::template::DeviceTemplate;
use bellwether_model::user::User;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Store, StoreError};

/// The kinds of records. Stored as the number given here; the numbers never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// iot-central §9.1.
    Organization = 1,
    /// iot-central §8.
    DeviceTemplate = 2,
    /// iot-central §6.
    DeviceGroup = 3,
    /// iot-central §9.4.
    ApiToken = 4,
    /// iot-central §9.3.
    User = 5,
    /// iot-central §4.
    ScheduledJob = 6,
    /// iot-central §10.
    EnrollmentGroup = 7,
    /// A device's own enrollment (iot-central §7.5).
    IndividualEnrollment = 8,
    /// A saved job (`job_drafts`).
    JobDraft = 9,
    /// The hold on all jobs, while there is one (`job_hold`).
    JobHold = 10,
}

/// A thing that is kept whole.
pub trait Record: Serialize + DeserializeOwned + Send + 'static {
    /// Its kind; every kind has one type.
    const KIND: RecordKind;

    /// Its name, unique among its kind.
    fn id(&self) -> &str;
}

/// A record with what the store knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<R> {
    /// In the order of creation; pages begin after one.
    pub key: i64,
    /// Counts its changes.
    pub etag: i64,
    /// The record.
    pub record: R,
}

impl<R> Stored<R> {
    /// The etag as clients see it.
    pub fn etag_text(&self) -> String {
        etag_text(self.etag)
    }
}

/// One state of one record. A record that is deleted and made again has others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordStamp {
    key: i64,
    etag: i64,
}

/// One page of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage<R> {
    /// In the order of creation.
    pub records: Vec<Stored<R>>,
    /// There are more.
    pub more: bool,
}

/// The record has another etag than the caller said, or is not there although the caller named one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was changed meanwhile: its etag is another")]
pub struct EtagMismatch;

/// The records inside one transaction.
pub struct Records<'a> {
    connection: &'a Connection,
    // Only this crate makes one, inside a transaction.
    _private: PhantomData<()>,
}

pub(crate) fn stored_of<R: Record>(row: &Row<'_>) -> Result<Stored<R>, StoreError> {
    let body = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
    Ok(Stored { key: row.get(0)?, etag: row.get(1)?, record: serde_json::from_str(body)? })
}

impl<'a> Records<'a> {
    /// The records as the transaction of `connection` sees them.
    pub(crate) fn inside(connection: &'a Connection) -> Records<'a> {
        Records { connection, _private: PhantomData }
    }

    pub(crate) fn connection(&self) -> &Connection {
        self.connection
    }

    /// The record called `id`.
    pub fn get<R: Record>(&self, id: &str) -> Result<Option<Stored<R>>, StoreError> {
        let sql = "SELECT key, etag, body FROM record WHERE kind = ?1 AND id = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![R::KIND as i64, id])?;
        rows.next()?.map(stored_of).transpose()
    }

    /// In which state the record called `id` is; `None`: there is none.
    pub fn stamp<R: Record>(&self, id: &str) -> Result<Option<RecordStamp>, StoreError> {
        let sql = "SELECT key, etag FROM record WHERE kind = ?1 AND id = ?2";
        let stamp = |row: &Row<'_>| Ok(RecordStamp { key: row.get(0)?, etag: row.get(1)? });
        Ok(self.connection.prepare_cached(sql)?.query_row(params![R::KIND as i64, id], stamp).optional()?)
    }

    /// The records after the key `after` that `keep` is true for, at most `limit`, in the order of creation.
    pub fn page<R: Record>(
        &self,
        after: i64,
        limit: usize,
        keep: impl Fn(&R) -> bool,
    ) -> Result<RecordPage<R>, StoreError> {
        let sql = "SELECT key, etag, body FROM record WHERE kind = ?1 AND key > ?2 ORDER BY key";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![R::KIND as i64, after])?;
        let mut page = RecordPage { records: Vec::new(), more: false };
        while let Some(row) = rows.next()? {
            let stored = stored_of(row)?;
            if !keep(&stored.record) {
                continue;
            }
            if page.records.len() == limit {
                page.more = true;
                break;
            }
            page.records.push(stored);
        }
        Ok(page)
    }

    /// How many records of a kind there are.
    pub fn count<R: Record>(&self) -> Result<usize, StoreError> {
        let sql = "SELECT count(*) FROM record WHERE kind = ?1";
        let count: i64 = self.connection.prepare_cached(sql)?.query_row([R::KIND as i64], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// All records of a kind, in the order of creation.
    pub fn all<R: Record>(&self) -> Result<Vec<Stored<R>>, StoreError> {
        Ok(self.page(0, usize::MAX, |_| true)?.records)
    }

    /// Writes a record, new or in the place of the one with its id.
    pub fn put<R: Record>(&self, record: R) -> Result<Stored<R>, StoreError> {
        let sql = "INSERT INTO record (kind, id, etag, body) VALUES (?1, ?2, 1, ?3)
                   ON CONFLICT (kind, id) DO UPDATE SET etag = etag + 1, body = excluded.body RETURNING key, etag";
        let values = params![R::KIND as i64, record.id(), serde_json::to_string(&record)?];
        let (key, etag) =
            self.connection.prepare_cached(sql)?.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Stored { key, etag, record })
    }

    /// Deletes a record. Returns whether there was one.
    pub fn delete<R: Record>(&self, id: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM record WHERE kind = ?1 AND id = ?2";
        Ok(self.connection.prepare_cached(sql)?.execute(params![R::KIND as i64, id])? == 1)
    }

    /// Is there a living device in this template, or in this organization itself (`None` does not matter)?
    pub fn has_devices(&self, template: Option<&str>, organization: Option<&str>) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM device WHERE deleted IS NULL AND (?1 IS NULL OR template = ?1)
                   AND (?2 IS NULL OR organization = ?2) LIMIT 1";
        let found = self.connection.prepare_cached(sql)?.query_row([template, organization], |_| Ok(())).optional()?;
        Ok(found.is_some())
    }

    /// Is there a job that belongs to this organization itself, whatever its state?
    pub fn has_jobs(&self, organization: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM job WHERE organization = ?1 LIMIT 1";
        let found = self.connection.prepare_cached(sql)?.query_row([organization], |_| Ok(())).optional()?;
        Ok(found.is_some())
    }
}

/// Checks a caller's condition against what stands there.
///
/// # Errors
/// [`EtagMismatch`]; also when a certain etag was asked for and nothing stands there.
pub fn check_etag<R>(if_match: &IfMatch, stands: Option<&Stored<R>>) -> Result<(), EtagMismatch> {
    let holds = match (if_match, stands) {
        (IfMatch::Any, _) => true,
        (IfMatch::OneOf(_), None) => false,
        (IfMatch::OneOf(_), Some(stored)) => if_match.holds(&stored.etag_text()),
    };
    if holds { Ok(()) } else { Err(EtagMismatch) }
}

impl Store {
    /// Reads records in one snapshot.
    pub async fn read_records<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Records<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.read(move |connection| read(&Records::inside(connection))).await
    }

    /// As [`Store::read_records`], for a read that takes long: a few at a time.
    pub async fn select_records<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Records<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.readers.select(move |connection| read(&Records::inside(connection))).await
    }

    /// Reads and writes records in one transaction: all of it, or nothing when `change` fails.
    pub async fn change_records<T, E, F>(&self, change: F) -> Result<T, E>
    where
        F: FnOnce(&Records<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.interactive(move |connection| change(&Records::inside(connection))).await
    }

    /// The record called `id`.
    pub async fn record<R: Record>(&self, id: &str) -> Result<Option<Stored<R>>, StoreError> {
        let id = id.to_owned();
        self.read_records(move |records| records.get(&id)).await
    }
}

impl Record for Organization {
    const KIND: RecordKind = RecordKind::Organization;

    fn id(&self) -> &str {
        &self.id
    }
}

impl Record for ApiToken {
    const KIND: RecordKind = RecordKind::ApiToken;

    fn id(&self) -> &str {
        self.id.as_str()
    }
}

impl Record for User {
    const KIND: RecordKind = RecordKind::User;

    fn id(&self) -> &str {
        self.id.as_str()
    }
}

impl Record for DeviceGroup {
    const KIND: RecordKind = RecordKind::DeviceGroup;

    fn id(&self) -> &str {
        self.id.as_str()
    }
}

impl Record for DeviceTemplate {
    const KIND: RecordKind = RecordKind::DeviceTemplate;

    fn id(&self) -> &str {
        &self.id
    }
}
