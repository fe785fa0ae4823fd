//! From accepted to running: jobs wait for their time and for a slot, their targets are frozen, and a task works
//! through each.
//!
//! Everything a runner needs stands in the store, so that it can begin again at any point: after a start of the
//! program, or when the store failed.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bellwether_model::job::{Action, Counters, Job, JobEvent, JobState, Target};
use bellwether_model::{JobKey, Time};
use bellwether_store::{StoreError, TargetList};
use tokio::sync::Notify;

use crate::Engine;
use crate::jobs::condition_of;

/// How long a runner waits before it asks a store that failed again.
pub(crate) const STORE_PAUSE: Duration = Duration::from_secs(1);
/// The longest sleep of the scheduler: the clock may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

impl Engine {
    /// Launches jobs when their time comes.
    pub(crate) async fn launch_when_due(self: Arc<Self>) {
        loop {
            let now = self.now();
            let (due, first) = {
                let mut waiting = self.waiting.lock();
                let mut due = Vec::new();
                while let Some(entry) = waiting.pop_first() {
                    if entry.0 > now {
                        waiting.insert(entry);
                        break;
                    }
                    due.push(entry.1);
                }
                (due, waiting.first().copied())
            };
            self.unmarked.lock().retain(|key| !due.contains(key));
            for key in due {
                match self.store.job_by_key(key).await {
                    Ok(Some(job)) if !job.state.is_final() => self.run(job),
                    Ok(Some(_) | None) => {}
                    Err(error) => {
                        tracing::error!(%error, job.key = key.0, "a due job could not be read; it is tried again");
                        self.waiting.lock().insert((now, key));
                        tokio::time::sleep(STORE_PAUSE).await;
                    }
                }
            }
            self.mark_as_scheduled().await;
            let sleep = first.map_or(LONGEST_SLEEP, |(start, _)| {
                Duration::from_micros(start.micros_since(self.now())).min(LONGEST_SLEEP)
            });
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = self.waiting_changed.notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    /// Jobs that wait for their time are `scheduled` (iot-hub §1.10).
    async fn mark_as_scheduled(&self) {
        let unmarked = std::mem::take(&mut *self.unmarked.lock());
        for key in unmarked {
            // A job that was cancelled or has begun meanwhile refuses the event, and stays what it is.
            if let Err(error) = self.store.move_job(key, JobEvent::Postpone, self.now()).await {
                tracing::warn!(%error, job.key = key.0, "a job could not be marked as scheduled");
            }
        }
    }

    /// Starts the task that works on a job.
    pub(crate) fn run(self: &Arc<Self>, job: Job) {
        if self.is_stopping() {
            return;
        }
        let changed = Arc::new(Notify::new());
        self.active.lock().insert(job.key, Arc::clone(&changed));
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            let key = job.key;
            engine.run_to_the_end(job, &changed).await;
            engine.active.lock().remove(&key);
            engine.log_end(key).await;
        });
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

    async fn run_to_the_end(self: &Arc<Self>, mut job: Job, changed: &Notify) {
        loop {
            let error = match self.run_once(&job, changed).await {
                Ok(()) | Err(StoreError::Closed) => return,
                Err(error @ (StoreError::Database(_) | StoreError::Damaged(_))) => error,
            };
            tracing::error!(%error, job.id = job.spec.id.as_str(), "the store failed under a job; it goes on shortly");
            tokio::time::sleep(STORE_PAUSE).await;
            let reread = self.persist(|| self.store.job_by_key(job.key)).await;
            match reread {
                Some(Some(current)) => job = current,
                Some(None) | None => return,
            }
        }
    }

    async fn run_once(self: &Arc<Self>, job: &Job, changed: &Notify) -> Result<(), StoreError> {
        if job.state == JobState::Scheduled {
            self.store.move_job(job.key, JobEvent::Due, self.now()).await?;
        }
        // At its deadline a job waits no longer for its turn: its devices end then, though none was begun.
        let slot = tokio::select! {
            slot = self.slots.acquire() => Some(slot.map_err(|_| StoreError::Closed)?),
            () = self.until_deadline(job) => None,
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
                Action::InvokeMethods(calls) => {
                    if let Some(call) = calls.first() {
                        self.run_method_job(job, call, changed, slot).await?;
                    }
                }
                Action::SetTemplate(_) => {}
            }
        }
        Ok(())
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
        tracing::info!(job.id = job.spec.id.as_str(), devices, %state, "job began");
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
            Target::Group { group } => Ok(Err(format!("the members of the device group {group} cannot be found out"))),
            Target::FailedOf { failed_of } => {
                Ok(Err(format!("the failed devices of the job with the key {failed_of} cannot be found out")))
            }
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
