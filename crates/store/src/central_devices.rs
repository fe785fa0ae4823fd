//! Devices as IoT Central's callers make and change them (iot-central §7.1).

use bellwether_model::identity::{Device, DeviceProfile, DeviceSettings, Keys, Status};
use bellwether_model::twin::{Twin, TwinChange, TwinError};
use bellwether_model::{DeviceId, Time};

use crate::devices::{NewDevice, create, living_device, save};
use crate::{DeviceError, Records, Store, StoreError, twins};

/// What is to become of a device.
#[derive(Debug, Clone)]
pub struct DeviceWrite {
    /// May it connect.
    pub status: Status,
    /// Is it an edge gateway.
    pub iot_edge: bool,
    /// What IoT Central knows of it.
    pub profile: DeviceProfile,
    /// What the twin of a new device begins with.
    pub initial: TwinChange,
}

impl Store {
    /// Makes or changes the device called `id`: `rule` decides in the transaction, from the records and from the
    /// device as it stands, what it becomes. The keys of a device that is there stay.
    pub async fn write_device<E, F>(&self, id: &DeviceId, fresh_keys: Keys, now: Time, rule: F) -> Result<Device, E>
    where
        F: FnOnce(&Records<'_>, Option<&Device>) -> Result<DeviceWrite, E> + Send + 'static,
        E: From<StoreError> + From<DeviceError> + From<TwinError> + Send + 'static,
    {
        let id = id.clone();
        self.interactive(move |connection| {
            let before = living_device(connection, &id)?;
            let write = rule(&Records::inside(connection), before.as_ref())?;
            let Some(mut device) = before else {
                let settings =
                    DeviceSettings { status: write.status, iot_edge: write.iot_edge, ..DeviceSettings::default() };
                let device = create(connection, NewDevice { id, settings, profile: write.profile, fresh_keys }, now)?;
                if !write.initial.is_nothing() {
                    let mut twin = Twin::fresh(now);
                    twin.apply(&write.initial, now)?;
                    twins::save(connection, device.seq, &twin)?;
                }
                return Ok(device);
            };
            if device.status != write.status {
                device.status_updated = now;
                device.status_reason = None;
            }
            device.status = write.status;
            device.iot_edge = write.iot_edge;
            device.profile = write.profile;
            device.etag += 1;
            save(connection, &device)?;
            Ok(device)
        })
        .await
    }
}
