//! Twins of single devices.

use bellwether_model::access::Scope;
use bellwether_model::identity::{Device, IfMatch};
use bellwether_model::twin::{Applied, Section, Twin, TwinChange, TwinError};
use bellwether_model::{DeviceId, DeviceSeq, Time};
use rusqlite::{Connection, Row, params};

use crate::devices::{DEVICE_COLUMN_COUNT, DEVICE_COLUMNS, device_of, living_device};
use crate::{Store, StoreError};

/// Why a change of a twin was refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChangeTwinError {
    /// No living device.
    #[error("the device is not registered")]
    NotFound,
    /// The twin has another etag, or the section another version, than the caller said.
    #[error("the twin was changed meanwhile: its etag or version is another")]
    EtagMismatch,
    /// The change breaks a rule.
    #[error(transparent)]
    Twin(#[from] TwinError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ChangeTwinError {
    fn from(error: rusqlite::Error) -> Self {
        ChangeTwinError::Store(error.into())
    }
}

pub(crate) const TWIN_COLUMNS: &str = "twin.version, twin.etag, twin.desired_version, twin.reported_version, \
     twin.tags, twin.desired, twin.reported, twin.meta";

/// Reads [`TWIN_COLUMNS`] from the columns that begin at `at`.
pub(crate) fn twin_of(row: &Row<'_>, at: usize) -> Result<Twin, StoreError> {
    Ok(Twin {
        version: row.get(at)?,
        etag: row.get(at + 1)?,
        desired: Section { version: row.get(at + 2)?, json: row.get(at + 5)? },
        reported: Section { version: row.get(at + 3)?, json: row.get(at + 6)? },
        tags: row.get(at + 4)?,
        meta: row.get(at + 7)?,
    })
}

/// Writes the whole twin, a new one or over the old one.
pub(crate) fn save(connection: &Connection, device: DeviceSeq, twin: &Twin) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO twin
               (seq, version, etag, desired_version, reported_version, tags, desired, reported, meta)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    connection.prepare_cached(sql)?.execute(params![
        device.0,
        twin.version,
        twin.etag,
        twin.desired.version,
        twin.reported.version,
        twin.tags,
        twin.desired.json,
        twin.reported.json,
        twin.meta
    ])?;
    Ok(())
}

pub(crate) fn twin(connection: &Connection, device: DeviceSeq) -> Result<Option<Twin>, StoreError> {
    let sql = format!("SELECT {TWIN_COLUMNS} FROM twin WHERE seq = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([device.0])?;
    rows.next()?.map(|row| twin_of(row, 0)).transpose()
}

impl Store {
    /// A living device with its twin.
    pub async fn twin(&self, id: &DeviceId) -> Result<Option<(Device, Twin)>, StoreError> {
        let id = id.clone();
        self.read(move |connection| {
            let sql = format!(
                "SELECT {DEVICE_COLUMNS}, {TWIN_COLUMNS} FROM device JOIN twin USING (seq)
                 WHERE id = ?1 AND deleted IS NULL"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([id.as_str()])?;
            rows.next()?.map(|row| Ok((device_of(row)?, twin_of(row, DEVICE_COLUMN_COUNT)?))).transpose()
        })
        .await
    }

    /// The twin of a device by key; `None` when the device was deleted.
    pub async fn twin_of_device(&self, device: DeviceSeq) -> Result<Option<Twin>, StoreError> {
        self.read(move |connection| twin(connection, device)).await
    }

    /// Changes tags and desired properties of one device within `scope` (iot-hub §3). Returns the twin after it and what
    /// was done to it.
    pub async fn change_twin(
        &self,
        id: &DeviceId,
        scope: &Scope,
        change: TwinChange,
        if_match: IfMatch,
        now: Time,
    ) -> Result<(Device, Twin, Applied), ChangeTwinError> {
        let (id, scope) = (id.clone(), scope.clone());
        self.interactive(move |connection| {
            let device = living_device(connection, &id)?
                .filter(|device| scope.covers(device.profile.organization.as_deref()))
                .ok_or(ChangeTwinError::NotFound)?;
            let mut twin = twin(connection, device.seq)?.ok_or(ChangeTwinError::NotFound)?;
            if !if_match.holds(&twin.etag_text()) {
                return Err(ChangeTwinError::EtagMismatch);
            }
            let applied = twin.apply(&change, now)?;
            save(connection, device.seq, &twin)?;
            Ok((device, twin, applied))
        })
        .await
    }

    /// Changes the reported properties of one device, if they still have `if_version` (device-protocol §4).
    /// Returns their version after it.
    pub async fn report(
        &self,
        device: DeviceSeq,
        change: TwinChange,
        if_version: Option<i64>,
        now: Time,
    ) -> Result<i64, ChangeTwinError> {
        self.interactive(move |connection| {
            let mut twin = twin(connection, device)?.ok_or(ChangeTwinError::NotFound)?;
            if if_version.is_some_and(|version| version != twin.reported.version) {
                return Err(ChangeTwinError::EtagMismatch);
            }
            twin.apply(&change, now)?;
            save(connection, device, &twin)?;
            Ok(twin.reported.version)
        })
        .await
    }
}
