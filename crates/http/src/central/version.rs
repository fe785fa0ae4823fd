//! The versions of the API that are served (iot-central §1), and what their bodies look like.
//!
//! Operations speak the newest version. Around them a request's body is brought up to it, and an answer's body
//! down from it, so that each behaviour exists once.

use super::error::{CentralError, Code};
use crate::query_string::QueryString;

/// The versions that have jobs, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Version {
    /// `preview` (2021-04-30).
    Preview,
    /// `1.1-preview`.
    V1_1Preview,
    /// `1.2-preview`.
    V1_2Preview,
    /// `2022-06-30-preview`.
    V2022_06_30Preview,
    /// `2022-07-31`, the newest stable one.
    V2022_07_31,
    /// `2022-10-31-preview`, the newest.
    V2022_10_31Preview,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Version; 6] = [
        Version::Preview,
        Version::V1_1Preview,
        Version::V1_2Preview,
        Version::V2022_06_30Preview,
        Version::V2022_07_31,
        Version::V2022_10_31Preview,
    ];

    /// As in `api-version`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Version::Preview => "preview",
            Version::V1_1Preview => "1.1-preview",
            Version::V1_2Preview => "1.2-preview",
            Version::V2022_06_30Preview => "2022-06-30-preview",
            Version::V2022_07_31 => "2022-07-31",
            Version::V2022_10_31Preview => "2022-10-31-preview",
        }
    }

    /// The version that a request names. It may stand there twice: the first one, which is the link's own, holds
    /// (iot-central §13.1).
    ///
    /// # Errors
    /// 400: it is missing or not served.
    pub fn of(query: &QueryString) -> Result<Version, CentralError> {
        let all = Version::ALL.map(Version::as_str).join(", ");
        let Some(text) = query.get("api-version") else {
            return Err(CentralError::new(Code::BadRequest, format!("api-version is missing; it is one of {all}")));
        };
        let known = Version::ALL.into_iter().find(|version| version.as_str() == text);
        known.ok_or_else(|| CentralError::new(Code::BadRequest, format!("api-version must be one of {all}")))
    }
}

/// The versions in which an operation exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Versions(u8);

impl Versions {
    /// All of them.
    pub const ALL: Versions = Versions(0b11_1111);

    /// From this one on.
    pub const fn from(first: Version) -> Versions {
        Versions(Versions::ALL.0 & !((1 << first as u8) - 1))
    }

    /// These.
    pub const fn only(versions: &[Version]) -> Versions {
        let (mut bits, mut at) = (0, 0);
        while at < versions.len() {
            bits |= 1 << versions[at] as u8;
            at += 1;
        }
        Versions(bits)
    }

    /// These no more.
    pub const fn without(self, versions: &[Version]) -> Versions {
        Versions(self.0 & !Versions::only(versions).0)
    }

    /// Is it among them?
    pub const fn contains(self, version: Version) -> bool {
        self.0 & (1 << version as u8) != 0
    }
}

/// What a body is about. Lists of it are `{"value": […], "nextLink"?}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    /// iot-central §9.1.
    Organization,
    /// Nothing that differs between versions, or no body at all.
    Plain,
}

/// Brings a request's body up from `version` to the newest.
///
/// # Errors
/// 422: a member breaks a rule of its version.
pub(crate) fn upgrade(_version: Version, _resource: Resource, body: String) -> Result<String, CentralError> {
    Ok(body)
}

/// Brings one resource of an answer down from the newest to `version`.
pub(crate) fn downgrade(_version: Version, _resource: Resource, document: String) -> String {
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let of = |text: &str| Version::of(&QueryString::parse(text)).map_err(|error| error.code.status().as_u16());
        for version in Version::ALL {
            assert_eq!(of(&format!("api-version={}", version.as_str())), Ok(version));
        }
        assert_eq!(of("api-version=2022-07-31&api-version=2022-10-31-preview"), Ok(Version::V2022_07_31));
        for bad in ["", "api-version=", "api-version=1.0", "api-version=2022-05-31", "api-version=PREVIEW"] {
            assert_eq!(of(bad), Err(400), "{bad}");
        }
    }

    #[test]
    fn sets() {
        use Version::*;
        assert_eq!(Version::ALL.map(|version| Versions::ALL.contains(version)), [true; 6]);
        let from = Versions::from(V2022_06_30Preview);
        assert_eq!(Version::ALL.map(|v| from.contains(v)), [false, false, false, true, true, true]);
        let without = Versions::from(V1_1Preview).without(&[V2022_07_31]);
        assert_eq!(Version::ALL.map(|v| without.contains(v)), [false, true, true, true, false, true]);
    }
}
