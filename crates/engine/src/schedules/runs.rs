//! Scheduled jobs run: at each tick the model says what is to be done, and one transaction does it. The definition's
//! counter and the run's job change together, so that a crash between any two moments neither doubles a run nor
//! loses one.

use std::sync::Arc;

use bellwether_model::access::Scope;
use bellwether_model::ids::ScheduledJobId;
use bellwether_model::job::{Action, CentralJob, Job, JobData, JobSpec, Target};
use bellwether_model::schedule::{Definition, LastRun, ScheduledJob, Step};
use bellwether_model::{JobId, Time};
use bellwether_store::{AuditPlace, CreateError, NewAuditEntry, Records, StoreError};

use super::reach;
use crate::access::caller_named;
use crate::central_jobs::{CentralJobError, NewCentralJob, central_spec};
use crate::runner::STORE_PAUSE;
use crate::{CreateJobError, Engine};

/// Why there can be no run.
pub(super) enum Refusal {
    /// A rule that is broken, or a right that is gone.
    Because(String),
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Refusal::Store(error)
    }
}

impl From<CentralJobError> for Refusal {
    fn from(error: CentralJobError) -> Self {
        match error {
            CentralJobError::Store(error) | CentralJobError::Create(CreateJobError::Store(error)) => {
                Refusal::Store(error)
            }
            CentralJobError::Data(_) | CentralJobError::Invalid { .. } | CentralJobError::Create(_) => {
                Refusal::Because(error.to_string())
            }
        }
    }
}

/// What a run asks for.
pub(super) fn new_run(id: &ScheduledJobId, definition: &Definition, run: JobId, display_name: String) -> NewCentralJob {
    let job = CentralJob {
        display_name: Some(display_name),
        description: definition.description.clone(),
        group: definition.group.clone(),
        data: definition.data.clone(),
        scheduled_job: Some(id.to_string()),
        rerun_of: None,
    };
    let organization = definition.organization.clone();
    NewCentralJob { id: run, job, devices: None, delivery: definition.delivery, organization }
}

/// How a run that cannot be is kept: it never comes to what it would do.
fn without_action(new: NewCentralJob, owner: String) -> JobSpec {
    let action = match new.job.data.first() {
        Some(JobData::Command { .. }) => Action::InvokeMethods(Vec::new()),
        Some(JobData::Property { .. } | JobData::CloudProperty { .. } | JobData::DeviceTemplateMigration { .. })
        | None => Action::UpdateTwin("{}".to_owned()),
    };
    let target = Target::Group { group: new.job.group.clone() };
    new.into_spec(target, action, Vec::new(), owner)
}

