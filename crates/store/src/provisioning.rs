//! Enrollments at work: how a device stands when it asks to be let in, and what its registration writes.

use bellwether_model::identity::{Device, DeviceProfile, DeviceSettings, Keys};
use bellwether_model::provisioning::{
    Attestation, EnrollmentGroup, IndividualEnrollment, ProvisioningSecret, Registration, Standing,
};
use bellwether_model::{DeviceId, DeviceSeq, Time};
use rusqlite::{Connection, OptionalExtension, params};

use crate::devices::{create, living_device};
use crate::records::{Record, RecordKind};
use crate::{DeviceError, LimitReached, NewDevice, Records, Store, StoreError};

/// What a registration writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRegistration {
    /// The keys that the device has from now on, and the group that they come from; `None` leaves its own.
    pub keys: Option<(String, Keys)>,
    /// Is a device that is not there yet an edge gateway.
    pub iot_edge: bool,
    /// The model that it announced.
    pub model_id: Option<String>,
}

/// A device that is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// As it is now.
    pub device: Device,
    /// What is kept of its registration.
    pub registration: Registration,
    /// It has other keys than before: a connection with the old ones has to end.
    pub keys_changed: bool,
}

impl Store {
    /// The secret of provisioning. At the first start it is `fresh`, and the first enrollment groups are made
    /// with it in one transaction: who deletes them later does not get them back.
    ///
    /// # Errors
    /// Also [`StoreError::Damaged`] when what is kept has not 32 bytes.
    pub async fn provisioning_secret(
        &self,
        fresh: [u8; 32],
        first_groups: Vec<EnrollmentGroup>,
    ) -> Result<ProvisioningSecret, StoreError> {
        if let Some(secret) = self.read(kept_secret).await? {
            return Ok(secret);
        }
        self.interactive(move |connection| {
            connection.execute("INSERT INTO setting (name, value) VALUES ('provisioning', ?1)", [fresh])?;
            let records = Records::inside(connection);
            for group in first_groups {
                records.put(group)?;
            }
            Ok(ProvisioningSecret(fresh))
        })
        .await
    }

    /// How the device called `id` stands towards provisioning.
    pub async fn provisioning_standing(&self, id: &DeviceId) -> Result<Standing, StoreError> {
        let id = id.clone();
        self.read(move |connection| standing(connection, &id)).await
    }

    /// Registers the device called `id` as `rule` says of how it stands in this transaction; one that is not
    /// there is made. It belongs to the root organization, and to the template of its model if there is one and
    /// it has none.
    ///
    /// # Errors
    /// What `rule` refuses, there is no room for another device, or the store failed. Nothing was written.
    pub async fn register_device<E>(
        &self,
        id: &DeviceId,
        now: Time,
        rule: impl FnOnce(&Standing) -> Result<NewRegistration, E> + Send + 'static,
    ) -> Result<Registered, E>
    where
        E: From<StoreError> + From<LimitReached> + Send + 'static,
    {
        let id = id.clone();
        self.interactive(move |connection| {
            let standing = standing(connection, &id)?;
            let new = rule(&standing)?;
            register(connection, id, standing, new, now)
        })
        .await
    }

    /// A device was let in by the hub: it is provisioned from now on, announces this model unless `None`, and
    /// gets the model's template if there is one and it has none (device-protocol §9.4).
    pub async fn introduce_device(&self, device: DeviceSeq, model_id: Option<String>) -> Result<(), StoreError> {
        self.interactive(move |connection| introduce(connection, device, model_id.as_deref())).await
    }

    /// The template of the model that a device announces: the one of this id, or whose capability model has it.
    pub async fn template_of_model(&self, model_id: String) -> Result<Option<String>, StoreError> {
        self.read(move |connection| template_of(connection, &model_id)).await
    }

    /// Writes or removes a device's own enrollment, and gives the device these keys with it. Returns the device,
    /// or `None` when there is none, or nothing to remove.
    pub async fn set_attestation(
        &self,
        id: &DeviceId,
        attestation: Option<Attestation>,
        keys: Keys,
    ) -> Result<Option<Device>, StoreError> {
        let id = id.clone();
        self.interactive(move |connection| {
            let Some(mut device) = living_device(connection, &id)? else { return Ok(None) };
            let records = Records::inside(connection);
            match attestation {
                Some(attestation) => {
                    records.put(IndividualEnrollment { device: id, attestation })?;
                }
                None => {
                    if !records.delete::<IndividualEnrollment>(id.as_str())? {
                        return Ok(None);
                    }
                }
            }
            if device.keys != keys {
                write_keys(connection, &mut device, keys)?;
            }
            Ok(Some(device))
        })
        .await
    }
}

fn kept_secret(connection: &Connection) -> Result<Option<ProvisioningSecret>, StoreError> {
    let sql = "SELECT value FROM setting WHERE name = 'provisioning'";
    let kept: Option<Vec<u8>> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    let damaged = |_| StoreError::Damaged("the secret provisioning has not 32 bytes".to_owned());
    kept.map(|bytes| Ok(ProvisioningSecret(bytes.try_into().map_err(damaged)?))).transpose()
}

