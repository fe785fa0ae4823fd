//! Jobs that wait for their time.

use std::sync::Arc;
use std::time::Duration;

use bellwether_model::JobKey;
use bellwether_model::job::{Job, JobState};

use crate::Engine;
use crate::runner::{LONGEST_SLEEP, STORE_PAUSE};

impl Engine {
    /// Runs a job now or puts it on the list of those that wait for their time.
    pub(crate) fn take_up(self: &Arc<Self>, job: Job) {
        if job.start > self.now() && !job.state.is_final() && job.began.is_none() {
            self.waiting.lock().insert((job.start, job.key), job.state == JobState::Scheduled);
            self.waiting_changed.notify_one();
        } else {
            self.run(job);
        }
    }

    /// Launches jobs when their time comes.
    pub(crate) async fn launch_when_due(self: Arc<Self>) {
        loop {
            let now = self.now();
            let (due, first) = {
                let mut waiting = self.waiting.lock();
                let later = waiting.split_off(&(now, JobKey(i64::MAX)));
                let due: Vec<JobKey> =
                    std::mem::replace(&mut *waiting, later).into_keys().map(|(_, key)| key).collect();
                (due, waiting.first_key_value().map(|((start, _), _)| *start))
            };
            for key in due {
                match self.store.job_by_key(key).await {
                    Ok(Some(job)) if job.state.is_to_be_worked_on() => self.run(job),
                    Ok(Some(_) | None) => {}
                    Err(error) => {
                        tracing::error!(%error, job.key = key.0, "a due job could not be read; it is tried again");
                        self.waiting.lock().insert((now, key), true);
                        tokio::time::sleep(STORE_PAUSE).await;
                    }
                }
            }
            self.mark_as_scheduled().await;
            let sleep = first.map_or(LONGEST_SLEEP, |start| {
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
        let unmarked: Vec<JobKey> = {
            let mut waiting = self.waiting.lock();
            let unmarked = waiting.iter_mut().filter(|(_, marked)| !**marked);
            unmarked
                .map(|((_, key), marked)| {
                    *marked = true;
                    *key
                })
                .collect()
        };
        for key in unmarked {
            // A job that was cancelled, stopped or has begun meanwhile refuses it, and stays what it is.
            if let Err(error) = self.store.postpone_job(key, self.now()).await {
                tracing::warn!(%error, job.key = key.0, "a job could not be marked as scheduled");
            }
        }
    }
}
