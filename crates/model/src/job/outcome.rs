//! How a job went on one device.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{JobType, Success};
use crate::Time;
use crate::method::MethodAnswer;
use crate::twin::TwinError;

/// The kinds of endings (DESIGN §3.6). Stored as the number given here; the numbers never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// Done, or answered with a status below 300.
    Succeeded = 1,
    /// The device answered with another status. On the hub face that is a device job that completed.
    Rejected = 2,
    /// Connected, but no answer in time.
    TimedOut = 3,
    /// Nothing was sent to it: it was not connected when its turn came, or until the deadline.
    NeverReached = 4,
    /// The device was not in a state to take part: deleted, disabled, or its twin could not take the change.
    PreconditionFailed = 5,
    /// The answer could not be understood, or we failed.
    ServerError = 6,
    /// The server stopped, or the link went, between call and answer; the device may or may not have acted.
    Unknown = 7,
    /// Not begun when the job was cancelled.
    Cancelled = 8,
}

/// The three ways in which a job counts an ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tally {
    /// In `succeededCount`.
    Succeeded,
    /// In `failedCount`.
    Failed,
    /// In neither.
    Cancelled,
}

impl Class {
    /// All classes.
    pub const ALL: [Class; 8] = [
        Class::Succeeded,
        Class::Rejected,
        Class::TimedOut,
        Class::NeverReached,
        Class::PreconditionFailed,
        Class::ServerError,
        Class::Unknown,
        Class::Cancelled,
    ];

    /// How a job with this rule of success counts it.
    pub fn tally(self, success: Success) -> Tally {
        match self {
            Class::Succeeded => Tally::Succeeded,
            Class::Rejected => match success {
                Success::Answered => Tally::Succeeded,
                Success::Status2xx => Tally::Failed,
            },
            Class::TimedOut | Class::NeverReached | Class::PreconditionFailed | Class::ServerError | Class::Unknown => {
                Tally::Failed
            }
            Class::Cancelled => Tally::Cancelled,
        }
    }
}

/// Where one device stands in one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceJobState {
    /// In the target list, not begun.
    Pending,
    /// An attempt is out, or was when the server stopped.
    Running,
    /// It has its outcome, and keeps it.
    Ended(Class),
}

impl DeviceJobState {
    /// The word in rows of `devices.jobs`: one `l` in `canceled` (iot-hub §1.4).
    pub fn as_str(self, success: Success) -> &'static str {
        match self {
            DeviceJobState::Pending => "pending",
            DeviceJobState::Running => "running",
            DeviceJobState::Ended(class) => match class.tally(success) {
                Tally::Succeeded => "completed",
                Tally::Failed => "failed",
                Tally::Cancelled => "canceled",
            },
        }
    }

    /// The state after an attempt is recorded: only a pending device is begun, so that no device runs twice.
    pub fn begin(self) -> Option<DeviceJobState> {
        match self {
            DeviceJobState::Pending => Some(DeviceJobState::Running),
            DeviceJobState::Running | DeviceJobState::Ended(_) => None,
        }
    }

    /// The state after an outcome: the first one stays, a late or second one changes nothing.
    pub fn end(self, class: Class) -> Option<DeviceJobState> {
        match self {
            DeviceJobState::Pending | DeviceJobState::Running => Some(DeviceJobState::Ended(class)),
            DeviceJobState::Ended(_) => None,
        }
    }
}

/// An ending with what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its kind.
    pub class: Class,
    /// What the device answered, call by call; the last one decided when [`Outcome::is_answered`].
    pub answers: Vec<MethodAnswer>,
    /// When the calls that were answered went out and came back; empty where nobody looked.
    pub times: Vec<CallTimes>,
    /// Symbol and sentence for rows that failed (iot-hub §1.8).
    pub error: Option<OutcomeError>,
}

/// When a call was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallTimes {
    /// When it went out.
    pub begun: Time,
    /// When its answer came.
    pub answered: Time,
}

/// Why a device job failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeError {
    /// Symbol, one of iot-hub §6.2 or our own.
    pub code: Cow<'static, str>,
    /// For the operator.
    pub description: String,
}

impl Outcome {
    /// A twin job's change is on disk.
    pub fn done() -> Outcome {
        Outcome { class: Class::Succeeded, answers: Vec::new(), times: Vec::new(), error: None }
    }

    /// The device answered every call, or all up to one with which it failed by the job's rule of success.
    pub fn answered(answers: Vec<MethodAnswer>, success: Success) -> Outcome {
        let rejected = answers.iter().find(|answer| answer.is_rejection());
        let class = if rejected.is_some() { Class::Rejected } else { Class::Succeeded };
        let counts_as_failed = class.tally(success) == Tally::Failed;
        let error = rejected.filter(|_| counts_as_failed).map(|answer| OutcomeError {
            code: "DeviceRejected".into(),
            description: format!("the device answered with status {}", answer.status),
        });
        Outcome { class, answers, times: Vec::new(), error }
    }

    /// The same with what the device had answered before it came to this.
    pub fn after(self, answers: Vec<MethodAnswer>) -> Outcome {
        Outcome { answers, ..self }
    }

    /// The same with the times of its answers.
    pub fn timed(self, times: Vec<CallTimes>) -> Outcome {
        Outcome { times, ..self }
    }

    /// The last answer decided, no error did.
    pub fn is_answered(&self) -> bool {
        !self.answers.is_empty() && matches!(self.class, Class::Succeeded | Class::Rejected)
    }

    /// Connected, but silent for the whole response timeout.
    pub fn timed_out() -> Outcome {
        Self::failed(Class::TimedOut, "GatewayTimeout", "the device did not answer in time")
    }

