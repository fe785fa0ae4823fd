//! What groups ask of scheduled jobs, read from the records as they are kept.
// Moves to its own subject once that has a type.

use bellwether_store::{Record, RecordKind, Records, StoreError};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct GroupOf {
    id: String,
    group: String,
}

impl Record for GroupOf {
    const KIND: RecordKind = RecordKind::ScheduledJob;

    fn id(&self) -> &str {
        &self.id
    }
}

/// A scheduled job that refers to the group.
pub(crate) fn scheduled_job_of(records: &Records<'_>, group: &str) -> Result<Option<String>, StoreError> {
    let page = records.page::<GroupOf>(0, 1, |job| job.group == group)?;
    Ok(page.records.into_iter().next().map(|stored| stored.record.id))
}
