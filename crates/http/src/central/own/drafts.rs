//! Saved jobs: what the wizard keeps to be gone on with later.

use bellwether_engine::{JobDraftError, NewJobDraft};
use bellwether_model::ids::JobDraftId;
use bellwether_model::job_draft;
use bellwether_model::json::RawJson;
use bellwether_store::{DraftOrder, DraftPosition, DraftSelection, Records, SearchText, Stored};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::owner::Names;

/// A job that was saved and not run. Nothing of it but the shape is checked before it is run.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobDraft {
    /// Its name on the wire; the server sets it.
    #[serde(default)]
    pub id: String,
    /// Changes with it; send it back as `If-Match`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The organization whose users see it; absent: where it was, and of a new one that of whoever saves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<String>>,
    /// Who saved it last; the server sets it.
    #[serde(default)]
    pub owner: String,
    /// How people know who saved it last; the server sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_name: Option<String>,
    /// When it was saved last; the server sets it.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub saved: String,
    /// The job as far as it goes: the members of a job or a scheduled job to make, any of them missing. At most 1 MiB;
    /// numbers keep their digits.
    #[schema(value_type = serde_json::Value)]
    pub job: Box<RawValue>,
}

/// `GET /jobDrafts`: last saved first unless said.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let orders = [("displayName", DraftOrder::DisplayName), ("saved", DraftOrder::Saved)];
    let (order, descending) = call.sorted(&orders)?.unwrap_or((DraftOrder::Saved, true));
    let selection = DraftSelection { search: call.searched()?.map(SearchText::new), order, descending };
    let after: Option<DraftPosition> = call.position(&page)?;
    let scope = call.scope.clone();
    let seen = move |draft: &job_draft::JobDraft| scope.covers(draft.organization.as_deref());
    let searches = selection.search.is_some();
    let read = move |records: &Records<'_>| records.job_drafts(&selection, after.as_ref(), page.limit, seen);
    let store = call.engine().store();
    // A search reads the drafts themselves, which may be long.
    let found = if searches { store.select_records(read).await? } else { store.read_records(read).await? };
    let next = found.next.as_ref().map(|position| call.next(position)).transpose()?;
    let names = Names::of(&call, found.drafts.iter().map(|draft| draft.record.owner.as_str())).await?;
    let drafts = found.drafts.into_iter().map(|draft| document(draft, &names)).collect::<Result<Vec<_>, _>>()?;
    Answer::page(drafts, next)
}

/// `GET /jobDrafts/{draftId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let found = call.engine().store().record::<job_draft::JobDraft>(id(&call)?.as_str()).await?;
    let seen = found.filter(|draft| call.scope.covers(draft.record.organization.as_deref()));
    answer(&call, seen.ok_or(JobDraftError::NotFound)?).await
}

/// `PUT /jobDrafts/{draftId}`: saves a draft, a new one or over one that is there.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    let (id, if_match) = (id(&call)?, call.if_match()?);
    let body: JobDraft = call.json()?;
    let organization = match body.organizations.as_deref() {
        None | Some([]) => None,
        Some([one]) => Some(one.clone()),
        Some([_, _, ..]) => {
            return Err(CentralError::unprocessable("organizations may hold one organization only"));
        }
    };
    let new = NewJobDraft { id, display_name: body.display_name, organization, job: RawJson::from(&*body.job) };
    let saved = call.engine().save_job_draft(new, if_match, call.caller.clone(), call.scope.clone()).await?;
    answer(&call, saved).await
}

/// `DELETE /jobDrafts/{draftId}`.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    let (id, if_match) = (id(&call)?, call.if_match()?);
    call.engine().delete_job_draft(id, if_match, call.scope.clone()).await?;
    Ok(Answer::nothing())
}

fn id(call: &Call) -> Result<JobDraftId, CentralError> {
    call.param(0).parse().map_err(CentralError::bad_request)
}

async fn answer(call: &Call, draft: Stored<job_draft::JobDraft>) -> Result<Answer, CentralError> {
    let names = Names::of(call, [draft.record.owner.as_str()]).await?;
    Answer::one(&document(draft, &names)?)
}

fn document(stored: Stored<job_draft::JobDraft>, names: &Names) -> Result<JobDraft, CentralError> {
    let etag = Some(stored.etag_text());
    let job_draft::JobDraft { id, display_name, organization, owner, saved, job } = stored.record;
    Ok(JobDraft {
        id: id.into(),
        etag,
        display_name,
        organizations: organization.map(|organization| vec![organization]),
        owner_name: names.get(&owner),
        owner,
        saved: saved.to_string(),
        job: RawValue::from_string(job.as_str().to_owned())?,
    })
}

impl From<JobDraftError> for CentralError {
    fn from(error: JobDraftError) -> CentralError {
        match error {
            JobDraftError::NotFound => CentralError::not_found("job draft with this id"),
            JobDraftError::EtagMismatch(error) => error.into(),
            JobDraftError::Invalid(error) => CentralError::unprocessable(error),
            JobDraftError::TooMany => CentralError::conflict(error),
            JobDraftError::Store(error) => error.into(),
        }
    }
}
