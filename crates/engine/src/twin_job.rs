//! Working through a job that changes what is stored: chunk after chunk, the next one read and merged while the last
//! is written.

use std::sync::Arc;
use std::time::Duration;

use crate::runner::requirement;
use bellwether_model::job::Job;
use bellwether_model::twin::TwinChange;
use bellwether_store::{ChunkPlan, DeviceChange, StoreError};

use crate::Engine;
use crate::devices::told;

/// A chunk should be on disk after so long: a single call waits about that long for its turn (DESIGN §6.1).
const CHUNK_TARGET: Duration = Duration::from_millis(20);
const CHUNK_FIRST: usize = 500;
const CHUNK_MAX: usize = 5000;

impl Engine {
    /// Merges `body` into the twins.
    pub(crate) async fn run_twin_job(&self, job: &Job, body: &str) -> Result<(), StoreError> {
        // It was checked when the job was made.
        let change = TwinChange::merge_from_body(body).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let patch = change.desired.as_ref().map(told);
        self.run_chunks(job, DeviceChange::Twin(change), patch).await
    }

    /// Gives the devices another template.
    pub(crate) async fn run_template_job(&self, job: &Job, template: &str) -> Result<(), StoreError> {
        self.run_chunks(job, DeviceChange::Template(template.to_owned()), None).await
    }

    /// `patch` is what connected devices are told of.
    async fn run_chunks(&self, job: &Job, change: DeviceChange, patch: Option<Arc<str>>) -> Result<(), StoreError> {
        let plan = Arc::new(ChunkPlan {
            job: job.key,
            change,
            requirement: requirement(&job.spec),
            keep_previous: job.spec.keep_previous,
        });
        let prepare = |from, devices_max| self.store.prepare_chunk(Arc::clone(&plan), from, devices_max, self.now());

        let mut size = CHUNK_FIRST;
        let mut chunk = prepare(job.next_ordinal, size).await?;
        let mut from = job.next_ordinal;
        while !chunk.is_empty() && !self.is_stopping() {
            if job.deadline.is_some_and(|deadline| self.now() >= deadline) {
                self.store.close_at_deadline(job.key, self.now()).await?;
                return Ok(());
            }
            let after = from + chunk.len() as u64;
            let write = async {
                let done = self.store.apply_chunk(chunk).await?;
                // At once, not after the next chunk is read: a later change of a twin is told of as soon.
                if let Some(patch) = &patch {
                    for push in &done.pushes {
                        self.world.port.desired_changed(push.device, patch, push.version);
                    }
                }
                Ok::<_, StoreError>(done)
            };
            let (done, next) = tokio::join!(write, prepare(after, size));
            let done = done?;
            if done.next_ordinal != after {
                // Cancelled, stopped, or closed at its deadline; its own task looks at it again.
                return Ok(());
            }
            size = next_size(size, done.took);
            from = after;
            chunk = next?;
        }
        Ok(())
    }
}

/// Cuts the next chunk so that it takes the target time, in steps that forgive one slow chunk.
fn next_size(size: usize, took: Duration) -> usize {
    let fitting = (size as f64 * CHUNK_TARGET.as_secs_f64() / took.as_secs_f64().max(1e-4)) as usize;
    fitting.clamp(size / 2, size * 2).clamp(50, CHUNK_MAX)
}
