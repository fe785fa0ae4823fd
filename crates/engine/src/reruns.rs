//! Jobs that are made on devices of an earlier one (iot-central §3.5).
//!
//! * A rerun does the same as its source, under the same batches, threshold and templates, on the devices that its
//!   source counted as failed, whatever is in the group now. Whoever makes it may say that it does something else, or
//!   goes otherwise: that is checked as for a new job.
//! * Or on devices that somebody chose out of the source's frozen list, whatever became of them there. One that was
//!   deleted since ends as deleted; one that was made anew under its name is another and is left alone.

use std::sync::Arc;

use bellwether_model::JobId;
use bellwether_model::job::{
    Amount, CentralJob, Delivery, Face, Job, JobData, JobSpec, JobState, Target, Threshold, plan,
};
use bellwether_model::template::Fault;
use bellwether_store::{BadChoice, Records, StoreError, TargetList};

use crate::central_jobs::{CHOSEN_MAX, models};
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
    /// What it does; `None`: the same as the source.
    pub data: Option<Vec<JobData>>,
    /// Its batches; `None`: as the source, the inner `None`: none.
    pub batch: Option<Option<Amount>>,
    /// When it is cancelled; `None`: as the source, the inner `None`: by nobody but people.
    pub threshold: Option<Option<Threshold>>,
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
    /// An entry of `data`, or what it names, is wrong.
    #[error(transparent)]
    Data(#[from] Fault),
    /// The new job was not accepted.
    #[error(transparent)]
    Create(#[from] CreateJobError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The rule that jobs of the hub face break with a member that only IoT Central's have.
pub const NOT_ON_THE_HUB_FACE: &str = "cannot be given: jobs of the hub face have none";

impl Rerun {
    /// The failed devices once more, under the same name for people.
    pub fn of_failed(id: JobId, owner: String) -> Rerun {
        Rerun {
            id,
            display_name: None,
            description: None,
            data: None,
            batch: None,
            threshold: None,
            devices: None,
            owner,
        }
    }

    /// A member that a job of the hub face cannot have.
    fn foreign_to_the_hub(&self) -> Option<&'static str> {
        let named = [
            ("displayName", self.display_name.is_some()),
            ("description", self.description.is_some()),
            ("data", self.data.is_some()),
            ("batch", self.batch.is_some()),
            ("cancellationThreshold", self.threshold.is_some()),
        ];
        named.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }
}

impl Engine {
    /// Makes a job on devices of the job `id`.
    ///
    /// # Errors
    /// There is no such job, it has not ended, nothing of it failed, a device was not in its list, what is to be done
    /// does not fit its templates, or the new job is not accepted.
    pub async fn rerun_job(self: &Arc<Self>, id: &str, rerun: Rerun) -> Result<Job, RerunJobError> {
        let source = self.source(id).await?;
        let is_of_hub = source.spec.central().is_none();
        if let Some(field) = rerun.foreign_to_the_hub().filter(|_| is_of_hub) {
            return Err(RerunJobError::Invalid { field, rule: NOT_ON_THE_HUB_FACE.to_owned() });
        }
        let (target, list) = match rerun.devices {
            None if !has_failures(&source) => return Err(RerunJobError::NothingFailed),
            None => (Target::FailedOf { failed_of: source.key }, None),
            Some(devices) => {
                let list = self.devices_of(&source, devices).await?;
                (Target::Chosen { chosen: list.devices(), of: Some(source.key) }, Some(list))
            }
        };
        let mut spec = JobSpec { id: rerun.id, target, start: None, owner: rerun.owner, ..source.spec };
        spec.delivery = Delivery {
            batch: rerun.batch.unwrap_or(spec.delivery.batch),
            threshold: rerun.threshold.unwrap_or(spec.delivery.threshold),
        };
        if let Some(data) = &rerun.data {
            let entries = data.clone();
            let models = self.store.read_records(move |records| models(records, entries.iter())).await?;
            let plan = plan(data, &models)?;
            (spec.action, spec.templates) = (plan.action, plan.templates);
        }
        if let Face::Central(central) = spec.face {
            spec.face = Face::Central(CentralJob {
                scheduled_job: None,
                rerun_of: Some(id.to_owned()),
                display_name: rerun.display_name.or(central.display_name),
                description: rerun.description.or(central.description),
                data: rerun.data.unwrap_or(central.data),
                ..central
            });
        }
        Ok(self.create_job_on(spec, list).await?)
    }

    /// The devices that a rerun of the job `id` would run on: of these, or all that failed.
    ///
    /// # Errors
    /// As [`Engine::rerun_job`].
    pub(crate) async fn rerun_targets(
        &self,
        id: &str,
        devices: Option<Vec<String>>,
    ) -> Result<(Job, TargetList), RerunJobError> {
        let source = self.source(id).await?;
        let list = match devices {
            None if !has_failures(&source) => return Err(RerunJobError::NothingFailed),
            None => self.store.failed_targets(source.key).await?,
            Some(devices) => self.devices_of(&source, devices).await?,
        };
        Ok((source, list))
    }

    /// A job that others may be made on devices of.
    async fn source(&self, id: &str) -> Result<Job, RerunJobError> {
        let source = self.store.job(id).await?.ok_or(RerunJobError::NotFound)?;
        let devices = source.counters.unwrap_or_default().running;
        if !source.state.is_final() {
            return Err(RerunJobError::WrongState { state: source.state });
        }
        if devices > 0 {
            return Err(RerunJobError::StillOut { devices });
        }
        Ok(source)
    }

    /// Devices out of a job's frozen list.
    async fn devices_of(&self, source: &Job, devices: Vec<String>) -> Result<TargetList, RerunJobError> {
        check_choice(&devices).map_err(|rule| RerunJobError::Invalid { field: "devices", rule })?;
        let key = source.key;
        let choose = move |records: &Records<'_>| records.choose_of(key, &devices);
        self.store.select_records(choose).await?.map_err(|BadChoice(device)| {
            let rule = format!("holds {device}, which was not among the devices of the job");
            RerunJobError::Invalid { field: "devices", rule }
        })
    }
}

fn has_failures(source: &Job) -> bool {
    source.counters.is_some_and(|counters| counters.failed > 0)
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
