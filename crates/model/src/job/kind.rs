//! Jobs as people look for them: what kind they are of, and which of them somebody should look at.

use super::ledger::pausable;
use super::{Action, Face, Failures, Job, JobData, JobSpec, JobState};
use crate::JobKey;

/// What a job does, by the word of the contract that it was made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// [`JobData::Property`].
    Property,
    /// [`JobData::Command`].
    Command,
    /// [`JobData::CloudProperty`].
    CloudProperty,
    /// [`JobData::DeviceTemplateMigration`].
    DeviceTemplateMigration,
    /// A change of twins, made on the hub face.
    ScheduleUpdateTwin,
    /// A call of a method, made on the hub face.
    ScheduleDeviceMethod,
}

/// Why somebody should look at a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// It is stopped: somebody has to continue or cancel it.
    Stopped,
    /// Its threshold cancelled it.
    ThresholdExceeded,
    /// It could not be run.
    Failed,
    /// It ended, devices failed, and no rerun took them up.
    FailedDevices,
}

impl JobKind {
    /// All of them.
    pub const ALL: [JobKind; 6] = [
        JobKind::Property,
        JobKind::Command,
        JobKind::CloudProperty,
        JobKind::DeviceTemplateMigration,
        JobKind::ScheduleUpdateTwin,
        JobKind::ScheduleDeviceMethod,
    ];

    /// The wire's word.
    pub fn as_str(self) -> &'static str {
        match self {
            JobKind::Property => "property",
            JobKind::Command => "command",
            JobKind::CloudProperty => "cloudProperty",
            JobKind::DeviceTemplateMigration => "deviceTemplateMigration",
            JobKind::ScheduleUpdateTwin => "scheduleUpdateTwin",
            JobKind::ScheduleDeviceMethod => "scheduleDeviceMethod",
        }
    }

    /// The kind with this word.
    pub fn from_text(text: &str) -> Option<JobKind> {
        JobKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl JobSpec {
    /// What kind of job it is. All entries of a Central job are of one type.
    pub fn kind(&self) -> JobKind {
        let first = match &self.face {
            Face::Hub => None,
            Face::Central(central) => central.data.first(),
        };
        match (first, &self.action) {
            (Some(JobData::Property { .. }), _) => JobKind::Property,
            (Some(JobData::Command { .. }), _) => JobKind::Command,
            (Some(JobData::CloudProperty { .. }), _) => JobKind::CloudProperty,
            (Some(JobData::DeviceTemplateMigration { .. }), _) => JobKind::DeviceTemplateMigration,
            (None, Action::UpdateTwin(_) | Action::SetTemplate(_)) => JobKind::ScheduleUpdateTwin,
            (None, Action::InvokeMethods(_)) => JobKind::ScheduleDeviceMethod,
        }
    }

    /// The job on whose devices this one runs again.
    pub fn rerun_of(&self) -> Option<JobKey> {
        self.target.source()
    }
}

impl Job {
    /// Why somebody should look at it. `taken_up`: a later job runs on devices of this one again. `acknowledged`: somebody
    /// has, after it had ended.
    pub fn attention(&self, taken_up: bool, acknowledged: bool) -> Option<Attention> {
        if acknowledged {
            return None;
        }
        let failed = self.counters.is_some_and(|counters| counters.failed > 0);
        match self.state {
            JobState::Stopped => Some(Attention::Stopped),
            JobState::Failed => Some(Attention::Failed),
            // A person gives no reason.
            JobState::Cancelled if self.failure.is_some() => Some(Attention::ThresholdExceeded),
            JobState::Cancelled | JobState::Completed if failed && !taken_up => Some(Attention::FailedDevices),
            JobState::Queued | JobState::Scheduled | JobState::Running | JobState::Cancelled | JobState::Completed => {
                None
            }
        }
    }

    /// Failures beside what is borne; `None` without a threshold, and before the job began.
    pub fn failures(&self) -> Option<Failures> {
        Failures::of(&self.spec.delivery, self.counters, self.batch)
    }

    /// May it be told to pause after its open batch?
    pub fn may_pause(&self) -> bool {
        pausable(&self.spec.delivery, self.state, self.rest, self.counters, self.batch).is_ok()
    }

    /// Has it stopped between two batches, because somebody wants to look first?
    pub fn is_paused(&self) -> bool {
        self.state == JobState::Stopped && self.rest.is_none() && self.batch.is_some_and(|batch| batch.ended.is_some())
    }

    /// May another job be made on devices of this one? It has ended, nothing of it is out, and it had devices.
    pub fn may_be_run_again(&self) -> bool {
        let idle = self.counters.is_some_and(|counters| counters.targets > 0 && counters.running == 0);
        self.state.is_final() && idle
    }
}