    /// The link went after the call was sent. It is not repeated: the device may have acted.
    pub fn connection_lost() -> Outcome {
        Self::failed(Class::Unknown, "DeviceNotOnline", "the connection was lost after the call was sent")
    }

    /// The answer broke the protocol.
    pub fn malformed_answer(reason: &str) -> Outcome {
        Self::failed(Class::ServerError, "BadDeviceResponse", &format!("the device's answer is not valid: {reason}"))
    }

    /// Not connected when its turn came, in a job that does not wait (iot-central §5.2).
    pub fn not_online() -> Outcome {
        Self::failed(Class::NeverReached, "DeviceNotOnline", "the device was not connected when its turn came")
    }

    /// Not of the template that the job is for.
    pub fn template_mismatch(wanted: &str) -> Outcome {
        let text = format!("the device is not assigned to the device template {wanted}");
        Self::failed(Class::PreconditionFailed, "TemplateMismatch", &text)
    }

    /// Handed to another organization since the list of the job was made.
    pub fn organization_mismatch(wanted: &str) -> Outcome {
        let text = format!("the device does not belong to the organization {wanted} of the job any more");
        Self::failed(Class::PreconditionFailed, "OrganizationMismatch", &text)
    }

    /// The template that the device is to get was deleted meanwhile.
    pub fn template_gone(id: &str) -> Outcome {
        let text = format!("there is no device template {id} any more");
        Self::failed(Class::PreconditionFailed, "TemplateNotFound", &text)
    }

    /// Not connected until the job's deadline.
    pub fn not_connected() -> Outcome {
        Self::failed(
            Class::NeverReached,
            "JobRunPreconditionFailed",
            "the device did not come online before the job's deadline",
        )
    }

    /// The device was deleted after the target list was frozen.
    pub fn deleted() -> Outcome {
        Self::failed(Class::PreconditionFailed, "DeviceNotFound", "the device was deleted while the job ran")
    }

    /// The device was disabled after the target list was frozen.
    pub fn disabled() -> Outcome {
        Self::failed(Class::PreconditionFailed, "DeviceNotFound", "the device is disabled")
    }

    /// The server stopped between call and answer.
    pub fn unknown() -> Outcome {
        Self::failed(
            Class::Unknown,
            "OutcomeUnknown",
            "the server stopped after the call was sent; the device may or may not have acted on it",
        )
    }

    /// The twin could not take the change.
    pub fn twin_refused(error: &TwinError) -> Outcome {
        Self::failed(Class::PreconditionFailed, "ArgumentInvalid", &error.to_string())
    }

    /// Not begun when the job was cancelled.
    pub fn cancelled() -> Outcome {
        Outcome { class: Class::Cancelled, answers: Vec::new(), times: Vec::new(), error: None }
    }

    /// What a device without a row of its own ended with (see [`super::Job::rest`]).
    pub fn of_rest(class: Class, job_type: JobType) -> Outcome {
        match (class, job_type) {
            (Class::Cancelled, _) => Outcome::cancelled(),
            (_, JobType::ScheduleDeviceMethod) => Outcome::not_connected(),
            (_, JobType::ScheduleUpdateTwin) => Self::failed(
                Class::NeverReached,
                "JobRunPreconditionFailed",
                "the job's deadline came before the device's turn",
            ),
        }
    }

    fn failed(class: Class, code: &'static str, description: &str) -> Outcome {
        Outcome {
            class,
            answers: Vec::new(),
            times: Vec::new(),
            error: Some(OutcomeError { code: code.into(), description: description.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_begun_once_and_ends_once() {
        let ended = DeviceJobState::Ended(Class::TimedOut);
        assert_eq!(DeviceJobState::Pending.begin(), Some(DeviceJobState::Running));
        assert_eq!(DeviceJobState::Running.begin(), None);
        assert_eq!(ended.begin(), None);
        assert_eq!(DeviceJobState::Running.end(Class::TimedOut), Some(ended));
        assert_eq!(DeviceJobState::Pending.end(Class::TimedOut), Some(ended));
        assert_eq!(ended.end(Class::Succeeded), None);
    }

    #[test]
    fn rows_say_canceled_with_one_l() {
        for (class, success, word) in [
            (Class::Cancelled, Success::Answered, "canceled"),
            (Class::Rejected, Success::Answered, "completed"),
            (Class::Rejected, Success::Status2xx, "failed"),
            (Class::Succeeded, Success::Status2xx, "completed"),
            (Class::Unknown, Success::Answered, "failed"),
        ] {
            assert_eq!(DeviceJobState::Ended(class).as_str(success), word, "{class:?} {success:?}");
        }
    }

    #[test]
    fn answers_count_by_arrival_not_by_status() {
        let answered = |status| {
            Outcome::answered(vec![MethodAnswer { status, payload: "null".to_owned() }], Success::Answered).class
        };
        assert_eq!(answered(200), Class::Succeeded);
        assert_eq!(answered(404), Class::Rejected);
        assert_eq!(answered(404).tally(Success::Answered), Tally::Succeeded);
        assert_eq!(answered(404).tally(Success::Status2xx), Tally::Failed);
    }

    #[test]
    fn an_answer_that_counts_as_failed_says_why() {
        let answers = |statuses: &[i64]| -> Vec<MethodAnswer> {
            statuses.iter().map(|&status| MethodAnswer { status, payload: "null".to_owned() }).collect()
        };
        let outcome = Outcome::answered(answers(&[200, 500]), Success::Status2xx);
        assert_eq!((outcome.class, outcome.error.unwrap().code.as_ref()), (Class::Rejected, "DeviceRejected"));
        assert_eq!(Outcome::answered(answers(&[500]), Success::Answered).error, None);
        let lost = Outcome::connection_lost().after(answers(&[200]));
        assert!(!lost.is_answered());
    }
}
