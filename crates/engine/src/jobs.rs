//! Accepting, cancelling, stopping and resuming jobs.

use std::sync::Arc;

use bellwether_model::job::{Action, BadDelivery, Job, JobSpec, Target};
use bellwether_model::twin::patch::PatchObject;
use bellwether_model::twin::{SectionChange, TwinChange, TwinError};
use bellwether_query::{Condition, QueryError};
use bellwether_store::{CreateError, StoreError, TargetList};

use crate::{Engine, MoveJobError};

/// Why a job was not accepted. Nothing of it is kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateJobError {
    /// The id is taken by a job that is still on record.
    #[error("a job with this id exists already")]
    AlreadyExists,
    /// A member breaks a rule.
    #[error("{field} {rule}")]
    Invalid {
        /// The member's name on the wire.
        field: &'static str,
        /// The rule, as the rest of a sentence.
        rule: String,
    },
    /// The condition does not parse, or can never be true or false.
    #[error(transparent)]
    Condition(#[from] QueryError),
    /// The twin change breaks a rule.
    #[error("updateTwin: {0}")]
    Twin(#[from] TwinError),
    /// Batches or the threshold break a rule.
    #[error(transparent)]
    Delivery(#[from] BadDelivery),
    /// The program is about to stop.
    #[error("the server is stopping")]
    Stopping,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<CreateError> for CreateJobError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::AlreadyExists => CreateJobError::AlreadyExists,
            CreateError::SourceGone => {
                CreateJobError::Invalid { field: "jobId", rule: "is of a job that is no longer on record".to_owned() }
            }
            CreateError::Store(error) => CreateJobError::Store(error),
        }
    }
}

impl Engine {
    /// Checks a job and takes it: when this returns, the job is on disk and will run (iot-hub §1.3, §1.5).
    ///
    /// # Errors
    /// The first rule that is broken; nothing is kept then.
    pub async fn create_job(self: &Arc<Self>, spec: JobSpec) -> Result<Job, CreateJobError> {
        self.create_job_on(spec, None).await
    }

    /// As [`Engine::create_job`]; `chosen` are its devices, where they were chosen one by one.
    pub(crate) async fn create_job_on(
        self: &Arc<Self>,
        spec: JobSpec,
        chosen: Option<TargetList>,
    ) -> Result<Job, CreateJobError> {
        if self.is_stopping() {
            return Err(CreateJobError::Stopping);
        }
        self.check(&spec)?;
        let now = self.now();
        let job = match chosen {
            Some(list) => self.store.create_job_on(spec, list, now).await?,
            None => self.store.create_job(spec, now).await?,
        };
        tracing::info!(job.id = job.spec.id.as_str(), by = job.spec.owner, start = %job.start, "job accepted");
        self.take_up(job.clone());
        Ok(job)
    }

    /// The rules for every job.
    pub(crate) fn check(&self, spec: &JobSpec) -> Result<(), CreateJobError> {
        let invalid = |field, rule: String| Err(CreateJobError::Invalid { field, rule });
        let limit = self.settings.condition_bytes_max;
        match &spec.target {
            Target::Twins { condition, device_ids } => {
                if condition.as_ref().is_some_and(|text| text.len() > limit) {
                    return invalid("queryCondition", format!("may have at most {limit} bytes"));
                }
                condition_of(condition.as_deref(), device_ids.as_deref())?;
            }
            Target::Group { .. } | Target::FailedOf { .. } | Target::Chosen { .. } => {}
        }
        spec.delivery.check()?;
        let hours = self.settings.start_hours_ahead_max;
        if spec.start.is_some_and(|start| start > self.now().plus_seconds(hours * 3600)) {
            return invalid("startTime", format!("must be within {hours} hours from now"));
        }
        if spec.lifetime.is_some_and(|seconds| seconds <= 0) {
            return invalid("maxExecutionTimeInSeconds", "must be positive".to_owned());
        }
        match &spec.action {
            Action::UpdateTwin(body) => {
                let change = TwinChange::merge_from_body(body)?;
                change.check_size()?;
                if self.settings.strict_characters {
                    strict(&change)?;
                }
            }
            // The rules of a call were checked when it was read.
            Action::InvokeMethods(calls) => {
                if calls.is_empty() {
                    return invalid("data", "must have a command".to_owned());
                }
            }
            Action::SetTemplate(_) => {}
        }
        Ok(())
    }

