//! Saved jobs: kept, changed, deleted. Who may run jobs in an organization shares its drafts.

use std::collections::BTreeSet;

use bellwether_model::access::{Caller, Permission, Scope};
use bellwether_model::identity::IfMatch;
use bellwether_model::ids::JobDraftId;
use bellwether_model::job_draft::{BadDraft, DRAFTS_MAX, JobDraft};
use bellwether_model::json::RawJson;
use bellwether_store::{EtagMismatch, Records, StoreError, Stored, check_etag};

use crate::Engine;
use crate::access::organizations;

/// A job to save.
#[derive(Debug, Clone)]
pub struct NewJobDraft {
    /// Its name on the wire.
    pub id: JobDraftId,
    /// Its name for people.
    pub display_name: Option<String>,
    /// The organization that it is to belong to. `None`: where it is; a new one belongs to the only organization that
    /// the caller may run jobs in, or the root.
    pub organization: Option<String>,
    /// The job.
    pub job: RawJson,
}

/// Why nothing was done with a draft.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JobDraftError {
    /// There is no such draft where the caller may look.
    #[error("there is no job draft of this id")]
    NotFound,
    /// See there.
    #[error(transparent)]
    EtagMismatch(#[from] EtagMismatch),
    /// A member breaks a rule.
    #[error(transparent)]
    Invalid(#[from] BadDraft),
    /// There are as many as may be.
    #[error("there are {DRAFTS_MAX} job drafts, which is the most; delete some first")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Saves a draft, a new one or over one that is there.
    ///
    /// # Errors
    /// The one that is there is not in `scope` or has another etag; a rule is broken. Nothing is changed then.
    pub async fn save_job_draft(
        &self,
        new: NewJobDraft,
        if_match: IfMatch,
        caller: Caller,
        scope: Scope,
    ) -> Result<Stored<JobDraft>, JobDraftError> {
        let saved = self.now();
        let write = move |records: &Records<'_>| {
            let NewJobDraft { id, display_name, organization, job } = new;
            let stands = records.get::<JobDraft>(id.as_str())?;
            if stands.as_ref().is_some_and(|draft| !scope.covers(draft.record.organization.as_deref())) {
                return Err(JobDraftError::NotFound);
            }
            check_etag(&if_match, stands.as_ref())?;
            let bad = |rule: &str| BadDraft { field: "organizations", rule: rule.to_owned() };
            let organization = match (organization, &stands) {
                (Some(id), _) => {
                    if !organizations(records)?.contains(&id) || !scope.covers(Some(&id)) {
                        return Err(bad("holds no organization that you can see").into());
                    }
                    Some(id)
                }
                (None, Some(stands)) => stands.record.organization.clone(),
                (None, None) => home(&caller).ok_or_else(|| bad("must name one of your organizations"))?,
            };
            if stands.is_none() && records.count::<JobDraft>()? >= DRAFTS_MAX {
                return Err(JobDraftError::TooMany);
            }
            let draft = JobDraft { id, display_name, organization, owner: caller.name, saved, job };
            draft.check()?;
            Ok(records.put(draft)?)
        };
        self.store.change_records(write).await
    }

    /// Deletes a draft.
    ///
    /// # Errors
    /// There is none in `scope`, or it has another etag.
    pub async fn delete_job_draft(&self, id: JobDraftId, if_match: IfMatch, scope: Scope) -> Result<(), JobDraftError> {
        let delete = move |records: &Records<'_>| {
            let stands = records.get::<JobDraft>(id.as_str())?;
            let stands = stands.filter(|draft| scope.covers(draft.record.organization.as_deref()));
            check_etag(&if_match, Some(&stands.ok_or(JobDraftError::NotFound)?))?;
            records.delete::<JobDraft>(id.as_str())?;
            Ok(())
        };
        self.store.change_records(delete).await
    }
}

/// The only organization, or the root, that the caller's roles for running jobs are for; the outer `None`: several.
fn home(caller: &Caller) -> Option<Option<String>> {
    let places = caller.roles.iter().filter(|assignment| assignment.role.permits(Permission::RunJobs));
    let places: BTreeSet<Option<&str>> = places.map(|assignment| assignment.organization.as_deref()).collect();
    if places.contains(&None) {
        return Some(None);
    }
    let mut places = places.into_iter().flatten();
    places.next().filter(|_| places.next().is_none()).map(|only| Some(only.to_owned()))
}
