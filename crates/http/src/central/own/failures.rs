//! Why devices failed in a job, in groups.

use serde::Serialize;
use utoipa::ToSchema;

use super::device_jobs::OutcomeClass;

/// Devices that failed for one reason.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailureReason {
    /// The kind.
    pub class: OutcomeClass,
    /// The symbol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The status that the devices answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_status: Option<i64>,
    /// The sentence of one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How many.
    pub devices: u64,
    /// One of them.
    pub sample_device: String,
}

/// The reasons, most devices first; at most 50.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailureReasons {
    /// The reasons.
    pub value: Vec<FailureReason>,
}
