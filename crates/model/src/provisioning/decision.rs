//! Who is let in: an enrollment, the device as it stands and a token decide.

use super::{Attestation, DeviceType, EnrollmentGroup, GroupAttestation};
use crate::identity::{Device, Keys, Status};
use crate::sas::{SasError, Token};
use crate::{DeviceId, Time};

/// What is known of whoever asks. Its parts are of one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The device that the registration id names.
    pub device: Option<Device>,
    /// Its own enrollment.
    pub individual: Option<Attestation>,
    /// How it registered, if it did.
    pub registration: Option<Registration>,
    /// All groups, in the order of creation.
    pub groups: Vec<EnrollmentGroup>,
}

/// A device's registration as it is kept. A device that registers again and finds everything as it was changes
/// nothing in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// When it was first made.
    pub created: Time,
    /// When it last changed.
    pub updated: Time,
    /// Id of the group that its keys came from; `None` when it came with keys of its own.
    pub group: Option<String>,
}

/// The credentials are not good. The texts are for the device and for the log, and tell nothing secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unauthorized {
    /// No token came. Certificates are not asked for yet.
    #[error("there is no token: registering by X.509 certificate or TPM is not supported, use a symmetric key")]
    NoToken,
    /// The device's own enrollment is by certificate or TPM, which a token cannot stand in for.
    #[error("the device is enrolled with a certificate or TPM, by which devices cannot register yet")]
    OtherAttestation,
    /// The key is one that a group gives, but the device has connected with keys that are its own.
    #[error("the device has keys of its own; a group's key does not replace them")]
    OwnKeys,
    /// The token is not good.
    #[error(transparent)]
    Token(#[from] SasError),
}

/// Good credentials, and what follows from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Until when the credentials are good, the allowance included.
    pub ends: Time,
    /// Is the device given its hub?
    pub verdict: Verdict,
}

/// See [`Decision::verdict`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is, with these keys where it is new or has others.
    Assigned {
        /// The group that vouches for it, the keys that it has by it, and what it becomes when it is new; `None`
        /// when the device came with keys of its own.
        by: Option<(String, Keys, DeviceType)>,
    },
    /// It is not: the device is blocked, or the group that vouches for it is disabled.
    Disabled {
        /// Which, as a sentence.
        reason: &'static str,
    },
}

/// Looks for an enrollment that vouches for whoever sent `token` as the device `id` of the ID scope `scope`.
///
/// A device's own enrollment goes before every group, and then only that counts. Otherwise a key that one of the
/// groups gives is good, and so are the keys that the device has. A group's key replaces those of a device only
/// if they came from a group or were never used: whoever knows a group's key shall not take over a device that
/// was given keys of its own on the hub.
///
/// # Errors
/// Credentials come first: only who has good ones learns that something is disabled.
pub fn decide(
    standing: &Standing,
    scope: &str,
    id: &DeviceId,
    token: Option<&str>,
    now: Time,
    allowance: i64,
) -> Result<Decision, Unauthorized> {
    match &standing.individual {
        Some(Attestation::X509 { .. } | Attestation::Tpm { .. }) => return Err(Unauthorized::OtherAttestation),
        Some(Attestation::SymmetricKey) | None => {}
    }
    let token = Token::parse(token.ok_or(Unauthorized::NoToken)?)?;
    token.check_audience(|host| host == scope, &format!("/registrations/{id}"))?;
    let ends = token.expiry.plus_seconds(allowance);
    // Expired is told only of a token that one of the keys signed.
    let signed_with = |keys: &Keys| match token.verify(keys, now, allowance) {
        Err(SasError::WrongSignature) => Ok(false),
        Err(error) => Err(error),
        Ok(()) => Ok(true),
    };
    let blocked = standing.device.as_ref().is_some_and(|device| device.status == Status::Disabled);
    let blocked = blocked.then_some("the device is blocked");
    let verdict = |by| match blocked {
        Some(reason) => Verdict::Disabled { reason },
        None => Verdict::Assigned { by },
    };
    if standing.individual.is_none() {
        for group in &standing.groups {
            let GroupAttestation::SymmetricKey(_) = &group.attestation else { continue };
            let Some(keys) = group.keys_of(id.as_str()) else { continue };
            if !signed_with(&keys)? {
                continue;
            }
            if !standing.may_take_keys(&keys) {
                return Err(Unauthorized::OwnKeys);
            }
            if !group.enabled {
                return Ok(Decision {
                    ends,
                    verdict: Verdict::Disabled { reason: "the enrollment group is disabled" },
                });
            }
            return Ok(Decision { ends, verdict: verdict(Some((group.id.clone(), keys, group.device_type))) });
        }
    }
    match &standing.device {
        Some(device) if signed_with(&device.keys)? => Ok(Decision { ends, verdict: verdict(None) }),
        Some(_) | None => Err(SasError::WrongSignature.into()),
    }
}

