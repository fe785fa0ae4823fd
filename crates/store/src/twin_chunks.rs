//! Jobs that change what is stored, a chunk of the target list at a time (DESIGN §6.2, §6.6).
//!
//! A chunk is prepared on a read connection: the twins are read and merged there, beside the writer. Applied it
//! is in one transaction: each merged twin is written if it still has the version that was read, else read and
//! merged again; outcomes, counters, the next ordinal and the event go with it. The next ordinal is guarded, so
//! no chunk counts twice: that is exactly-once, also across a crash. At the first failure too many it stops inside
//! itself, in the order of the list.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_model::job::{DeviceJobState, Outcome};
use bellwether_model::json::ObjectWriter;
use bellwether_model::template::DeviceTemplate;
use bellwether_model::twin::{Section, Twin, TwinChange, TwinError};
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use crate::attempts::save_ending;
use crate::records::Records;
use crate::requirement::{Check, Requirement};
use crate::standing::{save_standing, standing};
use crate::targets::devices_from;
use crate::{Store, StoreError};

/// A replaced value up to this size stands in the device job's own row (DESIGN §6.3).
const PREVIOUS_INLINE_MAX: usize = 256;

/// What a job changes on each device.
pub struct ChunkPlan {
    /// The job.
    pub job: JobKey,
    /// The change.
    pub change: DeviceChange,
    /// A device that does not meet it fails.
    pub requirement: Requirement,
    /// Keep what is replaced.
    pub keep_previous: bool,
}

/// A change that needs no call.
pub enum DeviceChange {
    /// Of the twin.
    Twin(TwinChange),
    /// The device gets the template with this id.
    Template(String),
}

/// Devices whose twins were read and merged, to be written together.
pub struct PreparedChunk {
    plan: Arc<ChunkPlan>,
    from: u64,
    now: Time,
    devices: Vec<Prepared>,
}

struct Prepared {
    device: DeviceSeq,
    change: PreparedChange,
}

enum PreparedChange {
    /// The twin after the change, of which only the touched sections are filled in.
    Merged {
        read_version: i64,
        twin: Twin,
        previous: Option<String>,
    },
    Refused(TwinError),
    Deleted,
    /// Decided when it is written.
    Template,
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
        self.devices.len()
    }

    /// True after the end of the list.
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
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

fn merge(mut twin: Twin, change: &TwinChange, now: Time) -> PreparedChange {
    let read_version = twin.version;
    match twin.apply(change, now) {
        Ok(applied) => PreparedChange::Merged { read_version, twin, previous: applied.previous },
        Err(error) => PreparedChange::Refused(error),
    }
}

impl Store {
    /// Reads up to `devices_max` devices of a job's list, from the ordinal `from` on, and merges their twins.
    pub async fn prepare_chunk(
        &self,
        plan: Arc<ChunkPlan>,
        from: u64,
        devices_max: usize,
        now: Time,
    ) -> Result<PreparedChunk, StoreError> {
        self.read(move |connection| {
            let devices = devices_from(connection, plan.job, from, devices_max)?;
            let devices = match &plan.change {
                DeviceChange::Twin(change) => read_and_merge(connection, &devices, change, now)?,
                DeviceChange::Template(_) => {
                    let prepared = |device| Prepared { device, change: PreparedChange::Template };
                    devices.into_iter().map(prepared).collect()
                }
            };
            Ok(PreparedChunk { plan, from, now, devices })
        })
        .await
    }

    /// Writes a prepared chunk. Does nothing when the job takes no more, or when the chunk is not the next one.
    pub async fn apply_chunk(&self, chunk: PreparedChunk) -> Result<ChunkDone, StoreError> {
        let began = Instant::now();
        let job = chunk.plan.job;
        let mut done = self.moving(job, move |connection| apply(connection, chunk)).await?;
        done.took = began.elapsed();
        Ok(done)
    }
}

