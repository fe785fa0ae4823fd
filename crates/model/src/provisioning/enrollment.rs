//! Enrollments: what vouches for devices (iot-central §7.5, §10).

use serde::{Deserialize, Serialize};

use super::{Certificate, derive_keys};
use crate::DeviceId;
use crate::identity::{Keys, SymmetricKey};

/// What kind of devices come by way of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceType {
    /// Plain devices.
    #[serde(rename = "iot")]
    Iot,
    /// Edge gateways.
    #[serde(rename = "iotEdge")]
    IotEdge,
}

impl DeviceType {
    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            DeviceType::Iot => "iot",
            DeviceType::IotEdge => "iotEdge",
        }
    }
}

/// Vouches for any device that proves it belongs to the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentGroup {
    /// Its name ([`check_group_id`]).
    pub id: String,
    /// Name for people.
    pub display_name: String,
    /// May devices register by it? Those that did stay as they are until they are blocked.
    pub enabled: bool,
    /// What its devices become.
    pub device_type: DeviceType,
    /// How its devices prove themselves.
    pub attestation: GroupAttestation,
}

/// What an operator decides about a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrollmentGroupSettings {
    /// See [`EnrollmentGroup`].
    pub display_name: String,
    /// See [`EnrollmentGroup`].
    pub enabled: bool,
    /// See [`EnrollmentGroup`].
    pub device_type: DeviceType,
    /// See [`EnrollmentGroup::written`].
    pub attestation: GroupAttestationSettings,
}

/// How the devices of a group are to prove themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupAttestationSettings {
    /// With keys by these; without them by those that the group has, or new ones.
    SymmetricKey(Option<Keys>),
    /// With certificates by these.
    X509 {
        /// First.
        primary: Option<CertificateSettings>,
        /// Second.
        secondary: Option<CertificateSettings>,
    },
}

/// What an operator decides about a signing certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSettings {
    /// The certificate.
    pub certificate: Certificate,
    /// Is it to count as proved; `None` leaves what was found about this certificate.
    pub verified: Option<bool>,
}

/// How the devices of a group prove themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupAttestation {
    /// With a key that is derived from one of these; never with these themselves.
    SymmetricKey(Keys),
    /// With a certificate that one of these issued.
    X509(SigningCertificates),
}

/// The signing certificates of a group; two, so that one can be replaced at a time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SigningCertificates {
    /// First.
    pub primary: Option<SigningCertificate>,
    /// Second.
    pub secondary: Option<SigningCertificate>,
}

/// Which of two certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateEntry {
    /// First.
    Primary,
    /// Second.
    Secondary,
}

impl SigningCertificates {
    /// The certificate at this place.
    pub fn get(&self, entry: CertificateEntry) -> Option<&SigningCertificate> {
        match entry {
            CertificateEntry::Primary => self.primary.as_ref(),
            CertificateEntry::Secondary => self.secondary.as_ref(),
        }
    }

    /// The place itself.
    pub fn slot(&mut self, entry: CertificateEntry) -> &mut Option<SigningCertificate> {
        match entry {
            CertificateEntry::Primary => &mut self.primary,
            CertificateEntry::Secondary => &mut self.secondary,
        }
    }
}

impl CertificateSettings {
    /// The certificate as somebody wants it. What was proved of it still holds, and so does a code that was given
    /// out for it.
    pub fn written(self, stands: Option<&SigningCertificate>) -> SigningCertificate {
        let stands = stands.filter(|stands| stands.certificate == self.certificate);
        let verified = self.verified.unwrap_or(stands.is_some_and(|stands| stands.verified));
        let code = stands.and_then(|stands| stands.code.clone());
        SigningCertificate { certificate: self.certificate, verified, code }
    }
}

/// A certificate that issues those of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// Somebody showed that he holds its key, or an operator said so.
    pub verified: bool,
    /// What the proof has to be called; `None` until a proof is asked for.
    pub code: Option<String>,
}

/// A device's own enrollment. It goes before every group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndividualEnrollment {
    /// Whose.
    pub device: DeviceId,
    /// How the device proves itself.
    pub attestation: Attestation,
}

