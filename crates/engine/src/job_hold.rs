//! The hold on all jobs: while there is one, nothing is begun.
//!
//! That nothing is begun is the store's doing (`store/job_hold.rs`). What is kept of the hold here only tells the tasks of
//! jobs to wait, and readers why they do: it changes after the disk does.

use std::sync::Arc;

use bellwether_model::JobKey;
use bellwether_model::job::{Job, JobHold, JobState};
use bellwether_store::{AuditPlace, NewAuditEntry, StoreError};

use crate::Engine;

impl Engine {
    /// Holds all jobs, of both faces: those that run are stopped as by [`Engine::stop_job`], those that wait or come due
    /// go on waiting, and none can be resumed. When this returns no attempt begins and every one that was recorded has
    /// been sent; what is in flight ends and is recorded. `by` is who asks. Where jobs are held already, a reason that is
    /// given replaces the old one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn hold_jobs(&self, by: &str, reason: Option<String>) -> Result<JobHold, StoreError> {
        let _alone = self.changing_hold.lock().await;
        let entry = self.entry_of_hold("hold", by);
        let hold = self.store.hold_jobs(by.to_owned(), reason, entry, self.now()).await?;
        tracing::warn!(by, reason = hold.reason, stopped = hold.stopped.len(), "all jobs are held");
        self.hold.send_replace(Some(Arc::new(hold.clone())));
        for job in &hold.stopped {
            self.settle(*job).await;
        }
        Ok(hold)
    }

    /// Lifts the hold: jobs that wait may begin. With `resume` those that it stopped and that are still stopped go on,
    /// and no others. Returns how many go on; `None`: jobs are not held.
    ///
    /// # Errors
    /// The store failed.
    pub async fn release_jobs(self: &Arc<Self>, by: &str, resume: bool) -> Result<Option<usize>, StoreError> {
        let _alone = self.changing_hold.lock().await;
        let entry = self.entry_of_hold("release", by);
        let Some(resumed) = self.store.release_jobs(resume, entry, self.now()).await? else { return Ok(None) };
        tracing::warn!(by, resumed = resumed.len(), "jobs are held no longer");
        let count = resumed.len();
        // What was under way has its turn before what waits.
        resumed.into_iter().for_each(|job| self.take_up(job));
        self.hold.send_replace(None);
        Ok(Some(count))
    }

    /// The hold; `None`: jobs are not held.
    pub fn job_hold(&self) -> Option<Arc<JobHold>> {
        self.hold.borrow().clone()
    }

    /// The hold, when it is what keeps the job from beginning.
    pub(crate) fn held_by(&self, job: &Job) -> Option<Arc<JobHold>> {
        self.job_hold().filter(|_| job.state == JobState::Queued)
    }

    /// Waits until jobs are not held.
    pub(crate) async fn released(&self) {
        // The sender lives as long as the engine.
        let _ = self.hold.subscribe().wait_for(Option::is_none).await;
    }

    /// A job takes no more: its task looks at it again. When this returns, what was recorded before has been sent.
    pub(crate) async fn settle(&self, job: JobKey) {
        let task = self.active.lock().get(&job).cloned();
        if let Some(task) = task {
            task.changed.notify_one();
            drop(task.sending.lock().await);
        }
    }

    /// The entry of the call that is made, which the store completes.
    fn entry_of_hold(&self, action: &'static str, by: &str) -> NewAuditEntry {
        self.store.take_entry().unwrap_or_else(|| NewAuditEntry {
            actor: by.to_owned(),
            actor_name: None,
            action: bellwether_store::AuditAction::Named(action.into()),
            kind: "jobHold".into(),
            id: None,
            place: AuditPlace::Organization(None),
            address: None,
            detail: None,
            rerun_of: None,
        })
    }
}
