//! Scheduled jobs as people look for them: searched and sorted, page by page from where the last one ended.

use std::cmp::Ordering;

use bellwether_model::schedule::ScheduledJob;
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::records::{Records, Stored};
use crate::search::SearchText;

/// Which scheduled jobs a list shows, and in which order; what is `None` shows all.
#[derive(Debug, Clone, Default)]
pub struct ScheduledSelection {
    /// With this text in id, name or description.
    pub search: Option<SearchText>,
    /// By what they are sorted.
    pub order: ScheduledOrder,
    /// From the last to the first.
    pub descending: bool,
}

/// By what scheduled jobs are sorted; those that are equal by their creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScheduledOrder {
    /// When they were made.
    #[default]
    Created,
    /// The name for people, else the id.
    DisplayName,
    /// When they run next; those that do not are the last.
    NextRun,
}

/// Where a page ended: the place of its last scheduled job in the list's order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScheduledPosition {
    name: String,
    next: i64,
    key: i64,
}

/// One page of scheduled jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledPage {
    /// In the list's order.
    pub jobs: Vec<Stored<ScheduledJob>>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<ScheduledPosition>,
}

impl ScheduledSelection {
    fn finds(&self, job: &ScheduledJob) -> bool {
        let definition = &job.definition;
        let texts = [Some(job.id.as_str()), definition.display_name.as_deref(), definition.description.as_deref()];
        self.search.as_ref().is_none_or(|search| texts.into_iter().flatten().any(|text| search.is_in(text)))
    }

    fn place(&self, stored: &Stored<ScheduledJob>) -> ScheduledPosition {
        let job = &stored.record;
        let (name, next) = match self.order {
            ScheduledOrder::Created => (String::new(), 0),
            ScheduledOrder::DisplayName => (job.definition.name(&job.id).to_owned(), 0),
            ScheduledOrder::NextRun => (String::new(), job.next().map_or(i64::MAX, |next| next.0)),
        };
        ScheduledPosition { name, next, key: stored.key }
    }

    fn compare(&self, a: &ScheduledPosition, b: &ScheduledPosition) -> Ordering {
        if self.descending { b.cmp(a) } else { a.cmp(b) }
    }
}

impl Records<'_> {
    /// The page of at most `limit` scheduled jobs after `after` of those that `keep` is true for. They are all read:
    /// there are few.
    ///
    /// # Errors
    /// The store failed.
    pub fn scheduled_jobs(
        &self,
        selection: &ScheduledSelection,
        after: Option<&ScheduledPosition>,
        limit: usize,
        keep: impl Fn(&ScheduledJob) -> bool,
    ) -> Result<ScheduledPage, StoreError> {
        let mut placed: Vec<_> =
            self.all::<ScheduledJob>()?.into_iter().map(|job| (selection.place(&job), job)).collect();
        placed.retain(|(place, job)| {
            let is_after = after.is_none_or(|after| selection.compare(place, after) == Ordering::Greater);
            is_after && keep(&job.record) && selection.finds(&job.record)
        });
        placed.sort_by(|(a, _), (b, _)| selection.compare(a, b));
        let more = placed.len() > limit;
        placed.truncate(limit);
        let next = placed.last().filter(|_| more).map(|(place, _)| place.clone());
        Ok(ScheduledPage { jobs: placed.into_iter().map(|(_, job)| job).collect(), next })
    }
}
