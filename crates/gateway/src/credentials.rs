//! Is a CONNECT's token good for this device (device-protocol §2.2, §2.3)?

use bellwether_model::Time;
use bellwether_model::identity::{Device, Status};
use bellwether_model::policy::{Policies, Right};
use bellwether_model::sas::{HostNames, SasError, Token};

use crate::protocol::connect::Refusal;

/// What tokens are checked against.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Policies whose keys may stand in for a device's.
    pub policies: &'a Policies,
    /// Names under which the hub is known.
    pub hosts: &'a HostNames,
    /// Seconds that a token is good for beyond its end.
    pub allowance: i64,
}

/// Checks `token` for `device` and returns when the connection ends: the token's end and the allowance.
///
/// # Errors
/// Credentials come first: only who has good ones learns that the device is disabled.
pub fn check(device: &Device, token: Option<&str>, rules: Rules<'_>, now: Time) -> Result<Time, Refusal> {
    // Without a password a client may have meant a certificate, which a new token cures.
    let token = token.ok_or(Refusal::NotAuthorized("there is no token"))?;
    let token = Token::parse(token).map_err(|_| Refusal::Password)?;
    let keys = match &token.skn {
        None => &device.keys,
        Some(name) => match rules.policies.get(name) {
            Some(policy) if policy.allows(&[Right::DeviceConnect]) => &policy.keys,
            Some(_) | None => return Err(Refusal::NotAuthorized("no such policy, or it does not allow DeviceConnect")),
        },
    };
    token.verify(keys, now, rules.allowance).map_err(refusal)?;
    let path = format!("/devices/{}", device.id.as_str());
    token.check_audience(|host| rules.hosts.contains(host), &path).map_err(refusal)?;
    match device.status {
        Status::Enabled => Ok(token.expiry.plus_seconds(rules.allowance)),
        Status::Disabled => Err(Refusal::Disabled),
    }
}

fn refusal(error: SasError) -> Refusal {
    match error {
        SasError::Malformed => Refusal::Password,
        SasError::Expired => Refusal::NotAuthorized("the token has expired"),
        SasError::WrongSignature => Refusal::NotAuthorized("the signature does not match"),
        SasError::WrongAudience => Refusal::NotAuthorized("the token is not for this hub and device"),
    }
}

#[cfg(test)]
mod tests {
    use bellwether_model::identity::{DeviceProfile, Keys, Presence, SymmetricKey};
    use bellwether_model::policy::Policy;
    use bellwether_model::{DeviceSeq, sas};

    use super::*;

    const DEVICE_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const SE: i64 = 1_893_456_000;

    fn keys(byte: u8) -> Keys {
        Keys { primary: SymmetricKey::from_bytes(&[byte; 32]), secondary: SymmetricKey::from_bytes(&[byte + 1; 32]) }
    }

    fn device(id: &str) -> Device {
        Device {
            seq: DeviceSeq(1),
            id: id.parse().unwrap(),
            generation: 1,
            etag: 1,
            status: Status::Enabled,
            status_reason: None,
            status_updated: Time::NEVER,
            keys: Keys { primary: DEVICE_KEY.to_owned().try_into().unwrap(), secondary: keys(9).primary },
            iot_edge: false,
            device_scope: None,
            model_id: String::new(),
            presence: Presence::NEVER,
            profile: DeviceProfile::default(),
            provisioned: false,
        }
    }

    fn policies() -> Policies {
        let policy = |name: &str, byte, rights: &[Right]| Policy {
            name: name.to_owned(),
            keys: keys(byte),
            rights: rights.to_vec(),
        };
        Policies(vec![policy("device", 20, &[Right::DeviceConnect]), policy("service", 30, &[Right::ServiceConnect])])
    }

    fn checked(device: &Device, token: Option<&str>, now: i64, allowance: i64) -> Result<Time, u8> {
        let policies = policies();
        let hosts = sas::HostNames(vec!["hub1.example.test".to_owned()]);
        let rules = Rules { policies: &policies, hosts: &hosts, allowance };
        check(device, token, rules, Time(0).plus_seconds(now)).map_err(|refusal| refusal.code().into())
    }

