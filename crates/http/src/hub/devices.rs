//! Identities (iot-hub §2).

use bellwether_engine::DeviceError;
use bellwether_model::DeviceId;
use bellwether_model::identity::{Device, DeviceSettings, IfMatch, Keys, Status, SymmetricKey};
use serde::Deserialize;

use super::call::{Answer, Call, device_id};
use super::error::{Code, HubError};

/// Most devices of a list, and how many it has when nothing sensible is said.
const LIST_MAX: usize = 1000;
const STATUS_REASON_CHARACTERS_MAX: usize = 128;

/// `GET /devices?top=N`.
pub(crate) async fn list(call: Call) -> Result<Answer, HubError> {
    let top = match call.query.get("top") {
        None => LIST_MAX,
        Some(text) => {
            let top: i64 = text.parse().map_err(|_| HubError::invalid("top must be a whole number"))?;
            usize::try_from(top).ok().filter(|top| (1..=LIST_MAX).contains(top)).unwrap_or(LIST_MAX)
        }
    };
    let engine = call.engine();
    let devices = engine.store().devices(top).await?;
    let documents: Vec<String> = devices.iter().map(|device| device.document(&engine.presence(device))).collect();
    Ok(Answer::array(&documents))
}

/// `GET /devices/{id}`.
pub(crate) async fn get(call: Call) -> Result<Answer, HubError> {
    let device = call.engine().store().device(&call.device_id()?).await?.ok_or_else(HubError::no_device)?;
    Ok(whole(&call, &device))
}

/// `PUT /devices/{id}`: without `If-Match`, or with an empty one, it creates; with one it changes (iot-hub §2.1).
pub(crate) async fn put(call: Call) -> Result<Answer, HubError> {
    let id = call.device_id()?;
    let settings = settings(&id, call.json()?)?;
    let device = match update_condition(&call)? {
        None => call.engine().create_device(id, settings).await?,
        Some(if_match) => call.engine().update_device(&id, settings, if_match).await?,
    };
    Ok(whole(&call, &device))
}

/// `DELETE /devices/{id}`: `If-Match` is mandatory (iot-hub §2.1).
pub(crate) async fn delete(call: Call) -> Result<Answer, HubError> {
    let id = call.device_id()?;
    let if_match = call.if_match()?.ok_or_else(|| {
        HubError::new(
            Code::PreconditionFailed,
            "Etag missing: a delete needs If-Match, \"*\" deletes whatever is there",
        )
    })?;
    call.engine().delete_device(&id, if_match).await?;
    Ok(Answer::nothing())
}

fn whole(call: &Call, device: &Device) -> Answer {
    let presence = call.engine().presence(device);
    Answer::json(device.document(&presence)).with_etag(&device.etag_text())
}

/// `None` for a create: no `If-Match`, or one with nothing between its quotes.
fn update_condition(call: &Call) -> Result<Option<IfMatch>, HubError> {
    let is_empty = |text: &[u8]| text.iter().all(|byte| matches!(byte, b'"' | b' '));
    let header = call.headers.get(axum::http::header::IF_MATCH);
    if header.is_some_and(|value| is_empty(value.as_bytes())) { Ok(None) } else { call.if_match() }
}

/// What of a body is read; the rest of the document is read-only and ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    device_id: Option<String>,
    status: Option<String>,
    status_reason: Option<String>,
    authentication: Option<Authentication>,
    capabilities: Option<Capabilities>,
    device_scope: Option<String>,
    parent_scopes: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    r#type: Option<String>,
    symmetric_key: Option<SymmetricKeys>,
    x509_thumbprint: Option<Thumbprints>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct SymmetricKeys {
    primary_key: Option<String>,
    secondary_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thumbprints {
    primary_thumbprint: Option<String>,
    secondary_thumbprint: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Capabilities {
    iot_edge: Option<bool>,
}

/// The rules of iot-hub §2.3. No text here repeats a key.
pub(super) fn settings(id: &DeviceId, body: Body) -> Result<DeviceSettings, HubError> {
    if let Some(other) = body.device_id
        && device_id(&other)? != *id
    {
        return Err(HubError::invalid("deviceId in the body is not the one in the path"));
    }
    let status = match body.status {
        None => Status::Enabled,
        Some(text) if text.eq_ignore_ascii_case(Status::Enabled.as_str()) => Status::Enabled,
        Some(text) if text.eq_ignore_ascii_case(Status::Disabled.as_str()) => Status::Disabled,
        Some(_) => return Err(HubError::invalid("status must be enabled or disabled")),
    };
    if body.status_reason.as_ref().is_some_and(|text| text.chars().count() > STATUS_REASON_CHARACTERS_MAX) {
        return Err(HubError::invalid(format!(
            "statusReason may have at most {STATUS_REASON_CHARACTERS_MAX} characters"
        )));
    }
    let device_scope = body.device_scope.filter(|scope| !scope.is_empty());
    // A leaf's parent is its scope; nothing else is kept, so nothing else is taken.
    if !body.parent_scopes.unwrap_or_default().iter().all(|scope| Some(scope) == device_scope.as_ref()) {
        return Err(HubError::invalid("parentScopes other than the deviceScope are not served"));
    }
    Ok(DeviceSettings {
        status,
        status_reason: body.status_reason,
        keys: keys(body.authentication.unwrap_or_default())?,
        iot_edge: body.capabilities.and_then(|capabilities| capabilities.iot_edge).unwrap_or(false),
        device_scope,
    })
}

/// Both keys or neither; clients send `""` for "none" (iot-hub §2.3).
fn keys(authentication: Authentication) -> Result<Option<Keys>, HubError> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let thumbprints = authentication.x509_thumbprint.map(|both| [both.primary_thumbprint, both.secondary_thumbprint]);
    let has_thumbprint = thumbprints.into_iter().flatten().any(|thumbprint| given(thumbprint).is_some());
    let is_sas = given(authentication.r#type).is_none_or(|text| text.eq_ignore_ascii_case("sas"));
    if !is_sas || has_thumbprint {
        return Err(HubError::invalid("authentication.type must be sas: certificates of devices are not served"));
    }
    let both = authentication.symmetric_key.unwrap_or_default();
    match (given(both.primary_key), given(both.secondary_key)) {
        (None, None) => Ok(None),
        (Some(primary), Some(secondary)) => Ok(Some(Keys { primary: key(primary)?, secondary: key(secondary)? })),
        (Some(_), None) | (None, Some(_)) => {
            Err(HubError::invalid("symmetricKey needs both keys, or neither to have them made"))
        }
    }
}

fn key(text: String) -> Result<SymmetricKey, HubError> {
    SymmetricKey::try_from(text).map_err(|error| HubError::invalid(format!("a key of symmetricKey {error}")))
}

impl From<DeviceError> for HubError {
    fn from(error: DeviceError) -> HubError {
        match error {
            DeviceError::AlreadyExists => {
                HubError::new(Code::DeviceAlreadyExists, "a device with this id exists already")
            }
            DeviceError::NotFound => HubError::no_device(),
            DeviceError::EtagMismatch => HubError::etag_mismatch(),
            // npm's client takes 403 for "too many devices" (iot-hub §6.1).
            DeviceError::TooMany(limit) => HubError::new(Code::IotHubQuotaExceeded, limit),
            DeviceError::Store(error) => error.into(),
        }
    }
}
