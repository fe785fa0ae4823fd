//! Devices, groups and templates as the published versions have them (iot-central §6 to §8).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A device to make or to change.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewDevice {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// False: it is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Has it no hardware?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
    /// One organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<String>>,
    /// What was read before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// What a device signs in with.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credentials {
    /// What it registers with.
    pub id_scope: String,
    /// Its keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symmetric_key: Option<SymmetricKeys>,
}

/// Two keys; either is taken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SymmetricKeys {
    /// Base64.
    pub primary_key: String,
    /// Base64.
    pub secondary_key: String,
}

/// A command to call, or that was called.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Command {
    /// Which call it was; the server sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Seconds to wait for a device that is not connected: 0 to 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_timeout: Option<u16>,
    /// Seconds to wait for the answer: 5 to 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_timeout: Option<u16>,
    /// What is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<serde_json::Value>,
    /// What the device answered; the server sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<serde_json::Value>,
    /// The status of the answer; the server sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_code: Option<i64>,
}

/// A device group.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceGroup {
    /// Its name on the wire; the server sets it.
    #[serde(default)]
    pub id: String,
    /// Its name for people.
    pub display_name: String,
    /// Who is in it: `SELECT * FROM devices WHERE …`.
    pub filter: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Changes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// One organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<String>>,
}

/// A device template.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceTemplate {
    /// Its name on the wire; the server sets it.
    #[serde(rename = "@id", default)]
    pub id: String,
    /// `ModelDefinition` and `DeviceModel`.
    #[serde(rename = "@type")]
    pub types: Vec<String>,
    /// The DTDL context.
    #[serde(rename = "@context", default, skip_serializing_if = "Option::is_none")]
    pub context: Option<serde_json::Value>,
    /// Changes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// DTDL version 2: an interface.
    pub capability_model: serde_json::Value,
}
