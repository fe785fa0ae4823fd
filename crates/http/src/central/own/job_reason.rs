//! Why a job waits, was stopped, was cancelled or failed.

use bellwether_engine::Waits;
use bellwether_model::Time;
use bellwether_model::job::{Action, Failures, Job, JobState};
use bellwether_store::{AuditEntry, Records, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::call::Call;
use super::owner::Names;

/// Why a job waits, was stopped, was cancelled or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobReason {
    /// Which.
    pub code: ReasonCode,
    /// In English, a sentence without a full stop.
    pub message: String,
    /// Who stopped, cancelled or holds it, by the name for people; absent when that is not known any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was stopped or cancelled; since when it is held; until when it waits at the latest.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// How many devices it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<u64>,
    /// The batch after which it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<u64>,
    /// Failed devices that are counted against the threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// Failed devices that were borne.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub borne: Option<u64>,
}

/// Which reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ReasonCode {
    /// All jobs are held: `by` whom, since `at`.
    Held,
    /// As many jobs run as may at once.
    Slot,
    /// Its time has not come: `at`.
    Time,
    /// The devices that it has not begun are not connected. It waits for `devices` of them until `at`.
    Absent,
    /// Everything is begun that may be; of `devices` the answers are awaited, `at` at the latest.
    LastAnswers,
    /// Somebody stopped it.
    Stopped,
    /// Somebody held all jobs, which stopped it.
    StoppedByHold,
    /// It stopped when `batch` had ended, as `by` had asked for.
    PausedAfterBatch,
    /// Somebody cancelled it.
    Cancelled,
    /// Its threshold cancelled it.
    Threshold,
    /// It could not be run; `message` says why.
    Failed,
}

/// What the hold on all jobs did to one that ran, as its activity calls it.
const HOLD: &str = "hold";
/// What a job did that stopped between two batches, and what somebody did who wanted that.
const PAUSE: &str = "pause";
const PAUSE_AFTER_BATCH: &str = "pauseAfterBatch";

impl ReasonCode {
    fn says(self, message: String) -> JobReason {
        JobReason { code: self, message, by: None, at: None, devices: None, batch: None, failed: None, borne: None }
    }
}

/// What has to be looked up.
enum Unknown {
    /// Who did this.
    Who(&'static str),
    /// Who stopped it, in any way.
    WhoStopped,
    /// How people know this one.
    Name(String),
    /// When the last device was begun.
    LastBegun,
}

/// What was looked up.
enum Found {
    Who(Option<AuditEntry>),
    /// The time is that of the pause, the entry that of who had asked for it.
    Paused(Time, Option<AuditEntry>),
    Name(String),
    LastBegun(Option<Time>),
}

/// The reasons of some jobs, in their order.
///
/// # Errors
/// The store failed.
pub(crate) async fn reasons(call: &Call, jobs: &[&Job]) -> Result<Vec<Option<JobReason>>, StoreError> {
    let mut reasons: Vec<Option<JobReason>> = jobs.iter().map(|job| at_hand(call, job)).collect();
    let wanted: Vec<_> = jobs
        .iter()
        .zip(&reasons)
        .enumerate()
        .filter_map(|(index, (job, reason))| {
            let unknown = match reason.as_ref()?.code {
                ReasonCode::Stopped | ReasonCode::StoppedByHold | ReasonCode::PausedAfterBatch => Unknown::WhoStopped,
                ReasonCode::Cancelled => Unknown::Who("cancel"),
                ReasonCode::Held => Unknown::Name(call.engine().job_hold()?.by.clone()),
                ReasonCode::LastAnswers => Unknown::LastBegun,
                ReasonCode::Slot
                | ReasonCode::Time
                | ReasonCode::Absent
                | ReasonCode::Threshold
                | ReasonCode::Failed => return None,
            };
            Some((index, unknown, job.key, job.spec.id.clone(), job.created))
        })
        .collect();
    if wanted.is_empty() {
        return Ok(reasons);
    }
    let read = move |records: &Records<'_>| {
        let look_up = |(index, unknown, key, id, created)| {
            let id: bellwether_model::JobId = id;
            let found = match unknown {
                // Another job may have had the id before.
                Unknown::Who(action) => Found::Who(records.last_noted("job", id.as_str(), &[action], created)?),
                Unknown::WhoStopped => {
                    let last = |actions: &[&str]| records.last_noted("job", id.as_str(), actions, created);
                    match last(&["stop", HOLD, PAUSE])? {
                        Some(entry) if entry.action == PAUSE => {
                            Found::Paused(Time(entry.number), last(&[PAUSE_AFTER_BATCH])?)
                        }
                        entry => Found::Who(entry),
                    }
                }
                Unknown::Name(who) => Found::Name(who),
                Unknown::LastBegun => Found::LastBegun(records.last_begun(key)?),
            };
            Ok((index, found))
        };
        wanted.into_iter().map(look_up).collect::<Result<Vec<(usize, Found)>, StoreError>>()
    };
    let found = call.engine().store().read_records(read).await?;
    let actors = found.iter().filter_map(|(_, found)| match found {
        Found::Who(Some(entry)) | Found::Paused(_, Some(entry)) => Some(entry.actor.as_str()),
        Found::Name(who) => Some(who.as_str()),
        Found::Who(None) | Found::Paused(_, None) | Found::LastBegun(_) => None,
    });
    let names = Names::of(call, actors).await?;
    for (index, found) in found {
        let (Some(Some(reason)), Some(job)) = (reasons.get_mut(index), jobs.get(index)) else { continue };
        match found {
            Found::Name(who) => reason.by = names.get(&who),
            Found::Paused(at, asked) => {
                reason.code = ReasonCode::PausedAfterBatch;
                reason.batch = job.batch.map(|batch| batch.number);
                reason.at = Some(at.to_string());
                reason.by = asked.and_then(|entry| names.get(&entry.actor));
                reason.message = format!("stopped after batch {}", reason.batch.unwrap_or_default());
                if let Some(by) = &reason.by {
                    reason.message = format!("{}, as asked for by {by}", reason.message);
                }
            }
            Found::Who(Some(entry)) => {
                if entry.action == HOLD {
                    reason.code = ReasonCode::StoppedByHold;
                    reason.message = "stopped, as all jobs were held".to_owned();
                }
                reason.at = Some(Time(entry.number).to_string());
                reason.by = names.get(&entry.actor);
                if let Some(by) = &reason.by {
                    reason.message = format!("{} by {by}", reason.message);
                }
            }
            Found::LastBegun(Some(begun)) => {
                let latest = begun.plus_seconds(answer_seconds(job));
                let latest = job.deadline.map_or(latest, |deadline| latest.min(deadline)).to_string();
                reason.message = format!("{}, until {latest} at the latest", reason.message);
                reason.at = Some(latest);
            }
            Found::Who(None) | Found::LastBegun(None) => {}
        }
    }
    Ok(reasons)
}

