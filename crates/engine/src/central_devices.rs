//! Devices as IoT Central's callers make and change them (iot-central §7.1). They are the hub's devices.

use bellwether_model::access::Scope;
use bellwether_model::identity::{Device, DeviceProfile, IfMatch, Keys, Status, SymmetricKey};
use bellwether_model::organization::Organization;
use bellwether_model::template::DeviceTemplate;
use bellwether_model::twin::{Twin, TwinChange, TwinError};
use bellwether_model::{DeviceId, Time};
use bellwether_store::{
    DeviceError, DeviceSelection, DeviceWrite, LimitReached, ListPage, ListPosition, Records, StoreError,
};

use crate::Engine;

/// Most characters of a display name (iot-central §7.1).
pub const DISPLAY_NAME_CHARACTERS_MAX: usize = 148;

/// What a caller wants of a device. What is `None` stays as it is; a new device gets its default. An inner `None`
/// asks for the default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceChange {
    /// What the caller read before: a device that has another one is not changed. A new one gets its own, so that a
    /// device may be brought from elsewhere as it was read there.
    pub etag: IfMatch,
    /// The name for people; by default its id.
    pub display_name: Option<Option<String>>,
    /// The device template; by default none. Another one than before is a migration: the twin stays as it is.
    pub template: Option<Option<String>>,
    /// May it connect; by default it may. One that may not is *blocked*.
    pub enabled: Option<bool>,
    /// Is it a simulated one; by default not.
    pub simulated: Option<bool>,
    /// The organization; by default the root.
    pub organization: Option<Option<String>>,
    /// Is it an edge gateway; by default not. Fixed once it is made.
    pub iot_edge: Option<bool>,
}

/// May a device be made?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenAbsent {
    /// Make it.
    Create,
    /// Refuse.
    Refuse,
}

/// Why a device was not made or changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CentralDeviceError {
    /// It is not there, or not in the caller's scope.
    #[error("there is no device with this id")]
    NotFound,
    /// It has another etag than the caller said.
    #[error("the device was changed meanwhile: its etag is another")]
    EtagMismatch,
    /// Over the limit.
    #[error("displayName must have at most {DISPLAY_NAME_CHARACTERS_MAX} characters")]
    DisplayName,
    /// There is none.
    #[error("template: there is no device template {0:?}")]
    NoSuchTemplate(String),
    /// There is none where the caller may have devices.
    #[error("organizations: there is no organization {0:?} that the caller may put devices into")]
    NoSuchOrganization(String),
    /// The device would belong to the root, where the caller has no right.
    #[error("organizations: the caller may not put devices into the root; name one of {}", .0.join(", "))]
    NotInRoot(Vec<String>),
    /// It is decided when a device is made.
    #[error("type is fixed once a device is made")]
    TypeIsFixed,
    /// What the template sets at first does not fit a twin.
    #[error("the template's initial values: {0}")]
    InitialValues(#[from] TwinError),
    /// There are as many devices as the installation allows.
    #[error(transparent)]
    TooMany(#[from] LimitReached),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DeviceError> for CentralDeviceError {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::NotFound => CentralDeviceError::NotFound,
            DeviceError::EtagMismatch => CentralDeviceError::EtagMismatch,
            DeviceError::TooMany(limit) => CentralDeviceError::TooMany(limit),
            DeviceError::Store(error) => CentralDeviceError::Store(error),
            // It was looked for in the same transaction.
            DeviceError::AlreadyExists => StoreError::Damaged("a device is there and is not".to_owned()).into(),
        }
    }
}

impl DeviceChange {
    /// What `before` becomes; without one, what a new device is.
    fn applied(
        self,
        records: &Records<'_>,
        scope: &Scope,
        before: Option<&Device>,
    ) -> Result<DeviceWrite, CentralDeviceError> {
        let stands = before.map(|device| device.profile.clone()).unwrap_or_default();
        let name = self.display_name.unwrap_or_else(|| stands.display_name.clone()).filter(|name| !name.is_empty());
        if name.as_ref().is_some_and(|name| name.chars().count() > DISPLAY_NAME_CHARACTERS_MAX) {
            return Err(CentralDeviceError::DisplayName);
        }
        let template = self.template.unwrap_or_else(|| stands.template.clone());
        let mut initial = TwinChange::default();
        if let Some(id) = template.as_ref().filter(|_| template != stands.template) {
            let found = records.get::<DeviceTemplate>(id)?;
            let found = found.ok_or_else(|| CentralDeviceError::NoSuchTemplate(id.clone()))?.record;
            if before.is_none() {
                initial = initial_values(&found)?;
            }
        }
        let organization = self.organization.unwrap_or_else(|| stands.organization.clone());
        if before.is_none() || organization != stands.organization {
            check_organization(records, scope, organization.as_deref())?;
        }
        let iot_edge = self.iot_edge.or(before.map(|device| device.iot_edge)).unwrap_or(false);
        if before.is_some_and(|device| device.iot_edge != iot_edge) {
            return Err(CentralDeviceError::TypeIsFixed);
        }
        let status = match self.enabled {
            Some(true) => Status::Enabled,
            Some(false) => Status::Disabled,
            None => before.map(|device| device.status).unwrap_or_default(),
        };
        let simulated = self.simulated.unwrap_or(stands.simulated);
        let profile = DeviceProfile { display_name: name, template, organization, simulated };
        Ok(DeviceWrite { status, iot_edge, profile, initial })
    }
}

