//! Jobs that are made on devices of an earlier one (iot-central §3.5).
//!
//! * A rerun does the same as its source, under the same batches, threshold and templates, on the devices that its
//!   source counted as failed, whatever is in the group now.
//! * Or on devices that somebody chose out of the source's frozen list, whatever became of them there. One that was
//!   deleted since ends as deleted; one that was made anew under its name is another and is left alone.

use std::sync::Arc;

use bellwether_model::JobId;
use bellwether_model::job::{CentralJob, Face, Job, JobSpec, JobState, Target};
use bellwether_store::{BadChoice, Records, StoreError};

use crate::central_jobs::CHOSEN_MAX;
use crate::{CreateJobError, Engine};

/// What is to be made on devices of an earlier job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rerun {
    /// The new job's name.
    pub id: JobId,
    /// Its name for people; `None`: the source's.
    pub display_name: Option<String>,
    /// What it is for; `None`: as the source.
    pub description: Option<String>,
    /// Devices out of the source's list; `None`: all that failed.
    pub devices: Option<Vec<String>>,
    /// Who asks.
    pub owner: String,
}

/// Why a job was not made on devices of an earlier one.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RerunJobError {
    /// No job of this id.
    #[error("there is no job with this id")]
    NotFound,
    /// It has not ended.
    #[error("a job that is {state} cannot be run again; it must have ended")]
    WrongState {
        /// Where it stands.
        state: JobState,
    },
    /// It was cancelled, and what was in flight then has not ended.
    #[error("the job still waits for the answers of {devices} devices")]
    StillOut {
        /// How many.
        devices: u64,
    },
    /// No device failed.
    #[error("no device of the job failed")]
    NothingFailed,
    /// A member breaks a rule.
    #[error("{field} {rule}")]
    Invalid {
        /// The member's name on the wire.
        field: &'static str,
        /// The rule, as the rest of a sentence.
        rule: String,
    },
    /// The new job was not accepted.
    #[error(transparent)]
    Create(#[from] CreateJobError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Rerun {
    /// The failed devices once more, under the same name for people.
    pub fn of_failed(id: JobId, owner: String) -> Rerun {
        Rerun { id, display_name: None, description: None, devices: None, owner }
    }
}

impl Engine {
    /// Makes a job on devices of the job `id`.
    ///
    /// # Errors
    /// There is no such job, it has not ended, nothing of it failed, a device was not in its list, or the new job is
    /// not accepted.
    pub async fn rerun_job(self: &Arc<Self>, id: &str, rerun: Rerun) -> Result<Job, RerunJobError> {
        let source = self.store.job(id).await?.ok_or(RerunJobError::NotFound)?;
        let counters = source.counters.unwrap_or_default();
        if !source.state.is_final() {
            return Err(RerunJobError::WrongState { state: source.state });
        }
        if counters.running > 0 {
            return Err(RerunJobError::StillOut { devices: counters.running });
        }
        let (target, list) = match rerun.devices {
            None if counters.failed == 0 => return Err(RerunJobError::NothingFailed),
            None => (Target::FailedOf { failed_of: source.key }, None),
            Some(devices) => {
                check_choice(&devices).map_err(|rule| RerunJobError::Invalid { field: "devices", rule })?;
                let key = source.key;
                let choose = move |records: &Records<'_>| records.choose_of(key, &devices);
                let list = self.store.read_records(choose).await?.map_err(|BadChoice(device)| {
                    let rule = format!("holds {device}, which was not among the devices of the job");
                    RerunJobError::Invalid { field: "devices", rule }
                })?;
                (Target::Chosen { chosen: list.devices(), of: Some(key) }, Some(list))
            }
        };
        let face = match source.spec.face {
            Face::Hub => {
                let named = [("displayName", &rerun.display_name), ("description", &rerun.description)];
                if let Some((field, _)) = named.into_iter().find(|(_, text)| text.is_some()) {
                    let rule = "cannot be given: jobs of the hub face have none".to_owned();
                    return Err(RerunJobError::Invalid { field, rule });
                }
                Face::Hub
            }
            Face::Central(central) => Face::Central(CentralJob {
                scheduled_job: None,
                rerun_of: Some(id.to_owned()),
                display_name: rerun.display_name.or(central.display_name),
                description: rerun.description.or(central.description),
                ..central
            }),
        };
        let spec = JobSpec { id: rerun.id, face, target, start: None, owner: rerun.owner, ..source.spec };
        Ok(self.create_job_on(spec, list).await?)
    }
}

/// The rules for devices that are named one by one.
///
/// # Errors
/// The rule, as the rest of a sentence.
pub(crate) fn check_choice(devices: &[String]) -> Result<(), String> {
    match devices.len() {
        0 => Err("must name at least one device".to_owned()),
        count if count > CHOSEN_MAX => Err(format!("may name at most {CHOSEN_MAX} devices")),
        _ => Ok(()),
    }
}
