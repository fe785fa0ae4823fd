//! A calendar of what begins by itself.

use bellwether_model::Time;
use bellwether_store::{Records, UpcomingRun as Run};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;

/// Runs in one answer.
const RUNS_MAX: usize = 1000;
const DAY: i64 = 86_400;
/// Days that an answer tells of when nothing is said, and at most.
const DAYS: i64 = 31;
const DAYS_MAX: i64 = 62;
/// So many days from now a time may lie in which somebody wants to look.
const AHEAD_MAX: i64 = 366;

/// What begins in some days.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpcomingRuns {
    /// The first first; at most 1,000.
    pub value: Vec<UpcomingRun>,
    /// There are more than 1,000: later ones are missing.
    pub more: bool,
}

/// Something that begins by itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpcomingRun {
    /// When. A run of a scheduled job is left out then if the one before is still active.
    #[schema(format = DateTime)]
    pub time: String,
    /// What.
    pub kind: UpcomingKind,
    /// Its id.
    pub id: String,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The device group that it is on; absent where it is on none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The zone in which a scheduled job reckons, as `Europe/Berlin`; absent for a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// What begins.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum UpcomingKind {
    /// A run of a scheduled job.
    ScheduledJob,
    /// A job that waits for its time.
    Job,
}

impl From<Run> for UpcomingRun {
    fn from(Run { time, id, display_name, group, zone }: Run) -> UpcomingRun {
        let kind = if zone.is_some() { UpcomingKind::ScheduledJob } else { UpcomingKind::Job };
        let zone = zone.map(|zone| zone.name().to_owned());
        UpcomingRun { time: time.to_string(), kind, id, display_name, group, zone }
    }
}

/// `GET /upcomingRuns`: what begins from now on, or `from`, for 31 days, or before `until`.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let time = |name: &str| {
        let text = call.query.get(name);
        let time = text.map(str::parse::<Time>).transpose();
        time.map_err(|rule| CentralError::bad_request(format!("{name} {rule}")))
    };
    let now = call.engine().now();
    let from = time("from")?.unwrap_or(now);
    let until = time("until")?.unwrap_or_else(|| from.plus_seconds(DAYS * DAY));
    if from > now.plus_seconds(AHEAD_MAX * DAY) {
        return Err(CentralError::bad_request(format!("from must be at most {AHEAD_MAX} days from now")));
    }
    if until <= from || until > from.plus_seconds(DAYS_MAX * DAY) {
        return Err(CentralError::bad_request(format!("until must be later than from, by at most {DAYS_MAX} days")));
    }
    let scope = call.scope.clone();
    let read = move |records: &Records<'_>| records.upcoming_runs(from, until, &scope, RUNS_MAX);
    let (runs, more) = call.engine().store().read_records(read).await?;
    Answer::one(&UpcomingRuns { value: runs.into_iter().map(UpcomingRun::from).collect(), more })
}
