//! Saved jobs as people look for them: searched and sorted, page by page from where the last one ended.

use bellwether_model::Time;
use bellwether_model::job_draft::JobDraft;
use rusqlite::params_from_iter;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::StoreError;
use crate::records::{Record, RecordKind, Records, Stored, stored_of};
use crate::search::SearchText;

/// A page ends after so many bytes: a draft may have a mebibyte.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Which drafts a list shows, and in which order; what is `None` shows all.
#[derive(Debug, Clone, Default)]
pub struct DraftSelection {
    /// With this text in id, name or description.
    pub search: Option<SearchText>,
    /// By what they are sorted; those that are equal by their creation.
    pub order: DraftOrder,
    /// From the last to the first.
    pub descending: bool,
}

/// By what drafts are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DraftOrder {
    /// When they were saved.
    #[default]
    Saved,
    /// The name for people, else the id.
    DisplayName,
}

/// Where a page ended: the place of its last draft in the list's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftPosition {
    saved: Time,
    name: String,
    key: i64,
}

/// One page of drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPage {
    /// In the list's order.
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

impl DraftSelection {
    fn finds(&self, draft: &JobDraft) -> bool {
        let Some(search) = &self.search else { return true };
        let is_in = |text: Option<&str>| text.is_some_and(|text| search.is_in(text));
        if is_in(Some(draft.id.as_str())) || is_in(draft.display_name.as_deref()) {
            return true;
        }
        // What a draft holds was not checked: a description may be anything.
        let job: Option<Described<'_>> = serde_json::from_str(draft.job.as_str()).ok();
        let description = job.and_then(|job| job.description);
        is_in(description.and_then(|text| serde_json::from_str::<String>(text.get()).ok()).as_deref())
    }
}

/// What is looked for in the job of a draft.
#[derive(Deserialize)]
struct Described<'a> {
    #[serde(borrow)]
    description: Option<&'a RawValue>,
}

impl Records<'_> {
    /// Is there a draft of this organization?
    ///
    /// # Errors
    /// The store failed.
    pub fn has_job_drafts(&self, organization: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM record WHERE kind = 9 AND json_extract(body, '$.organization') = ?1";
        Ok(self.connection().prepare_cached(sql)?.exists([organization])?)
    }

    /// The page of at most `limit` drafts after `after` of those that `keep` is true for. It is shorter when they are
    /// long, but never empty while there are some. No more than [`DRAFTS_MAX`] are looked at: there are no more.
    ///
    /// [`DRAFTS_MAX`]: bellwether_model::job_draft::DRAFTS_MAX
    pub fn job_drafts(
        &self,
        selection: &DraftSelection,
        after: Option<&DraftPosition>,
        limit: usize,
        keep: impl Fn(&JobDraft) -> bool,
    ) -> Result<DraftPage, StoreError> {
        let place = match selection.order {
            DraftOrder::Saved => "json_extract(body, '$.saved')",
            DraftOrder::DisplayName => "COALESCE(json_extract(body, '$.display_name'), id)",
        };
        let (direction, beyond) = if selection.descending { ("DESC", "<") } else { ("ASC", ">") };
        let condition = if after.is_some() { format!("AND ({place}, key) {beyond} (?1, ?2)") } else { String::new() };
        // The number of the kind, so that the planner sees that the index serves. Keys alone, for a sort would hold
        // every draft.
        let sql =
            format!("SELECT key FROM record WHERE kind = 9 {condition} ORDER BY {place} {direction}, key {direction}");
        let values = after.map(|after| {
            let place = match selection.order {
                DraftOrder::Saved => Value::Integer(after.saved.0),
                DraftOrder::DisplayName => Value::Text(after.name.clone()),
            };
            [place, Value::Integer(after.key)]
        });
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut one = self.connection().prepare_cached("SELECT key, etag, body FROM record WHERE key = ?1")?;
        let mut keys = statement.query(params_from_iter(values.into_iter().flatten()))?;
        let mut page = DraftPage { drafts: Vec::new(), next: None };
        let mut bytes = 0;
        while let Some(row) = keys.next()? {
            let stored = one.query_row([row.get::<_, i64>(0)?], |row| Ok(stored_of::<JobDraft>(row)))??;
            if !keep(&stored.record) || !selection.finds(&stored.record) {
                continue;
            }
            if page.drafts.len() == limit || bytes > PAGE_BYTES {
                page.next = page.drafts.last().map(DraftPosition::of);
                break;
            }
            bytes += stored.record.job.as_str().len();
            page.drafts.push(stored);
        }
        Ok(page)
    }
}

impl DraftPosition {
    fn of(stored: &Stored<JobDraft>) -> DraftPosition {
        let draft = &stored.record;
        let name = draft.display_name.clone().unwrap_or_else(|| draft.id.to_string());
        DraftPosition { saved: draft.saved, name, key: stored.key }
    }
}
