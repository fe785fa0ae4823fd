//! Why devices failed in a job, in groups.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::super::jobs;
use super::device_jobs::OutcomeClass;

/// Reasons in one answer.
const REASONS_MAX: usize = 50;

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

/// `GET /jobs/{jobId}/failures`.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let job = jobs::of_either_face(&call).await?;
    let found = call.engine().store().job_failures(job.key, REASONS_MAX).await?;
    let reason = |reason: bellwether_store::FailureReason| FailureReason {
        class: reason.class.into(),
        code: Some(reason.code),
        response_status: reason.status,
        message: Some(reason.message),
        devices: reason.devices,
        sample_device: reason.sample,
    };
    Answer::one(&FailureReasons { value: found.into_iter().map(reason).collect() })
}
