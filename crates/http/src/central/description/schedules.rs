//! Scheduled jobs (iot-central §4).

use bellwether_model::schedule::{Skip, SkipReason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::jobs::{Amount, JobData, Threshold};
use crate::central::own::jobs::JobStatus;

/// When a job runs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobSchedule {
    /// The first time.
    #[schema(format = DateTime)]
    pub start: String,
    /// How often; absent: once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Recurrence>,
    /// When it runs no more; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<ScheduleEnd>,
    /// The zone that days and hours are reckoned in, as `Europe/Berlin`; absent: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// How often.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Recurrence {
    /// Each day.
    Daily,
    /// Each week.
    Weekly,
    /// Each month.
    Monthly,
}

/// When a schedule ends.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(crate) enum ScheduleEnd {
    /// After this day.
    Date(EndDate),
    /// After so many runs.
    Occurrences(EndOccurrences),
}

/// A day.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct EndDate {
    /// The day, or a time on it.
    pub date: String,
}

/// A number of runs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct EndOccurrences {
    /// 1 to 999.
    pub occurrences: u32,
}

/// A job that runs by a schedule.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduledJob {
    /// Its name on the wire; the server sets it.
    #[serde(default)]
    pub id: String,
    /// Changes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The device group; looked up at each run.
    pub group: String,
    /// How large its batches are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Amount>,
    /// When a run is cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_threshold: Option<Threshold>,
    /// What it does.
    pub data: Vec<JobData>,
    /// The organization that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<String>>,
    /// When it runs.
    pub schedule: JobSchedule,
    /// False: it is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Has it run for the last time? The server sets it.
    #[serde(default)]
    pub completed: bool,
    /// The next five runs; the server sets it.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub next_runs: Vec<String>,
    /// Who made or changed it last: its runs have this one's rights; the server sets it.
    #[serde(default)]
    pub owner: String,
    /// How people know the owner; absent when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_name: Option<String>,
    /// Its last run; absent before the first, and when that job is kept no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<ScheduledRun>,
    /// Times at which it did not run, ever; the server sets it.
    #[serde(default)]
    pub skipped: u64,
    /// The last of them, newest first: at most 20.
    #[serde(default)]
    pub skips: Vec<ScheduleSkip>,
}

/// A run of a scheduled job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduledRun {
    /// The job.
    pub id: String,
    /// Where it stands.
    pub status: JobStatus,
    /// When it began; when it was made, as long as it has not.
    #[schema(format = DateTime)]
    pub start: String,
    /// When it ended.
    #[schema(format = DateTime)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// Times at which a scheduled job did not run.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduleSkip {
    /// The first of them.
    #[schema(format = DateTime)]
    pub tick: String,
    /// How many one after the other.
    pub ticks: u64,
    /// Why.
    pub reason: ScheduleSkipReason,
}

/// Why a scheduled job did not run.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ScheduleSkipReason {
    /// The run before was not done yet.
    StillActive,
    /// The server was not running; a later run stands for it.
    Missed,
    /// The server was not running, and the end of the schedule passed.
    MissedTheEnd,
}

impl From<&Skip> for ScheduleSkip {
    fn from(skip: &Skip) -> ScheduleSkip {
        let reason = match skip.reason {
            SkipReason::StillActive => ScheduleSkipReason::StillActive,
            SkipReason::Missed => ScheduleSkipReason::Missed,
            SkipReason::MissedTheEnd => ScheduleSkipReason::MissedTheEnd,
        };
        ScheduleSkip { tick: skip.tick.to_string(), ticks: skip.ticks, reason }
    }
}