/// What the twin of a new device of this template begins with.
pub(crate) fn initial_values(template: &DeviceTemplate) -> Result<TwinChange, CentralDeviceError> {
    let model = template.model().map_err(|fault| StoreError::Damaged(format!("template {}: {fault}", template.id)))?;
    let body = model.initial_change(&Twin::fresh(Time(0)));
    Ok(body.map(|body| TwinChange::merge_from_body(&body)).transpose()?.unwrap_or_default())
}

/// May the caller put devices there?
pub(crate) fn check_organization(
    records: &Records<'_>,
    scope: &Scope,
    organization: Option<&str>,
) -> Result<(), CentralDeviceError> {
    match (organization, scope.organizations()) {
        (None, None) => Ok(()),
        (None, Some(ids)) => Err(CentralDeviceError::NotInRoot(ids.iter().cloned().collect())),
        (Some(id), _) => {
            let exists = records.get::<Organization>(id)?.is_some();
            if exists && scope.covers(Some(id)) {
                Ok(())
            } else {
                Err(CentralDeviceError::NoSuchOrganization(id.to_owned()))
            }
        }
    }
}

impl Engine {
    /// A page of devices (see [`Store::list_devices`](bellwether_store::Store::list_devices)).
    ///
    /// # Errors
    /// The store failed.
    pub async fn list_devices(
        &self,
        selection: DeviceSelection,
        after: Option<ListPosition>,
        limit: usize,
    ) -> Result<ListPage<Device>, StoreError> {
        self.store.list_devices(selection, after, limit, self.live_presence()).await
    }

    /// Makes a device, or changes it; its keys stay. One that is blocked now is disconnected, and jobs that have not
    /// begun it end it as disabled.
    ///
    /// # Errors
    /// See [`CentralDeviceError`].
    pub async fn write_device(
        &self,
        id: &DeviceId,
        change: DeviceChange,
        when_absent: WhenAbsent,
        if_match: IfMatch,
        scope: Scope,
    ) -> Result<Device, CentralDeviceError> {
        let fresh_keys = Keys {
            primary: SymmetricKey::from_bytes(&self.world.entropy.draw()),
            secondary: SymmetricKey::from_bytes(&self.world.entropy.draw()),
        };
        let rule = move |records: &Records<'_>, before: Option<&Device>| {
            match before {
                None if when_absent == WhenAbsent::Refuse => return Err(CentralDeviceError::NotFound),
                None if if_match != IfMatch::Any => return Err(CentralDeviceError::EtagMismatch),
                None => {}
                Some(device) => {
                    if !scope.covers(device.profile.organization.as_deref()) {
                        return Err(CentralDeviceError::NotFound);
                    }
                    let etag = device.etag_text();
                    if !if_match.holds(&etag) || !change.etag.holds(&etag) {
                        return Err(CentralDeviceError::EtagMismatch);
                    }
                }
            }
            change.applied(records, &scope, before)
        };
        let device = self.store.write_device(id, fresh_keys, self.now(), rule).await?;
        if device.status == Status::Disabled {
            self.withdraw_device(device.seq);
        }
        Ok(device)
    }

    /// Deletes a device that belongs to `scope`; see [`Engine::delete_device`].
    ///
    /// # Errors
    /// It is not there or not in `scope`, has another etag, or the store failed.
    pub async fn delete_device_within(
        &self,
        scope: Scope,
        id: &DeviceId,
        if_match: IfMatch,
    ) -> Result<(), DeviceError> {
        let device = self.store.delete_device_within(scope, id, if_match, self.now()).await?;
        self.withdraw_device(device.seq);
        Ok(())
    }
}