fn read_and_merge(
    connection: &Connection,
    devices: &[DeviceSeq],
    change: &TwinChange,
    now: Time,
) -> Result<Vec<Prepared>, StoreError> {
    let touches = Touches::of(change);
    let columns = touches.columns();
    let mut prepared = Vec::with_capacity(devices.len());
    let (Some(first), Some(last)) = (devices.first(), devices.last()) else { return Ok(prepared) };
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
            let change = match row {
                Some(found) if found.get::<_, i64>(0)? == device.0 => merge(touches.read(found)?.1, change, now),
                Some(_) | None => PreparedChange::Deleted,
            };
            prepared.push(Prepared { device, change });
        }
    } else {
        for &device in devices {
            prepared.push(Prepared { device, change: read_one(connection, touches, device, change, now)? });
        }
    }
    Ok(prepared)
}

fn read_one(
    connection: &Connection,
    touches: Touches,
    device: DeviceSeq,
    change: &TwinChange,
    now: Time,
) -> Result<PreparedChange, StoreError> {
    let sql = format!("SELECT {} FROM twin WHERE seq = ?1", touches.columns());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([device.0])?;
    Ok(match rows.next()? {
        Some(row) => merge(touches.read(row)?.1, change, now),
        None => PreparedChange::Deleted,
    })
}

fn apply(connection: &Connection, chunk: PreparedChunk) -> Result<ChunkDone, StoreError> {
    let PreparedChunk { plan, from, now, devices } = chunk;
    let mut standing = standing(connection, plan.job)?;
    let mut pushes = Vec::new();
    let ledger = &mut standing.ledger;
    if !ledger.is_open() || ledger.next_ordinal != from {
        return Ok(ChunkDone { next_ordinal: ledger.next_ordinal, pushes, took: Duration::ZERO });
    }
    let mut writer = ChunkWriter::new(connection, &plan, now)?;
    let mut touched = Vec::with_capacity(devices.len());
    for Prepared { device, change } in devices {
        // A failure too many closes the job in the middle of a chunk.
        if !ledger.is_open() {
            break;
        }
        let outcome = match writer.mismatch(device)? {
            Some(outcome) => Some(outcome),
            None => writer.change(device, change, &mut pushes)?,
        };
        let class = match outcome {
            None => Outcome::done().class,
            Some(outcome) => {
                save_ending(connection, plan.job, device, &outcome, now)?;
                outcome.class
            }
        };
        ledger.end(DeviceJobState::Pending, class, now);
        ledger.next_ordinal += 1;
        touched.push(device);
    }
    let next_ordinal = ledger.next_ordinal;
    save_standing(connection, &standing, &touched, now)?;
    Ok(ChunkDone { next_ordinal, pushes, took: Duration::ZERO })
}

/// Writes device after device.
struct ChunkWriter<'a> {
    connection: &'a Connection,
    plan: &'a ChunkPlan,
    now: Time,
    update_twin: CachedStatement<'a>,
    touches: Touches,
    insert: CachedStatement<'a>,
    check: Check<'a>,
    template_is_gone: bool,
}

impl<'a> ChunkWriter<'a> {
    fn new(connection: &'a Connection, plan: &'a ChunkPlan, now: Time) -> Result<ChunkWriter<'a>, StoreError> {
        let touches = match &plan.change {
            DeviceChange::Twin(change) => Touches::of(change),
            DeviceChange::Template(_) => Touches { tags: false, desired: false },
        };
        // It was there when the job was made; the job may have waited since.
        let template_is_gone = match &plan.change {
            DeviceChange::Twin(_) => false,
            DeviceChange::Template(id) => Records::inside(connection).stamp::<DeviceTemplate>(id)?.is_none(),
        };
        let update_twin = connection.prepare_cached(touches.update_sql())?;
        let insert = connection.prepare_cached(
            "INSERT INTO device_job (job, device, state, created, updated, previous) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        )?;
        let check = plan.requirement.check(connection)?;
        Ok(ChunkWriter { template_is_gone, connection, plan, now, update_twin, touches, insert, check })
    }

