//! Jobs: what was asked ([`JobSpec`]), where a job stands ([`JobState`], [`Counters`]) and how it went on each
//! device ([`outcome`]).

mod delivery;
mod difference;
mod hold;
mod kind;
mod ledger;
pub mod outcome;
mod plan;
mod spec;
mod state;

use serde::{Deserialize, Serialize};

pub use delivery::{Amount, BadDelivery, BadNumber, Delivery, Threshold, read_decimal};
pub use difference::{Difference, Touchable};
pub use hold::{BadReason, JobHold};
pub use kind::{Attention, JobKind};
pub use ledger::{Batch, Failures, Gate, Ledger, NoPause};
pub use outcome::{CallTimes, Class, DeviceJobState, Outcome, Tally};
pub use plan::{COMMAND_RESPONSE_SECONDS, ENTRIES_MAX, Plan, faults, plan};
pub use rust_decimal::Decimal;
pub use spec::{Action, CentralJob, Face, JobData, JobSpec, Offline, Success, Target};
pub use state::{BadStatus, JobEvent, JobState, Refused};

use crate::{JobKey, Time};

/// The two kinds of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobType {
    /// [`Action::InvokeMethods`].
    ScheduleDeviceMethod,
    /// [`Action::UpdateTwin`] and [`Action::SetTemplate`].
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
    /// Of these, those to which nothing was sent ([`Class::NeverReached`]).
    #[serde(default)]
    pub never_reached: u64,
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

    /// Adds devices that ended so, in a job with this rule of success.
    pub fn count(&mut self, class: Class, success: Success, devices: u64) {
        match class.tally(success) {
            Tally::Succeeded => self.succeeded += devices,
            Tally::Failed => self.failed += devices,
            Tally::Cancelled => self.cancelled += devices,
        }
        if class == Class::NeverReached {
            self.never_reached += devices;
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
    /// When no further attempt is made; `None`: the job takes as long as it takes.
    pub deadline: Option<Time>,
    /// When it began to run, which is when its target list was frozen.
    pub began: Option<Time>,
    /// When it reached a state that it does not leave.
    pub ended: Option<Time>,
    /// `None` until the target list is frozen.
    pub counters: Option<Counters>,
    /// The open batch, or the last one that was; without batches the whole list. `None` until the target list is
    /// frozen.
    pub batch: Option<Batch>,
    /// See [`Ledger::pause_after`].
    pub pause_after: Option<u64>,
    /// The first ordinal that a twin job has not done.
    pub next_ordinal: u64,
    /// What became of the devices in the list without a row of their own: they were not begun when the job
    /// ended.
    pub rest: Option<Class>,
    /// Why the job as such failed, or was cancelled by its threshold.
    pub failure: Option<String>,
}

impl Job {
    /// When a job made at `created` is to end at the latest (iot-hub §1.10).
    pub fn deadline_of(spec: &JobSpec, created: Time) -> Option<Time> {
        spec.lifetime.map(|seconds| spec.start.unwrap_or(created).max(created).plus_seconds(seconds))
    }
}

/// Seconds that a job may take when nothing is said (iot-hub §1.3).
pub const LIFETIME_DEFAULT: i64 = 3600;
