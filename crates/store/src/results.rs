//! The results of a job, device by device: windows of its frozen list that begin anywhere, with a filter or without
//! (DESIGN §6.4, §6.10).
//!
//! A window without a filter costs the same wherever it begins: the list is packed in blocks. One with a filter looks
//! at a bounded number of devices and says where to go on, also when it found fewer than were asked for.

use std::sync::Arc;

use bellwether_model::access::Scope;
use bellwether_model::identity::Presence;
use bellwether_model::job::{DeviceJobState, Job};
use bellwether_model::twin::path::{SectionName, TwinPath};
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::each_row::each_row;
use crate::job_rows::{Kept, kept_of_each, not_begun};
use crate::jobs::job_by_key;
use crate::result_scan::{Place, ResultFilter, Scan};
use crate::{Store, StoreError};

/// A read looks at no more devices than this before it answers. Tests have few devices.
const LOOKED_AT_MAX: usize = if cfg!(test) { 700 } else { 50_000 };
/// A window ends after so many bytes of answers and columns, and what was read with the last of them.
const WINDOW_BYTES: usize = 1024 * 1024;
/// Devices that are read at once: their answers are at most 128 KiB each.
const READ_AT_ONCE: usize = 50;

/// What a window shows.
#[derive(Debug, Clone)]
pub struct ResultView {
    /// Whose devices are shown as they are now. Of one that belongs to another organization by now only the id is
    /// left, and what became of it in the job: it reads like one that was deleted.
    pub scope: Scope,
    /// Of which devices.
    pub filter: ResultFilter,
    /// Values out of the twins of living devices.
    pub columns: Vec<TwinPath>,
    /// Also what the devices answered.
    pub answers: bool,
}

/// What became of one device in one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceResult {
    /// Its place in the frozen list, from 0.
    pub ordinal: u64,
    /// Its key.
    pub device: DeviceSeq,
    /// Its name, also when it was deleted since.
    pub id: String,
    /// Its name for people; `None`: its id.
    pub display_name: Option<String>,
    /// It was deleted since, or is outside of the view's scope now.
    pub deleted: bool,
    /// Its template.
    pub template: Option<String>,
    /// Its organization.
    pub organization: Option<String>,
    /// As stored; what is live lies over it. `None`: it is outside of the view's scope.
    pub presence: Option<Presence>,
    /// Where it stands.
    pub state: DeviceJobState,
    /// When it was begun.
    pub started: Option<Time>,
    /// When it ended.
    pub finished: Option<Time>,
    /// The status that it answered last.
    pub status: Option<i64>,
    /// What it answered last, JSON text; `None` for null, or when it was not asked for.
    pub answer: Option<String>,
    /// Why it failed: symbol and sentence.
    pub error: Option<(String, String)>,
    /// For each column that was asked for the value, JSON text.
    pub columns: Vec<Option<String>>,
}

/// A window of a job's devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultWindow {
    /// In the order of the list.
    pub results: Vec<DeviceResult>,
    /// Where to go on; `None` at the end of the list.
    pub next: Option<u64>,
    /// The number of the job's last event when this was read.
    pub event: u64,
}

impl DeviceResult {
    /// Of what may be long.
    fn bytes(&self) -> usize {
        self.answer.as_ref().map_or(0, String::len) + self.columns.iter().flatten().map(String::len).sum::<usize>()
    }
}

impl ResultView {
    /// Every device, without columns and answers.
    pub fn all(scope: Scope) -> ResultView {
        ResultView { scope, filter: ResultFilter::default(), columns: Vec::new(), answers: false }
    }
}

impl Store {
    /// At most `limit` devices of a job from the ordinal `from` on. There may be fewer, even none, although there is
    /// a `next`: no more than 50,000 are looked at.
    pub async fn job_results(
        &self,
        job: JobKey,
        view: Arc<ResultView>,
        from: u64,
        limit: usize,
    ) -> Result<ResultWindow, StoreError> {
        self.read(move |connection| {
            let mut window = ResultWindow { results: Vec::new(), next: None, event: last_event(connection, job)? };
            let Some(job) = job_by_key(connection, job)? else { return Ok(window) };
            let scan = Scan::of(connection, &job, &view.filter, &view.scope);
            let (mut next, mut looked_at, mut bytes) = (scan.begin(from), 0, 0);
            while let Some(from) = next
                && window.results.len() < limit
                && looked_at < LOOKED_AT_MAX
                && bytes <= WINDOW_BYTES
            {
                let chunk = scan.chunk(from, limit - window.results.len(), LOOKED_AT_MAX - looked_at)?;
                looked_at += chunk.looked_at;
                next = chunk.next;
                let (places, beyond) = chunk.places.split_at(chunk.places.len().min(limit - window.results.len()));
                next = beyond.first().map(|place| place.ordinal).or(next);
                for now in places.chunks(READ_AT_ONCE) {
                    if let Some(first) = now.first().filter(|_| bytes > WINDOW_BYTES) {
                        next = Some(first.ordinal);
                        break;
                    }
                    let found = results(connection, &job, &view, now)?;
                    bytes += found.iter().map(DeviceResult::bytes).sum::<usize>();
                    window.results.extend(found);
                }
            }
            window.next = next;
            Ok(window)
        })
        .await
    }
}

