//! Device identities (iot-hub §2).

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};

use crate::json::ObjectWriter;
use crate::twin::wire::{AUTHENTICATION_TYPE, NO_THUMBPRINT};
use crate::{DeviceId, DeviceSeq, Time};

/// May the device connect?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It may.
    #[default]
    Enabled,
    /// It may not; its connection was closed when it was disabled.
    Disabled,
}

impl Status {
    /// The wire's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Enabled => "enabled",
            Status::Disabled => "disabled",
        }
    }
}

/// A symmetric key: base64 of 16 to 64 bytes, kept as it was given (iot-hub §2.3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SymmetricKey(String);

/// The text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be base64 of 16 to 64 bytes")]
pub struct BadKey;

impl SymmetricKey {
    /// A key from random bytes that the caller drew.
    pub fn from_bytes(bytes: &[u8; 32]) -> SymmetricKey {
        SymmetricKey(BASE64_STANDARD.encode(bytes))
    }

    /// The key as base64.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        // It decoded when it was made.
        BASE64_STANDARD.decode(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for SymmetricKey {
    type Error = BadKey;

    fn try_from(text: String) -> Result<Self, BadKey> {
        match BASE64_STANDARD.decode(&text) {
            Ok(bytes) if (16..=64).contains(&bytes.len()) => Ok(SymmetricKey(text)),
            Ok(_) | Err(_) => Err(BadKey),
        }
    }
}

impl From<SymmetricKey> for String {
    fn from(key: SymmetricKey) -> String {
        key.0
    }
}

/// Shows no secret.
impl std::fmt::Debug for SymmetricKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SymmetricKey(…)")
    }
}

/// The two keys of an identity or policy; both are valid, so that one can be rotated at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// First key.
    pub primary: SymmetricKey,
    /// Second key.
    pub secondary: SymmetricKey,
}

/// What an operator decides about an identity; what a PUT carries. By default enabled, with keys to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceSettings {
    /// May it connect.
    pub status: Status,
    /// Why, at most 128 characters.
    pub status_reason: Option<String>,
    /// New keys; `None` generates on create and keeps what there is on update (iot-hub §2.2).
    pub keys: Option<Keys>,
    /// Is it an edge gateway.
    pub iot_edge: bool,
    /// Scope of an edge hierarchy, as given.
    pub device_scope: Option<String>,
}

/// A device identity as it is kept. A deleted and re-created id is another `Device` with another `seq`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Key in the store.
    pub seq: DeviceSeq,
    /// Name.
    pub id: DeviceId,
    /// Changes when an id is created again (iot-hub §2.3 `generationId`).
    pub generation: i64,
    /// Counter behind the identity's etag.
    pub etag: i64,
    /// May it connect.
    pub status: Status,
    /// Why.
    pub status_reason: Option<String>,
    /// When `status` last changed; [`Time::NEVER`] when it never did.
    pub status_updated: Time,
    /// Its keys.
    pub keys: Keys,
    /// Is it an edge gateway.
    pub iot_edge: bool,
    /// Scope of an edge hierarchy.
    pub device_scope: Option<String>,
    /// Model announced at its last connection, empty when none (device-protocol §10).
    pub model_id: String,
    /// Presence as last written down; what is live lies over it.
    pub presence: Presence,
    /// What IoT Central knows of it.
    pub profile: DeviceProfile,
    /// It registered with the provisioning service, or connected, at least once (device-protocol §9.4).
    pub provisioned: bool,
}

/// What IoT Central knows of a device beside its identity; what its callers decide (iot-central §7.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceProfile {
    /// Name for people; `None` is the id.
    pub display_name: Option<String>,
    /// Id of its device template; `None` is unassigned.
    pub template: Option<String>,
    /// The organization that it belongs to; `None` is the root.
    pub organization: Option<String>,
    /// Made by the application, not connected by a real device.
    pub simulated: bool,
}

/// Is a device connected, since when, and when was it last heard of (DESIGN §6.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Connected now.
    pub connected: bool,
    /// When `connected` last changed.
    pub state_updated: Time,
    /// When the device last sent something.
    pub last_activity: Time,
}

impl Presence {
    /// Of a device that was never connected.
    pub const NEVER: Presence = Presence { connected: false, state_updated: Time::NEVER, last_activity: Time::NEVER };

    /// The wire's word, capitalised.
    pub fn state(&self) -> &'static str {
        if self.connected { "Connected" } else { "Disconnected" }
    }
}

impl Device {
    /// Its name for people: the id when none was given (iot-central §7.1).
    pub fn display_name(&self) -> &str {
        self.profile.display_name.as_deref().unwrap_or(self.id.as_str())
    }

