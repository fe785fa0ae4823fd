//! Enrollment groups and their signing certificates (iot-central §10).

use std::sync::Arc;

use axum::http::StatusCode;
use bellwether_engine::EnrollmentGroupError;
use bellwether_model::identity::{IfMatch, Keys, SymmetricKey};
use bellwether_model::provisioning::{
    Certificate, CertificateEntry, CertificateSettings, DeviceType, EnrollmentGroup, EnrollmentGroupSettings,
    GroupAttestation, GroupAttestationSettings, SigningCertificate, check_group_id,
};
use bellwether_store::{EtagMismatch, Records, Stored};
use serde::{Deserialize, Serialize};

use super::call::{Answer, Call};
use super::error::{CentralError, Code};
use super::version::Version;

/// Longest name for people, in characters.
const DISPLAY_NAME_MAX: usize = 256;

/// A group on the wire.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(skip_deserializing)]
    id: String,
    display_name: String,
    #[serde(default = "enabled")]
    enabled: bool,
    #[serde(rename = "type")]
    device_type: DeviceType,
    attestation: AttestationWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_deserializing)]
    id_scope: String,
}

fn enabled() -> bool {
    true
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationWire {
    #[serde(rename = "type")]
    kind: AttestationType,
    #[serde(skip_serializing_if = "Option::is_none")]
    symmetric_key: Option<KeysWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x509: Option<X509Wire>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum AttestationType {
    SymmetricKey,
    X509,
}

/// Both keys of a thing, as every part of the API writes them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeysWire {
    primary_key: String,
    secondary_key: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct X509Wire {
    signing_certificates: Option<CertificatesWire>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct CertificatesWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    primary: Option<CertificateWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary: Option<CertificateWire>,
}

/// One signing certificate.
#[derive(Debug, Serialize, Deserialize)]
struct CertificateWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<bool>,
    certificate: Option<String>,
    #[serde(skip_deserializing)]
    info: InfoWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}

/// What is said of a certificate.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InfoWire {
    sha1_thumbprint: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeWire {
    verification_code: String,
}

#[derive(Deserialize)]
struct ProofWire {
    certificate: String,
}

/// `GET /enrollmentGroups`, in the order of creation.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let after = call.position(&page)?.unwrap_or(0);
    let scope = call.scope.clone();
    let read = move |records: &Records<'_>| records.page(after, page.limit, |_: &EnrollmentGroup| scope.covers(None));
    let found = call.engine().store().read_records(read).await?;
    let next = found.records.last().filter(|_| found.more).map(|last| call.next(&last.key)).transpose()?;
    let id_scope = call.engine().id_scope();
    Answer::page(found.records.iter().map(|stored| Wire::of(stored, id_scope)), next)
}

/// `GET /enrollmentGroups/{enrollmentGroupId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let stored = stands(&call).await?;
    Answer::one(&Wire::of(&stored, call.engine().id_scope()))
}

/// `PUT /enrollmentGroups/{enrollmentGroupId}`: makes or replaces it.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    reaches(&call)?;
    let id = call.param(0);
    check_group_id(id).map_err(CentralError::bad_request)?;
    let wire: Wire = call.json()?;
    let (if_match, engine) = (condition(&call, wire.etag.as_deref())?, call.engine());
    let settings = wire.settings()?;
    let stored = engine.write_enrollment_group(id, if_match, |_| Ok::<_, CentralError>(settings)).await?;
    Answer::one(&Wire::of(&stored, engine.id_scope()))
}

/// `PATCH /enrollmentGroups/{enrollmentGroupId}`: changes what is named.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    reaches(&call)?;
    let (if_match, engine, id) = (call.if_match()?, Arc::clone(call.engine()), call.param(0).to_owned());
    let scope = engine.id_scope().to_owned();
    let settings = move |stands: Option<&Stored<EnrollmentGroup>>| {
        let stands = stands.ok_or(EnrollmentGroupError::NotFound)?;
        let mut wire = Wire::of(stands, &scope);
        // What was proved of a certificate is no part of what is changed: another certificate has its own proof.
        wire.attestation.forget_proofs();
        let merged: Wire = call.merged(&wire)?;
        if merged.etag.as_deref().is_some_and(|etag| etag != stands.etag_text()) {
            return Err(EtagMismatch.into());
        }
        merged.settings()
    };
    let stored = engine.write_enrollment_group(&id, if_match, settings).await?;
    Answer::one(&Wire::of(&stored, engine.id_scope()))
}

/// `DELETE /enrollmentGroups/{enrollmentGroupId}`. Devices that registered by it stay as they are.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    reaches(&call)?;
    call.engine().delete_enrollment_group(call.param(0), call.if_match()?).await?;
    Ok(Answer::nothing())
}

