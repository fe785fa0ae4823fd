//! Jobs with what an operator sees of them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::description::jobs::{Amount, JobData, JobProgress, Threshold};
use super::job_reason::JobReason;

/// A job. The members of the published versions, and more.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Job {
    /// Its name on the wire.
    pub id: String,
    /// The contract that it was made on.
    pub face: JobFace,
    /// What it does; of the hub face what `hub` tells more of.
    #[serde(rename = "type")]
    pub kind: JobType,
    /// What a job of the hub face does; absent for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hub: Option<HubJob>,
    /// The scheduled job that it is a run of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_job_id: Option<String>,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How its devices are found.
    pub target: TargetKind,
    /// The device group; empty unless `target` is `group`.
    pub group: String,
    /// The group's name, if it is still there and the caller may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    /// How many devices were chosen by id; absent for a job on a group or on all that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen_devices: Option<u64>,
    /// How large its batches are; absent: one batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Amount>)]
    pub batch: Option<Box<RawValue>>,
    /// When it is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Threshold>)]
    pub cancellation_threshold: Option<Box<RawValue>>,
    /// What it does, values as they came; empty for a job of the hub face.
    #[schema(value_type = Vec<JobData>)]
    pub data: Box<RawValue>,
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
    /// How people know who made it: a user's mail address, a token's id, a policy's name; absent when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_name: Option<String>,
    /// The job on whose devices it runs again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<String>,
    /// Why it waits, was stopped, cancelled or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<JobReason>,
    /// Its devices by what became of them.
    pub counters: JobCounters,
    /// The batch that is open, or the last one; absent before it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_batch: Option<OpenBatch>,
    /// How near the threshold is; absent without one and before the job begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gauge: Option<ThresholdGauge>,
    /// Why somebody should look at it; absent also when somebody has acknowledged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention: Option<Attention>,
    /// What the caller may do with it now.
    pub actions: Vec<JobAction>,
    /// The number of its last event: live updates go on after it.
    pub event: u64,
}

/// A contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JobFace {
    /// This one.
    Central,
    /// IoT Hub's.
    Hub,
}

/// How the devices of a job are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TargetKind {
    /// Those in `group` when it begins.
    Group,
    /// They were chosen by id: out of the fleet, or of those of `rerunOf`.
    Devices,
    /// All that failed in the job `rerunOf`.
    FailedOf,
    /// Those that the condition of the hub face is true for.
    Query,
}

/// What a job does. All its entries are of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JobType {
    /// Sets properties.
    Property,
    /// Calls commands.
    Command,
    /// Sets cloud properties.
    CloudProperty,
    /// Gives devices another template.
    DeviceTemplateMigration,
    /// Changes twins, of the hub face.
    ScheduleUpdateTwin,
    /// Calls a method, of the hub face.
    ScheduleDeviceMethod,
}

/// What a job of the hub face does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HubJob {
    /// Which devices, in the query language; absent where devices are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What is merged into each twin.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    pub update_twin: Option<Box<RawValue>>,
    /// The method that is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What it is called with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    pub payload: Option<Box<RawValue>>,
    /// When it is to begin, as was asked.
    #[schema(format = DateTime)]
    pub start: String,
    /// When no further device is begun.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
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

/// Devices of a job. But for `neverReached`, which is a part of `failed`, they add up to `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobCounters {
    /// In the frozen list; 0 until the job begins.
    pub total: u64,
    /// Ended well.
    pub succeeded: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// Of the failed ones those to which nothing was sent: not connected when their turn came, or until the deadline.
    pub never_reached: u64,
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
    /// When it has ended the job stops instead of opening the next.
    pub pauses: bool,
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
    /// `POST …/resume`; not while all jobs are held.
    Resume,
    /// `POST …/cancel`.
    Cancel,
    /// `PUT …/pauseAfterBatch`, and `DELETE` of it where `openBatch.pauses`.
    PauseAfterBatch,
    /// `PUT …/rerun/{id}`; on all that failed (`counters.failed` is not 0), or on devices that are chosen.
    Rerun,
    /// `POST …/acknowledge`: somebody has looked at it, it needs no attention any more.
    Acknowledge,
    /// Its members make another job; not for one of the hub face.
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
    /// What it is for: at most 4,096 characters.
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
    /// One organization; absent: the group's, or the lowest that holds all devices.
    pub organizations: Option<Vec<String>>,
}

/// What a rerun is called, on which of the devices it runs, and what is other than in its source. Of a job of the hub face
/// only `devices` can be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "describes what job_wire reads")]
pub(crate) struct RerunJob {
    /// Its name for people; the source's when absent.
    pub display_name: Option<String>,
    /// What it is for; the source's when absent.
    pub description: Option<String>,
    /// Only these devices of the source, whatever became of them there; absent: all that failed.
    pub devices: Option<Vec<String>>,
    /// What it does; absent: the same as the source.
    pub data: Option<Vec<JobData>>,
    /// How large its batches are; absent: as in the source, null: one batch.
    pub batch: Option<Amount>,
    /// When it is cancelled; absent: as the source, null: never by itself.
    pub cancellation_threshold: Option<Threshold>,
}

/// Devices of an earlier job.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RerunOf {
    /// The job.
    pub job: String,
    /// Only these devices of it; absent: all that failed.
    pub devices: Option<Vec<String>>,
}