    fn made(resource: &str, key: &SymmetricKey, policy: Option<&str>) -> String {
        sas::make(resource, &key.bytes(), Time(0).plus_seconds(SE), policy)
    }

    /// The vectors of device-protocol §2.2 that a device sends.
    #[test]
    fn vector() {
        let token = "SharedAccessSignature sr=hub1.example.test%2Fdevices%2Fdev-01\
                     &sig=xwRksyfULzbjyz%2Fc3GCTWr6QKbf7L5qsAcjZE8Xue%2Bs%3D&se=1893456000";
        let end = Ok(Time(0).plus_seconds(SE));
        assert_eq!(checked(&device("dev-01"), Some(token), SE - 1, 0), end);
        assert_eq!(checked(&device("dev-01"), Some(token), SE, 0), Err(5));
        assert_eq!(checked(&device("dev-01"), Some(token), SE + 299, 300), Ok(Time(0).plus_seconds(SE + 300)));
        assert_eq!(checked(&device("dev-02"), Some(token), SE - 1, 0), Err(5));
        // A module's token is for more segments than the device has.
        let module = "SharedAccessSignature sr=hub1.example.test%2Fdevices%2Fdev-01%2Fmodules%2Fmod1\
                      &sig=Mx6AKBiW1%2FYq4TTn27248uK1LIs5lozWCoX3dc%2BowN0%3D&se=1893456000";
        assert_eq!(checked(&device("dev-01"), Some(module), SE - 1, 0), Err(5));
    }

    #[test]
    fn device_keys() {
        let device = device("a%20b#");
        for key in [&device.keys.primary, &device.keys.secondary] {
            for resource in [
                "hub1.example.test/devices/a%20b#",
                "HUB1.EXAMPLE.TEST/devices/a%20b#",
                "hub1.example.test:8883/devices/a%20b#",
                "localhost:18883/devices/a%20b#",
                "127.0.0.4/devices/a%20b#",
                "hub1.example.test/devices/a%20b#/api-version=2016-11-14",
            ] {
                assert!(checked(&device, Some(&made(resource, key, None)), 1, 0).is_ok(), "{resource}");
            }
            for resource in [
                "hub2.example.test/devices/a%20b#",
                "hub1.example.test/devices/a b#",
                "hub1.example.test/devices/A%20b#",
                "hub1.example.test/devices/a%20b#x",
                "hub1.example.test/twins",
            ] {
                assert_eq!(checked(&device, Some(&made(resource, key, None)), 1, 0), Err(5), "{resource}");
            }
        }
    }

    #[test]
    fn policy_keys() {
        let device = device("dev-01");
        let (device_policy, service) = (keys(20), keys(30));
        for resource in
            ["hub1.example.test", "hub1.example.test/devices", "hub1.example.test/devices/dev-01", "localhost"]
        {
            for key in [&device_policy.primary, &device_policy.secondary] {
                assert!(checked(&device, Some(&made(resource, key, Some("device"))), 1, 0).is_ok(), "{resource}");
            }
            assert_eq!(checked(&device, Some(&made(resource, &service.primary, Some("service"))), 1, 0), Err(5));
            assert_eq!(checked(&device, Some(&made(resource, &service.primary, Some("device"))), 1, 0), Err(5));
            assert_eq!(checked(&device, Some(&made(resource, &device_policy.primary, Some("nobody"))), 1, 0), Err(5));
            assert_eq!(checked(&device, Some(&made(resource, &device_policy.primary, None)), 1, 0), Err(5));
        }
    }

    #[test]
    fn disabled_is_told_only_with_good_credentials() {
        let device = Device { status: Status::Disabled, ..device("dev-01") };
        let good = made("localhost/devices/dev-01", &device.keys.primary, None);
        let bad = made("localhost/devices/dev-01", &keys(50).primary, None);
        assert_eq!(checked(&device, Some(&good), 1, 0), Err(3));
        assert_eq!(checked(&device, Some(&bad), 1, 0), Err(5));
    }

    #[test]
    fn no_token() {
        assert_eq!(checked(&device("dev-01"), None, 1, 0), Err(5));
        assert_eq!(checked(&device("dev-01"), Some("secret"), 1, 0), Err(4));
    }
}
