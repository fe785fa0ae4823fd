//! What happened to a job since an event: the cursor of live updates (DESIGN §6.9).

use bellwether_model::job::Job;
use bellwether_model::targets::unpack;
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::watch;

use crate::jobs::job_by_key;
use crate::results::last_event;
use crate::targets::Ordinals;
use crate::{Records, Store, StoreError};

/// Of more events than this at once it is not looked up which devices they touched, nor of more devices one by one.
const EVENTS_LOOKED_UP: usize = 1000;
const DEVICES_LOOKED_UP: usize = 20_000;
/// More ranges than this are not told.
const RANGES_MAX: usize = 100;

/// A job, and what happened to it since an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobMoves {
    /// The job after the last event.
    pub job: Job,
    /// The number of that event; 0 before the first.
    pub last: u64,
    /// When that event was.
    pub time: Time,
    /// False: the events since the one that was asked for are not all kept, or there has not been such a one.
    pub is_whole: bool,
    /// The ordinals that were touched, first and last of each range, in order; `None`: any may have been.
    pub touched: Option<Vec<(u64, u64)>>,
}

impl Store {
    /// Changes each time that the job has moved and that is on disk; many moves may be one change.
    pub fn job_news(&self, job: JobKey) -> watch::Receiver<()> {
        self.news.listen(job)
    }

    /// What happened to a job after the event `after`; `None` when there is no such job.
    pub async fn job_moves(&self, job: JobKey, after: u64) -> Result<Option<JobMoves>, StoreError> {
        self.read(move |connection| {
            let Some(job) = job_by_key(connection, job)? else { return Ok(None) };
            let last = last_event(connection, job.key)?;
            let time = time_of(connection, job.key, last)?.unwrap_or(job.created);
            let is_whole = after == last || (after < last && time_of(connection, job.key, after + 1)?.is_some());
            let touched = if is_whole { touched(connection, &job, after)? } else { None };
            Ok(Some(JobMoves { job, last, time, is_whole, touched }))
        })
        .await
    }
}

impl Records<'_> {
    /// When the last device of a job was begun, or ended without having been begun; `None`: none was, or it is too long
    /// ago to be looked up.
    pub fn last_begun(&self, job: JobKey) -> Result<Option<Time>, StoreError> {
        let sql = "SELECT at, succeeded + failed + running + cancelled FROM job_event
                   WHERE job = ?1 ORDER BY number DESC LIMIT ?2";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query(params![job.0, EVENTS_LOOKED_UP as i64])?;
        let mut last: Option<(i64, i64)> = None;
        while let Some(row) = rows.next()? {
            let (at, begun) = (row.get(0)?, row.get(1)?);
            match last {
                Some((time, after)) if after != begun => return Ok(Some(Time(time))),
                Some(_) | None => last = Some((at, begun)),
            }
        }
        Ok(None)
    }
}

fn time_of(connection: &Connection, job: JobKey, event: u64) -> Result<Option<Time>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT at FROM job_event WHERE job = ?1 AND number = ?2")?;
    Ok(statement.query_row(params![job.0, event as i64], |row| row.get(0).map(Time)).optional()?)
}

/// Devices that were not begun after an event; `None` until the list is frozen.
fn pending(row: &Row<'_>) -> rusqlite::Result<Option<i64>> {
    Ok(row.get::<_, Option<i64>>(1)?.map(|targets| targets - row.get::<_, i64>(2).unwrap_or(0)))
}

/// The ordinals touched by the events after `after`; `None` when they cannot be named.
fn touched(connection: &Connection, job: &Job, after: u64) -> Result<Option<Vec<(u64, u64)>>, StoreError> {
    // The event before is where it begins from.
    let sql = "SELECT number, targets, succeeded + failed + running + cancelled, devices FROM job_event
               WHERE job = ?1 AND number >= ?2 ORDER BY number LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![job.key.0, after as i64, EVENTS_LOOKED_UP as i64 + 2])?;
    let mut places = Places { ordinals: Ordinals::of(connection, job.key), ranges: Vec::new(), looked_up: 0 };
    let mut before = None;
    let mut events = 0;
    while let Some(row) = rows.next()? {
        let now = pending(row)?;
        let began_from = std::mem::replace(&mut before, now);
        if row.get::<_, i64>(0)? as u64 == after {
            continue;
        }
        events += 1;
        // With the list all its devices are new, and where the rest was closed all that were pending moved at once.
        let is_list_new = now.is_some() != began_from.is_some();
        let is_rest_closed = job.rest.is_some() && now == Some(0) && began_from.is_some_and(|pending| pending > 0);
        let devices = unpack(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?);
        if events > EVENTS_LOOKED_UP || is_list_new || is_rest_closed || !places.add(&devices)? {
            return Ok(None);
        }
    }
    Ok(Some(places.merged()).filter(|ranges| ranges.len() <= RANGES_MAX))
}

/// Where devices stand in a list.
struct Places<'a> {
    ordinals: Ordinals<'a>,
    ranges: Vec<(u64, u64)>,
    looked_up: usize,
}

impl Places<'_> {
    /// False: it would take too long.
    fn add(&mut self, devices: &[DeviceSeq]) -> Result<bool, StoreError> {
        let (Some(&first), Some(&last)) = (devices.first(), devices.last()) else { return Ok(true) };
        if let (Some(first), Some(last)) = (self.ordinals.find(first)?, self.ordinals.find(last)?)
            && last - first + 1 == devices.len() as u64
        {
            // A chunk of a twin job: neighbours.
            self.ranges.push((first, last));
            return Ok(true);
        }
        self.looked_up += devices.len();
        if self.looked_up > DEVICES_LOOKED_UP {
            return Ok(false);
        }
        for &device in devices {
            self.ranges.extend(self.ordinals.find(device)?.map(|ordinal| (ordinal, ordinal)));
        }
        Ok(true)
    }

    fn merged(mut self) -> Vec<(u64, u64)> {
        self.ranges.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::new();
        for (first, last) in self.ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
                Some(_) | None => merged.push((first, last)),
            }
        }
        merged
    }
}
