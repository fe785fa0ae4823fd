//! Changes of identities and twins, and what devices are told of them after the commit.

use std::sync::Arc;

use bellwether_model::access::Scope;
use bellwether_model::identity::{Device, DeviceProfile, DeviceSettings, IfMatch, Status};
use bellwether_model::twin::patch::PatchObject;
use bellwether_model::twin::{SectionChange, Twin, TwinChange};
use bellwether_model::{DeviceId, DeviceSeq};
use bellwether_store::{
    BulkElement, ChangeTwinError, DeviceChangeRefused, DeviceChanged, DeviceError, NewAuditEntry, NewDevice, StoreError,
};

use crate::{DeviceNews, Engine};

impl Engine {
    /// Registers a device; keys that are not given are made (iot-hub §2.1).
    ///
    /// # Errors
    /// The id is taken, there are as many devices as the installation allows, or the store failed.
    pub async fn create_device(&self, id: DeviceId, settings: DeviceSettings) -> Result<Device, DeviceError> {
        let fresh_keys = self.fresh_keys();
        self.store
            .create_device(NewDevice { id, settings, profile: DeviceProfile::default(), fresh_keys }, self.now())
            .await
    }

    /// Changes a device. One that is disabled now, or has other keys now, is disconnected
    /// (device-protocol §2.7); jobs that have not begun it end it as disabled.
    ///
    /// # Errors
    /// It is not registered, has another etag, or the store failed.
    pub async fn update_device(
        &self,
        id: &DeviceId,
        settings: DeviceSettings,
        if_match: IfMatch,
    ) -> Result<Device, DeviceError> {
        let before = self.store.device(id).await.map_err(DeviceError::Store)?;
        let device = self.store.update_device(id, settings, if_match, self.now()).await?;
        self.follow(before.as_ref(), Some(&device));
        Ok(device)
    }

    /// Deletes a device with its twin and disconnects it; jobs that have not begun it end it as deleted.
    ///
    /// # Errors
    /// It is not registered, has another etag, or the store failed.
    pub async fn delete_device(&self, id: &DeviceId, if_match: IfMatch) -> Result<(), DeviceError> {
        let device = self.store.delete_device(id, if_match, self.now()).await?;
        self.follow(Some(&device), None);
        Ok(())
    }

    /// Changes up to some hundred devices, each for itself; connected ones are told as by single calls. What stands in
    /// the list behind another change of the same device sees that one.
    ///
    /// # Errors
    /// The store failed, and nothing was changed.
    pub async fn change_devices(
        &self,
        changes: Vec<BulkElement>,
        entry: Option<NewAuditEntry>,
    ) -> Result<Vec<Result<DeviceChanged, DeviceChangeRefused>>, StoreError> {
        let patches: Vec<Option<Arc<str>>> = changes.iter().map(|change| change.edit.desired().map(told)).collect();
        let outcomes = self.store.change_devices(changes, entry, self.now()).await?;
        for (outcome, patch) in outcomes.iter().zip(patches) {
            let Ok(DeviceChanged { before, after, desired }) = outcome else { continue };
            if before.is_some() {
                self.follow(before.as_ref(), after.as_ref());
            }
            if let (Some(device), Some(version), Some(patch)) = (after, desired, patch) {
                self.world.port.desired_changed(device.seq, &patch, *version);
            }
        }
        Ok(outcomes)
    }

    /// How many devices are connected now.
    pub fn connected_devices(&self) -> u64 {
        self.presences.connected_count()
    }

    /// Its connection follows what became of an identity: one that is gone, disabled, or has other keys is closed, and
    /// nobody waits for one that cannot come.
    fn follow(&self, before: Option<&Device>, after: Option<&Device>) {
        match (before, after) {
            (_, Some(after)) if after.status == Status::Disabled => self.withdraw_device(after.seq),
            (Some(before), Some(after)) if before.keys != after.keys => self.world.port.close(after.seq),
            (Some(before), None) => self.withdraw_device(before.seq),
            (Some(_), Some(_)) | (None, _) => {}
        }
    }

    /// A device was deleted or disabled: its connection is closed, and nobody waits for it.
    pub(crate) fn withdraw_device(&self, device: DeviceSeq) {
        self.world.port.close(device);
        self.tell(DeviceNews::Withdrawn(device));
    }

    /// Changes tags and desired properties; a connected device is told of the latter (device-protocol §4).
    ///
    /// # Errors
    /// The device is not registered, its twin has another etag, the change breaks a rule, or the store failed.
    pub async fn change_twin(
        &self,
        id: &DeviceId,
        scope: &Scope,
        change: TwinChange,
        if_match: IfMatch,
    ) -> Result<(Device, Twin), ChangeTwinError> {
        let patch = change.desired.as_ref().map(told);
        let (device, twin, applied) = self.store.change_twin(id, scope, change, if_match, self.now()).await?;
        if let Some(patch) = patch.filter(|_| applied.desired) {
            self.world.port.desired_changed(device.seq, &patch, twin.desired.version);
        }
        Ok((device, twin))
    }

    /// What a device reads of its twin (device-protocol §4); `None` when it was deleted.
    ///
    /// # Errors
    /// The store failed.
    pub async fn device_twin(&self, device: DeviceSeq) -> Result<Option<String>, StoreError> {
        Ok(self.store.twin_of_device(device).await?.map(|twin| twin.device_view()))
    }

    /// Merges a device's own patch into its reported properties, if they still have `if_version`. Returns their
    /// version after it.
    ///
    /// # Errors
    /// The device was deleted, the version is another, the patch breaks a rule, or the store failed.
    pub async fn report(
        &self,
        device: DeviceSeq,
        patch: &[u8],
        if_version: Option<i64>,
    ) -> Result<i64, ChangeTwinError> {
        let change = TwinChange::reported_from_device(patch)?;
        self.store.report(device, change, if_version, self.now()).await
    }
}

/// What a device is told of a change: the patch as it was applied, or the whole new section.
pub(crate) fn told(change: &SectionChange) -> Arc<str> {
    let whole = |patch: &PatchObject| patch.content();
    match change {
        SectionChange::Merge(patch) => patch.to_json().into(),
        SectionChange::Replace(patch) => whole(patch).into(),
    }
}
