//! Scheduled jobs in the newest version's form (iot-central §4.1).
//!
//! The published versions have no member for the time zone: what is made there reckons in UTC, and what was made with a
//! zone keeps it. Our own version has `schedule.zone`, and shows the next runs.

use bellwether_model::Time;
use bellwether_model::json::{Members, ObjectWriter, merge_patch_text, push_string};
use bellwether_model::schedule::{Definition, End, Recurrence, Schedule, ScheduledJob, Zone};
use bellwether_store::Stored;
use serde::Deserialize;

use super::call::from_json;
use super::error::CentralError;
use super::job_wire::{self, JobBody};
use super::own::scheduled::ScheduledFacts;
use super::version::Version;

/// Runs ahead that our own version shows.
const NEXT_RUNS: usize = 5;

/// What a scheduled job has beside the members of a job.
#[derive(Deserialize)]
struct Body {
    schedule: Option<ScheduleBody>,
    enabled: Option<bool>,
}

#[derive(Deserialize)]
struct ScheduleBody {
    start: Option<String>,
    recurrence: Option<String>,
    end: Option<EndBody>,
    /// Only our own version has it.
    zone: Option<String>,
}

#[derive(Deserialize)]
struct EndBody {
    #[serde(rename = "type")]
    kind: Option<String>,
    date: Option<String>,
    occurrences: Option<i64>,
}

/// Is the body an object?
///
/// # Errors
/// 400 when it is no JSON, 422 when it is no object.
pub(crate) fn check(body: &str) -> Result<(), CentralError> {
    from_json::<Members<'_>>(body).map(|_| ())
}

/// A request's definition; `stands` is what it replaces. A member that only the server sets is ignored.
///
/// # Errors
/// 422: a member is missing or has a value that it cannot have.
pub(crate) fn read(version: Version, text: &str, stands: Option<&Definition>) -> Result<Definition, CentralError> {
    let (job, delivery, organization) = {
        let body: JobBody<'_> = from_json(text)?;
        (body.job()?, body.delivery()?, body.organization()?)
    };
    let Body { schedule, enabled } = from_json(text)?;
    let zone = match version {
        Version::Own => Zone::UTC,
        _ => stands.map_or(Zone::UTC, |stands| stands.schedule.zone().clone()),
    };
    let schedule = schedule.ok_or_else(|| CentralError::unprocessable("schedule must be given"))?;
    Ok(Definition {
        display_name: job.display_name,
        description: job.description,
        group: job.group,
        delivery,
        data: job.data,
        organization,
        schedule: schedule.read(zone)?,
        enabled: enabled.unwrap_or(true),
    })
}

/// What stands, after a merge patch.
///
/// # Errors
/// As [`read`].
pub(crate) fn patched(version: Version, patch: &str, stands: Option<&Definition>) -> Result<Definition, CentralError> {
    let before = stands.map_or_else(|| "{}".to_owned(), |stands| text_of(version, stands));
    let text = merge_patch_text(&before, patch);
    let text = text.map_err(|error| CentralError::unprocessable(format!("the body: {error}")))?;
    read(version, &text, stands)
}

/// The schedule of a job that is only looked at; `None`: it has none. The inner error is a rule that it breaks.
///
/// # Errors
/// 422: a member has another type.
pub(crate) fn read_schedule(text: &str) -> Result<Result<Option<Schedule>, CentralError>, CentralError> {
    let Body { schedule, .. } = from_json(text)?;
    Ok(schedule.map(|schedule| schedule.read(Zone::UTC)).transpose())
}

impl ScheduleBody {
    /// `zone` is where it is reckoned when nothing is said.
    fn read(self, zone: Zone) -> Result<Schedule, CentralError> {
        let unprocessable = |text: &str| CentralError::unprocessable(text);
        let start = self.start.ok_or_else(|| unprocessable("schedule.start must be given"))?;
        let start: Time =
            start.parse().map_err(|rule| CentralError::unprocessable(format!("schedule.start {rule}")))?;
        let recurrence = match self.recurrence.as_deref() {
            None => Recurrence::Once,
            Some(word) => Recurrence::from_text(word)
                .ok_or_else(|| unprocessable("schedule.recurrence must be daily, weekly or monthly"))?,
        };
        let end = self.end.map_or(Ok(End::Never), EndBody::read)?;
        let zone = match self.zone {
            None => zone,
            Some(name) => name.parse().map_err(|rule| CentralError::unprocessable(format!("schedule.zone {rule}")))?,
        };
        Schedule::new(start, recurrence, end, zone)
            .map_err(|bad| CentralError::unprocessable(format!("{} {bad}", bad.member())))
    }
}

