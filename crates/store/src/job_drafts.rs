//! Saved jobs, last saved first.

use bellwether_model::Time;
use bellwether_model::job_draft::JobDraft;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::records::{Record, RecordKind, Records, Stored, stored_of};

/// A page ends after so many bytes: a draft may have a mebibyte.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftPosition {
    saved: Time,
    key: i64,
}

/// One page of drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPage {
    /// Last saved first.
    pub drafts: Vec<Stored<JobDraft>>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<DraftPosition>,
}

impl Record for JobDraft {
    const KIND: RecordKind = RecordKind::JobDraft;

    fn id(&self) -> &str {
        self.id.as_str()
    }
}

impl Records<'_> {
    /// The page of at most `limit` drafts after `after` of those that `keep` is true for. It is shorter when they are
    /// long, but never empty while there are some.
    pub fn job_drafts(
        &self,
        after: Option<DraftPosition>,
        limit: usize,
        keep: impl Fn(&JobDraft) -> bool,
    ) -> Result<DraftPage, StoreError> {
        // The number of the kind, so that the planner sees that the index serves.
        let sql = "SELECT key, etag, body FROM record
                   WHERE kind = 9 AND (json_extract(body, '$.saved'), key) < (?1, ?2)
                   ORDER BY json_extract(body, '$.saved') DESC, key DESC";
        let mut statement = self.connection().prepare_cached(sql)?;
        let before = after.map_or((i64::MAX, i64::MAX), |after| (after.saved.0, after.key));
        let mut rows = statement.query(params![before.0, before.1])?;
        let mut page = DraftPage { drafts: Vec::new(), next: None };
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            let stored = stored_of::<JobDraft>(row)?;
            if !keep(&stored.record) {
                continue;
            }
            if page.drafts.len() == limit || bytes > PAGE_BYTES {
                page.next = page.drafts.last().map(|last| DraftPosition { saved: last.record.saved, key: last.key });
                break;
            }
            bytes += stored.record.job.as_str().len();
            page.drafts.push(stored);
        }
        Ok(page)
    }
}