/// As far as it can be said without looking anything up.
fn at_hand(call: &Call, job: &Job) -> Option<JobReason> {
    let failure = || job.failure.clone();
    match job.state {
        JobState::Queued | JobState::Scheduled | JobState::Running => {
            if let Some(waits) = call.engine().waiting_reason(job) {
                return Some(match &waits {
                    Waits::Held(hold) => {
                        JobReason { at: Some(hold.since.to_string()), ..ReasonCode::Held.says(waits.to_string()) }
                    }
                    Waits::ForSlot { .. } => ReasonCode::Slot.says(waits.to_string()),
                });
            }
            if job.state == JobState::Running { running(call, job) } else { waiting(job) }
        }
        JobState::Stopped => Some(ReasonCode::Stopped.says("stopped".to_owned())),
        JobState::Cancelled => Some(match failure() {
            None => ReasonCode::Cancelled.says("cancelled".to_owned()),
            Some(message) => {
                let failures = job.failures();
                JobReason {
                    failed: failures.map(|Failures { seen, .. }| seen),
                    borne: failures.map(|Failures { borne, .. }| borne),
                    ..ReasonCode::Threshold.says(message)
                }
            }
        }),
        JobState::Failed => failure().map(|message| ReasonCode::Failed.says(message)),
        JobState::Completed => None,
    }
}

fn waiting(job: &Job) -> Option<JobReason> {
    let start = job.start.to_string();
    (job.state == JobState::Scheduled)
        .then(|| JobReason { at: Some(start.clone()), ..ReasonCode::Time.says(format!("waits for its time, {start}")) })
}

fn running(call: &Call, job: &Job) -> Option<JobReason> {
    let (counters, batch) = (job.counters?, job.batch?);
    // After its deadline it begins none any more.
    let is_open = job.rest.is_none();
    let pending = batch.size.saturating_sub(batch.succeeded + batch.failed + counters.running);
    if is_open && pending > 0 {
        let until = call.engine().waits_for_devices(job)?;
        let until_text = until.map(|time| format!(" until {time}")).unwrap_or_default();
        let message = format!("waits for {} to connect{until_text}", counted(pending));
        let at = until.map(|time| time.to_string());
        return Some(JobReason { at, devices: Some(pending), ..ReasonCode::Absent.says(message) });
    }
    (counters.running > 0).then(|| {
        let of_batch =
            if job.spec.delivery.batch.is_some() { format!(" of batch {}", batch.number) } else { String::new() };
        let message = format!("waits for the answers of {}{of_batch}", counted(counters.running));
        JobReason { devices: Some(counters.running), ..ReasonCode::LastAnswers.says(message) }
    })
}

fn counted(devices: u64) -> String {
    if devices == 1 { "1 device".to_owned() } else { format!("{devices} devices") }
}

/// Seconds that a device has for all of its calls.
fn answer_seconds(job: &Job) -> i64 {
    match &job.spec.action {
        Action::InvokeMethods(calls) => calls.iter().map(|call| i64::from(call.response_timeout)).sum(),
        Action::UpdateTwin(_) | Action::SetTemplate(_) => 0,
    }
}
