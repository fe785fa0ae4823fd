//! Scheduled jobs: kept, changed, deleted (iot-central §4). What they run, and when, is in [`runs`].

mod runs;

use std::sync::Arc;

use bellwether_model::JobId;
use bellwether_model::access::{Caller, Permission, Scope};
use bellwether_model::identity::IfMatch;
use bellwether_model::ids::ScheduledJobId;
use bellwether_model::schedule::{Definition, ScheduledJob};
use bellwether_store::{EtagMismatch, Records, StoreError, Stored, check_etag};

use crate::Engine;
use crate::access::organizations;
use runs::{Refusal, new_run};

/// Why nothing was done with a scheduled job.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ScheduledJobError {
    /// There is no such scheduled job where the caller may look.
    #[error("there is no scheduled job of this id")]
    NotFound,
    /// See there.
    #[error(transparent)]
    EtagMismatch(#[from] EtagMismatch),
    /// What it runs now would not be what it says.
    #[error("a run of the scheduled job is active; change it when the run has ended, or stop the run first")]
    RunActive,
    /// A member breaks a rule, or refers to something that is not there for the caller.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a caller wants to stand: decided from what stands there (`None`: nothing yet), inside the transaction. A
/// refusal names the member and the rule.
pub type DefinitionChange = Box<dyn FnOnce(Option<&Definition>) -> Result<Definition, String> + Send>;

impl Engine {
    /// Makes a scheduled job or changes one. The caller owns it from then on: runs act with the caller's rights.
    ///
    /// # Errors
    /// What stands there belongs outside the caller's reach, has another etag, or has an active run; what is to stand
    /// there breaks a rule. Nothing is changed then.
    pub async fn put_scheduled_job(
        self: &Arc<Self>,
        id: ScheduledJobId,
        change: DefinitionChange,
        if_match: IfMatch,
        caller: Caller,
    ) -> Result<Stored<ScheduledJob>, ScheduledJobError> {
        self.change_scheduled_job(id, change, if_match, caller, true).await
    }

    /// Changes a scheduled job that is there.
    ///
    /// # Errors
    /// As [`Engine::put_scheduled_job`], and there is none.
    pub async fn patch_scheduled_job(
        self: &Arc<Self>,
        id: ScheduledJobId,
        change: DefinitionChange,
        if_match: IfMatch,
        caller: Caller,
    ) -> Result<Stored<ScheduledJob>, ScheduledJobError> {
        self.change_scheduled_job(id, change, if_match, caller, false).await
    }

    async fn change_scheduled_job(
        self: &Arc<Self>,
        id: ScheduledJobId,
        change: DefinitionChange,
        if_match: IfMatch,
        caller: Caller,
        may_create: bool,
    ) -> Result<Stored<ScheduledJob>, ScheduledJobError> {
        let (engine, now) = (Arc::clone(self), self.now());
        let probe = self.draw_job_id();
        let write = move |records: &Records<'_>| {
            let scope = reach(records, &caller)?;
            let stands = records.get::<ScheduledJob>(id.as_str())?;
            let hidden =
                stands.as_ref().is_some_and(|job| !scope.covers(job.record.definition.organization.as_deref()));
            if hidden || (stands.is_none() && !may_create) {
                return Err(ScheduledJobError::NotFound);
            }
            check_etag(&if_match, stands.as_ref())?;
            // Also of one that was deleted and is made again: its first tick would be skipped for that run.
            if records.has_active_run(&id)? {
                return Err(ScheduledJobError::RunActive);
            }
            let before = stands.map(|stored| stored.record);
            let definition = change(before.as_ref().map(|job| &job.definition)).map_err(ScheduledJobError::Invalid)?;
            let definition = engine.checked(records, &id, definition, probe, &caller, &scope)?;
            let job = match before {
                Some(before) => before.changed(definition, caller.name, now),
                None => ScheduledJob::new(id, definition, caller.name, now),
            };
            Ok(records.put(job)?)
        };
        let stored = self.store.change_records(write).await?;
        let (id, owner) = (stored.record.id.as_str(), &stored.record.owner);
        tracing::info!(scheduled_job.id = id, by = owner, "scheduled job accepted");
        self.schedules_changed.notify_one();
        Ok(stored)
    }

    /// The definition, when a run of it could be made now; with the organization that its runs belong to.
    fn checked(
        &self,
        records: &Records<'_>,
        id: &ScheduledJobId,
        mut definition: Definition,
        run: JobId,
        caller: &Caller,
        scope: &Scope,
    ) -> Result<Definition, ScheduledJobError> {
        let new = new_run(id, &definition, run, String::new());
        let spec = self.spec_of_run(records, new, caller.name.clone(), scope).map_err(|refusal| match refusal {
            Refusal::Because(text) => ScheduledJobError::Invalid(text),
            Refusal::Store(error) => error.into(),
        })?;
        definition.organization = spec.organization;
        Ok(definition)
    }

    /// Deletes a scheduled job. Its runs stay, also one that is active.
    ///
    /// # Errors
    /// There is none in the caller's reach, it has another etag, or the store failed.
    pub async fn delete_scheduled_job(
        &self,
        id: ScheduledJobId,
        if_match: IfMatch,
        caller: Caller,
    ) -> Result<(), ScheduledJobError> {
        let delete = move |records: &Records<'_>| {
            let scope = reach(records, &caller)?;
            let stands = records.get::<ScheduledJob>(id.as_str())?;
            let Some(job) = stands.filter(|job| scope.covers(job.record.definition.organization.as_deref())) else {
                return Err(ScheduledJobError::NotFound);
            };
            check_etag(&if_match, Some(&job))?;
            records.delete::<ScheduledJob>(id.as_str())?;
            Ok(())
        };
        self.store.change_records(delete).await
    }
}

/// A scheduled job that refers to what `refers` looks for: that cannot be deleted meanwhile.
pub(crate) fn scheduled_job_where(
    records: &Records<'_>,
    refers: impl Fn(&Definition) -> bool,
) -> Result<Option<ScheduledJob>, StoreError> {
    let page = records.page::<ScheduledJob>(0, 1, |job| refers(&job.definition))?;
    Ok(page.records.into_iter().next().map(|stored| stored.record))
}

/// Where the caller may run jobs now.
fn reach(records: &Records<'_>, caller: &Caller) -> Result<Scope, StoreError> {
    let scope = caller.scope(Permission::RunJobs, &organizations(records)?);
    Ok(scope.unwrap_or_else(|| Scope::Within([].into())))
}
