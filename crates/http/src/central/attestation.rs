//! How a device proves itself: its own enrollment, and its credentials (iot-central §7.5).

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bellwether_engine::{AttestationError, NewAttestation};
use bellwether_model::identity::Device;
use bellwether_model::provisioning::{Attestation, Certificate, Standing};
use serde::{Deserialize, Serialize};

use super::call::{Answer, Call};
use super::enrollment_groups::{InfoWire, KeysWire, readable};
use super::error::{CentralError, Code};

/// Longest endorsement key, in bytes.
const ENDORSEMENT_KEY_MAX: usize = 4096;

/// A device's own enrollment on the wire.
#[derive(Debug, Serialize, Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: AttestationType,
    #[serde(flatten)]
    content: Content,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum AttestationType {
    SymmetricKey,
    X509,
    Tpm,
}

/// What a device proves itself with; one member of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    #[serde(skip_serializing_if = "Option::is_none")]
    symmetric_key: Option<KeysWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x509: Option<X509Wire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tpm: Option<TpmWire>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct X509Wire {
    client_certificates: CertificatesWire,
}

#[derive(Debug, Serialize, Deserialize)]
struct CertificatesWire {
    primary: CertificateWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary: Option<CertificateWire>,
}

#[derive(Debug, Serialize, Deserialize)]
struct CertificateWire {
    certificate: Option<String>,
    #[serde(skip_deserializing)]
    info: InfoWire,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TpmWire {
    endorsement_key: String,
}

/// What a device needs to come to its hub.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CredentialsWire<'a> {
    id_scope: &'a str,
    #[serde(flatten)]
    content: Content,
}

/// `GET /devices/{deviceId}/attestation`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let (device, attestation) = enrolled(&call).await?;
    Answer::one(&Wire::of(&device, &attestation))
}

/// `PUT /devices/{deviceId}/attestation`: makes or replaces it.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    let (device, _) = visible(&call).await?;
    let new = call.json::<Wire>()?.read()?;
    write(&call, &device, new).await
}

/// `PATCH /devices/{deviceId}/attestation`: changes what is named.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    let (device, attestation) = enrolled(&call).await?;
    let new = call.merged::<Wire>(&Wire::of(&device, &attestation))?.read()?;
    write(&call, &device, new).await
}

/// `DELETE /devices/{deviceId}/attestation`: the device is one of its enrollment group again.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    let (device, _) = visible(&call).await?;
    call.engine().remove_attestation(&device.id).await?;
    Ok(Answer::nothing())
}

/// `GET /devices/{deviceId}/credentials`: exactly those by which the device is let in now.
pub(crate) async fn credentials(call: Call) -> Result<Answer, CentralError> {
    let (device, individual) = visible(&call).await?;
    let content = Content::of(&device, individual.as_ref().unwrap_or(&Attestation::SymmetricKey));
    Answer::one(&CredentialsWire { id_scope: call.engine().id_scope(), content })
}

/// The device that the path names, with its own enrollment, if the caller may see it.
async fn visible(call: &Call) -> Result<(Device, Option<Attestation>), CentralError> {
    let id = call.device_id()?;
    let Standing { device, individual, .. } = call.engine().store().provisioning_standing(&id).await?;
    let seen = device.filter(|device| call.scope.covers(device.profile.organization.as_deref()));
    Ok((seen.ok_or(AttestationError::NoDevice)?, individual))
}

async fn enrolled(call: &Call) -> Result<(Device, Attestation), CentralError> {
    let (device, individual) = visible(call).await?;
    Ok((device, individual.ok_or(AttestationError::NoAttestation)?))
}

async fn write(call: &Call, device: &Device, new: NewAttestation) -> Result<Answer, CentralError> {
    let kept = match &new {
        NewAttestation::SymmetricKey(_) => Attestation::SymmetricKey,
        NewAttestation::X509 { primary, secondary } => {
            Attestation::X509 { primary: primary.clone(), secondary: secondary.clone() }
        }
        NewAttestation::Tpm { endorsement_key } => Attestation::Tpm { endorsement_key: endorsement_key.clone() },
    };
    let device = call.engine().set_attestation(&device.id, new).await?;
    Answer::one(&Wire::of(&device, &kept))
}

impl Wire {
    fn of(device: &Device, attestation: &Attestation) -> Wire {
        let kind = match attestation {
            Attestation::SymmetricKey => AttestationType::SymmetricKey,
            Attestation::X509 { .. } => AttestationType::X509,
            Attestation::Tpm { .. } => AttestationType::Tpm,
        };
        Wire { kind, content: Content::of(device, attestation) }
    }

    /// What belongs to another type than `type` says is what a patch left behind.
    fn read(self) -> Result<NewAttestation, CentralError> {
        let missing = |member: &str| CentralError::unprocessable(format!("{member} is missing"));
        match self.kind {
            AttestationType::SymmetricKey => {
                let keys = self.content.symmetric_key.ok_or_else(|| missing("symmetricKey"))?;
                Ok(NewAttestation::SymmetricKey(keys.read("symmetricKey")?))
            }
            AttestationType::X509 => {
                let certificates = self.content.x509.ok_or_else(|| missing("x509"))?.client_certificates;
                let read = |wire: CertificateWire, name: &str| {
                    let member = format!("x509.clientCertificates.{name}.certificate");
                    readable(wire.certificate.ok_or_else(|| missing(&member))?, &member)
                };
                Ok(NewAttestation::X509 {
                    primary: read(certificates.primary, "primary")?,
                    secondary: certificates.secondary.map(|wire| read(wire, "secondary")).transpose()?,
                })
            }
            AttestationType::Tpm => {
                let endorsement_key = self.content.tpm.ok_or_else(|| missing("tpm"))?.endorsement_key;
                let bytes = BASE64_STANDARD.decode(&endorsement_key).unwrap_or_default();
                if bytes.is_empty() || bytes.len() > ENDORSEMENT_KEY_MAX {
                    let rule = format!("tpm.endorsementKey must be base64 of 1 to {ENDORSEMENT_KEY_MAX} bytes");
                    return Err(CentralError::unprocessable(rule));
                }
                Ok(NewAttestation::Tpm { endorsement_key })
            }
        }
    }
}

impl Content {
    fn of(device: &Device, attestation: &Attestation) -> Content {
        match attestation {
            Attestation::SymmetricKey => {
                Content { symmetric_key: Some(KeysWire::of(&device.keys)), ..Content::default() }
            }
            Attestation::X509 { primary, secondary } => {
                let primary = CertificateWire::of(primary);
                let secondary = secondary.as_ref().map(CertificateWire::of);
                let client_certificates = CertificatesWire { primary, secondary };
                Content { x509: Some(X509Wire { client_certificates }), ..Content::default() }
            }
            Attestation::Tpm { endorsement_key } => {
                let tpm = Some(TpmWire { endorsement_key: endorsement_key.clone() });
                Content { tpm, ..Content::default() }
            }
        }
    }
}

impl CertificateWire {
    fn of(certificate: &Certificate) -> CertificateWire {
        let text = certificate.as_str().to_owned();
        CertificateWire { certificate: Some(text), info: InfoWire::of(certificate) }
    }
}

impl From<AttestationError> for CentralError {
    fn from(error: AttestationError) -> CentralError {
        match &error {
            AttestationError::NoDevice => CentralError::not_found("device with this id"),
            AttestationError::NoAttestation => CentralError::new(Code::NotFound, error),
            AttestationError::Store(error) => error.clone().into(),
        }
    }
}