    /// Ends a job for good: what was not begun when this returns never is; calls that are out are still recorded
    /// (iot-hub §1.10).
    ///
    /// # Errors
    /// There is no such job, it has ended, or the store failed.
    pub async fn cancel_job(&self, id: &str) -> Result<Job, MoveJobError> {
        let job = self.store.cancel_job(id, self.now()).await?;
        tracing::info!(job.id = id, "job cancelled");
        self.withdraw(&job).await;
        Ok(job)
    }

    /// Stops a job for now: when this returns no attempt begins and every one that was recorded has been sent. Calls
    /// that are out end and are recorded, and a device that is amid several calls gets them all (iot-central §5.5). A deadline goes on meanwhile.
    ///
    /// # Errors
    /// There is no such job, it has ended or is stopped already, or the store failed.
    pub async fn stop_job(&self, id: &str) -> Result<Job, MoveJobError> {
        let job = self.store.stop_job(id, self.now()).await?;
        tracing::info!(job.id = id, "job stopped");
        self.withdraw(&job).await;
        Ok(job)
    }

    /// Lets a stopped job go on with the devices that it has not begun; nothing is sent twice (iot-central §5.5).
    ///
    /// # Errors
    /// There is no such job, it is not stopped, all jobs are held, the program is about to stop, or the store failed.
    pub async fn resume_job(self: &Arc<Self>, id: &str) -> Result<Job, MoveJobError> {
        let job = self.store.resume_job(id, self.now()).await?;
        tracing::info!(job.id = id, "job resumed");
        self.take_up(job.clone());
        Ok(job)
    }

    /// A job whose open batch is to be looked at before the next opens: when the last device of it has ended, the job is
    /// stopped. Until then that can be withdrawn ([`Engine::withdraw_pause`]); resuming opens the next batch.
    ///
    /// # Errors
    /// There is no such job, no batch of it is open, none comes after it, or the store failed.
    pub async fn pause_after_batch(&self, id: &str) -> Result<Job, MoveJobError> {
        self.store.pause_after_batch(id, self.now()).await
    }

    /// The job opens the next batch as usual.
    ///
    /// # Errors
    /// There is no such job, it does not pause or has done so already, or the store failed.
    pub async fn withdraw_pause(&self, id: &str) -> Result<Job, MoveJobError> {
        self.store.withdraw_pause(id, self.now()).await
    }

    /// Somebody has looked at a job that had ended, and it needs no further attention.
    ///
    /// # Errors
    /// There is no such job, it has not ended, or the store failed.
    pub async fn acknowledge_job(&self, id: &str) -> Result<(), MoveJobError> {
        self.store.acknowledge_job(id, self.now()).await
    }

    /// A job takes no more: whoever waits for its time forgets it, its task looks at it again. When this returns,
    /// what was recorded before has been sent.
    async fn withdraw(&self, job: &Job) {
        self.waiting.lock().remove(&(job.start, job.key));
        self.settle(job.key).await;
    }
}

/// What a device must fulfil to be a target.
pub(crate) fn condition_of(condition: Option<&str>, device_ids: Option<&[String]>) -> Result<Condition, QueryError> {
    let condition = condition.map(Condition::parse).transpose()?;
    let devices = device_ids.map(|ids| Condition::device_ids(ids.iter().cloned()));
    match (condition, devices) {
        (Some(condition), Some(devices)) => Ok(condition.and(devices)),
        (Some(one), None) | (None, Some(one)) => Ok(one),
        // Never "all devices": that must be said.
        (None, None) => Ok(Condition::device_ids(Vec::<String>::new())),
    }
}

fn strict(change: &TwinChange) -> Result<(), TwinError> {
    let sections = [("tags", &change.tags), ("properties.desired", &change.desired)];
    for (name, section) in sections {
        let patch: Option<&PatchObject> = section.as_ref().map(|section| match section {
            SectionChange::Merge(patch) | SectionChange::Replace(patch) => patch,
        });
        if let Some(patch) = patch {
            patch.check_strict_characters(name)?;
        }
    }
    Ok(())
}