/// `GET /enrollmentGroups/{enrollmentGroupId}/certificates/{entry}`.
pub(crate) async fn get_certificate(call: Call) -> Result<Answer, CentralError> {
    let entry = entry(&call)?;
    certificate(&stands(&call).await?, entry)
}

/// `PUT /enrollmentGroups/{enrollmentGroupId}/certificates/{entry}`: makes or replaces it.
pub(crate) async fn put_certificate(call: Call) -> Result<Answer, CentralError> {
    reaches(&call)?;
    let entry = entry(&call)?;
    let wire: CertificateWire = call.json()?;
    let if_match = condition(&call, wire.etag.as_deref())?;
    let new = Some(wire.settings("certificate")?);
    certificate(&call.engine().put_signing_certificate(call.param(0), entry, new, if_match).await?, entry)
}

/// `DELETE /enrollmentGroups/{enrollmentGroupId}/certificates/{entry}`.
pub(crate) async fn delete_certificate(call: Call) -> Result<Answer, CentralError> {
    reaches(&call)?;
    call.engine().put_signing_certificate(call.param(0), entry(&call)?, None, call.if_match()?).await?;
    Ok(Answer::nothing())
}

/// `POST …/certificates/{entry}/generateVerificationCode`.
pub(crate) async fn generate_verification_code(call: Call) -> Result<Answer, CentralError> {
    reaches(&call)?;
    let verification_code = call.engine().generate_verification_code(call.param(0), entry(&call)?).await?;
    Answer::one(&CodeWire { verification_code })
}

/// `POST …/certificates/{entry}/verify`: the body holds a certificate that the signing certificate issued and that
/// is called as the code. 2022-06-30-preview declares 200 where the later versions declare 204; neither has a body.
pub(crate) async fn verify(call: Call) -> Result<Answer, CentralError> {
    reaches(&call)?;
    let proof = readable(call.json::<ProofWire>()?.certificate, "certificate")?;
    call.engine().verify_signing_certificate(call.param(0), entry(&call)?, proof).await?;
    let declares_200 = call.version == Version::V2022_06_30Preview;
    Ok(if declares_200 { Answer::nothing().with_status(StatusCode::OK) } else { Answer::nothing() })
}

/// Groups belong to the whole application.
fn reaches(call: &Call) -> Result<(), CentralError> {
    if call.scope.covers(None) { Ok(()) } else { Err(EnrollmentGroupError::NotFound.into()) }
}

async fn stands(call: &Call) -> Result<Stored<EnrollmentGroup>, CentralError> {
    reaches(call)?;
    let found = call.engine().store().record::<EnrollmentGroup>(call.param(0)).await?;
    Ok(found.ok_or(EnrollmentGroupError::NotFound)?)
}

/// The caller's condition: that of the header, else the etag in the body.
fn condition(call: &Call, etag: Option<&str>) -> Result<IfMatch, CentralError> {
    match (call.if_match()?, etag) {
        (IfMatch::Any, Some(etag)) => Ok(IfMatch::from_header(etag)),
        (if_match, _) => Ok(if_match),
    }
}

fn entry(call: &Call) -> Result<CertificateEntry, CentralError> {
    match call.param(1) {
        "primary" => Ok(CertificateEntry::Primary),
        "secondary" => Ok(CertificateEntry::Secondary),
        _ => Err(CentralError::bad_request("the entry must be primary or secondary")),
    }
}

fn certificate(stored: &Stored<EnrollmentGroup>, entry: CertificateEntry) -> Result<Answer, CentralError> {
    match &stored.record.attestation {
        GroupAttestation::SymmetricKey(_) => Err(EnrollmentGroupError::NoCertificate.into()),
        GroupAttestation::X509(certificates) => {
            let found = certificates.get(entry).ok_or(EnrollmentGroupError::NoCertificate)?;
            Answer::one(&CertificateWire::of(found, &stored.etag_text()))
        }
    }
}

/// `text` as a certificate; `member` names it.
pub(super) fn readable(text: String, member: &str) -> Result<Certificate, CentralError> {
    Certificate::try_from(text).map_err(|error| CentralError::unprocessable(format!("{member} {error}")))
}

impl Wire {
    fn of(stored: &Stored<EnrollmentGroup>, id_scope: &str) -> Wire {
        let group = &stored.record;
        let etag = stored.etag_text();
        Wire {
            id: group.id.clone(),
            display_name: group.display_name.clone(),
            enabled: group.enabled,
            device_type: group.device_type,
            attestation: AttestationWire::of(&group.attestation, &etag),
            etag: Some(etag),
            id_scope: id_scope.to_owned(),
        }
    }