/// How a device with an enrollment of its own proves itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Attestation {
    /// With the keys of its identity: there is one place for them.
    SymmetricKey,
    /// With one of these certificates.
    X509 {
        /// First.
        primary: Certificate,
        /// Second.
        secondary: Option<Certificate>,
    },
    /// With its trusted platform module.
    Tpm {
        /// The module's public endorsement key, as given.
        endorsement_key: String,
    },
}

/// An enrollment group's id is 1 to 255 ASCII letters, digits and `-` (iot-central §2).
///
/// # Errors
/// The rule, as a sentence.
pub fn check_group_id(id: &str) -> Result<(), &'static str> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    if (1..=255).contains(&id.len()) && id.bytes().all(allowed) {
        Ok(())
    } else {
        Err("an enrollment group's id has 1 to 255 ASCII letters, digits and -")
    }
}

impl EnrollmentGroup {
    /// The groups that a new installation has, for plain devices and for edge gateways (device-protocol §9.4).
    pub fn first_ones(draw: impl Fn() -> [u8; 32]) -> Vec<EnrollmentGroup> {
        let group = |name: &str, device_type| EnrollmentGroup {
            id: name.to_owned(),
            display_name: name.to_owned(),
            enabled: true,
            device_type,
            attestation: GroupAttestation::SymmetricKey(Keys {
                primary: SymmetricKey::from_bytes(&draw()),
                secondary: SymmetricKey::from_bytes(&draw()),
            }),
        };
        vec![group("SAS-IoT-Devices", DeviceType::Iot), group("SAS-IoT-Edge-Devices", DeviceType::IotEdge)]
    }

    /// The group called `id` as somebody wants it. Keys that are not given stay as they are in `stands`, or are
    /// `fresh`; so does a certificate's proof while the certificate stays the same.
    pub fn written(
        id: String,
        settings: EnrollmentGroupSettings,
        stands: Option<&EnrollmentGroup>,
        fresh: Keys,
    ) -> EnrollmentGroup {
        let stands = stands.map(|group| &group.attestation);
        let attestation = match settings.attestation {
            GroupAttestationSettings::SymmetricKey(Some(keys)) => GroupAttestation::SymmetricKey(keys),
            GroupAttestationSettings::SymmetricKey(None) => match stands {
                Some(GroupAttestation::SymmetricKey(keys)) => GroupAttestation::SymmetricKey(keys.clone()),
                Some(GroupAttestation::X509(_)) | None => GroupAttestation::SymmetricKey(fresh),
            },
            GroupAttestationSettings::X509 { primary, secondary } => {
                let stands = match stands {
                    Some(GroupAttestation::X509(certificates)) => certificates,
                    Some(GroupAttestation::SymmetricKey(_)) | None => &SigningCertificates::default(),
                };
                GroupAttestation::X509(SigningCertificates {
                    primary: primary.map(|new| new.written(stands.primary.as_ref())),
                    secondary: secondary.map(|new| new.written(stands.secondary.as_ref())),
                })
            }
        };
        let EnrollmentGroupSettings { display_name, enabled, device_type, attestation: _ } = settings;
        EnrollmentGroup { id, display_name, enabled, device_type, attestation }
    }

    /// The keys of its device of this id; `None` when its devices have certificates.
    pub fn keys_of(&self, registration_id: &str) -> Option<Keys> {
        match &self.attestation {
            GroupAttestation::SymmetricKey(keys) => Some(derive_keys(keys, registration_id)),
            GroupAttestation::X509(_) => None,
        }
    }
}

/// The keys of a device that has none of its own yet: those by the first enabled group of its kind that has keys
/// (iot-central §7.5). `None` when there is no such group.
pub fn group_keys_for(groups: &[EnrollmentGroup], registration_id: &str, device_type: DeviceType) -> Option<Keys> {
    let mut fitting = groups.iter().filter(|group| group.enabled && group.device_type == device_type);
    fitting.find_map(|group| group.keys_of(registration_id))
}
