//! Which devices of a job match, found chunk by chunk: among its frozen list, among those that failed, or among some
//! that were named.

use std::num::NonZeroU64;
use std::sync::Arc;

use bellwether_model::access::Scope;
use bellwether_model::job::{DeviceJobState, Job, Tally};
use bellwether_model::targets::BLOCK_DEVICES;
use bellwether_model::{DeviceSeq, JobKey};
use rusqlite::{Connection, Row, params};

use crate::each_row::each_row;
use crate::job_rows::{not_begun, state_of};
use crate::search::SearchText;
use crate::targets::{Ordinals, block, devices_from};
use crate::{Store, StoreError};

/// Which devices of a job; what is `None` shows all.
#[derive(Debug, Clone, Default)]
pub struct ResultFilter {
    /// Those that stand so.
    pub states: Option<Vec<DeviceJobState>>,
    /// Failures with this symbol.
    pub code: Option<String>,
    /// Devices whose last answer had this status.
    pub status: Option<i64>,
    /// Devices with this text in their id or name.
    pub text: Option<SearchText>,
    /// Those of the batch of this number.
    pub batch: Option<NonZeroU64>,
    /// Among these, which ascend.
    pub among: Option<Arc<[Place]>>,
}

/// A device's place in the frozen list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 0.
    pub ordinal: u64,
    /// The device's key.
    pub device: DeviceSeq,
}

/// What one step of a scan found.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// Those that match, ascending.
    pub places: Vec<Place>,
    /// Devices that were looked at.
    pub looked_at: usize,
    /// Where the next step begins; `None` at the end.
    pub next: Option<u64>,
}

/// A way through the devices of a job.
pub(crate) struct Scan<'a> {
    connection: &'a Connection,
    job: &'a Job,
    filter: &'a ResultFilter,
    /// Where names of devices count.
    scope: &'a Scope,
    /// Does a device match that has no row of its own?
    rest_matches: bool,
    /// The places that there are, or those of the batch.
    bounds: std::ops::Range<u64>,
}

