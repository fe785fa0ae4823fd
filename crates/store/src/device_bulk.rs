//! Many identities and twins changed in one transaction, each for itself (iot-hub §2.4).

use bellwether_model::identity::{Device, DeviceProfile, DeviceSettings, IfMatch, Keys};
use bellwether_model::twin::{SectionChange, Twin, TwinChange};
use bellwether_model::{DeviceId, Time};
use rusqlite::Connection;

use crate::devices::{self, living_device, matching};
use crate::{AuditAction, AuditPlace, ChangeTwinError, DeviceError, NewAuditEntry, NewDevice, Records, Store};
use crate::{StoreError, twins};

/// What is to become of one device.
#[derive(Debug, Clone)]
pub struct BulkElement {
    /// Which.
    pub id: DeviceId,
    /// What.
    pub edit: DeviceEdit,
}

/// See [`BulkElement`]. What `twin` does not name stays.
#[derive(Debug, Clone)]
pub enum DeviceEdit {
    /// It is registered.
    Create {
        /// As what.
        settings: DeviceSettings,
        /// What its twin begins with.
        twin: TwinChange,
        /// Keys for when none are given.
        fresh_keys: Keys,
    },
    /// Its identity is written; it must be there and have one of these etags.
    Update {
        /// As what.
        settings: DeviceSettings,
        /// Merged into its twin.
        twin: TwinChange,
        /// On the identity.
        if_match: IfMatch,
    },
    /// The one or the other; the etag counts only when it is there.
    CreateOrUpdate {
        /// As what.
        settings: DeviceSettings,
        /// Merged into its twin.
        twin: TwinChange,
        /// On the identity.
        if_match: IfMatch,
        /// Keys for when none are given and there were none.
        fresh_keys: Keys,
    },
    /// It is deleted, if it has one of these etags.
    Delete {
        /// On the identity.
        if_match: IfMatch,
    },
    /// Only its twin is changed.
    UpdateTwin {
        /// Merged into its twin.
        twin: TwinChange,
        /// On the twin.
        if_match: IfMatch,
    },
}

impl DeviceEdit {
    /// What it does to the desired properties.
    pub fn desired(&self) -> Option<&SectionChange> {
        match self {
            DeviceEdit::Create { twin, .. }
            | DeviceEdit::Update { twin, .. }
            | DeviceEdit::CreateOrUpdate { twin, .. }
            | DeviceEdit::UpdateTwin { twin, .. } => twin.desired.as_ref(),
            DeviceEdit::Delete { .. } => None,
        }
    }
}

/// What became of a device.
#[derive(Debug, Clone)]
pub struct DeviceChanged {
    /// As it was before; `None`: it was made.
    pub before: Option<Device>,
    /// As it is now; `None`: it is gone.
    pub after: Option<Device>,
    /// The version of its desired properties, when they were written.
    pub desired: Option<i64>,
}

/// Why one device was not changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DeviceChangeRefused {
    /// Its identity could not be written.
    #[error(transparent)]
    Device(DeviceError),
    /// Its twin could not.
    #[error(transparent)]
    Twin(ChangeTwinError),
}

type Changed = Result<DeviceChanged, DeviceChangeRefused>;

impl Store {
    /// Changes devices one after the other in one transaction. Each is changed whole or not at all, whatever became of
    /// the others; all that were are on disk when this returns. The outcomes stand in the order of `changes`. The audit
    /// log gets `entry` for each device that was changed, with its id and what was done.
    ///
    /// # Errors
    /// The store failed, and nothing was changed.
    pub async fn change_devices(
        &self,
        changes: Vec<BulkElement>,
        entry: Option<NewAuditEntry>,
        now: Time,
    ) -> Result<Vec<Changed>, StoreError> {
        self.interactive(move |connection| {
            let mut outcomes = Vec::with_capacity(changes.len());
            for BulkElement { id, edit } in changes {
                let outcome = match change(connection, &id, edit, now) {
                    Err(
                        DeviceChangeRefused::Device(DeviceError::Store(error))
                        | DeviceChangeRefused::Twin(ChangeTwinError::Store(error)),
                    ) => return Err(error),
                    outcome => outcome,
                };
                if let (Ok(changed), Some(entry)) = (&outcome, &entry) {
                    Records::inside(connection).note(&entry_of(entry, &id, changed), now)?;
                }
                outcomes.push(outcome);
            }
            Ok(outcomes)
        })
        .await
    }
}