    /// The ending of a device that is not what the job is for.
    fn mismatch(&self, device: DeviceSeq) -> Result<Option<Outcome>, StoreError> {
        if self.check.is_nothing() {
            return Ok(None);
        }
        let sql = "SELECT template, organization FROM device WHERE seq = ?1 AND deleted IS NULL";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([device.0])?;
        let Some(row) = rows.next()? else { return Ok(Some(Outcome::deleted())) };
        let text = |column| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
        Ok(self.check.mismatch(text(0)?, text(1)?))
    }

    /// Changes one device. Returns its outcome when that is not written yet.
    fn change(
        &mut self,
        device: DeviceSeq,
        mut change: PreparedChange,
        pushes: &mut Vec<DesiredPush>,
    ) -> Result<Option<Outcome>, StoreError> {
        // At most one more round: inside the transaction nobody else writes.
        loop {
            let previous = match (change, &self.plan.change) {
                (PreparedChange::Merged { read_version, twin, previous }, DeviceChange::Twin(again)) => {
                    if !self.touches.write(&mut self.update_twin, device, read_version, &twin)? {
                        change = read_one(self.connection, self.touches, device, again, self.now)?;
                        continue;
                    }
                    if self.touches.desired {
                        pushes.push(DesiredPush { device, version: twin.desired.version });
                    }
                    previous
                }
                (PreparedChange::Refused(error), _) => return Ok(Some(Outcome::twin_refused(&error))),
                (PreparedChange::Deleted, _) => return Ok(Some(Outcome::deleted())),
                (PreparedChange::Template, DeviceChange::Template(wanted)) => {
                    if self.template_is_gone {
                        return Ok(Some(Outcome::template_gone(wanted)));
                    }
                    match set_template(self.connection, device, wanted)? {
                        Some(previous) => previous,
                        None => return Ok(Some(Outcome::deleted())),
                    }
                }
                (PreparedChange::Merged { .. }, DeviceChange::Template(_))
                | (PreparedChange::Template, DeviceChange::Twin(_)) => {
                    return Err(StoreError::Damaged("a chunk was prepared for another change".to_owned()));
                }
            };
            self.insert(device, previous.filter(|_| self.plan.keep_previous))?;
            return Ok(None);
        }
    }

    fn insert(&mut self, device: DeviceSeq, previous: Option<String>) -> Result<(), StoreError> {
        let (inline, beside) = match previous {
            Some(text) if text.len() > PREVIOUS_INLINE_MAX => (None, Some(text)),
            short => (short, None),
        };
        let job = self.plan.job.0;
        self.insert.execute(params![job, device.0, Outcome::done().class as i64, self.now.0, inline])?;
        if let Some(text) = beside {
            let sql = "INSERT INTO device_job_previous (job, device, previous) VALUES (?1, ?2, ?3)";
            self.connection.prepare_cached(sql)?.execute(params![job, device.0, text])?;
        }
        Ok(())
    }
}

/// The template of a living device; the outer `None` is one that was deleted.
fn template(connection: &Connection, device: DeviceSeq) -> Result<Option<Option<String>>, StoreError> {
    let sql = "SELECT template FROM device WHERE seq = ?1 AND deleted IS NULL";
    Ok(connection.prepare_cached(sql)?.query_row([device.0], |row| row.get(0)).optional()?)
}

/// Gives a device a template. Returns what it replaced as an object with the member `template`, which the inner
/// `None` says was nothing; the outer `None` is a device that was deleted.
fn set_template(
    connection: &Connection,
    device: DeviceSeq,
    wanted: &str,
) -> Result<Option<Option<String>>, StoreError> {
    let Some(before) = template(connection, device)? else { return Ok(None) };
    if before.as_deref() == Some(wanted) {
        return Ok(Some(None));
    }
    let sql = "UPDATE device SET template = ?2, etag = etag + 1 WHERE seq = ?1";
    connection.prepare_cached(sql)?.execute(params![device.0, wanted])?;
    let mut previous = String::new();
    let mut object = ObjectWriter::open(&mut previous);
    match &before {
        Some(id) => object.string("template", id),
        None => object.raw("template", "null"),
    };
    object.close();
    Ok(Some(Some(previous)))
}