impl<'a> Scan<'a> {
    pub fn of(connection: &'a Connection, job: &'a Job, filter: &'a ResultFilter, scope: &'a Scope) -> Scan<'a> {
        let rest = not_begun(job);
        let rest_matches = filter.matches(rest.state, rest.status, rest.code.as_deref());
        let targets = job.counters.map_or(0, |counters| counters.targets);
        let bounds = match filter.batch {
            Some(batch) if targets > 0 => {
                let size = job.spec.delivery.batch_size(targets);
                (batch.get() - 1).saturating_mul(size)..batch.get().saturating_mul(size).min(targets)
            }
            Some(_) | None => 0..targets,
        };
        Scan { connection, job, filter, scope, rest_matches, bounds }
    }

    /// Where a scan begins that goes on at `from`; `None`: nothing is left.
    pub fn begin(&self, from: u64) -> Option<u64> {
        self.within(from.max(self.bounds.start))
    }

    fn within(&self, ordinal: u64) -> Option<u64> {
        (ordinal < self.bounds.end).then_some(ordinal)
    }

    /// The next devices from the place `from` on. No more than `most` are looked at, and none in vain beyond the first
    /// `wanted` where all match.
    pub fn chunk(&self, from: u64, wanted: usize, most: usize) -> Result<Chunk, StoreError> {
        let most = most.min(BLOCK_DEVICES);
        let mut chunk = match &self.filter.among {
            Some(among) => self.of_those(among, from, most)?,
            None if self.filter.only_failed_rows(self.job, self.rest_matches) => self.of_failed(from, most)?,
            None => self.of_list(from, if self.filter.narrows() { most } else { most.min(wanted) })?,
        };
        if let Some(text) = &self.filter.text {
            self.retain_named(text, &mut chunk.places)?;
        }
        Ok(chunk)
    }

    /// Goes through the list, and the rows beside it.
    fn of_list(&self, from: u64, most: usize) -> Result<Chunk, StoreError> {
        let Some(devices) = block(self.connection, self.job.key, from / BLOCK_DEVICES as u64)? else {
            return Ok(Chunk::default());
        };
        let devices = devices.into_iter().skip((from % BLOCK_DEVICES as u64) as usize).take(most);
        let mut places: Vec<Place> =
            (from..self.bounds.end).zip(devices).map(|(ordinal, device)| Place { ordinal, device }).collect();
        let looked_at = places.len();
        let next = self.within(from + looked_at as u64).filter(|_| looked_at > 0);
        self.retain_standing(&mut places)?;
        Ok(Chunk { places, looked_at, next })
    }

    /// Goes through those that were named.
    fn of_those(&self, among: &[Place], from: u64, most: usize) -> Result<Chunk, StoreError> {
        let begin = among.partition_point(|place| place.ordinal < from);
        let end = among.partition_point(|place| place.ordinal < self.bounds.end);
        let left = among.get(begin..end).unwrap_or_default();
        let (now, later) = left.split_at(left.len().min(most));
        let mut places = now.to_vec();
        self.retain_standing(&mut places)?;
        Ok(Chunk { places, looked_at: now.len(), next: later.first().map(|place| place.ordinal) })
    }

    /// Goes through the rows of devices that failed, which have an index of their own.
    fn of_failed(&self, from: u64, most: usize) -> Result<Chunk, StoreError> {
        let device_at = |ordinal| Ok::<_, StoreError>(devices_from(self.connection, self.job.key, ordinal, 1)?.pop());
        let (Some(first), Some(last)) = (device_at(from)?, device_at(self.bounds.end - 1)?) else {
            return Ok(Chunk::default());
        };
        let sql = "SELECT device, state, status, code FROM device_job INDEXED BY device_job_failed
                   WHERE job = ?1 AND device BETWEEN ?2 AND ?3 AND code IS NOT NULL ORDER BY device LIMIT ?4";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![self.job.key.0, first.0, last.0, most as i64 + 1])?;
        let mut ordinals = Ordinals::of(self.connection, self.job.key);
        let mut chunk = Chunk::default();
        while let Some(row) = rows.next()? {
            let device = DeviceSeq(row.get(0)?);
            let is_next = chunk.looked_at == most;
            if !is_next && !self.filter.matches_row(row)? {
                chunk.looked_at += 1;
                continue;
            }
            let outside = || StoreError::Damaged(format!("device {device} is not in the list of its job"));
            let ordinal = ordinals.find(device)?.ok_or_else(outside)?;
            if is_next {
                chunk.next = Some(ordinal);
            } else {
                chunk.looked_at += 1;
                chunk.places.push(Place { ordinal, device });
            }
        }
        Ok(chunk)
    }

    fn retain_standing(&self, places: &mut Vec<Place>) -> Result<(), StoreError> {
        if !self.filter.narrows_rows() {
            return Ok(());
        }
        let sql = "SELECT device, state, status, code FROM device_job
                   WHERE device BETWEEN ?1 AND ?2 AND job = ?3 ORDER BY device";
        let matches = each_row(self.connection, sql, &devices(places), &[&self.job.key.0], |_, row| {
            self.filter.matches_row(row)
        })?;
        retain(places, matches, self.rest_matches);
        Ok(())
    }

    /// Is the text in the device's id or, within the scope, its name?
    fn retain_named(&self, text: &SearchText, places: &mut Vec<Place>) -> Result<(), StoreError> {
        let sql = "SELECT seq, id, display_name, organization FROM device WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq";
        let finds = each_row(self.connection, sql, &devices(places), &[], |_, row| {
            let column = |column| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
            let names = if self.scope.covers(column(3)?) { 1..3 } else { 1..2 };
            for name in names {
                if column(name)?.is_some_and(|name| text.is_in(name)) {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        retain(places, finds, false);
        Ok(())
    }
}

fn devices(places: &[Place]) -> Vec<DeviceSeq> {
    places.iter().map(|place| place.device).collect()
}

/// Keeps those for which it is true; what has no row counts as `otherwise`.
fn retain(places: &mut Vec<Place>, keep: Vec<Option<bool>>, otherwise: bool) {
    let mut keep = keep.into_iter();
    places.retain(|_| keep.next().flatten().unwrap_or(otherwise));
}

impl ResultFilter {
    fn narrows_rows(&self) -> bool {
        self.states.is_some() || self.code.is_some() || self.status.is_some()
    }

    fn narrows(&self) -> bool {
        self.narrows_rows() || self.text.is_some()
    }

    fn matches(&self, state: DeviceJobState, status: Option<i64>, code: Option<&str>) -> bool {
        self.states.as_ref().is_none_or(|states| states.contains(&state))
            && self.code.as_deref().is_none_or(|wanted| code == Some(wanted))
            && self.status.is_none_or(|wanted| status == Some(wanted))
    }

    /// Of a row: device, state, status, code.
    fn matches_row(&self, row: &Row<'_>) -> Result<bool, StoreError> {
        let code = row.get_ref(3)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        Ok(self.matches(state_of(row.get(1)?)?, row.get(2)?, code))
    }

    /// Can only devices match that failed and have a row of their own?
    fn only_failed_rows(&self, job: &Job, rest_matches: bool) -> bool {
        let is_failure = |state: &DeviceJobState| match state {
            DeviceJobState::Pending | DeviceJobState::Running => false,
            DeviceJobState::Ended(class) => class.tally(job.spec.success) == Tally::Failed,
        };
        let failed = self.code.is_some() || self.states.as_ref().is_some_and(|states| states.iter().all(is_failure));
        failed && !rest_matches
    }
}

impl Store {
    /// The places of the devices of these ids in a job's list, ascending. Of several that had an id one after the other
    /// it is the one in the list, though it was deleted and made again since. An id that is not in the list is the
    /// error.
    pub async fn job_places(&self, job: JobKey, ids: Vec<String>) -> Result<Result<Vec<Place>, String>, StoreError> {
        self.readers
            .select(move |connection| {
                let mut places = Vec::with_capacity(ids.len());
                let mut ordinals = Ordinals::of(connection, job);
                for id in ids {
                    match place_of(connection, &mut ordinals, &id)? {
                        Some(place) => places.push(place),
                        None => return Ok(Err(id)),
                    }
                }
                places.sort_unstable_by_key(|place| place.ordinal);
                places.dedup();
                Ok(Ok(places))
            })
            .await
    }
}

/// The place of the device called `id`.
pub(crate) fn place_of(
    connection: &Connection,
    ordinals: &mut Ordinals<'_>,
    id: &str,
) -> Result<Option<Place>, StoreError> {
    // Two statements, for each has an index of its own.
    for sql in [
        "SELECT seq FROM device WHERE id = ?1 AND deleted IS NULL",
        "SELECT seq FROM device WHERE id = ?1 AND deleted IS NOT NULL ORDER BY seq DESC",
    ] {
        let mut statement = connection.prepare_cached(sql)?;
        for device in statement.query_map([id], |row| row.get(0).map(DeviceSeq))? {
            let device = device?;
            if let Some(ordinal) = ordinals.find(device)? {
                return Ok(Some(Place { ordinal, device }));
            }
        }
    }
    Ok(None)
}
