//! Identities.

use bellwether_model::access::Scope;
use bellwether_model::identity::{
    Device, DeviceProfile, DeviceSettings, IfMatch, Keys, Presence, Status, SymmetricKey,
};
use bellwether_model::twin::Twin;
use bellwether_model::{DeviceId, DeviceSeq, Time};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::limit::room_for_a_device;
use crate::{LimitReached, Store, StoreError, provisioning, twins};

/// Why a change of an identity was refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DeviceError {
    /// A living device has this id.
    #[error("the device is already registered")]
    AlreadyExists,
    /// No living device has this id.
    #[error("the device is not registered")]
    NotFound,
    /// The identity has another etag than the caller said.
    #[error("the device was changed meanwhile: its etag is another")]
    EtagMismatch,
    /// There are as many devices as the installation allows.
    #[error(transparent)]
    TooMany(#[from] LimitReached),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for DeviceError {
    fn from(error: rusqlite::Error) -> Self {
        DeviceError::Store(error.into())
    }
}

/// An identity to be created.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Its name.
    pub id: DeviceId,
    /// What the caller decided.
    pub settings: DeviceSettings,
    /// What IoT Central is to know of it.
    pub profile: DeviceProfile,
    /// Keys for when the caller gave none.
    pub fresh_keys: Keys,
}

pub(crate) const DEVICE_COLUMNS: &str = "device.seq, device.id, device.generation, device.etag, device.disabled, \
     device.status_reason, device.status_updated, device.primary_key, device.secondary_key, device.iot_edge, \
     device.device_scope, device.model_id, device.connected, device.state_updated, device.last_activity, \
     device.display_name, device.template, device.organization, device.simulated, device.provisioned";

pub(crate) const DEVICE_COLUMN_COUNT: usize = 20;

/// Places in [`DEVICE_COLUMNS`] that are read alone.
pub(crate) const SEQ: usize = 0;
pub(crate) const ID: usize = 1;
pub(crate) const CONNECTED: usize = 12;
pub(crate) const DISPLAY_NAME: usize = 15;
pub(crate) const TEMPLATE: usize = 16;
pub(crate) const ORGANIZATION: usize = 17;

/// Reads [`DEVICE_COLUMNS`] from the start of a row.
pub(crate) fn device_of(row: &Row<'_>) -> Result<Device, StoreError> {
    let key = |column| {
        let text: String = row.get(column)?;
        SymmetricKey::try_from(text).map_err(|error| StoreError::Damaged(format!("a device key {error}")))
    };
    let id: String = row.get(1)?;
    Ok(Device {
        seq: DeviceSeq(row.get(0)?),
        id: DeviceId::try_from(id).map_err(|error| StoreError::Damaged(error.to_string()))?,
        generation: row.get(2)?,
        etag: row.get(3)?,
        status: if row.get(4)? { Status::Disabled } else { Status::Enabled },
        status_reason: row.get(5)?,
        status_updated: Time(row.get(6)?),
        keys: Keys { primary: key(7)?, secondary: key(8)? },
        iot_edge: row.get(9)?,
        device_scope: row.get(10)?,
        model_id: row.get(11)?,
        presence: Presence {
            connected: row.get(12)?,
            state_updated: Time(row.get(13)?),
            last_activity: Time(row.get(14)?),
        },
        profile: DeviceProfile {
            display_name: row.get(15)?,
            template: row.get(16)?,
            organization: row.get(17)?,
            simulated: row.get(18)?,
        },
        provisioned: row.get(19)?,
    })
}

/// The living device called `id`.
pub(crate) fn living_device(connection: &Connection, id: &DeviceId) -> Result<Option<Device>, StoreError> {
    let sql = format!("SELECT {DEVICE_COLUMNS} FROM device WHERE id = ?1 AND deleted IS NULL");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?.map(device_of).transpose()
}

impl Store {
    /// The living device called `id`.
    pub async fn device(&self, id: &DeviceId) -> Result<Option<Device>, StoreError> {
        let id = id.clone();
        self.read(move |connection| living_device(connection, &id)).await
    }

