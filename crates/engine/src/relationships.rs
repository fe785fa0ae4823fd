//! Which device stands upstream of which (iot-central §7.4).

use bellwether_model::access::Scope;
use bellwether_model::ids::RelationshipId;
use bellwether_model::relationship::{Relationship, RelationshipChange};
use bellwether_model::{DeviceId, DeviceSeq};
use bellwether_store::{StoreError, WriteRelationshipError};

use crate::Engine;

impl Engine {
    /// Makes a relationship of a device in `scope`, or changes it. `must_exist`: none is made.
    ///
    /// # Errors
    /// See [`WriteRelationshipError`].
    pub async fn write_relationship(
        &self,
        device: &DeviceId,
        id: RelationshipId,
        change: RelationshipChange,
        must_exist: bool,
        scope: Scope,
    ) -> Result<Relationship, WriteRelationshipError> {
        self.store.write_relationship(device, id, change, must_exist, scope).await
    }

    /// Deletes a relationship of a device. Returns whether there was one that the caller may see.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_relationship(
        &self,
        device: DeviceSeq,
        id: RelationshipId,
        scope: Scope,
    ) -> Result<bool, StoreError> {
        self.store.delete_relationship(device, id, scope).await
    }
}
