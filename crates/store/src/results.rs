//! The results of a job, device by device: windows of its frozen list that begin anywhere, with a filter or without
//! (DESIGN §6.4, §6.10).
//!
//! A window without a filter costs the same wherever it begins: the list is packed in blocks. One with a filter looks
//! at a bounded number of devices and says where to go on, also when it found fewer than were asked for.

use std::sync::Arc;

use bellwether_model::access::Scope;
use bellwether_model::identity::Presence;
use bellwether_model::job::{DeviceJobState, Job, Tally};
use bellwether_model::targets::BLOCK_DEVICES;
use bellwether_model::twin::path::{SectionName, TwinPath};
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{Connection, OptionalExtension};

use crate::job_rows::{Kept, kept, not_begun, state_of};
use crate::jobs::job_by_key;
use crate::targets::{Ordinals, block, devices_from};
use crate::{Store, StoreError};

/// A read looks at no more devices than this before it answers. Tests have few devices.
const LOOKED_AT_MAX: usize = if cfg!(test) { 700 } else { 50_000 };
/// A window ends after so many bytes of answers and columns, but has at least one device.
const WINDOW_BYTES: usize = 1024 * 1024;

/// Which devices of a job; what is `None` shows all.
#[derive(Debug, Clone, Default)]
pub struct ResultFilter {
    /// Those that stand so.
    pub states: Option<Vec<DeviceJobState>>,
    /// Failures with this symbol.
    pub code: Option<String>,
    /// Devices whose last answer had this status.
    pub status: Option<i64>,
    /// Devices with this text in their id or name, whatever its case.
    pub text: Option<String>,
}

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

impl ResultView {
    /// Every device, without columns and answers.
    pub fn all(scope: Scope) -> ResultView {
        ResultView { scope, filter: ResultFilter::default(), columns: Vec::new(), answers: false }
    }
}

impl Store {
    /// At most `limit` devices of a job from the ordinal `from` on. There may be fewer, even none, although there is
    /// a `next`.
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
            let mut bytes = 0;
            window.next = visit(connection, &job, &view, from, &mut |ordinal, device| {
                if window.results.len() == limit || bytes > WINDOW_BYTES {
                    return Ok(false);
                }
                let found = result(connection, &job, &view, ordinal, device)?;
                bytes += found.answer.as_ref().map_or(0, String::len);
                bytes += found.columns.iter().flatten().map(String::len).sum::<usize>();
                window.results.push(found);
                Ok(true)
            })?;
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

/// Takes a device, or refuses it: then the visit ends before it.
type Visit<'a> = dyn FnMut(u64, DeviceSeq) -> Result<bool, StoreError> + 'a;

/// Calls `visit` for the devices that match, from the ordinal `from` on. Returns where to go on; `None` at the end.
fn visit(
    connection: &Connection,
    job: &Job,
    view: &ResultView,
    from: u64,
    visit: &mut Visit<'_>,
) -> Result<Option<u64>, StoreError> {
    if view.filter.only_failed_rows(job) {
        visit_failed(connection, job, view, from, visit)
    } else {
        visit_list(connection, job, view, from, visit)
    }
}

/// Goes through the list, block by block, and the rows beside it.
fn visit_list(
    connection: &Connection,
    job: &Job,
    view: &ResultView,
    from: u64,
    visit: &mut Visit<'_>,
) -> Result<Option<u64>, StoreError> {
    let rest = not_begun(job);
    let rest_matches = view.filter.matches(rest.state, rest.status, rest.code.as_deref());
    let sql = "SELECT device, state, status, code FROM device_job WHERE job = ?1 AND device BETWEEN ?2 AND ?3
               ORDER BY device";
    let mut statement = connection.prepare_cached(sql)?;
    let mut ordinal = from;
    let stop = from.saturating_add(LOOKED_AT_MAX as u64);
    while let Some(devices) = block(connection, job.key, ordinal / BLOCK_DEVICES as u64)? {
        let devices = devices.get((ordinal % BLOCK_DEVICES as u64) as usize..).unwrap_or_default();
        let (Some(first), Some(last)) = (devices.first(), devices.last()) else { break };
        let mut rows = statement.query([job.key.0, first.0, last.0])?;
        let mut row = rows.next()?;
        for &device in devices {
            if ordinal == stop {
                return Ok(Some(ordinal));
            }
            // Both ascend, and every row is of a device in the list.
            let (matches, has_row) = match row {
                Some(row) if row.get::<_, i64>(0)? == device.0 => {
                    let code = row.get_ref(3)?.as_str_or_null().map_err(rusqlite::Error::from)?;
                    (view.filter.matches(state_of(row.get(1)?)?, row.get(2)?, code), true)
                }
                Some(_) | None => (rest_matches, false),
            };
            if has_row {
                row = rows.next()?;
            }
            if matches && view.filter.finds(connection, &view.scope, device)? && !visit(ordinal, device)? {
                return Ok(Some(ordinal));
            }
            ordinal += 1;
        }
    }
    Ok(None)
}

/// Goes through the rows of devices that failed, which have an index of their own.
fn visit_failed(
    connection: &Connection,
    job: &Job,
    view: &ResultView,
    from: u64,
    visit: &mut Visit<'_>,
) -> Result<Option<u64>, StoreError> {
    let Some(&first) = devices_from(connection, job.key, from, 1)?.first() else { return Ok(None) };
    let sql = "SELECT device, state, status, code FROM device_job INDEXED BY device_job_failed
               WHERE job = ?1 AND device >= ?2 AND code IS NOT NULL ORDER BY device";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([job.key.0, first.0])?;
    let mut ordinals = Ordinals::of(connection, job.key);
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        let device = DeviceSeq(row.get(0)?);
        let code = row.get_ref(3)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        let matches = view.filter.matches(state_of(row.get(1)?)?, row.get(2)?, code);
        let is_enough = looked_at == LOOKED_AT_MAX;
        looked_at += 1;
        if is_enough || (matches && view.filter.finds(connection, &view.scope, device)?) {
            let outside = || StoreError::Damaged(format!("device {device} is not in the list of its job"));
            let ordinal = ordinals.find(device)?.ok_or_else(outside)?;
            if is_enough || !visit(ordinal, device)? {
                return Ok(Some(ordinal));
            }
        }
    }
    Ok(None)
}