    /// The first `top` devices in the order of creation.
    pub async fn devices(&self, top: usize) -> Result<Vec<Device>, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {DEVICE_COLUMNS} FROM device WHERE deleted IS NULL ORDER BY seq LIMIT ?1");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([top as i64])?;
            let mut devices = Vec::new();
            while let Some(row) = rows.next()? {
                devices.push(device_of(row)?);
            }
            Ok(devices)
        })
        .await
    }

    /// Registers a device with an empty twin (iot-hub §2.1).
    pub async fn create_device(&self, new: NewDevice, now: Time) -> Result<Device, DeviceError> {
        self.interactive(move |connection| create(connection, new, now)).await
    }

    /// Writes the settings of a device. Keys that are not given stay (iot-hub §2.2).
    pub async fn update_device(
        &self,
        id: &DeviceId,
        settings: DeviceSettings,
        if_match: IfMatch,
        now: Time,
    ) -> Result<Device, DeviceError> {
        let id = id.clone();
        self.interactive(move |connection| {
            let device = matching(living_device(connection, &id)?, &if_match)?;
            update(connection, device, settings, now)
        })
        .await
    }

    /// Deletes a device, its twin and all that is kept of it; what jobs recorded of it stays (DESIGN §6.3). Returns
    /// what it was.
    pub async fn delete_device(&self, id: &DeviceId, if_match: IfMatch, now: Time) -> Result<Device, DeviceError> {
        self.delete_device_within(Scope::Everything, id, if_match, now).await
    }

    /// As [`Store::delete_device`]; a device outside of `scope` reads as one that is not there.
    pub async fn delete_device_within(
        &self,
        scope: Scope,
        id: &DeviceId,
        if_match: IfMatch,
        now: Time,
    ) -> Result<Device, DeviceError> {
        let id = id.clone();
        self.interactive(move |connection| {
            let device = living_device(connection, &id)?;
            let device = device.filter(|device| scope.covers(device.profile.organization.as_deref()));
            let device = matching(device, &if_match)?;
            delete(connection, &device, now)?;
            Ok(device)
        })
        .await
    }

    /// Writes down what was live of presence, many devices at a time (DESIGN §3.8).
    pub async fn save_presence(&self, seen: Vec<(DeviceSeq, Presence)>) -> Result<(), StoreError> {
        self.for_job(move |connection| {
            let sql = "UPDATE device SET connected = ?2, state_updated = ?3, last_activity = ?4 WHERE seq = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            for (device, presence) in seen {
                statement.execute(params![
                    device.0,
                    presence.connected,
                    presence.state_updated.0,
                    presence.last_activity.0
                ])?;
            }
            Ok(())
        })
        .await
    }

    /// After a start nobody is connected, whatever was written down last. Devices that the start before cut off count
    /// as cut off by this one too: presence is written down now and then only, so that one of them that came back may
    /// not stand as connected. Returns whether the start before wrote down everything before it ended: if not, any
    /// device may have been connected.
    pub async fn forget_connections(&self, now: Time) -> Result<bool, StoreError> {
        self.interactive(move |connection| {
            let sql = "SELECT NOT EXISTS (SELECT 1 FROM setting WHERE name = 'started')";
            let is_first: bool = connection.query_row(sql, [], |row| row.get(0))?;
            let sql = "UPDATE device SET connected = 0, state_updated = ?1 WHERE connected = 1
                       OR state_updated = (SELECT value FROM setting WHERE name = 'started')";
            connection.execute(sql, [now.0])?;
            let sql = "INSERT INTO setting (name, value) VALUES ('started', ?1)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            connection.execute(sql, [now.0])?;
            let complete = connection.execute("DELETE FROM setting WHERE name = 'presence_complete'", [])? == 1;
            Ok(is_first || complete)
        })
        .await
    }

    /// The program ends, and every device's presence is written down.
    pub async fn presence_is_complete(&self) -> Result<(), StoreError> {
        self.interactive(|connection| {
            connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES ('presence_complete', 1)", [])?;
            Ok(())
        })
        .await
    }
}