impl Engine {
    /// Makes runs when their time comes. Ticks that passed while the program was not running are found at once.
    pub(crate) async fn run_schedules(self: Arc<Self>) {
        loop {
            let next = match self.run_due().await {
                Ok(next) => next,
                Err(StoreError::Closed) => return,
                Err(error @ (StoreError::Database(_) | StoreError::Damaged(_))) => {
                    tracing::error!(%error, "scheduled jobs could not be looked at; they are tried again");
                    Some(self.now().plus_seconds(STORE_PAUSE.as_secs().cast_signed()))
                }
            };
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = self.schedules_changed.notified() => {}
                () = self.until_next(next) => {}
            }
        }
    }

    async fn until_next(&self, next: Option<Time>) {
        match next {
            Some(next) => self.until(next).await,
            None => std::future::pending().await,
        }
    }

    /// Does what is due. Returns when something is due next.
    async fn run_due(self: &Arc<Self>) -> Result<Option<Time>, StoreError> {
        let upcoming = |records: &Records<'_>| {
            let jobs = records.all::<ScheduledJob>()?.into_iter().map(|stored| stored.record);
            Ok(jobs.filter_map(|job| Some((job.next()?, job.id))).collect::<Vec<_>>())
        };
        let mut upcoming = self.store.read_records(upcoming).await?;
        upcoming.sort();
        let mut first = None;
        for (next, id) in upcoming {
            let next = if next <= self.now() && !self.is_stopping() { self.step(id).await? } else { Some(next) };
            first = first.into_iter().chain(next).min();
        }
        Ok(first)
    }

    /// Does what is due for one scheduled job. Returns when something is due for it next.
    async fn step(self: &Arc<Self>, id: ScheduledJobId) -> Result<Option<Time>, StoreError> {
        loop {
            let run = self.draw_job_id();
            let (engine, id, now) = (Arc::clone(self), id.clone(), self.now());
            let step = move |records: &Records<'_>| engine.step_in(records, &id, run, now);
            match self.store.change_records(step).await {
                Ok((made, next)) => {
                    if let Some(job) = made {
                        self.take_up_run(job);
                    }
                    return Ok(next);
                }
                // The drawn id is taken by chance: another one is drawn.
                Err(CreateError::AlreadyExists) => {}
                // A run is on devices of no other job.
                Err(CreateError::SourceGone) => return Ok(None),
                Err(CreateError::Store(error)) => return Err(error),
            }
        }
    }

    fn take_up_run(self: &Arc<Self>, job: Job) {
        let central = job.spec.central();
        let scheduled_job = central.and_then(|central| central.scheduled_job.as_deref()).unwrap_or_default();
        let id = job.spec.id.as_str();
        match &job.failure {
            Some(failure) => tracing::error!(job.id = id, scheduled_job.id = scheduled_job, failure, "no run was made"),
            None => {
                tracing::info!(job.id = id, scheduled_job.id = scheduled_job, by = job.spec.owner, "run made");
                self.take_up(job);
            }
        }
    }

    fn step_in(
        &self,
        records: &Records<'_>,
        id: &ScheduledJobId,
        run: JobId,
        now: Time,
    ) -> Result<(Option<Job>, Option<Time>), CreateError> {
        let Some(stored) = records.get::<ScheduledJob>(id.as_str())? else { return Ok((None, None)) };
        let mut scheduled = stored.record;
        let mut made = None;
        scheduled.progress = match scheduled.step(now, records.has_active_run(id)?) {
            Step::Wait(next) => return Ok((None, next)),
            Step::Skip(after) => {
                tracing::warn!(scheduled_job.id = id.as_str(), "a run is still active: the tick is skipped");
                after
            }
            Step::Complete(after) => after,
            Step::Run { number, tick, after } => {
                let detail = format!("a run of the scheduled job {id}");
                let mut entry = NewAuditEntry::of_system("create", "job", run.to_string(), detail);
                // Written down before the run is there, which may fail at once.
                entry.place = AuditPlace::Organization(scheduled.definition.organization.clone());
                records.note(&entry, now)?;
                let job = self.make_run(records, &scheduled, number, run, now)?;
                let failure = job.failure.clone();
                scheduled.last_run = Some(LastRun { job: job.spec.id.clone(), tick, made: now, failure });
                made = Some(job);
                after
            }
        };
        let next = scheduled.next();
        records.put(scheduled)?;
        Ok((made, next))
    }

    /// Makes a run's job with the rights that the owner has now. When it has none, or what the definition names is
    /// gone, the job is one that failed as such and says why.
    fn make_run(
        &self,
        records: &Records<'_>,
        scheduled: &ScheduledJob,
        number: u64,
        run: JobId,
        now: Time,
    ) -> Result<Job, CreateError> {
        let new = new_run(&scheduled.id, &scheduled.definition, run, scheduled.name_of_run(number));
        match self.spec_as_owner(records, scheduled, new.clone(), now) {
            Ok(spec) => records.create_job(spec, None, now),
            Err(Refusal::Because(failure)) => {
                records.create_job(without_action(new, scheduled.owner.clone()), Some(&failure), now)
            }
            Err(Refusal::Store(error)) => Err(error.into()),
        }
    }

    fn spec_as_owner(
        &self,
        records: &Records<'_>,
        scheduled: &ScheduledJob,
        new: NewCentralJob,
        now: Time,
    ) -> Result<JobSpec, Refusal> {
        let owner = &scheduled.owner;
        let lost = |what: &str| {
            Refusal::Because(format!(
                "the owner of the scheduled job, {owner}, {what}; whoever changes the scheduled job becomes its owner"
            ))
        };
        let caller = caller_named(records, owner, now)?.ok_or_else(|| lost("is gone or no longer valid"))?;
        let scope = reach(records, &caller)?;
        if !scope.covers(scheduled.definition.organization.as_deref()) {
            return Err(lost("may no longer run it"));
        }
        self.spec_of_run(records, new, owner.clone(), &scope)
    }

    /// The job of a run, under the rules for the job that the same request would make at once.
    pub(super) fn spec_of_run(
        &self,
        records: &Records<'_>,
        new: NewCentralJob,
        owner: String,
        scope: &Scope,
    ) -> Result<JobSpec, Refusal> {
        let (spec, _) = central_spec(records, new, owner, scope)?;
        self.check(&spec).map_err(CentralJobError::from)?;
        Ok(spec)
    }

    /// A name for a job that nobody named.
    pub(crate) fn draw_job_id(&self) -> JobId {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.world.entropy.draw()[..16]);
        JobId::from_random(bytes)
    }
}