    fn settings(self) -> Result<EnrollmentGroupSettings, CentralError> {
        let Wire { display_name, enabled, device_type, attestation, .. } = self;
        if display_name.trim().is_empty() || display_name.chars().count() > DISPLAY_NAME_MAX {
            let rule = format!("displayName must have 1 to {DISPLAY_NAME_MAX} characters");
            return Err(CentralError::unprocessable(rule));
        }
        Ok(EnrollmentGroupSettings { display_name, enabled, device_type, attestation: attestation.settings()? })
    }
}

impl AttestationWire {
    fn of(attestation: &GroupAttestation, etag: &str) -> AttestationWire {
        match attestation {
            GroupAttestation::SymmetricKey(keys) => {
                let symmetric_key = Some(KeysWire::of(keys));
                AttestationWire { kind: AttestationType::SymmetricKey, symmetric_key, x509: None }
            }
            GroupAttestation::X509(certificates) => {
                let wire = |entry| certificates.get(entry).map(|found| CertificateWire::of(found, etag));
                let (primary, secondary) = (wire(CertificateEntry::Primary), wire(CertificateEntry::Secondary));
                let signing_certificates = Some(CertificatesWire { primary, secondary });
                let x509 = Some(X509Wire { signing_certificates });
                AttestationWire { kind: AttestationType::X509, symmetric_key: None, x509 }
            }
        }
    }

    fn forget_proofs(&mut self) {
        let Some(certificates) = self.x509.as_mut().and_then(|x509| x509.signing_certificates.as_mut()) else { return };
        for certificate in [&mut certificates.primary, &mut certificates.secondary].into_iter().flatten() {
            certificate.verified = None;
        }
    }

    /// What belongs to another type than `type` says is what a patch left behind.
    fn settings(self) -> Result<GroupAttestationSettings, CentralError> {
        match self.kind {
            AttestationType::SymmetricKey => {
                let keys = self.symmetric_key.map(|keys| keys.read("attestation.symmetricKey")).transpose()?;
                Ok(GroupAttestationSettings::SymmetricKey(keys))
            }
            AttestationType::X509 => {
                let certificates = self.x509.unwrap_or_default().signing_certificates.unwrap_or_default();
                let read = |wire: Option<CertificateWire>, name: &str| {
                    let member = format!("attestation.x509.signingCertificates.{name}.certificate");
                    wire.map(|wire| wire.settings(&member)).transpose()
                };
                Ok(GroupAttestationSettings::X509 {
                    primary: read(certificates.primary, "primary")?,
                    secondary: read(certificates.secondary, "secondary")?,
                })
            }
        }
    }
}

impl KeysWire {
    /// As it goes out.
    pub fn of(keys: &Keys) -> KeysWire {
        let text = |key: &SymmetricKey| key.as_str().to_owned();
        KeysWire { primary_key: text(&keys.primary), secondary_key: text(&keys.secondary) }
    }

    /// As it came in; `member` names it.
    ///
    /// # Errors
    /// 422: one of them is no key.
    pub fn read(self, member: &str) -> Result<Keys, CentralError> {
        let key = |text: String, name: &str| {
            SymmetricKey::try_from(text)
                .map_err(|error| CentralError::unprocessable(format!("{member}.{name} {error}")))
        };
        Ok(Keys { primary: key(self.primary_key, "primaryKey")?, secondary: key(self.secondary_key, "secondaryKey")? })
    }
}

impl InfoWire {
    /// Of a certificate.
    pub fn of(certificate: &Certificate) -> InfoWire {
        InfoWire { sha1_thumbprint: certificate.thumbprint() }
    }
}

impl CertificateWire {
    /// A certificate changes with its group, so it has the group's etag.
    fn of(certificate: &SigningCertificate, etag: &str) -> CertificateWire {
        CertificateWire {
            verified: Some(certificate.verified),
            certificate: Some(certificate.certificate.as_str().to_owned()),
            info: InfoWire::of(&certificate.certificate),
            etag: Some(etag.to_owned()),
        }
    }

    fn settings(self, member: &str) -> Result<CertificateSettings, CentralError> {
        let text = self.certificate.ok_or_else(|| CentralError::unprocessable(format!("{member} is missing")))?;
        Ok(CertificateSettings { certificate: readable(text, member)?, verified: self.verified })
    }
}

impl From<EnrollmentGroupError> for CentralError {
    fn from(error: EnrollmentGroupError) -> CentralError {
        match &error {
            EnrollmentGroupError::NotFound | EnrollmentGroupError::NoCertificate => {
                CentralError::new(Code::NotFound, error)
            }
            EnrollmentGroupError::NotX509 | EnrollmentGroupError::NoCode => CentralError::conflict(error),
            EnrollmentGroupError::Proof(_) => CentralError::unprocessable(error),
            EnrollmentGroupError::Etag(error) => (*error).into(),
            EnrollmentGroupError::Store(error) => error.clone().into(),
        }
    }
}