/// The number of a job's last event; 0 before the first.
pub(crate) fn last_event(connection: &Connection, job: JobKey) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT events FROM job WHERE key = ?1")?;
    let events: Option<i64> = statement.query_row([job.0], |row| row.get(0)).optional()?;
    Ok(events.unwrap_or(0) as u64)
}

/// All there is to say about devices of a job, in the order of the list.
///
/// # Errors
/// One of them is gone, which cannot be, or the store failed.
pub(crate) fn results(
    connection: &Connection,
    job: &Job,
    view: &ResultView,
    places: &[Place],
) -> Result<Vec<DeviceResult>, StoreError> {
    let devices: Vec<DeviceSeq> = places.iter().map(|place| place.device).collect();
    let mut kept = kept_of_each(connection, job, &devices, view.answers)?;
    let rest = not_begun(job);
    let sql = "SELECT seq, id, display_name, deleted IS NOT NULL, template, organization, connected, state_updated,
               last_activity FROM device WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq";
    let mut found = each_row(connection, sql, &devices, &[], |at, row| {
        let kept = kept.get_mut(at).and_then(Option::take).unwrap_or_else(|| rest.clone());
        let ordinal = places.get(at).map_or(0, |place| place.ordinal);
        Ok(result(row, &view.scope, ordinal, kept)?)
    })?;
    if !view.columns.is_empty() {
        let sql = "SELECT seq, tags, desired, reported FROM twin WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq";
        let values = each_row(connection, sql, &devices, &[], |_, row| columns(row, &view.columns))?;
        for (result, values) in found.iter_mut().zip(values) {
            // Of who is not seen nothing is told, of a deleted one nothing is left.
            if let Some(result) = result.as_mut().filter(|result| result.presence.is_some()) {
                result.columns = values.unwrap_or_else(|| vec![None; view.columns.len()]);
            }
        }
    }
    let gone = |device: DeviceSeq| StoreError::Damaged(format!("device {device} of a job is gone"));
    found.into_iter().zip(devices).map(|(result, device)| result.ok_or_else(|| gone(device))).collect()
}

/// The same of one.
///
/// # Errors
/// As [`results`].
pub(crate) fn result_at(
    connection: &Connection,
    job: &Job,
    view: &ResultView,
    place: Place,
) -> Result<DeviceResult, StoreError> {
    let found = results(connection, job, view, &[place])?.pop();
    found.ok_or_else(|| StoreError::Damaged(format!("device {} of a job is gone", place.device)))
}

fn result(row: &Row<'_>, scope: &Scope, ordinal: u64, kept: Kept) -> Result<DeviceResult, rusqlite::Error> {
    let Kept { state, created, updated, status, code, detail, payload, begun } = kept;
    let ended = match state {
        DeviceJobState::Pending | DeviceJobState::Running => None,
        DeviceJobState::Ended(_) => Some(updated),
    };
    let organization: Option<String> = row.get(5)?;
    let seen = scope.covers(organization.as_deref());
    let presence =
        Presence { connected: row.get(6)?, state_updated: Time(row.get(7)?), last_activity: Time(row.get(8)?) };
    Ok(DeviceResult {
        ordinal,
        device: DeviceSeq(row.get(0)?),
        id: row.get(1)?,
        display_name: if seen { row.get(2)? } else { None },
        deleted: !seen || row.get(3)?,
        template: if seen { row.get(4)? } else { None },
        organization: organization.filter(|_| seen),
        presence: seen.then_some(presence),
        state,
        started: begun.then_some(created),
        finished: ended,
        status,
        answer: payload,
        error: code.map(|code| (code.clone(), detail.unwrap_or(code))),
        columns: Vec::new(),
    })
}

/// The values at these places of a device's twin.
fn columns(row: &Row<'_>, paths: &[TwinPath]) -> Result<Vec<Option<String>>, StoreError> {
    let value = |path: &TwinPath| {
        let column = match path.section {
            SectionName::Tags => 1,
            SectionName::Desired => 2,
            SectionName::Reported => 3,
        };
        let section = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        Ok(section.and_then(|section| path.value_in(section)).map(str::to_owned))
    };
    paths.iter().map(value).collect()
}
