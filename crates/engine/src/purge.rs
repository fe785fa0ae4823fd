//! What is kept for some time goes, a little at a time.

use std::sync::Arc;
use std::time::Duration;

use bellwether_store::StoreError;

use crate::Engine;

/// How often what was kept for long enough is deleted.
const PURGED_EVERY: Duration = Duration::from_secs(3600);

/// What goes.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Commands,
    Sessions,
    Audit,
}

impl Engine {
    pub(crate) async fn purge_now_and_then(self: Arc<Self>) {
        loop {
            for kept in [Kept::Commands, Kept::Sessions, Kept::Audit] {
                loop {
                    match self.purge(kept).await {
                        Ok(true) if !self.is_stopping() => {}
                        Ok(_) => break,
                        Err(error) => {
                            tracing::warn!(%error, ?kept, "what is old could not be deleted; the next round tries again");
                            break;
                        }
                    }
                }
            }
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = tokio::time::sleep(PURGED_EVERY) => {}
            }
        }
    }

    /// Deletes some of it. Returns whether there may be more.
    async fn purge(&self, kept: Kept) -> Result<bool, StoreError> {
        let now = self.now();
        match kept {
            Kept::Commands => self.store.purge_command_history(now).await,
            Kept::Sessions => self.store.purge_sessions(now.plus_seconds(-self.settings.sessions.life)).await,
            Kept::Audit => {
                self.store.purge_audit(now.plus_seconds(-i64::from(self.settings.audit_days) * 86_400)).await
            }
        }
    }
}
