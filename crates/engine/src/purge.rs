//! What is kept for some time goes, a little at a time.

use std::sync::Arc;
use std::time::Duration;

use bellwether_store::{DeletedPosition, StoreError};

use crate::Engine;
use crate::sign_in::KNOWN_FOR;

/// How often what was kept for long enough is deleted.
const PURGED_EVERY: Duration = Duration::from_secs(3600);
/// Pause between two transactions, so that the disk is mostly there for others.
const PAUSE: Duration = Duration::from_millis(5);
const SECONDS_A_DAY: i64 = 86_400;

/// What goes, in this order.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Commands,
    Sessions,
    Guesses,
    Audit,
    /// Jobs that ended long ago.
    Jobs,
    /// What is left of those that went.
    Rows,
    /// Deleted devices that no job names any more.
    Devices(Option<DeletedPosition>),
    /// What all of these took in the file.
    Pages,
}

impl Engine {
    pub(crate) async fn purge_now_and_then(self: Arc<Self>) {
        loop {
            for first in [
                Kept::Commands,
                Kept::Sessions,
                Kept::Guesses,
                Kept::Audit,
                Kept::Jobs,
                Kept::Rows,
                Kept::Devices(None),
                Kept::Pages,
            ] {
                let mut next = Some(first);
                while let Some(kept) = next.take().filter(|_| !self.is_stopping()) {
                    match self.purge(kept).await {
                        Ok(more) => next = more,
                        Err(error) => {
                            tracing::warn!(%error, ?kept, "what is old could not be deleted; the next round tries again");
                        }
                    }
                    if next.is_some() {
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = tokio::time::sleep(PURGED_EVERY) => {}
            }
        }
    }

    /// Deletes some of it. Returns what to go on with when there may be more.
    async fn purge(&self, kept: Kept) -> Result<Option<Kept>, StoreError> {
        let now = self.now();
        let days_ago = |days: u32| now.plus_seconds(-i64::from(days) * SECONDS_A_DAY);
        let more = match kept {
            Kept::Commands => self.store.purge_command_history(now).await?,
            Kept::Sessions => self.store.purge_sessions(now.plus_seconds(-self.settings.sessions.life)).await?,
            Kept::Guesses => self.store.purge_guesses(now.plus_seconds(-KNOWN_FOR), now).await?,
            Kept::Audit => self.store.purge_audit(days_ago(self.settings.audit_days)).await?,
            Kept::Jobs => match self.settings.history_days {
                Some(days) => self.store.forget_jobs(days_ago(days)).await?,
                None => false,
            },
            Kept::Rows => self.store.sweep_jobs().await?,
            Kept::Devices(after) => {
                let next = self.store.forget_devices(after, now).await?;
                return Ok(next.map(|next| Kept::Devices(Some(next))));
            }
            Kept::Pages => self.store.shrink().await?,
        };
        Ok(more.then_some(kept))
    }
}