impl ResultFilter {
    fn matches(&self, state: DeviceJobState, status: Option<i64>, code: Option<&str>) -> bool {
        self.states.as_ref().is_none_or(|states| states.contains(&state))
            && self.code.as_deref().is_none_or(|wanted| code == Some(wanted))
            && self.status.is_none_or(|wanted| status == Some(wanted))
    }

    /// Is the text in the device's id or, within `scope`, its name?
    fn finds(&self, connection: &Connection, scope: &Scope, device: DeviceSeq) -> Result<bool, StoreError> {
        let Some(text) = &self.text else { return Ok(true) };
        let text = text.to_lowercase();
        let mut statement =
            connection.prepare_cached("SELECT id, display_name, organization FROM device WHERE seq = ?1")?;
        let mut rows = statement.query([device.0])?;
        let Some(row) = rows.next()? else { return Ok(false) };
        let organization = row.get_ref(2)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        let names = if scope.covers(organization) { 2 } else { 1 };
        for column in 0..names {
            let name = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
            if name.is_some_and(|name| name.to_lowercase().contains(&text)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Can only devices match that failed and have a row of their own?
    fn only_failed_rows(&self, job: &Job) -> bool {
        let is_failure = |state: &DeviceJobState| match state {
            DeviceJobState::Pending | DeviceJobState::Running => false,
            DeviceJobState::Ended(class) => class.tally(job.spec.success) == Tally::Failed,
        };
        let failed = self.code.is_some() || self.states.as_ref().is_some_and(|states| states.iter().all(is_failure));
        let rest = not_begun(job);
        failed && !self.matches(rest.state, rest.status, rest.code.as_deref())
    }
}

/// All there is to say about a device.
pub(crate) fn result(
    connection: &Connection,
    job: &Job,
    view: &ResultView,
    ordinal: u64,
    device: DeviceSeq,
) -> Result<DeviceResult, StoreError> {
    let Kept { state, created, updated, status, code, detail, payload, begun } =
        kept(connection, job, device, view.answers)?;
    let ended = match state {
        DeviceJobState::Pending | DeviceJobState::Running => None,
        DeviceJobState::Ended(_) => Some(updated),
    };
    let sql = "SELECT id, display_name, deleted IS NOT NULL, template, organization, connected, state_updated,
               last_activity FROM device WHERE seq = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([device.0])?;
    let row = rows.next()?.ok_or_else(|| StoreError::Damaged(format!("device {device} of a job is gone")))?;
    let organization: Option<String> = row.get(4)?;
    let seen = view.scope.covers(organization.as_deref());
    let presence =
        Presence { connected: row.get(5)?, state_updated: Time(row.get(6)?), last_activity: Time(row.get(7)?) };
    Ok(DeviceResult {
        ordinal,
        device,
        id: row.get(0)?,
        display_name: if seen { row.get(1)? } else { None },
        deleted: !seen || row.get(2)?,
        template: if seen { row.get(3)? } else { None },
        organization: organization.filter(|_| seen),
        presence: seen.then_some(presence),
        state,
        started: begun.then_some(created),
        finished: ended,
        status,
        answer: payload,
        error: code.map(|code| (code.clone(), detail.unwrap_or(code))),
        columns: if seen { columns(connection, device, &view.columns)? } else { Vec::new() },
    })
}

/// The values at these places of a device's twin; of a deleted one nothing is left.
fn columns(connection: &Connection, device: DeviceSeq, paths: &[TwinPath]) -> Result<Vec<Option<String>>, StoreError> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached("SELECT tags, desired, reported FROM twin WHERE seq = ?1")?;
    let mut rows = statement.query([device.0])?;
    let Some(row) = rows.next()? else { return Ok(vec![None; paths.len()]) };
    let value = |path: &TwinPath| {
        let column = match path.section {
            SectionName::Tags => 0,
            SectionName::Desired => 1,
            SectionName::Reported => 2,
        };
        let section = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        Ok(section.and_then(|section| path.value_in(section)).map(str::to_owned))
    };
    paths.iter().map(value).collect()
}
