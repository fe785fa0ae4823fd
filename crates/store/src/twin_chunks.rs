//! Twin jobs, a chunk of the target list at a time (DESIGN §6.2, §6.6).
//!
//! A chunk is prepared on a read connection: the twins are read and merged there, beside the writer. Applied it
//! is in one transaction: each merged twin is written if it still has the version that was read, else read and
//! merged again; outcomes, counters, the next ordinal and the event go with it. The next ordinal is guarded, so
//! no chunk counts twice: that is exactly-once, also across a crash.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_model::job::{JobState, Outcome, Success, Tally};
use bellwether_model::targets::BLOCK_DEVICES;
use bellwether_model::twin::{Section, Twin, TwinChange, TwinError};
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{CachedStatement, Connection, Row, params};

use crate::attempts::block;
use crate::jobs::{save_standing, standing};
use crate::{Store, StoreError};

/// A replaced value up to this size stands in the device job's own row (DESIGN §6.3).
const PREVIOUS_INLINE_MAX: usize = 256;

/// Twins that were read and merged, to be written together.
pub struct PreparedChunk {
    job: JobKey,
    from: u64,
    change: Arc<TwinChange>,
    keep_previous: bool,
    now: Time,
    twins: Vec<PreparedTwin>,
}

struct PreparedTwin {
    device: DeviceSeq,
    merged: Merged,
}

enum Merged {
    /// The twin after the change, of which only the touched sections are filled in.
    Changed {
        read_version: i64,
        twin: Twin,
        previous: Option<String>,
    },
    Refused(TwinError),
    Deleted,
}

/// A desired section that a connected device is to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DesiredPush {
    /// Which device.
    pub device: DeviceSeq,
    /// The section's `$version` after the change.
    pub version: i64,
}

/// What a chunk did.
#[derive(Debug)]
pub struct ChunkDone {
    /// The job's state after it.
    pub state: JobState,
    /// The first ordinal that is not done.
    pub next_ordinal: u64,
    /// Which devices to tell.
    pub pushes: Vec<DesiredPush>,
    /// How long it took until it was on disk; chunks are cut by it.
    pub took: Duration,
}

impl PreparedChunk {
    /// How many devices it holds; 0 after the end of the list.
    pub fn len(&self) -> usize {
        self.twins.len()
    }

    /// True after the end of the list.
    pub fn is_empty(&self) -> bool {
        self.twins.is_empty()
    }
}

/// Which columns a change reads and writes.
#[derive(Clone, Copy)]
struct Touches {
    tags: bool,
    desired: bool,
}

impl Touches {
    fn of(change: &TwinChange) -> Touches {
        Touches { tags: change.tags.is_some(), desired: change.desired.is_some() }
    }

    /// Columns in the order of [`Touches::read`].
    fn columns(self) -> String {
        let mut columns = "seq, version, etag".to_owned();
        if self.tags {
            columns.push_str(", tags");
        }
        if self.desired {
            columns.push_str(", desired_version, desired, meta");
        }
        columns
    }

    fn read(self, row: &Row<'_>) -> Result<(DeviceSeq, Twin), StoreError> {
        let mut twin = Twin {
            version: row.get(1)?,
            etag: row.get(2)?,
            tags: None,
            desired: Section { json: String::new(), version: 0 },
            reported: Section { json: String::new(), version: 0 },
            meta: Vec::new(),
        };
        let mut next = 3;
        if self.tags {
            twin.tags = row.get(next)?;
            next += 1;
        }
        if self.desired {
            twin.desired = Section { version: row.get(next)?, json: row.get(next + 1)? };
            twin.meta = row.get(next + 2)?;
        }
        Ok((DeviceSeq(row.get(0)?), twin))
    }

