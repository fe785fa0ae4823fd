//! The states of a job and the events that move it (iot-hub §1.10).
//!
//! ```text
//! queued ──Postpone──► scheduled ──Due──► queued ──Start──► running ──Finish──► completed
//!    └──Fail──► failed                       (no targets: Start ► completed)
//! queued | scheduled | running ──Stop──► stopped ──Resume──► running, or queued if it had not begun
//! stopped ──Finish──► completed           (what was out when it was stopped was the last of the list)
//! queued | scheduled | running | stopped ──Cancel──► cancelled
//! ```
//! Stop and resume are of IoT Central (iot-central §3.4, §5.5).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JobState {
    /// Accepted, and to begin as soon as it can.
    Queued,
    /// Accepted, its start time lies ahead.
    Scheduled,
    /// Its target list is frozen and it works through it.
    Running,
    /// Every device has its outcome.
    Completed,
    /// The job as such could not run; no device was touched.
    Failed,
    /// An operator ended it, or it had more failures than its threshold bears.
    Cancelled,
    /// An operator stopped it; it may be resumed.
    Stopped,
}

/// What may happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEvent {
    /// Its start time was seen to lie ahead.
    Postpone,
    /// Its start time has come.
    Due,
    /// Its target list was frozen with so many devices.
    Start {
        /// Devices in the list.
        targets: u64,
    },
    /// Its targets could not be found out.
    Fail,
    /// The last device got its outcome.
    Finish,
    /// An operator ends it, or there was a failure too many.
    Cancel,
    /// An operator stops it for now.
    Stop,
    /// An operator lets it go on.
    Resume {
        /// Whether its target list is frozen.
        frozen: bool,
    },
}

/// The event is not for a job in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a job that is {state} does not take {event:?}")]
pub struct Refused {
    /// Where the job stands.
    pub state: JobState,
    /// What was asked of it.
    pub event: JobEvent,
}

/// The text is no job status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be queued, scheduled, running, completed, failed, cancelled or unknown")]
pub struct BadStatus;

impl JobState {
    /// All states, in the order of a job's life.
    pub const ALL: [JobState; 7] = [
        JobState::Queued,
        JobState::Scheduled,
        JobState::Running,
        JobState::Completed,
        JobState::Failed,
        JobState::Cancelled,
        JobState::Stopped,
    ];

    /// The state after `event`.
    ///
    /// # Errors
    /// The pair is not in the drawing above.
    pub fn step(self, event: JobEvent) -> Result<JobState, Refused> {
        use JobEvent::{Cancel, Due, Fail, Finish, Postpone, Resume, Start, Stop};
        use JobState::{Cancelled, Completed, Failed, Queued, Running, Scheduled, Stopped};
        match (self, event) {
            (Queued, Postpone) => Ok(Scheduled),
            (Scheduled, Due) => Ok(Queued),
            (Queued, Start { targets: 0 }) => Ok(Completed),
            (Queued, Start { .. }) => Ok(Running),
            (Queued, Fail) => Ok(Failed),
            (Running | Stopped, Finish) => Ok(Completed),
            (Queued | Scheduled | Running | Stopped, Cancel) => Ok(Cancelled),
            (Queued | Scheduled | Running, Stop) => Ok(Stopped),
            (Stopped, Resume { frozen: true }) => Ok(Running),
            (Stopped, Resume { frozen: false }) => Ok(Queued),
            (Queued, Due | Finish | Resume { .. })
            | (Scheduled, Postpone | Start { .. } | Fail | Finish | Resume { .. })
            | (Running, Postpone | Due | Start { .. } | Fail | Resume { .. })
            | (Stopped, Postpone | Due | Start { .. } | Fail | Stop)
            | (
                Completed | Failed | Cancelled,
                Postpone | Due | Start { .. } | Fail | Finish | Cancel | Stop | Resume { .. },
            ) => Err(Refused { state: self, event }),
        }
    }

    /// A state that no event leaves.
    pub fn is_final(self) -> bool {
        match self {
            JobState::Queued | JobState::Scheduled | JobState::Running | JobState::Stopped => false,
            JobState::Completed | JobState::Failed | JobState::Cancelled => true,
        }
    }

    /// Somebody has to see to it that the job goes on: it waits for its time or its turn, or runs.
    pub fn is_to_be_worked_on(self) -> bool {
        match self {
            JobState::Queued | JobState::Scheduled | JobState::Running => true,
            JobState::Completed | JobState::Failed | JobState::Cancelled | JobState::Stopped => false,
        }
    }

    /// Our own word, for people and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Scheduled => "scheduled",
            JobState::Running => "running",
            JobState::Completed => "completed",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
            JobState::Stopped => "stopped",
        }
    }

    /// The hub's word for a job (iot-hub §1.4). It knows no stopped ones: they are `queued` (iot-central §3.4).
    pub fn hub_word(self) -> &'static str {
        match self {
            JobState::Stopped => JobState::Queued.as_str(),
            JobState::Queued
            | JobState::Scheduled
            | JobState::Running
            | JobState::Completed
            | JobState::Failed
            | JobState::Cancelled => self.as_str(),
        }
    }

    /// Reads a `jobStatus` filter in any spelling that a document or client uses (iot-hub §1.4). `unknown`
    /// is a status that no job has.
    ///
    /// # Errors
    /// The text is no status at all.
    pub fn from_filter(text: &str) -> Result<Option<JobState>, BadStatus> {
        match text.to_ascii_lowercase().as_str() {
            "queued" | "enqueued" | "pending" => Ok(Some(JobState::Queued)),
            "scheduled" => Ok(Some(JobState::Scheduled)),
            "running" => Ok(Some(JobState::Running)),
            "completed" | "finished" => Ok(Some(JobState::Completed)),
            "failed" => Ok(Some(JobState::Failed)),
            "cancelled" | "canceled" => Ok(Some(JobState::Cancelled)),
            "unknown" => Ok(None),
            _ => Err(BadStatus),
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of state and event, so that a new one of either has to be thought about.
    #[test]
    fn table() {
        let events = [
            JobEvent::Postpone,
            JobEvent::Due,
            JobEvent::Start { targets: 0 },
            JobEvent::Start { targets: 2 },
            JobEvent::Fail,
            JobEvent::Finish,
            JobEvent::Cancel,
            JobEvent::Stop,
            JobEvent::Resume { frozen: true },
            JobEvent::Resume { frozen: false },
        ];
        let shown: Vec<String> = JobState::ALL
            .into_iter()
            .map(|state| {
                let next = events.map(|event| state.step(event).map_or("-", JobState::as_str));
                format!("{:9} {}", state.as_str(), next.join(" "))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "queued    scheduled - completed running failed - cancelled stopped - -",
                "scheduled - queued - - - - cancelled stopped - -",
                "running   - - - - - completed cancelled stopped - -",
                "completed - - - - - - - - - -",
                "failed    - - - - - - - - - -",
                "cancelled - - - - - - - - - -",
                "stopped   - - - - - completed cancelled - running queued",
            ]
        );
    }

    #[test]
    fn final_states_refuse_everything() {
        for state in JobState::ALL {
            assert_eq!(state.is_final(), state.step(JobEvent::Cancel).is_err(), "{state}");
        }
    }
}
