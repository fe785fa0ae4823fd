//! Jobs with what an operator sees of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::description::jobs::{Amount, JobData, JobProgress, Threshold};

/// A job. The members of the published versions, and more.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Job {
    /// Its name on the wire.
    pub id: String,
    /// The scheduled job that it is a run of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_job_id: Option<String>,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The device group; empty for a job on chosen devices.
    pub group: String,
    /// The group's name, if it is still there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    /// How many devices were chosen by id; absent for a job on a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen_devices: Option<u64>,
    /// How large its batches are; absent: one batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Amount>,
    /// When it is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation_threshold: Option<Threshold>,
    /// What it does.
    pub data: Vec<JobData>,
    /// `pending`, `running`, `complete`, `failed`, `stopped` or `cancelled`.
    pub status: JobStatus,
    /// As the published versions count.
    pub progress: JobProgress,
    /// The organization that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<String>>,
    /// When it began.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// Who made it.
    pub owner: String,
    /// The job whose failed devices it runs on again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<String>,
    /// One sentence: why it waits, was stopped, cancelled or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its devices by what became of them.
    pub counters: JobCounters,
    /// The batch that is open, or the last one; absent before it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_batch: Option<OpenBatch>,
    /// How near the threshold is; absent without one and before the job begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gauge: Option<ThresholdGauge>,
    /// Why somebody should look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention: Option<Attention>,
    /// What the caller may do with it now.
    pub actions: Vec<JobAction>,
    /// The number of its last event: live updates go on after it.
    pub event: u64,
}

/// The words of the published versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JobStatus {
    /// Not begun.
    Pending,
    /// Begun.
    Running,
    /// Ran on all devices.
    Complete,
    /// Could not be run.
    Failed,
    /// By a person; can be continued.
    Stopped,
    /// By its threshold or a person, for good.
    Cancelled,
}

/// Devices of a job. They add up to `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobCounters {
    /// In the frozen list; 0 until the job begins.
    pub total: u64,
    /// Ended well.
    pub succeeded: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// Called, not answered yet.
    pub running: u64,
    /// Not begun.
    pub pending: u64,
    /// Not begun when the job was cancelled.
    pub cancelled: u64,
}

/// Which batch is open.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenBatch {
    /// From 1.
    pub number: u64,
    /// How many there are in all.
    pub of: u64,
    /// Devices in it.
    pub size: u64,
    /// Ended well.
    pub succeeded: u64,
    /// Ended otherwise.
    pub failed: u64,
}

/// Failures beside what is borne.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThresholdGauge {
    /// Failed devices that are counted.
    pub failed: u64,
    /// Failed devices that are borne; one more cancels the job.
    pub borne: u64,
    /// Of so many devices.
    pub devices: u64,
    /// Counted anew in each batch.
    pub per_batch: bool,
}

/// Why a job is among those that need attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Attention {
    /// It is stopped: somebody has to continue or cancel it.
    Stopped,
    /// Its threshold cancelled it.
    ThresholdExceeded,
    /// It could not be run.
    Failed,
    /// It ended, devices failed, and no rerun took them up.
    FailedDevices,
}

/// What may be done with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JobAction {
    /// `POST …/stop`.
    Stop,
    /// `POST …/resume`.
    Resume,
    /// `POST …/cancel`.
    Cancel,
    /// `PUT …/rerun/{id}`.
    Rerun,
    /// A copy of it may be made.
    Copy,
}

/// A job to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewJob)]
#[allow(dead_code, reason = "describes what job_wire reads")]
pub(crate) struct NewJob {
    /// Its name for people: at most 256 characters.
    pub display_name: Option<String>,
    /// What it is for: at most 1,024 characters.
    pub description: Option<String>,
    /// The device group. This or `devices`.
    pub group: Option<String>,
    /// Devices by id, at most 100,000; what the caller does not see is refused. This or `group`.
    pub devices: Option<Vec<String>>,
    /// How large its batches are.
    pub batch: Option<Amount>,
    /// When it is cancelled.
    pub cancellation_threshold: Option<Threshold>,
    /// What it does; all of one type.
    pub data: Vec<JobData>,
    /// One organization.
    pub organizations: Option<Vec<String>>,
}

/// What a rerun is called, and on which of the devices it runs.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RerunJob {
    /// Its name for people; the source's when absent.
    pub display_name: Option<String>,
    /// What it is for; the source's when absent.
    pub description: Option<String>,
    /// Only these devices of the source, whatever became of them there; absent: all that failed.
    pub devices: Option<Vec<String>>,
}