    fn update_sql(self) -> &'static str {
        match (self.tags, self.desired) {
            (true, false) => "UPDATE twin SET version = ?3, etag = ?4, tags = ?5 WHERE seq = ?1 AND version = ?2",
            (false, true) => {
                "UPDATE twin SET version = ?3, etag = ?4, desired_version = ?5, desired = ?6, meta = ?7
                 WHERE seq = ?1 AND version = ?2"
            }
            (true, true) => {
                "UPDATE twin SET version = ?3, etag = ?4, desired_version = ?5, desired = ?6, meta = ?7, tags = ?8
                 WHERE seq = ?1 AND version = ?2"
            }
            (false, false) => "UPDATE twin SET version = ?3, etag = ?4 WHERE seq = ?1 AND version = ?2",
        }
    }

    /// Writes the twin if it still has the version that was read. Returns whether it did.
    fn write(
        self,
        statement: &mut CachedStatement<'_>,
        device: DeviceSeq,
        read_version: i64,
        twin: &Twin,
    ) -> Result<bool, StoreError> {
        let Twin { version, etag, tags, desired, meta, .. } = twin;
        let changed = match (self.tags, self.desired) {
            (true, false) => statement.execute(params![device.0, read_version, version, etag, tags])?,
            (false, true) => statement.execute(params![
                device.0,
                read_version,
                version,
                etag,
                desired.version,
                desired.json,
                meta
            ])?,
            (true, true) => statement.execute(params![
                device.0,
                read_version,
                version,
                etag,
                desired.version,
                desired.json,
                meta,
                tags
            ])?,
            (false, false) => statement.execute(params![device.0, read_version, version, etag])?,
        };
        Ok(changed == 1)
    }
}

fn merge(mut twin: Twin, change: &TwinChange, now: Time) -> Merged {
    let read_version = twin.version;
    match twin.apply(change, now) {
        Ok(applied) => Merged::Changed { read_version, twin, previous: applied.previous },
        Err(error) => Merged::Refused(error),
    }
}

impl Store {
    /// Reads and merges up to `devices_max` twins of a job's list, from the ordinal `from` on.
    pub async fn prepare_twin_chunk(
        &self,
        job: JobKey,
        from: u64,
        devices_max: usize,
        change: Arc<TwinChange>,
        keep_previous: bool,
        now: Time,
    ) -> Result<PreparedChunk, StoreError> {
        self.read(move |connection| {
            let devices = devices_from(connection, job, from, devices_max)?;
            let twins = read_and_merge(connection, &devices, &change, now)?;
            Ok(PreparedChunk { job, from, change, keep_previous, now, twins })
        })
        .await
    }

    /// Writes a prepared chunk. Does nothing when the job takes no more, or when the chunk is not the next one.
    pub async fn apply_twin_chunk(&self, chunk: PreparedChunk) -> Result<ChunkDone, StoreError> {
        let began = Instant::now();
        let mut done = self.for_job(move |connection| apply(connection, chunk)).await?;
        done.took = began.elapsed();
        Ok(done)
    }
}

fn devices_from(connection: &Connection, job: JobKey, from: u64, most: usize) -> Result<Vec<DeviceSeq>, StoreError> {
    let mut devices = Vec::with_capacity(most);
    let mut number = from / BLOCK_DEVICES as u64;
    let mut skip = (from % BLOCK_DEVICES as u64) as usize;
    while devices.len() < most {
        let Some(block) = block(connection, job, number)? else { break };
        devices.extend(block.into_iter().skip(skip).take(most - devices.len()));
        skip = 0;
        number += 1;
    }
    Ok(devices)
}

