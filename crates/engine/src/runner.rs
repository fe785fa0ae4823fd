//! From due to ended: a task works on each job; it waits for a slot, freezes the targets, and works through them.
//!
//! Everything a task needs stands in the store, so that it can begin again at any point: after a start of the
//! program, when the store failed, when the task itself broke, or when a stopped job is resumed.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bellwether_model::job::{Action, Counters, Job, JobHold, JobSpec, JobState, Offline, Target};
use bellwether_model::{JobKey, Time};
use bellwether_store::{Requirement, StoreError, TargetList};
use futures::FutureExt;
use tokio::sync::{Mutex, Notify, SemaphorePermit};

use crate::jobs::condition_of;
use crate::{Engine, GroupError};

/// How long a task waits before it asks a store that failed again.
pub(crate) const STORE_PAUSE: Duration = Duration::from_secs(1);
/// The longest sleep before a time is looked at again: the clock may be set meanwhile.
pub(crate) const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// A job that a task works on, as others reach it.
#[derive(Default)]
pub(crate) struct ActiveJob {
    /// The job was changed from outside.
    pub changed: Notify,
    /// Its task has nothing to do until devices of the list connect.
    pub waits_for_devices: AtomicBool,
    /// Held by the task from before it records attempts until it has sent them.
    pub sending: Mutex<()>,
}

/// Why a job that may begin or go on does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// All jobs are held.
    Held(Arc<JobHold>),
    /// So many run, which is as many as may at once.
    ForSlot {
        /// How many.
        limit: usize,
    },
}

/// A sentence without a full stop.
impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Waits::Held(hold) => write!(f, "waits: {hold}"),
            Waits::ForSlot { limit } => write!(f, "waits: as many jobs are running as may at once ({limit})"),
        }
    }
}

impl Engine {
    /// Starts the task that works on a job, or tells the one that does to look again.
    pub(crate) fn run(self: &Arc<Self>, job: Job) {
        if self.is_stopping() {
            return;
        }
        let task = {
            let mut active = self.active.lock();
            if let Some(task) = active.get(&job.key) {
                task.changed.notify_one();
                return;
            }
            let task = Arc::<ActiveJob>::default();
            active.insert(job.key, Arc::clone(&task));
            task
        };
        self.tasks.spawn(Arc::clone(self).supervise(job, task));
    }

    /// Works on a job until nothing is left to do for it: a job that is open always has an owner.
    async fn supervise(self: Arc<Self>, job: Job, task: Arc<ActiveJob>) {
        let key = job.key;
        let mut next = Some(job);
        while let Some(job) = next {
            let id = job.spec.id.clone();
            let ran = AssertUnwindSafe(self.run_to_the_end(job, &task)).catch_unwind().await;
            if ran.is_err() {
                tracing::error!(job.id = id.as_str(), "the task of a job broke; it begins again shortly");
                // What was out went with it.
                self.persist(|| self.store.resolve_attempts_of(key, self.now())).await;
            }
            next = self.next_run(key, &task.changed).await;
        }
        self.log_end(key).await;
    }

    /// The job, when it is to be worked on again. Otherwise its place among the active ones is free.
    async fn next_run(&self, key: JobKey, changed: &Notify) -> Option<Job> {
        loop {
            let job = self.persist(|| self.store.job_by_key(key)).await.flatten();
            if self.is_stopping() {
                self.active.lock().remove(&key);
                return None;
            }
            if let Some(job) = job.filter(|job| job.state.is_to_be_worked_on()) {
                tokio::select! {
                    () = tokio::time::sleep(STORE_PAUSE) => {}
                    () = changed.notified() => {}
                    () = self.stopping.cancelled() => {}
                }
                return Some(job);
            }
            let mut active = self.active.lock();
            // Whoever resumed it after it was read has left word here.
            if changed.notified().now_or_never().is_none() {
                active.remove(&key);
                return None;
            }
        }
    }

