//! A device's own enrollment and its keys (iot-central §7.5).

use bellwether_model::DeviceId;
use bellwether_model::identity::{Device, Keys, SymmetricKey};
use bellwether_model::provisioning::{Attestation, Certificate, DeviceType, EnrollmentGroup, Standing, group_keys_for};
use bellwether_store::{StoreError, Stored};

use crate::Engine;

/// How a device shall prove itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewAttestation {
    /// With one of these keys, which become those of its identity.
    SymmetricKey(Keys),
    /// With one of these certificates.
    X509 {
        /// First.
        primary: Certificate,
        /// Second.
        secondary: Option<Certificate>,
    },
    /// With its trusted platform module.
    Tpm {
        /// The module's public endorsement key.
        endorsement_key: String,
    },
}

/// Why an enrollment was not changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AttestationError {
    /// No living device has this id.
    #[error("the device is not registered")]
    NoDevice,
    /// The device has no enrollment of its own.
    #[error("the device has no attestation of its own")]
    NoAttestation,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Gives a device an enrollment of its own. Other keys than it had end its connection. With a certificate or
    /// TPM it gets new keys that nobody was told, so that those it had, or a group gives it, are good no more.
    ///
    /// # Errors
    /// See [`AttestationError`].
    pub async fn set_attestation(&self, id: &DeviceId, new: NewAttestation) -> Result<Device, AttestationError> {
        let Standing { device, individual, .. } = self.store.provisioning_standing(id).await?;
        let device = device.ok_or(AttestationError::NoDevice)?;
        let untold = || match &individual {
            Some(Attestation::X509 { .. } | Attestation::Tpm { .. }) => device.keys.clone(),
            Some(Attestation::SymmetricKey) | None => self.fresh_keys(),
        };
        let (attestation, keys) = match new {
            NewAttestation::SymmetricKey(keys) => (Attestation::SymmetricKey, keys),
            NewAttestation::X509 { primary, secondary } => (Attestation::X509 { primary, secondary }, untold()),
            NewAttestation::Tpm { endorsement_key } => (Attestation::Tpm { endorsement_key }, untold()),
        };
        self.write_attestation(id, &device, Some(attestation), keys).await
    }

    /// Takes a device's own enrollment away: it has the keys that its group gives it again.
    ///
    /// # Errors
    /// See [`AttestationError`].
    pub async fn remove_attestation(&self, id: &DeviceId) -> Result<Device, AttestationError> {
        let Standing { device, individual, registration, groups } = self.store.provisioning_standing(id).await?;
        let device = device.ok_or(AttestationError::NoDevice)?;
        if individual.is_none() {
            return Err(AttestationError::NoAttestation);
        }
        let registered_by = registration.and_then(|registration| registration.group);
        let its_group = groups.iter().find(|group| Some(&group.id) == registered_by.as_ref());
        let keys = its_group
            .and_then(|group| group.keys_of(id.as_str()))
            .or_else(|| group_keys_for(&groups, id.as_str(), type_of(device.iot_edge)))
            .unwrap_or_else(|| self.fresh_keys());
        self.write_attestation(id, &device, None, keys).await
    }

    /// The keys that a device made on the central face begins with: those that its enrollment group gives it, as
    /// whoever knows the group's key expects; random ones where no group of its kind has keys (iot-central §7.5).
    ///
    /// # Errors
    /// The store failed.
    pub async fn first_keys(&self, id: &DeviceId, iot_edge: bool) -> Result<Keys, StoreError> {
        let groups: Vec<Stored<EnrollmentGroup>> = self.store.read_records(|records| records.all()).await?;
        let groups: Vec<EnrollmentGroup> = groups.into_iter().map(|stored| stored.record).collect();
        Ok(group_keys_for(&groups, id.as_str(), type_of(iot_edge)).unwrap_or_else(|| self.fresh_keys()))
    }

    /// Two keys that nobody has.
    pub fn fresh_keys(&self) -> Keys {
        Keys {
            primary: SymmetricKey::from_bytes(&self.world.entropy.draw()),
            secondary: SymmetricKey::from_bytes(&self.world.entropy.draw()),
        }
    }

    async fn write_attestation(
        &self,
        id: &DeviceId,
        before: &Device,
        attestation: Option<Attestation>,
        keys: Keys,
    ) -> Result<Device, AttestationError> {
        let removes = attestation.is_none();
        let gone = if removes { AttestationError::NoAttestation } else { AttestationError::NoDevice };
        let device = self.store.set_attestation(id, attestation, keys).await?.ok_or(gone)?;
        if device.keys != before.keys {
            self.world.port.close(device.seq);
        }
        Ok(device)
    }
}

fn type_of(iot_edge: bool) -> DeviceType {
    if iot_edge { DeviceType::IotEdge } else { DeviceType::Iot }
}
