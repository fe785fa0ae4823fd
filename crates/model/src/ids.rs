//! Names and keys. A name exists only if it parsed; keys are what the store counts with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The integer that names one device identity for ever, in the order of creation.
///
/// A device that is deleted and created again is another device: it gets another `DeviceSeq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceSeq(pub i64);

/// The integer that names one job for ever, in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey(pub i64);

impl fmt::Display for DeviceSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is no id. The message names the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {rule}")]
pub struct BadId {
    what: &'static str,
    rule: &'static str,
}

/// A device's name: 1 to 128 characters, case-sensitive, ASCII letters, digits and
/// `- : . + % _ # * ? ! ( ) , = @ $ ' ;`, but neither `.` nor `..` alone (iot-hub §2.3).
///
/// It is literal text everywhere: never a pattern, never an MQTT wildcard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceId(Box<str>);

/// A job's name, one among the jobs of both faces: 1 to 255 ASCII letters, digits, `_` and `-`, case-sensitive, never
/// `query` (iot-central §2). Jobs that are made on the hub face have narrower names: [`JobId::of_hub`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(Box<str>);

/// A device group's name: 1 to 255 ASCII letters, digits, `_` and `-`, case-sensitive (iot-central §2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceGroupId(Box<str>);

/// A scheduled job's name: 1 to 255 ASCII letters, digits, `_` and `-`, case-sensitive (iot-central §2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScheduledJobId(Box<str>);

/// A saved job's name: 1 to 255 ASCII letters, digits, `_` and `-`, case-sensitive, as of what it becomes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobDraftId(Box<str>);

/// An organization's name: 2 to 48 lower-case ASCII letters, digits and `-`, neither first nor last a `-`
/// (iot-central §2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrganizationId(Box<str>);

/// A user's name: 1 to 48 ASCII letters, digits, `_` and `-`, case-sensitive (iot-central §2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(Box<str>);

/// An API token's name: 1 to 128 ASCII letters, digits, `_`, `.` and `-`, case-sensitive, neither `.` nor `..` alone.
/// No rule is published; this one needs no escape in paths and in the token's text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiTokenId(Box<str>);

/// The name of a relationship between devices: 1 to 255 of the characters of device ids, because such names are
/// often made of them. IoT Central publishes no rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelationshipId(Box<str>);

macro_rules! text_id {
    ($name:ident, $what:literal, $check:path) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                match $check(text) {
                    Ok(()) => Ok(Self(text.into())),
                    Err(rule) => Err(BadId { what: $what, rule }),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;

            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(DeviceId, "deviceId", check_device_id);
text_id!(JobId, "jobId", check_job_id);
text_id!(DeviceGroupId, "deviceGroupId", check_central_id);
text_id!(ScheduledJobId, "scheduledJobId", check_central_id);
text_id!(JobDraftId, "draftId", check_central_id);
text_id!(OrganizationId, "organizationId", check_organization_id);
text_id!(UserId, "userId", check_user_id);
text_id!(ApiTokenId, "tokenId", check_api_token_id);
text_id!(RelationshipId, "relationshipId", check_relationship_id);

/// A name that nobody gave: a GUID (RFC 9562, version 4) of bytes that were drawn.
pub fn guid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

impl JobId {
    /// A name that nobody gave; see [`guid`].
    pub fn from_random(bytes: [u8; 16]) -> JobId {
        JobId(guid(bytes).into())
    }

    /// A name for a job that is made on the hub face: 1 to 64 ASCII letters, digits and `-` (iot-hub §1.3).
    ///
    /// # Errors
    /// The text breaks the rule.
    pub fn of_hub(text: &str) -> Result<JobId, BadId> {
        match check_hub_job_id(text) {
            Ok(()) => text.parse(),
            Err(rule) => Err(BadId { what: "jobId", rule }),
        }
    }
}

fn check_device_id(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 128 { Err("must have 1 to 128 characters") } else { check_characters(text) }
}

fn check_relationship_id(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 255 { Err("must have 1 to 255 characters") } else { check_characters(text) }
}

fn check_characters(text: &str) -> Result<(), &'static str> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"-:.+%_#*?!(),=@$';".contains(&c);
    if !text.bytes().all(allowed) {
        Err("may hold only ASCII letters, digits and - : . + % _ # * ? ! ( ) , = @ $ ' ;")
    } else if text == "." || text == ".." {
        Err("must not be . or ..")
    } else {
        Ok(())
    }
}

fn check_central_id(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 255 {
        Err("must have 1 to 255 characters")
    } else if !text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_') {
        Err("may hold only ASCII letters, digits, _ and -")
    } else {
        Ok(())
    }
}