    async fn log_end(&self, key: JobKey) {
        if let Ok(Some(job)) = self.store.job_by_key(key).await
            && job.state.is_final()
        {
            let Counters { targets, succeeded, failed, cancelled, .. } = job.counters.unwrap_or_default();
            let (id, state) = (job.spec.id.as_str(), job.state);
            tracing::info!(job.id = id, %state, devices = targets, succeeded, failed, cancelled, "job ended");
        }
    }

    async fn run_to_the_end(self: &Arc<Self>, mut job: Job, task: &ActiveJob) {
        loop {
            let error = match self.run_once(&job, task).await {
                Ok(()) | Err(StoreError::Closed) => return,
                Err(error @ (StoreError::Database(_) | StoreError::Damaged(_))) => error,
            };
            tracing::error!(%error, job.id = job.spec.id.as_str(), "the store failed under a job; it goes on shortly");
            tokio::time::sleep(STORE_PAUSE).await;
            let reread = self.persist(|| self.store.job_by_key(job.key)).await;
            match reread {
                Some(Some(current)) if !self.is_stopping() => job = current,
                Some(Some(_) | None) | None => return,
            }
        }
    }

    async fn run_once(self: &Arc<Self>, job: &Job, task: &ActiveJob) -> Result<(), StoreError> {
        let calls_are_out = job.counters.is_some_and(|counters| counters.running > 0);
        if self.is_stopping() || (job.state.is_final() && !calls_are_out) {
            return Ok(());
        }
        if job.state == JobState::Scheduled {
            self.store.job_is_due(job.key, self.now()).await?;
        }
        // One that has begun was stopped by the hold. Before its turn is looked for: a place is for who may run.
        if job.counters.is_none() {
            tokio::select! {
                biased;
                () = self.released() => {}
                () = task.changed.notified() => return Ok(()),
                () = self.stopping.cancelled() => return Ok(()),
            }
        }
        // At its deadline a job waits no longer for its turn: its devices end then, though none was begun.
        let slot = tokio::select! {
            biased;
            slot = self.slot(job.key) => Some(slot?),
            () = self.until_deadline(job) => None,
            () = task.changed.notified() => return Ok(()),
            () = self.stopping.cancelled() => return Ok(()),
        };
        let state = if job.counters.is_none() { self.begin(job).await? } else { job.state };
        let open = match state {
            JobState::Running => true,
            JobState::Queued
            | JobState::Scheduled
            | JobState::Completed
            | JobState::Failed
            | JobState::Cancelled
            | JobState::Stopped => false,
        };
        if open {
            match &job.spec.action {
                Action::UpdateTwin(body) => self.run_twin_job(job, body).await?,
                Action::SetTemplate(template) => self.run_template_job(job, template).await?,
                Action::InvokeMethods(calls) => self.run_method_job(job, calls, task, slot).await?,
            }
        }
        Ok(())
    }