impl Standing {
    /// May a group give the device these keys?
    fn may_take_keys(&self, keys: &Keys) -> bool {
        let Some(device) = &self.device else { return true };
        let has_one = device.keys.primary == keys.primary || device.keys.secondary == keys.secondary;
        let from_group = self.registration.as_ref().is_some_and(|registration| registration.group.is_some());
        has_one || from_group || !device.provisioned
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine};

    use super::*;
    use crate::identity::{DeviceProfile, Presence, SymmetricKey};
    use crate::provisioning::{SigningCertificates, derive_keys, hmac};
    use crate::{DeviceSeq, sas};

    const SCOPE: &str = "0ne000TEST";
    const NOW: Time = Time(1_795_176_000_000_000);

    fn keys(byte: u8) -> Keys {
        Keys { primary: SymmetricKey::from_bytes(&[byte; 32]), secondary: SymmetricKey::from_bytes(&[byte + 1; 32]) }
    }

    fn group(id: &str, byte: u8) -> EnrollmentGroup {
        EnrollmentGroup {
            id: id.to_owned(),
            display_name: id.to_owned(),
            enabled: true,
            device_type: DeviceType::Iot,
            attestation: GroupAttestation::SymmetricKey(keys(byte)),
        }
    }

    fn groups() -> Vec<EnrollmentGroup> {
        let certificates = GroupAttestation::X509(SigningCertificates::default());
        vec![EnrollmentGroup { attestation: certificates, ..group("x509", 0) }, group("a", 10), group("b", 20)]
    }

    fn device(keys: Keys) -> Device {
        Device {
            seq: DeviceSeq(1),
            id: "dev-01".parse().unwrap(),
            generation: 1,
            etag: 1,
            status: Status::Enabled,
            status_reason: None,
            status_updated: Time::NEVER,
            keys,
            iot_edge: false,
            device_scope: None,
            model_id: String::new(),
            presence: Presence::NEVER,
            profile: DeviceProfile::default(),
            provisioned: true,
        }
    }

    fn unknown() -> Standing {
        Standing { groups: groups(), ..Standing::default() }
    }

    fn known(keys: Keys) -> Standing {
        Standing { device: Some(device(keys)), ..unknown() }
    }

    fn token(key: &SymmetricKey) -> String {
        sas::make(&format!("{SCOPE}/registrations/dev-01"), &key.bytes(), NOW.plus_seconds(60), Some("registration"))
    }

    fn derived(byte: u8) -> Keys {
        derive_keys(&keys(byte), "dev-01")
    }

    /// What comes of it in one word: the group, `own`, why it is disabled, or why it is refused.
    fn word(standing: &Standing, token: Option<&str>, now: Time) -> String {
        match decide(standing, SCOPE, &"dev-01".parse().unwrap(), token, now, 0) {
            Ok(Decision { verdict: Verdict::Assigned { by: Some((group, keys, _)) }, ends }) => {
                assert_eq!(ends, NOW.plus_seconds(60));
                assert!([derived(10), derived(20)].contains(&keys));
                group
            }
            Ok(Decision { verdict: Verdict::Assigned { by: None }, .. }) => "own".to_owned(),
            Ok(Decision { verdict: Verdict::Disabled { reason }, .. }) => reason.to_owned(),
            Err(error) => format!("{error:?}"),
        }
    }

