//! What a job would do: it is checked as if it were made, and nothing is kept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::description::schedules::JobSchedule;
use super::jobs::NewJob;

/// A job that may be made, with its schedule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "describes what is read as a job and as a schedule")]
pub(crate) struct PreviewJob {
    /// The job.
    #[serde(flatten)]
    pub job: NewJob,
    /// When it is to run; absent: now.
    pub schedule: Option<JobSchedule>,
}

/// What would happen.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobPreview {
    /// How many devices it would run on if it began now.
    pub devices: u64,
    /// Of these, connected now.
    pub connected: u64,
    /// Some of them: at most 20.
    pub sample: Vec<PreviewDevice>,
    /// How many batches.
    pub batches: u64,
    /// Devices in each batch but the last.
    pub batch_size: u64,
    /// Devices in the last.
    pub last_batch_size: u64,
    /// Failed devices that are borne, of the job or of a full batch; absent without a threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures_borne: Option<u64>,
    /// Failures are counted anew in each batch.
    pub per_batch: bool,
    /// When it would run: the next five times; empty without a schedule.
    #[schema(format = DateTime)]
    pub next_runs: Vec<String>,
    /// What keeps it from being made; empty: it can be.
    pub problems: Vec<Problem>,
}

/// A device that a job would run on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PreviewDevice {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub display_name: String,
    /// Is it connected?
    pub connected: bool,
}

/// A rule that is broken.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// The member: `group`, `data[1].value`, `batch.value`, …; absent when no single one is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The rule in a sentence.
    pub message: String,
}