fn read_and_merge(
    connection: &Connection,
    devices: &[DeviceSeq],
    change: &TwinChange,
    now: Time,
) -> Result<Vec<PreparedTwin>, StoreError> {
    let touches = Touches::of(change);
    let columns = touches.columns();
    let mut twins = Vec::with_capacity(devices.len());
    let (Some(first), Some(last)) = (devices.first(), devices.last()) else { return Ok(twins) };
    let dense = (last.0 - first.0) as usize <= devices.len() * 4;
    if dense {
        let sql = format!("SELECT {columns} FROM twin WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([first.0, last.0])?;
        let mut row = rows.next()?;
        for &device in devices {
            // Both ascend: step over twins that are not in the list.
            while let Some(found) = row
                && found.get::<_, i64>(0)? < device.0
            {
                row = rows.next()?;
            }
            let merged = match row {
                Some(found) if found.get::<_, i64>(0)? == device.0 => merge(touches.read(found)?.1, change, now),
                Some(_) | None => Merged::Deleted,
            };
            twins.push(PreparedTwin { device, merged });
        }
    } else {
        for &device in devices {
            twins.push(PreparedTwin { device, merged: read_one(connection, touches, device, change, now)? });
        }
    }
    Ok(twins)
}

fn read_one(
    connection: &Connection,
    touches: Touches,
    device: DeviceSeq,
    change: &TwinChange,
    now: Time,
) -> Result<Merged, StoreError> {
    let sql = format!("SELECT {} FROM twin WHERE seq = ?1", touches.columns());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([device.0])?;
    Ok(match rows.next()? {
        Some(row) => merge(touches.read(row)?.1, change, now),
        None => Merged::Deleted,
    })
}

fn apply(connection: &Connection, chunk: PreparedChunk) -> Result<ChunkDone, StoreError> {
    let PreparedChunk { job, from, change, keep_previous, now, twins } = chunk;
    let mut standing = standing(connection, job)?;
    let done = |state, next_ordinal, pushes| ChunkDone { state, next_ordinal, pushes, took: Duration::ZERO };
    let Some(mut counters) = standing.counters else { return Ok(done(standing.state, from, Vec::new())) };
    if !standing.is_open() || standing.next_ordinal != from {
        return Ok(done(standing.state, standing.next_ordinal, Vec::new()));
    }

    let touches = Touches::of(&change);
    let mut update = connection.prepare_cached(touches.update_sql())?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO device_job (job, device, state, created, updated, previous) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
    )?;
    let mut touched = Vec::with_capacity(twins.len());
    let mut pushes = Vec::new();
    for PreparedTwin { device, mut merged } in twins {
        touched.push(device);
        // At most one more round: inside the transaction nobody else writes.
        let outcome = loop {
            match merged {
                Merged::Changed { read_version, twin, previous } => {
                    if !touches.write(&mut update, device, read_version, &twin)? {
                        merged = read_one(connection, touches, device, &change, now)?;
                        continue;
                    }
                    if touches.desired {
                        pushes.push(DesiredPush { device, version: twin.desired.version });
                    }
                    let previous = previous.filter(|_| keep_previous);
                    let (inline, beside) = match previous {
                        Some(text) if text.len() > PREVIOUS_INLINE_MAX => (None, Some(text)),
                        short => (short, None),
                    };
                    insert.execute(params![job.0, device.0, Outcome::done().class as i64, now.0, inline])?;
                    if let Some(text) = beside {
                        let sql = "INSERT INTO device_job_previous (job, device, previous) VALUES (?1, ?2, ?3)";
                        connection.prepare_cached(sql)?.execute(params![job.0, device.0, text])?;
                    }
                    counters.count(Tally::Succeeded, 1);
                    break None;
                }
                Merged::Refused(error) => break Some(Outcome::twin_refused(&error)),
                Merged::Deleted => break Some(Outcome::deleted()),
            }
        };
        if let Some(outcome) = outcome {
            crate::attempts::save_ending(connection, job, device, &outcome, now)?;
            counters.count(outcome.class.tally(Success::Answered), 1);
        }
    }
    standing.next_ordinal = from + touched.len() as u64;
    standing.counters = Some(counters);
    standing.finish_if_done(now);
    save_standing(connection, &standing, &touched, now)?;
    Ok(done(standing.state, standing.next_ordinal, pushes))
}