impl EndBody {
    fn read(self) -> Result<End, CentralError> {
        let bad = |text: &str| CentralError::unprocessable(text);
        match self.kind.as_deref() {
            Some("date") => {
                let date = self.date.ok_or_else(|| bad("schedule.end.date must be given"))?;
                let day = date.parse();
                Ok(End::Date(day.map_err(|rule| CentralError::unprocessable(format!("schedule.end.date {rule}")))?))
            }
            Some("occurrences") => {
                let count = self.occurrences.ok_or_else(|| bad("schedule.end.occurrences must be given"))?;
                // What is too small or too large for the type is too small or too large for the rule.
                Ok(End::Occurrences(u32::try_from(count).unwrap_or(0)))
            }
            Some(_) | None => Err(bad("schedule.end.type must be date or occurrences")),
        }
    }
}

/// A scheduled job as clients see it. `description` is always there (iot-central §4.1); other members without a value
/// are absent. `facts` are for our own version.
///
/// # Errors
/// It has no JSON form.
pub(crate) fn document(
    version: Version,
    stored: &Stored<ScheduledJob>,
    facts: &ScheduledFacts,
) -> Result<String, CentralError> {
    let job = &stored.record;
    let mut out = String::with_capacity(1024);
    let mut doc = ObjectWriter::open(&mut out);
    doc.string("id", job.id.as_str());
    members(version, &mut doc, &job.definition);
    doc.display("completed", job.progress.completed).string("etag", &stored.etag_text());
    if version == Version::Own {
        next_runs(doc.key("nextRuns"), job);
        facts.members(&mut doc, job)?;
    }
    doc.close();
    Ok(out)
}

/// When it runs next; nothing while it is suspended, and after its end.
fn next_runs(out: &mut String, job: &ScheduledJob) {
    let runs: Vec<Time> = match job.next() {
        Some(_) => job.progress.upcoming(&job.definition.schedule).take(NEXT_RUNS).collect(),
        None => Vec::new(),
    };
    out.push('[');
    for (index, run) in runs.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_string(out, &run.to_string());
    }
    out.push(']');
}

/// What a caller may change of it.
fn text_of(version: Version, definition: &Definition) -> String {
    let mut out = String::with_capacity(1024);
    let mut doc = ObjectWriter::open(&mut out);
    members(version, &mut doc, definition);
    doc.close();
    out
}

fn members(version: Version, doc: &mut ObjectWriter<'_>, definition: &Definition) {
    if let Some(name) = &definition.display_name {
        doc.string("displayName", name);
    }
    doc.string("description", definition.description.as_deref().unwrap_or_default());
    doc.string("group", &definition.group);
    job_wire::delivery(doc, &definition.delivery);
    job_wire::data(doc.key("data"), &definition.data);
    if let Some(organization) = &definition.organization {
        let list = doc.key("organizations");
        list.push('[');
        push_string(list, organization);
        list.push(']');
    }
    let mut schedule = ObjectWriter::open(doc.key("schedule"));
    schedule.time("start", definition.schedule.start());
    if let Some(word) = definition.schedule.recurrence().as_str() {
        schedule.string("recurrence", word);
    }
    match definition.schedule.end() {
        End::Never => {}
        End::Date(day) => {
            let mut end = ObjectWriter::open(schedule.key("end"));
            end.string("type", "date").string("date", &day.to_string());
            end.close();
        }
        End::Occurrences(runs) => {
            let mut end = ObjectWriter::open(schedule.key("end"));
            end.string("type", "occurrences").display("occurrences", runs);
            end.close();
        }
    }
    let zone = definition.schedule.zone();
    if version == Version::Own && *zone != Zone::UTC {
        schedule.string("zone", zone.name());
    }
    schedule.close();
    doc.display("enabled", definition.enabled);
}
