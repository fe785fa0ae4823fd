//! Jobs: what was asked ([`JobSpec`]), where a job stands ([`JobState`], [`Counters`]) and how it went on each
//! device ([`outcome`]).

pub mod outcome;
mod state;

use serde::{Deserialize, Serialize};

pub use outcome::{Class, DeviceJobState, Outcome, Tally};
pub use state::{BadStatus, JobEvent, JobState, Refused};

use crate::method::MethodCall;
use crate::{JobId, JobKey, Time};

/// What a caller asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// The job's name.
    pub id: JobId,
    /// On which devices.
    pub target: Target,
    /// What to do on each.
    pub action: Action,
    /// When; `None` is at once (iot-hub §1.3).
    pub start: Option<Time>,
    /// How long it may take, in seconds from the later of start and acceptance (iot-hub §1.10).
    pub lifetime: i64,
    /// The policy that asked.
    pub owner: String,
    /// Keep what a twin job replaced, for every device (DESIGN §6.3).
    pub keep_previous: bool,
}

/// Which devices. When both are given, both must hold (iot-hub §1.1); one of them always is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// A condition over twins, as the caller wrote it; `*` is every device.
    pub condition: Option<String>,
    /// Devices by name.
    pub device_ids: Option<Vec<String>>,
}

/// What a job does on each device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Merge this body into the twin: JSON text with `tags` and `properties.desired`, checked when the job
    /// was made.
    UpdateTwin(String),
    /// Call a direct method.
    InvokeMethod(MethodCall),
}

/// The two kinds of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobType {
    /// [`Action::InvokeMethod`].
    ScheduleDeviceMethod,
    /// [`Action::UpdateTwin`].
    ScheduleUpdateTwin,
}

impl JobType {
    /// The wire's word.
    pub fn as_str(self) -> &'static str {
        match self {
            JobType::ScheduleDeviceMethod => "scheduleDeviceMethod",
            JobType::ScheduleUpdateTwin => "scheduleUpdateTwin",
        }
    }

    /// Reads any spelling that a document or client uses, in any case (iot-hub §1.4).
    pub fn from_alias(text: &str) -> Option<JobType> {
        match text.to_ascii_lowercase().as_str() {
            "scheduledevicemethod"
            | "scheduledirectrequest"
            | "scheduleddevicemethod"
            | "scheduledirectmethod"
            | "cloudtodevicemethod" => Some(JobType::ScheduleDeviceMethod),
            "scheduleupdatetwin" | "scheduletwinupdate" | "scheduledupdatetwin" | "updatetwin" => {
                Some(JobType::ScheduleUpdateTwin)
            }
            _ => None,
        }
    }
}

impl Action {
    /// Which kind of job this makes.
    pub fn job_type(&self) -> JobType {
        match self {
            Action::UpdateTwin(_) => JobType::ScheduleUpdateTwin,
            Action::InvokeMethod(_) => JobType::ScheduleDeviceMethod,
        }
    }
}

/// How many device jobs stand where. They always equal the rows: [`Counters::pending`] is what the others
/// leave of `targets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Devices in the target list.
    pub targets: u64,
    /// Counted as succeeded.
    pub succeeded: u64,
    /// Counted as failed.
    pub failed: u64,
    /// Attempts that are out.
    pub running: u64,
    /// Never begun, because the job was cancelled.
    pub cancelled: u64,
}

impl Counters {
    /// Devices not yet begun.
    pub fn pending(&self) -> u64 {
        self.targets.saturating_sub(self.succeeded + self.failed + self.running + self.cancelled)
    }

    /// Adds an outcome that was counted under `tally`.
    pub fn count(&mut self, tally: Tally, devices: u64) {
        match tally {
            Tally::Succeeded => self.succeeded += devices,
            Tally::Failed => self.failed += devices,
            Tally::Cancelled => self.cancelled += devices,
        }
    }
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Key in the store.
    pub key: JobKey,
    /// What was asked.
    pub spec: JobSpec,
    /// Where it stands.
    pub state: JobState,
    /// When it was accepted.
    pub created: Time,
    /// When it is to start: what was asked, else `created`.
    pub start: Time,
    /// When no further attempt is made.
    pub deadline: Time,
    /// When it began to run, which is when its target list was frozen.
    pub began: Option<Time>,
    /// When it reached a state that it does not leave.
    pub ended: Option<Time>,
    /// `None` until the target list is frozen.
    pub counters: Option<Counters>,
    /// The first ordinal that a twin job has not done.
    pub next_ordinal: u64,
    /// What became of the devices in the list without a row of their own: they were not begun when the job
    /// ended.
    pub rest: Option<Class>,
    /// Why the job as such failed.
    pub failure: Option<String>,
}

impl Job {
    /// When a job made at `created` is to end at the latest (iot-hub §1.10).
    pub fn deadline_of(spec: &JobSpec, created: Time) -> Time {
        spec.start.unwrap_or(created).max(created).plus_seconds(spec.lifetime)
    }
}

/// Seconds that a job may take when nothing is said (iot-hub §1.3).
pub const LIFETIME_DEFAULT: i64 = 3600;