    /// See [`etag_text`].
    pub fn etag_text(&self) -> String {
        etag_text(self.etag)
    }

    /// See [`capabilities`].
    pub fn capabilities(&self) -> &'static str {
        capabilities(self.iot_edge)
    }

    /// The identity document as JSON text, keys included (iot-hub §2.3, §11).
    pub fn document(&self, presence: &Presence) -> String {
        let mut out = String::with_capacity(1024);
        let mut doc = ObjectWriter::open(&mut out);
        doc.string("deviceId", self.id.as_str())
            .string("generationId", &self.generation.to_string())
            .string("etag", &self.etag_text())
            .string("connectionState", presence.state())
            .string("status", self.status.as_str());
        match &self.status_reason {
            Some(reason) => doc.string("statusReason", reason),
            None => doc.raw("statusReason", "null"),
        };
        doc.time("connectionStateUpdatedTime", presence.state_updated)
            .time("statusUpdatedTime", self.status_updated)
            .time("lastActivityTime", presence.last_activity)
            .display("cloudToDeviceMessageCount", 0);
        let mut authentication = ObjectWriter::open(doc.key("authentication"));
        let mut keys = ObjectWriter::open(authentication.key("symmetricKey"));
        keys.string("primaryKey", self.keys.primary.as_str()).string("secondaryKey", self.keys.secondary.as_str());
        keys.close();
        authentication.raw("x509Thumbprint", NO_THUMBPRINT).string("type", AUTHENTICATION_TYPE);
        authentication.close();
        doc.raw("capabilities", self.capabilities());
        if let Some(scope) = &self.device_scope {
            doc.string("deviceScope", scope);
        }
        doc.raw("parentScopes", "[]");
        doc.close();
        out
    }
}

/// An identity's etag as clients see it: base64 of a decimal counter (iot-hub §2.2).
pub fn etag_text(counter: i64) -> String {
    BASE64_STANDARD.encode(counter.to_string())
}

/// The member `capabilities` as JSON text (iot-hub §2.3).
pub fn capabilities(iot_edge: bool) -> &'static str {
    if iot_edge { r#"{"iotEdge":true}"# } else { r#"{"iotEdge":false}"# }
}

/// A caller's condition on the etag of what it writes (iot-hub §2.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum IfMatch {
    /// Write whatever stands there: no header, `""`, `*` or `"*"`.
    #[default]
    Any,
    /// Write only if the etag is one of these.
    OneOf(Vec<String>),
}

impl IfMatch {
    /// Reads the header's value in every form that clients send: etags, quoted or not, between commas. `*` among
    /// them, or nothing at all, is any.
    pub fn from_header(value: &str) -> IfMatch {
        let etags: Vec<&str> = value.split(',').map(|etag| etag.trim().trim_matches('"')).collect();
        if etags.contains(&"*") || etags.iter().all(|etag| etag.is_empty()) {
            return IfMatch::Any;
        }
        IfMatch::OneOf(etags.into_iter().filter(|etag| !etag.is_empty()).map(str::to_owned).collect())
    }

    /// Does the condition hold for `etag`?
    pub fn holds(&self, etag: &str) -> bool {
        match self {
            IfMatch::Any => true,
            IfMatch::OneOf(wanted) => wanted.iter().any(|wanted| wanted == etag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_forms() {
        for any in ["", "\"\"", "*", "\"*\""] {
            assert_eq!(IfMatch::from_header(any), IfMatch::Any, "{any}");
        }
        for etag in ["AAAAAAAAAAE=", "\"AAAAAAAAAAE=\""] {
            assert_eq!(IfMatch::from_header(etag), IfMatch::OneOf(vec!["AAAAAAAAAAE=".to_owned()]));
        }
        let several = IfMatch::from_header("\"a\", \"b\",,c");
        assert!(several.holds("a") && several.holds("b") && several.holds("c") && !several.holds("d"));
        assert_eq!(IfMatch::from_header("\"a\", *"), IfMatch::Any);
    }

    #[test]
    fn keys() {
        let key = |text: &str| SymmetricKey::try_from(text.to_owned());
        assert!(key("MDEyMzQ1Njc4OWFiY2RlZg==").is_ok());
        assert!(key("MDEyMzQ1Njc4OWFiY2Rl").is_err());
        assert!(key("not base64 at all!").is_err());
        assert_eq!(format!("{:?}", key("MDEyMzQ1Njc4OWFiY2RlZg==").unwrap()), "SymmetricKey(…)");
    }
}