fn standing(connection: &Connection, id: &DeviceId) -> Result<Standing, StoreError> {
    let records = Records::inside(connection);
    let groups = records.all::<EnrollmentGroup>()?.into_iter().map(|stored| stored.record).collect();
    let Some(device) = living_device(connection, id)? else { return Ok(Standing { groups, ..Standing::default() }) };
    let individual = records.get::<IndividualEnrollment>(id.as_str())?.map(|stored| stored.record.attestation);
    let registration = registration_of(connection, device.seq)?;
    Ok(Standing { device: Some(device), individual, registration, groups })
}

fn registration_of(connection: &Connection, device: DeviceSeq) -> Result<Option<Registration>, StoreError> {
    let sql = "SELECT created, updated, group_id FROM registration WHERE device = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Registration { created: Time(row.get(0)?), updated: Time(row.get(1)?), group: row.get(2)? })
    };
    Ok(connection.prepare_cached(sql)?.query_row([device.0], read).optional()?)
}

fn register<E: From<StoreError> + From<LimitReached>>(
    connection: &Connection,
    id: DeviceId,
    standing: Standing,
    new: NewRegistration,
    now: Time,
) -> Result<Registered, E> {
    let (group, keys) = new.keys.unzip();
    let mut keys_changed = false;
    let mut device = match (standing.device, keys) {
        (Some(mut device), Some(keys)) if device.keys != keys => {
            write_keys(connection, &mut device, keys)?;
            keys_changed = true;
            device
        }
        (Some(device), _) => device,
        (None, Some(keys)) => {
            let settings =
                DeviceSettings { keys: Some(keys.clone()), iot_edge: new.iot_edge, ..DeviceSettings::default() };
            let new = NewDevice { id, settings, profile: DeviceProfile::default(), fresh_keys: keys };
            create(connection, new, now).map_err(|error| match error {
                DeviceError::Store(error) => E::from(error),
                DeviceError::TooMany(limit) => E::from(limit),
                other @ (DeviceError::AlreadyExists | DeviceError::NotFound | DeviceError::EtagMismatch) => {
                    StoreError::Damaged(other.to_string()).into()
                }
            })?
        }
        (None, None) => {
            return Err(StoreError::Damaged("a device without keys cannot be registered".to_owned()).into());
        }
    };
    introduce(connection, device.seq, new.model_id.as_deref())?;
    let created = standing.registration.map_or(now, |registration| registration.created);
    let registration = Registration { created, updated: now, group };
    let sql = "INSERT OR REPLACE INTO registration (device, created, updated, group_id) VALUES (?1, ?2, ?3, ?4)";
    let values = params![device.seq.0, created.0, now.0, registration.group];
    connection.prepare_cached(sql).and_then(|mut statement| statement.execute(values)).map_err(StoreError::from)?;
    if let Some(written) = living_device(connection, &device.id)? {
        device = written;
    }
    Ok(Registered { device, registration, keys_changed })
}

fn introduce(connection: &Connection, device: DeviceSeq, model_id: Option<&str>) -> Result<(), StoreError> {
    let template = match model_id {
        Some(model_id) => template_of(connection, model_id)?,
        None => None,
    };
    let sql = "UPDATE device SET provisioned = 1, model_id = COALESCE(?2, model_id),
               template = COALESCE(template, ?3) WHERE seq = ?1";
    connection.prepare_cached(sql)?.execute(params![device.0, model_id, template])?;
    Ok(())
}

fn template_of(connection: &Connection, model_id: &str) -> Result<Option<String>, StoreError> {
    let named = "SELECT id FROM record WHERE kind = ?1 AND id = ?2";
    let found = connection
        .prepare_cached(named)?
        .query_row(params![RecordKind::DeviceTemplate as i64, model_id], |row| row.get(0))
        .optional()?;
    if found.is_some() {
        return Ok(found);
    }
    let with_model = "SELECT id FROM record WHERE kind = ?1
                      AND json_extract(body, '$.body.capabilityModel.\"@id\"') = ?2 ORDER BY key LIMIT 1";
    let values = params![RecordKind::DeviceTemplate as i64, model_id];
    Ok(connection.prepare_cached(with_model)?.query_row(values, |row| row.get(0)).optional()?)
}

fn write_keys(connection: &Connection, device: &mut Device, keys: Keys) -> Result<(), StoreError> {
    device.keys = keys;
    device.etag += 1;
    let sql = "UPDATE device SET etag = ?2, primary_key = ?3, secondary_key = ?4 WHERE seq = ?1";
    let Keys { primary, secondary } = &device.keys;
    let values = params![device.seq.0, device.etag, primary.as_str(), secondary.as_str()];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The device was given keys that are no group's: a group's do not replace them any more.
pub(crate) fn keys_are_its_own(connection: &Connection, device: DeviceSeq) -> Result<(), StoreError> {
    let sql = "UPDATE registration SET group_id = NULL WHERE device = ?1";
    connection.prepare_cached(sql)?.execute([device.0])?;
    Ok(())
}

/// A deleted device leaves nothing by which another of its name would be let in.
pub(crate) fn forget(connection: &Connection, device: &Device) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM registration WHERE device = ?1")?.execute([device.seq.0])?;
    Records::inside(connection).delete::<IndividualEnrollment>(device.id.as_str())?;
    Ok(())
}

impl Record for EnrollmentGroup {
    const KIND: RecordKind = RecordKind::EnrollmentGroup;

    fn id(&self) -> &str {
        &self.id
    }
}

impl Record for IndividualEnrollment {
    const KIND: RecordKind = RecordKind::IndividualEnrollment;

    fn id(&self) -> &str {
        self.device.as_str()
    }
}