    #[track_caller]
    fn check(standing: &Standing, key: &SymmetricKey, expected: &str) {
        assert_eq!(word(standing, Some(&token(key)), NOW), expected);
    }

    #[test]
    fn unknown_devices_come_by_a_group() {
        for (byte, id) in [(10, "a"), (20, "b")] {
            check(&unknown(), &derived(byte).primary, id);
            check(&unknown(), &derived(byte).secondary, id);
            // The group's key itself is never good.
            check(&unknown(), &keys(byte).primary, "Token(WrongSignature)");
        }
        check(&unknown(), &keys(50).primary, "Token(WrongSignature)");
        check(&Standing::default(), &derived(10).primary, "Token(WrongSignature)");
        let late = word(&unknown(), Some(&token(&derived(10).primary)), NOW.plus_seconds(60));
        assert_eq!(late, "Token(Expired)");
        assert_eq!(word(&unknown(), None, NOW), "NoToken");
        assert_eq!(word(&unknown(), Some("password"), NOW), "Token(Malformed)");
        for resource in ["0ne000REST/registrations/dev-01", "0ne000TEST/registrations/dev-02", "hub1/devices/dev-01"] {
            let other = sas::make(resource, &derived(10).primary.bytes(), NOW.plus_seconds(60), None);
            assert_eq!(word(&unknown(), Some(&other), NOW), "Token(WrongAudience)", "{resource}");
        }
        // As the Node client signs it (device-protocol §2.2): with bare slashes.
        let (sr, se) = ("0ne000TEST/registrations/dev-01", NOW.plus_seconds(60).unix_seconds());
        let signature = hmac(&derived(10).primary.bytes(), &format!("{sr}\n{se}"));
        let signature = BASE64_STANDARD.encode(signature).replace('+', "%2B");
        let bare = format!("SharedAccessSignature sr={sr}&sig={signature}&skn=registration&se={se}");
        assert_eq!(word(&unknown(), Some(&bare), NOW), "a");
    }

    #[test]
    fn an_own_enrollment_goes_before_groups() {
        let own = Standing { individual: Some(Attestation::SymmetricKey), ..known(keys(50)) };
        check(&own, &keys(50).primary, "own");
        check(&own, &keys(50).secondary, "own");
        check(&own, &derived(10).primary, "Token(WrongSignature)");
        let tpm = Attestation::Tpm { endorsement_key: "EK".to_owned() };
        let other = Standing { individual: Some(tpm), ..known(keys(50)) };
        check(&other, &keys(50).primary, "OtherAttestation");
        check(&other, &derived(10).primary, "OtherAttestation");
    }

    #[test]
    fn known_devices() {
        // Keys of its own that it has used stay its own.
        check(&known(keys(50)), &keys(50).secondary, "own");
        check(&known(keys(50)), &derived(10).primary, "OwnKeys");
        // Those that were never used, or came from a group, are replaced.
        let mut fresh = known(keys(50));
        fresh.device.as_mut().unwrap().provisioned = false;
        check(&fresh, &derived(10).primary, "a");
        check(&known(derived(10)), &derived(10).primary, "a");
        check(&known(derived(10)), &derived(20).primary, "OwnKeys");
        let registration = Registration { created: NOW, updated: NOW, group: Some("gone".to_owned()) };
        let moved = Standing { registration: Some(registration), ..known(derived(10)) };
        check(&moved, &derived(20).primary, "b");
        // The group's keys were changed one at a time.
        let rotated = Keys { primary: keys(90).primary, secondary: derived(10).secondary };
        check(&known(rotated), &derived(10).primary, "a");
    }

    #[test]
    fn disabled() {
        let mut blocked = known(derived(10));
        blocked.device.as_mut().unwrap().status = Status::Disabled;
        check(&blocked, &derived(10).primary, "the device is blocked");
        check(&blocked, &keys(1).primary, "Token(WrongSignature)");
        let mut off = known(derived(10));
        off.groups[1].enabled = false;
        // Its keys are those of the group: they do not let it in by themselves.
        check(&off, &derived(10).primary, "the enrollment group is disabled");
        check(&Standing { device: None, ..off }, &derived(10).primary, "the enrollment group is disabled");
    }
}
