//! The versions of the API that are served (iot-central §1), and what their bodies look like.
//!
//! Six are published. The seventh is our own: the newest of them with everything that the console needs beyond it
//! ([`crate::central::own`]).
//!
//! Operations speak the newest version. Around them a request's body is brought up to it, and an answer's body
//! down from it, so that each behaviour exists once.

mod convert;
mod shape;
mod tables;
mod template;

use super::error::{CentralError, Code};
use crate::query_string::QueryString;
use shape::Shape;

/// The published versions that have jobs, oldest first, then our own.
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
    /// `bellwether-1`: the newest and more.
    Own,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Version; 7] = [
        Version::Preview,
        Version::V1_1Preview,
        Version::V1_2Preview,
        Version::V2022_06_30Preview,
        Version::V2022_07_31,
        Version::V2022_10_31Preview,
        Version::Own,
    ];

    /// Those that others described.
    #[cfg(test)]
    pub fn published() -> impl Iterator<Item = Version> {
        Version::ALL.into_iter().filter(|version| *version != Version::Own)
    }

    /// As in `api-version`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Version::Preview => "preview",
            Version::V1_1Preview => "1.1-preview",
            Version::V1_2Preview => "1.2-preview",
            Version::V2022_06_30Preview => "2022-06-30-preview",
            Version::V2022_07_31 => "2022-07-31",
            Version::V2022_10_31Preview => "2022-10-31-preview",
            Version::Own => "bellwether-1",
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
    pub const ALL: Versions = Versions(0b111_1111);

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

/// What a body is about. Lists of it are `{"value": […], "nextLink"?}`; requests and answers of one route are about
/// the same, but for [`Resource::Query`] and [`Resource::Verification`], whose answers no version changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    /// iot-central §7.1.
    Device,
    /// §7.5.
    Attestation,
    /// §7.5.
    Credentials,
    /// §7.4, as listed.
    Component,
    /// §7.3, also its history.
    Command,
    /// §7.4.
    Telemetry,
    /// §7.4.
    Relationship,
    /// §8.1.
    DeviceTemplate,
    /// §6.1.
    DeviceGroup,
    /// §3.1.
    Job,
    /// §3.5: a device of a job.
    JobDevice,
    /// §4.1.
    ScheduledJob,
    /// The request of our own `jobPreview`.
    JobPreview,
    /// Our own.
    JobDraft,
    /// §9.1.
    Organization,
    /// §9.2.
    Role,
    /// §9.3.
    User,
    /// §9.4.
    ApiToken,
    /// §10.
    EnrollmentGroup,
    /// §10: one certificate of an enrollment group.
    SigningCertificate,
    /// §10: the answer to `generateVerificationCode`.
    VerificationCode,
    /// §10: the request of `verify`.
    Verification,
    /// §11: the request. The answer's columns are the caller's own.
    Query,
    /// Devices as CSV, which may be longer than other bodies.
    DeviceFile,
    /// Nothing that differs between versions, or no body at all.
    Plain,
}

impl Resource {
    /// What it looks like; `None` for what is passed on as it stands.
    fn shape(self) -> Option<&'static Shape> {
        Some(match self {
            Resource::Device => &tables::DEVICE,
            Resource::Attestation => &tables::ATTESTATION,
            Resource::Credentials => &tables::CREDENTIALS,
            Resource::Command => &tables::COMMAND,
            Resource::Telemetry => &tables::TELEMETRY,
            Resource::Relationship => &tables::RELATIONSHIP,
            Resource::DeviceTemplate => &tables::DEVICE_TEMPLATE,
            Resource::DeviceGroup => &tables::DEVICE_GROUP,
            Resource::Job => &tables::JOB,
            Resource::JobDevice => &tables::JOB_DEVICE,
            Resource::ScheduledJob => &tables::SCHEDULED_JOB,
            Resource::JobPreview => &tables::JOB_PREVIEW,
            Resource::JobDraft => &tables::JOB_DRAFT,
            Resource::Organization => &tables::ORGANIZATION,
            Resource::Role => &tables::ROLE,
            Resource::User => &tables::USER,
            Resource::ApiToken => &tables::API_TOKEN,
            Resource::EnrollmentGroup => &tables::ENROLLMENT_GROUP,
            Resource::SigningCertificate => &tables::SIGNING_CERTIFICATE,
            Resource::VerificationCode => &tables::VERIFICATION_CODE,
            Resource::Verification => &tables::VERIFICATION_CERTIFICATE,
            Resource::Query => &tables::QUERY,
            Resource::Component | Resource::DeviceFile | Resource::Plain => return None,
        })
    }
}

/// Brings a request's body up from `version` to the newest: its names, its spellings, without what only the server
/// sets. No body stays none. `is_patch`: the body is a merge patch.
///
/// # Errors
/// 400: it is no JSON. 422: a member is unknown, not of this version, or stands twice; no member is ever dropped in
/// silence but those that are read-only.
pub(crate) fn upgrade(
    version: Version,
    resource: Resource,
    is_patch: bool,
    body: String,
) -> Result<String, CentralError> {
    let Some(shape) = resource.shape() else { return Ok(body) };
    if body.trim_ascii().is_empty() {
        return Ok(body);
    }
    let body = match resource == Resource::DeviceTemplate && version == Version::Preview {
        true => template::upgrade(&body, is_patch)?,
        false => body,
    };
    convert::upgrade(version, shape, &body, "")
}

/// Brings one resource of an answer down from the newest to `version`: exactly the members that it knows, spelled
/// as it spells them. The answers of the newest version and of our own are not touched.
///
/// # Errors
/// The document is not what its operation should make: a failure of ours.
pub(crate) fn downgrade(version: Version, resource: Resource, document: String) -> Result<String, CentralError> {
    if version >= Version::V2022_10_31Preview {
        return Ok(document);
    }
    match resource {
        Resource::Query | Resource::Verification => Ok(document),
        Resource::Component if version == Version::Preview => template::downgrade_component(&document),
        Resource::DeviceTemplate if version == Version::Preview => {
            template::downgrade(&convert::downgrade(version, &tables::DEVICE_TEMPLATE, &document)?)
        }
        _ => match resource.shape() {
            Some(shape) => convert::downgrade(version, shape, &document),
            None => Ok(document),
        },
    }
}

#[cfg(test)]
mod tests;
