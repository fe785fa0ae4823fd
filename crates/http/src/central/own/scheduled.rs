//! What our own version says of scheduled jobs beyond the published ones: whose they are, and how it went.

use std::collections::BTreeMap;

use bellwether_model::json::ObjectWriter;
use bellwether_model::schedule::ScheduledJob;
use bellwether_store::{Records, RunStanding, ScheduledOrder, ScheduledSelection, SearchText, Stored};

use super::super::call::Call;
use super::super::description::schedules::{ScheduleSkip, ScheduledRun};
use super::super::error::CentralError;
use super::super::version::Version;
use super::owner::Names;

/// What stands elsewhere about scheduled jobs.
#[derive(Debug, Default)]
pub(crate) struct ScheduledFacts {
    owners: Names,
    /// By the id of the job.
    runs: BTreeMap<String, RunStanding>,
}

impl ScheduledFacts {
    /// Of these; the published versions show none.
    ///
    /// # Errors
    /// The store failed.
    pub async fn of(call: &Call, jobs: &[Stored<ScheduledJob>]) -> Result<ScheduledFacts, CentralError> {
        if call.version != Version::Own {
            return Ok(ScheduledFacts::default());
        }
        let owners = Names::of(call, jobs.iter().map(|job| job.record.owner.as_str())).await?;
        let last = jobs.iter().filter_map(|job| job.record.last_run.as_ref());
        let ids: Vec<String> = last.map(|run| run.job.to_string()).collect();
        let read = move |records: &Records<'_>| {
            let standing = |id: String| Ok(records.run_standing(&id)?.map(|standing| (id, standing)));
            ids.into_iter().filter_map(|id| standing(id).transpose()).collect()
        };
        Ok(ScheduledFacts { owners, runs: call.engine().store().read_records(read).await? })
    }

    /// Writes what there is to say of one of them.
    ///
    /// # Errors
    /// A member has no JSON form.
    pub fn members(&self, doc: &mut ObjectWriter<'_>, job: &ScheduledJob) -> Result<(), CentralError> {
        doc.string("owner", &job.owner);
        if let Some(name) = self.owners.get(&job.owner) {
            doc.string("ownerName", &name);
        }
        if let Some(last) = &job.last_run
            && let Some(standing) = self.runs.get(last.job.as_str())
        {
            let run = ScheduledRun {
                id: last.job.to_string(),
                status: standing.state.into(),
                start: standing.began.unwrap_or(last.made).to_string(),
                end: standing.ended.map(|time| time.to_string()),
            };
            doc.raw("lastRun", &serde_json::to_string(&run)?);
        }
        let skips: Vec<ScheduleSkip> = job.progress.skips.iter().rev().map(ScheduleSkip::from).collect();
        doc.display("skipped", job.progress.skipped).raw("skips", &serde_json::to_string(&skips)?);
        Ok(())
    }
}

/// What the parameters of the list say; the published versions have none.
///
/// # Errors
/// 400: one has a value that it cannot have.
pub(crate) fn selection(call: &Call) -> Result<ScheduledSelection, CentralError> {
    if call.version != Version::Own {
        return Ok(ScheduledSelection::default());
    }
    let orders = [("displayName", ScheduledOrder::DisplayName), ("nextRun", ScheduledOrder::NextRun)];
    let (order, descending) = call.sorted(&orders)?.unwrap_or_default();
    let search = call.searched()?.map(SearchText::new);
    Ok(ScheduledSelection { search, order, descending })
}