    /// A place among the jobs that run at once.
    async fn slot(&self, key: JobKey) -> Result<SemaphorePermit<'_>, StoreError> {
        if let Ok(slot) = self.slots.try_acquire() {
            return Ok(slot);
        }
        let _waits = WaitsForSlot::new(self, key);
        self.slots.acquire().await.map_err(|_| StoreError::Closed)
    }

    /// Why a job does nothing at the moment; `None` when it does not wait for us.
    pub fn waiting_reason(&self, job: &Job) -> Option<Waits> {
        if let Some(hold) = self.held_by(job) {
            return Some(Waits::Held(hold));
        }
        let limit = self.settings.jobs_at_once?;
        let waits = self.waiting_for_slot.lock().contains(&job.key);
        waits.then_some(Waits::ForSlot { limit })
    }

    /// Until when a job waits for devices of its open batch that are not connected; `None`: it does not wait for any. The
    /// inner `None`: as long as it takes.
    pub fn waits_for_devices(&self, job: &Job) -> Option<Option<Time>> {
        let waits = self.active.lock().get(&job.key).is_some_and(|task| task.waits_for_devices.load(Ordering::Relaxed));
        waits.then(|| match job.spec.offline {
            Offline::WaitUntilDeadline => job.deadline,
            Offline::FailNow => Some(self.grace_ends()),
        })
    }

    /// Until then devices may come back after our own start.
    pub(crate) fn grace_ends(&self) -> Time {
        Time(self.started.0.saturating_add(self.settings.reconnect_grace.as_micros() as i64))
    }

    async fn until_deadline(&self, job: &Job) {
        match job.deadline {
            Some(deadline) => self.until(deadline).await,
            None => std::future::pending().await,
        }
    }

    /// Waits for a point in time, also when the clock is set meanwhile.
    pub(crate) async fn until(&self, time: Time) {
        while self.now() < time {
            let left = Duration::from_micros(time.micros_since(self.now()));
            tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
        }
    }

    /// Freezes the target list. Returns the state after it.
    async fn begin(&self, job: &Job) -> Result<JobState, StoreError> {
        let targets = match self.targets(job).await? {
            Ok(targets) => targets,
            Err(reason) => {
                self.store.fail_job(job.key, reason, self.now()).await?;
                return Ok(JobState::Failed);
            }
        };
        let devices = targets.devices();
        let state = self.store.freeze_targets(job.key, targets, self.now()).await?;
        if state != JobState::Queued {
            tracing::info!(job.id = job.spec.id.as_str(), devices, %state, "job began");
        }
        Ok(state)
    }

    /// Finds out the devices of a job; the inner error is why they cannot be found out.
    async fn targets(&self, job: &Job) -> Result<Result<TargetList, String>, StoreError> {
        match &job.spec.target {
            Target::Twins { condition, device_ids } => {
                match condition_of(condition.as_deref(), device_ids.as_deref()) {
                    Ok(condition) => {
                        Ok(Ok(self.store.select_targets(Arc::new(condition), self.live_presence()).await?))
                    }
                    // It was checked when the job was made; only another version of the program may see it otherwise.
                    Err(error) => Ok(Err(error.to_string())),
                }
            }
            Target::Group { group } => match self.group_members(group, job.spec.organization.as_deref()).await {
                Ok(targets) => Ok(Ok(targets)),
                Err(GroupError::Store(error)) => Err(error),
                Err(
                    error @ (GroupError::NotFound
                    | GroupError::EtagMismatch(_)
                    | GroupError::Filter(_)
                    | GroupError::Invalid(_)
                    | GroupError::Broken { .. }
                    | GroupError::InUse { .. }
                    | GroupError::TooMany(_)),
                ) => Ok(Err(format!("the members of the device group {group} cannot be found out: {error}"))),
            },
            Target::FailedOf { failed_of } => Ok(Ok(self.store.failed_targets(*failed_of).await?)),
            Target::Chosen { .. } => Ok(Ok(self.store.chosen_targets(job.key).await?)),
        }
    }

    /// Repeats work on the store until it succeeds. `None` when the store is closed, or still fails when the
    /// program stops waiting.
    pub(crate) async fn persist<T, F>(&self, write: impl Fn() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        loop {
            match write().await {
                Ok(value) => return Some(value),
                Err(StoreError::Closed) => return None,
                Err(error @ (StoreError::Database(_) | StoreError::Damaged(_))) => {
                    tracing::error!(%error, "the store failed; it is asked again");
                    tokio::select! {
                        () = tokio::time::sleep(STORE_PAUSE) => {}
                        () = self.abandoning.cancelled() => return None,
                    }
                }
            }
        }
    }
}

/// What a device of the job must be when its turn comes.
pub(crate) fn requirement(spec: &JobSpec) -> Requirement {
    Requirement { templates: spec.templates.clone(), organization: spec.organization.clone() }
}

/// A job is among those that wait for a slot as long as this lives.
struct WaitsForSlot<'a>(&'a Engine, JobKey);

impl<'a> WaitsForSlot<'a> {
    fn new(engine: &'a Engine, key: JobKey) -> WaitsForSlot<'a> {
        engine.waiting_for_slot.lock().insert(key);
        WaitsForSlot(engine, key)
    }
}

impl Drop for WaitsForSlot<'_> {
    fn drop(&mut self) {
        self.0.waiting_for_slot.lock().remove(&self.1);
    }
}