/// Nothing is written before all that can be refused was looked at: a device that is refused is as it was.
fn change(connection: &Connection, id: &DeviceId, edit: DeviceEdit, now: Time) -> Changed {
    let before = living_device(connection, id)?;
    match (edit, before) {
        (DeviceEdit::Create { .. }, Some(_)) => Err(DeviceError::AlreadyExists.into()),
        (
            DeviceEdit::Create { settings, twin, fresh_keys }
            | DeviceEdit::CreateOrUpdate { settings, twin, fresh_keys, .. },
            None,
        ) => create(connection, id, settings, &twin, fresh_keys, now),
        (
            DeviceEdit::Update { settings, twin, if_match }
            | DeviceEdit::CreateOrUpdate { settings, twin, if_match, .. },
            before,
        ) => {
            let before = matching(before, &if_match)?;
            let twin = NextTwin::read(connection, &before, &twin, &IfMatch::Any, now)?;
            let after = devices::update(connection, before.clone(), settings, now)?;
            let desired = twin.save(connection, &before)?;
            Ok(DeviceChanged { before: Some(before), after: Some(after), desired })
        }
        (DeviceEdit::UpdateTwin { twin, if_match }, Some(device)) => {
            let desired = NextTwin::read(connection, &device, &twin, &if_match, now)?.save(connection, &device)?;
            Ok(DeviceChanged { before: Some(device.clone()), after: Some(device), desired })
        }
        (DeviceEdit::Delete { if_match }, before) => {
            let before = matching(before, &if_match)?;
            devices::delete(connection, &before, now)?;
            Ok(DeviceChanged { before: Some(before), after: None, desired: None })
        }
        (DeviceEdit::UpdateTwin { .. }, None) => Err(DeviceError::NotFound.into()),
    }
}

fn create(
    connection: &Connection,
    id: &DeviceId,
    settings: DeviceSettings,
    change: &TwinChange,
    fresh_keys: Keys,
    now: Time,
) -> Changed {
    let mut twin = Twin::fresh(now);
    let applied = twin.apply(change, now).map_err(ChangeTwinError::from)?;
    let new = NewDevice { id: id.clone(), settings, profile: DeviceProfile::default(), fresh_keys };
    let device = devices::create(connection, new, now)?;
    if !change.is_nothing() {
        twins::save(connection, device.seq, &twin)?;
    }
    let desired = applied.desired.then_some(twin.desired.version);
    Ok(DeviceChanged { before: None, after: Some(device), desired })
}

/// A twin as it will be.
struct NextTwin {
    /// `None`: as it is.
    twin: Option<Twin>,
    tells_device: bool,
}

impl NextTwin {
    fn read(
        connection: &Connection,
        device: &Device,
        change: &TwinChange,
        if_match: &IfMatch,
        now: Time,
    ) -> Result<NextTwin, ChangeTwinError> {
        let mut twin = twins::twin(connection, device.seq)?.ok_or(ChangeTwinError::NotFound)?;
        if !if_match.holds(&twin.etag_text()) {
            return Err(ChangeTwinError::EtagMismatch);
        }
        if change.is_nothing() {
            return Ok(NextTwin { twin: None, tells_device: false });
        }
        let applied = twin.apply(change, now)?;
        Ok(NextTwin { twin: Some(twin), tells_device: applied.desired })
    }

    /// Returns the version of the desired properties, if they were written.
    fn save(self, connection: &Connection, device: &Device) -> Result<Option<i64>, StoreError> {
        let Some(twin) = self.twin else { return Ok(None) };
        twins::save(connection, device.seq, &twin)?;
        Ok(self.tells_device.then_some(twin.desired.version))
    }
}

/// The entry of one device among those of a call.
fn entry_of(entry: &NewAuditEntry, id: &DeviceId, changed: &DeviceChanged) -> NewAuditEntry {
    let action = match (&changed.before, &changed.after) {
        (None, _) => "create",
        (Some(_), Some(_)) => "update",
        (Some(_), None) => "delete",
    };
    let device = changed.after.as_ref().or(changed.before.as_ref());
    let organization = device.and_then(|device| device.profile.organization.clone());
    NewAuditEntry {
        action: AuditAction::Named(action.into()),
        id: Some(id.to_string()),
        place: AuditPlace::Organization(organization),
        ..entry.clone()
    }
}

impl From<DeviceError> for DeviceChangeRefused {
    fn from(error: DeviceError) -> Self {
        DeviceChangeRefused::Device(error)
    }
}

impl From<ChangeTwinError> for DeviceChangeRefused {
    fn from(error: ChangeTwinError) -> Self {
        DeviceChangeRefused::Twin(error)
    }
}

impl From<StoreError> for DeviceChangeRefused {
    fn from(error: StoreError) -> Self {
        DeviceChangeRefused::Device(DeviceError::Store(error))
    }
}