pub(crate) fn create(connection: &Connection, new: NewDevice, now: Time) -> Result<Device, DeviceError> {
    let exists = connection
        .prepare_cached("SELECT 1 FROM device WHERE id = ?1 AND deleted IS NULL")?
        .query_row([new.id.as_str()], |_| Ok(()))
        .optional()?;
    if exists.is_some() {
        return Err(DeviceError::AlreadyExists);
    }
    room_for_a_device(connection)??;
    let settings = new.settings;
    let mut device = Device {
        seq: DeviceSeq(0),
        id: new.id,
        generation: 0,
        etag: 0,
        status: settings.status,
        status_reason: settings.status_reason,
        status_updated: Time::NEVER,
        keys: settings.keys.unwrap_or(new.fresh_keys),
        iot_edge: settings.iot_edge,
        device_scope: settings.device_scope,
        model_id: String::new(),
        presence: Presence::NEVER,
        profile: new.profile,
        provisioned: false,
    };
    let sql = "INSERT INTO device (id, generation, etag, disabled, status_reason, status_updated, primary_key,
               secondary_key, iot_edge, device_scope, model_id, connected, state_updated, last_activity,
               display_name, template, organization, simulated, provisioned)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '', 0, ?6, ?6, ?11, ?12, ?13, ?14, 0)";
    connection.prepare_cached(sql)?.execute(params![
        device.id.as_str(),
        device.generation,
        device.etag,
        device.status == Status::Disabled,
        device.status_reason,
        Time::NEVER.0,
        device.keys.primary.as_str(),
        device.keys.secondary.as_str(),
        device.iot_edge,
        device.device_scope,
        device.profile.display_name,
        device.profile.template,
        device.profile.organization,
        device.profile.simulated,
    ])?;
    device.seq = DeviceSeq(connection.last_insert_rowid());
    // Neither the generation nor an etag of an earlier device of this id may come again.
    device.generation = device.seq.0;
    device.etag = device.seq.0 << 20;
    connection.prepare_cached("UPDATE device SET generation = ?2, etag = ?3 WHERE seq = ?1")?.execute([
        device.seq.0,
        device.generation,
        device.etag,
    ])?;
    twins::save(connection, device.seq, &Twin::fresh(now))?;
    Ok(device)
}

/// Writes the settings of a device. Keys that are not given stay (iot-hub §2.2).
pub(crate) fn update(
    connection: &Connection,
    mut device: Device,
    settings: DeviceSettings,
    now: Time,
) -> Result<Device, DeviceError> {
    if device.status != settings.status {
        device.status_updated = now;
    }
    device.status = settings.status;
    device.status_reason = settings.status_reason;
    if let Some(keys) = settings.keys.filter(|keys| *keys != device.keys) {
        provisioning::keys_are_its_own(connection, device.seq)?;
        device.keys = keys;
    }
    device.iot_edge = settings.iot_edge;
    device.device_scope = settings.device_scope;
    device.etag += 1;
    save(connection, &device)?;
    Ok(device)
}

/// Leaves of a device only what jobs recorded of it (DESIGN §6.3).
pub(crate) fn delete(connection: &Connection, device: &Device, now: Time) -> Result<(), StoreError> {
    let seq = device.seq.0;
    connection.prepare_cached("UPDATE device SET deleted = ?2, connected = 0 WHERE seq = ?1")?.execute([seq, now.0])?;
    for sql in [
        "DELETE FROM twin WHERE seq = ?1",
        "DELETE FROM subscription WHERE device = ?1",
        "DELETE FROM telemetry WHERE device = ?1",
        "DELETE FROM command_history WHERE device = ?1",
        "DELETE FROM relationship WHERE source = ?1 OR target = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([seq])?;
    }
    provisioning::forget(connection, device)
}

/// Writes what operators decide of a device over its row.
pub(crate) fn save(connection: &Connection, device: &Device) -> Result<(), StoreError> {
    let sql = "UPDATE device SET etag = ?2, disabled = ?3, status_reason = ?4, status_updated = ?5, primary_key = ?6,
               secondary_key = ?7, iot_edge = ?8, device_scope = ?9, display_name = ?10, template = ?11,
               organization = ?12, simulated = ?13 WHERE seq = ?1";
    connection.prepare_cached(sql)?.execute(params![
        device.seq.0,
        device.etag,
        device.status == Status::Disabled,
        device.status_reason,
        device.status_updated.0,
        device.keys.primary.as_str(),
        device.keys.secondary.as_str(),
        device.iot_edge,
        device.device_scope,
        device.profile.display_name,
        device.profile.template,
        device.profile.organization,
        device.profile.simulated,
    ])?;
    Ok(())
}

pub(crate) fn matching(device: Option<Device>, if_match: &IfMatch) -> Result<Device, DeviceError> {
    let device = device.ok_or(DeviceError::NotFound)?;
    if if_match.holds(&device.etag_text()) { Ok(device) } else { Err(DeviceError::EtagMismatch) }
}
