//! Lists of jobs: filtered, searched and sorted. Jobs of the hub face are among them: they belong to the root.

use std::collections::BTreeSet;

use bellwether_model::Time;
use bellwether_model::job::{JobKind, JobState};
use bellwether_store::{JobFilter, JobOrder, JobSelection, SearchText};

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::super::jobs;
use super::job_wire::documents;

/// What jobs can be sorted by; `created desc` when nothing is said.
const ORDERS: [(&str, JobOrder); 5] = [
    ("created", JobOrder::Created),
    ("displayName", JobOrder::DisplayName),
    ("status", JobOrder::Status),
    ("start", JobOrder::Start),
    ("duration", JobOrder::Duration),
];

/// `GET /jobs` and `GET /scheduledJobs/{scheduledJobId}/jobs`.
pub(crate) async fn page(call: Call, scheduled_job: Option<String>) -> Result<Answer, CentralError> {
    let selection = selection(&call, scheduled_job)?;
    list(call, selection).await
}

/// `GET /jobs/{jobId}/reruns`: the jobs on devices of this one that the caller may see; parameters are those of a list of
/// jobs.
pub(crate) async fn reruns(call: Call) -> Result<Answer, CentralError> {
    let source = jobs::of_either_face(&call).await?;
    let selection = selection(&call, None)?;
    list(call, JobSelection { rerun_of: Some(source.key), ..selection }).await
}

async fn list(call: Call, selection: JobSelection) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let after = call.position(&page)?;
    let engine = call.engine();
    let found = engine.store().job_overviews(selection, after, page.limit, engine.now()).await?;
    let next = found.next.as_ref().map(|position| call.next(position)).transpose()?;
    Answer::page(documents(&call, &found.jobs).await?, next)
}

/// What the parameters say.
///
/// # Errors
/// 400: one has a value that it cannot have.
fn selection(call: &Call, scheduled_job: Option<String>) -> Result<JobSelection, CentralError> {
    let text = |name: &str| call.query.get(name).map(str::to_owned);
    let mut organizations = call.scope.organizations().cloned();
    if let Some(wanted) = text("organization") {
        // What is not the caller's is not there.
        let seen = call.scope.covers(Some(&wanted));
        organizations = Some(if seen { BTreeSet::from([wanted]) } else { BTreeSet::new() });
    }
    let attention = match call.query.get("attention") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(CentralError::bad_request("attention must be true or false")),
    };
    let since = text("since").map(|since| since.parse::<Time>()).transpose();
    let (order, descending) = call.sorted(&ORDERS)?.unwrap_or((JobOrder::Created, true));
    Ok(JobSelection {
        filter: JobFilter {
            states: words(call, "status", states)?.concat(),
            scheduled_job: scheduled_job.or_else(|| text("scheduledJob")),
            organizations,
            ..JobFilter::default()
        },
        kinds: words(call, "type", JobKind::from_text)?,
        group: text("group"),
        rerun_of: None,
        owner: text("owner"),
        since: since.map_err(|rule| CentralError::bad_request(format!("since {rule}")))?,
        attention,
        search: call.searched()?.map(SearchText::new),
        order,
        descending,
    })
}

/// The words of a parameter that holds several.
fn words<T>(call: &Call, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, CentralError> {
    let all = call.query.get(name).into_iter().flat_map(|text| text.split(',')).map(str::trim);
    let word = |word| {
        read(word).ok_or_else(|| CentralError::bad_request(format!("{name} must not hold {word:?}, which is none")))
    };
    all.filter(|word| !word.is_empty()).map(word).collect()
}

fn states(word: &str) -> Option<Vec<JobState>> {
    Some(match word {
        "pending" => vec![JobState::Queued, JobState::Scheduled],
        "running" => vec![JobState::Running],
        "complete" => vec![JobState::Completed],
        "failed" => vec![JobState::Failed],
        "stopped" => vec![JobState::Stopped],
        "cancelled" => vec![JobState::Cancelled],
        _ => return None,
    })
}
