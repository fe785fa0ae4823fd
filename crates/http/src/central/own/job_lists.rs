//! Lists of jobs: filtered, searched and sorted. Jobs of the hub face are among them: they belong to the root.

use std::collections::BTreeSet;

use bellwether_model::Time;
use bellwether_model::job::{JobKind, JobState};
use bellwether_store::{JobFilter, JobOrder, JobSelection};

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::job_wire::document;

/// Most characters of a text that is looked for.
const SEARCH_MAX: usize = 256;

/// `GET /jobs` and `GET /scheduledJobs/{scheduledJobId}/jobs`.
pub(crate) async fn page(call: Call, scheduled_job: Option<String>) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let selection = selection(&call, scheduled_job)?;
    let after = call.position(&page)?;
    let engine = call.engine();
    let found = engine.store().job_overviews(selection, after, page.limit, engine.now()).await?;
    let next = found.next.as_ref().map(|position| call.next(position)).transpose()?;
    let jobs = found.jobs.iter().map(|job| document(&call, job)).collect::<Result<Vec<_>, _>>()?;
    Answer::page(jobs, next)
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
    let search = text("search");
    if search.as_ref().is_some_and(|search| search.chars().count() > SEARCH_MAX) {
        return Err(CentralError::bad_request(format!("search may have at most {SEARCH_MAX} characters")));
    }
    let attention = match call.query.get("attention") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(CentralError::bad_request("attention must be true or false")),
    };
    let since = text("since").map(|since| since.parse::<Time>()).transpose();
    let (order, descending) = order(call.query.get("orderby").or_else(|| call.query.get("$orderby")))?;
    Ok(JobSelection {
        filter: JobFilter {
            states: words(call, "status", states)?.concat(),
            scheduled_job: scheduled_job.or_else(|| text("scheduledJob")),
            organizations,
            ..JobFilter::default()
        },
        kinds: words(call, "type", JobKind::from_text)?,
        group: text("group"),
        owner: text("owner"),
        since: since.map_err(|rule| CentralError::bad_request(format!("since {rule}")))?,
        attention,
        search,
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

/// `created desc` when nothing is said.
fn order(text: Option<&str>) -> Result<(JobOrder, bool), CentralError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok((JobOrder::Created, true)) };
    let mut parts = text.split_ascii_whitespace();
    let order = match parts.next() {
        Some("created") => Some(JobOrder::Created),
        Some("displayName") => Some(JobOrder::DisplayName),
        Some("status") => Some(JobOrder::Status),
        Some("start") => Some(JobOrder::Start),
        Some("duration") => Some(JobOrder::Duration),
        Some(_) | None => None,
    };
    let descending = match parts.next() {
        None | Some("asc") => Some(false),
        Some("desc") => Some(true),
        Some(_) => None,
    };
    match (order, descending, parts.next()) {
        (Some(order), Some(descending), None) => Ok((order, descending)),
        _ => Err(CentralError::bad_request(
            "orderby must be created, displayName, status, start or duration, with desc or not",
        )),
    }
}