fn check_job_id(text: &str) -> Result<(), &'static str> {
    check_central_id(text)?;
    if text == "query" { Err("must not be query, which names the list of jobs") } else { Ok(()) }
}

fn check_hub_job_id(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 64 {
        Err("must have 1 to 64 characters")
    } else if !text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') {
        Err("may hold only ASCII letters, digits and -")
    } else {
        Ok(())
    }
}

fn check_organization_id(text: &str) -> Result<(), &'static str> {
    if !(2..=48).contains(&text.len()) {
        Err("must have 2 to 48 characters")
    } else if !text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-') {
        Err("may hold only lower-case ASCII letters, digits and -")
    } else if text.starts_with('-') || text.ends_with('-') {
        Err("must neither begin nor end with -")
    } else {
        Ok(())
    }
}

fn check_user_id(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 48 {
        Err("must have 1 to 48 characters")
    } else if !text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b'-') {
        Err("may hold only ASCII letters, digits, _ and -")
    } else {
        Ok(())
    }
}

fn check_api_token_id(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 128 {
        Err("must have 1 to 128 characters")
    } else if !text.bytes().all(|c| c.is_ascii_alphanumeric() || b"_.-".contains(&c)) {
        Err("may hold only ASCII letters, digits, _ . and -")
    } else if text == "." || text == ".." {
        Err("must not be . or ..")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_ids() {
        let longest = "a".repeat(128);
        for good in ["a", "Pump-1", "a:b.c+d%e_f#g*h?i!(j),k=l@m$n'o;", "...", &longest] {
            assert!(good.parse::<DeviceId>().is_ok(), "{good}");
        }
        let too_long = "a".repeat(129);
        for bad in ["", ".", "..", "a b", "a/b", "ä", "a\0", "a&b", "a\"b", &too_long] {
            assert!(bad.parse::<DeviceId>().is_err(), "{bad}");
        }
        assert!(too_long.parse::<RelationshipId>().is_ok());
        assert!("a".repeat(256).parse::<RelationshipId>().is_err());
        assert!("a/b".parse::<RelationshipId>().is_err());
    }

    #[test]
    fn drawn_job_ids() {
        let id = JobId::from_random([0xff; 16]);
        assert_eq!(id.as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(id.as_str().parse(), Ok(id));
        assert_eq!(JobId::from_random([0; 16]).as_str(), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn job_ids() {
        let (longest, longest_of_hub) = ("a".repeat(255), "a".repeat(64));
        for (text, central, hub) in [
            ("a", true, true),
            ("A-1", true, true),
            ("QUERY", true, true),
            ("0", true, true),
            (&longest_of_hub, true, true),
            ("a_b", true, false),
            (&longest, true, false),
            ("", false, false),
            ("query", false, false),
            ("a.b", false, false),
            ("a b", false, false),
            (&"a".repeat(256), false, false),
        ] {
            assert_eq!((text.parse::<JobId>().is_ok(), JobId::of_hub(text).is_ok()), (central, hub), "{text}");
        }
    }

    #[test]
    fn device_group_ids() {
        for good in ["a", "475cad48-b7ff-4a09-b51e-1a9021385453", "G_1-", &"a".repeat(255)] {
            assert!(good.parse::<DeviceGroupId>().is_ok(), "{good}");
        }
        for bad in ["", "a.b", "a b", "ä", "a/b", &"a".repeat(256)] {
            assert!(bad.parse::<DeviceGroupId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_of_organizations_users_and_tokens() {
        for (text, organization, user, token) in [
            ("eu-1", true, true, true),
            ("91907508-04fe-4349-91b5-b872f3055a95", true, true, true),
            ("Eu_1", false, true, true),
            ("a", false, true, true),
            ("-eu", false, true, true),
            ("eu-", false, true, true),
            (&"a".repeat(48), true, true, true),
            (&"a".repeat(49), false, false, true),
            (&"a".repeat(128), false, false, true),
            (&"a".repeat(129), false, false, false),
            ("a.b", false, false, true),
            ("..", false, false, false),
            ("", false, false, false),
            ("a b", false, false, false),
            ("ä-b", false, false, false),
        ] {
            let found = (
                text.parse::<OrganizationId>().is_ok(),
                text.parse::<UserId>().is_ok(),
                text.parse::<ApiTokenId>().is_ok(),
            );
            assert_eq!(found, (organization, user, token), "{text}");
        }
    }
}
