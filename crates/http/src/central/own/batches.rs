//! The batches of a job.

use std::num::NonZeroU64;

use bellwether_store::JobBatch;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::super::jobs;

/// Batches in one answer.
const BATCHES_MAX: u64 = 200;

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

impl From<JobBatch> for Batch {
    fn from(JobBatch { number, size, opened }: JobBatch) -> Batch {
        Batch {
            number,
            size,
            succeeded: opened.map_or(0, |batch| batch.succeeded),
            failed: opened.map_or(0, |batch| batch.failed),
            opened: opened.map(|batch| batch.opened.to_string()),
            ended: opened.and_then(|batch| batch.ended).map(|time| time.to_string()),
        }
    }
}

/// `GET /jobs/{jobId}/batches`: those from the number `from` on; without it those around the open one.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let job = jobs::of_either_face(&call).await?;
    let from = call.query.get("from").map(str::parse::<NonZeroU64>).transpose();
    let from = from.map_err(|_| CentralError::bad_request("from must be a whole number of at least 1"))?;
    let found = call.engine().store().job_batches(job.key, from, BATCHES_MAX).await?;
    let value = found.batches.into_iter().map(Batch::from).collect();
    Answer::one(&BatchList { total: found.total, value })
}
