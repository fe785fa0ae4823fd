//! How devices come to their hub: enrollments, keys, and who is let in (device-protocol §9, iot-central §7.5, §10).
//!
//! A device knows an ID scope, its registration id and a key or certificate. It asks the provisioning service,
//! which looks for an enrollment that vouches for it ([`decide`]) and tells it the name of its hub.
//!
//! Certificates of enrollments are kept and shown; a device is let in by a symmetric key only until the devices'
//! door asks for certificates.

mod certificate;
mod decision;
mod enrollment;
mod reply;
mod secret;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::DeviceId;
use crate::identity::{Keys, SymmetricKey};

pub use certificate::{BadCertificate, Certificate, ProofError};
pub use decision::{Decision, Registration, Standing, Unauthorized, Verdict, decide};
pub use enrollment::{
    Attestation, CertificateEntry, CertificateSettings, DeviceType, EnrollmentGroup, EnrollmentGroupSettings,
    GroupAttestation, GroupAttestationSettings, IndividualEnrollment, SigningCertificate, SigningCertificates,
    check_group_id, group_keys_for,
};
pub use reply::{Failure, Outcome, Reply};
pub use secret::ProvisioningSecret;

/// A registration id is 1 to 128 ASCII letters, digits and `- . _ :`, and becomes the id of the device. Keys are
/// derived from it as it was sent, upper and lower case distinguished (device-protocol §9.3).
///
/// # Errors
/// The rule, as a sentence.
pub fn registration_id(text: &str) -> Result<DeviceId, &'static str> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"-._:".contains(&c);
    if text.is_empty() || text.len() > 128 || !text.bytes().all(allowed) {
        return Err("a registration id has 1 to 128 ASCII letters, digits and - . _ :");
    }
    text.parse().map_err(|_| "a registration id must not be . or ..")
}

/// The key of a device that comes by way of a group: HMAC-SHA256 over the registration id (device-protocol §9.3).
pub fn derive_key(group: &SymmetricKey, registration_id: &str) -> SymmetricKey {
    SymmetricKey::from_bytes(&hmac(&group.bytes(), registration_id))
}

/// Both keys of a device that comes by way of a group.
pub fn derive_keys(group: &Keys, registration_id: &str) -> Keys {
    Keys {
        primary: derive_key(&group.primary, registration_id),
        secondary: derive_key(&group.secondary, registration_id),
    }
}

fn hmac(key: &[u8], text: &str) -> [u8; 32] {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine};

    use super::*;

    /// The vectors of device-protocol §9.3.
    #[test]
    fn published_keys() {
        let counted: Vec<u8> = (0..64).collect();
        for (group, registration, device) in [
            (
                "8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw==",
                "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6",
                "Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=",
            ),
            (&BASE64_STANDARD.encode(counted), "dev-01", "UwwVfsD5lA+qU/1oNyCqDCDeShqtT/bvsaUt7i0bKJE="),
        ] {
            let group = SymmetricKey::try_from(group.to_owned()).unwrap();
            assert_eq!(derive_key(&group, registration).as_str(), device);
            assert_ne!(derive_key(&group, &registration.to_uppercase()).as_str(), device);
        }
    }

    #[test]
    fn registration_ids() {
        for good in ["a", "Dev-01", "a.b_c:d", &"a".repeat(128)] {
            assert_eq!(registration_id(good).unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "a b", "a/b", "a%20b", "a#", "ä", &"a".repeat(129)] {
            assert!(registration_id(bad).is_err(), "{bad}");
        }
    }
}
