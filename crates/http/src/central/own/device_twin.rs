//! A device's twin as it stands, for people.

use serde::Serialize;
use utoipa::ToSchema;

/// A twin with versions and times.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceTwin {
    /// The twin's etag.
    pub etag: String,
    /// Counts all changes.
    pub version: i64,
    /// Tags: cloud properties and what programs keep there.
    pub tags: serde_json::Value,
    /// Desired properties with `$metadata` and `$version`.
    pub desired: serde_json::Value,
    /// Reported properties with `$metadata` and `$version`.
    pub reported: serde_json::Value,
}

/// A job that a device had a part in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceJobSummary {
    /// The job's id.
    pub id: String,
    /// The job's name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What became of the device there.
    pub row: super::device_jobs::DeviceJobRow,
}

/// The jobs of a device, newest first; at most 100.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceJobSummaries {
    /// The jobs.
    pub value: Vec<DeviceJobSummary>,
}
