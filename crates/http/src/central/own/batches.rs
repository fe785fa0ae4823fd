//! The batches of a job.

use serde::Serialize;
use utoipa::ToSchema;

/// A batch. Those that have not opened are given by what they will be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Batch {
    /// From 1.
    pub number: u64,
    /// Devices in it.
    pub size: u64,
    /// Ended well.
    pub succeeded: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// When its devices could first be begun; absent for one that has not opened.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<String>,
    /// When the last of its devices ended, or the job did before.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

/// The batches of a job: of many, those around the open one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchList {
    /// How many there are in all; 0 until the job begins.
    pub total: u64,
    /// In order; at most 200.
    pub value: Vec<Batch>,
}
