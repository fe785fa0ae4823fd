//! Every device of a frozen list, with or without a row of its own: the rows of `devices.jobs`, and the devices of a
//! job as IoT Central lists them.

use bellwether_model::job::{DeviceJobState, Job, JobType, Outcome};
use bellwether_model::json::ObjectWriter;
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::documents::JobRowDocument;
use crate::each_row::each_row;
use crate::jobs::job_by_key;
use crate::standing::class_of;
use crate::targets::{Ordinals, block, block_around};
use crate::{Store, StoreError};

/// One device of a job's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobDevice {
    /// Its key.
    pub device: DeviceSeq,
    /// Its name, also when it was deleted since.
    pub id: String,
    /// Where it stands.
    pub state: DeviceJobState,
    /// When it was begun, or the list was frozen.
    pub created: Time,
    /// When it last moved.
    pub updated: Time,
    /// The status that the device answered last.
    pub status: Option<i64>,
    /// What it answered last, JSON text; `None` for null.
    pub payload: Option<String>,
    /// Why it failed: symbol and sentence.
    pub error: Option<(String, String)>,
}

/// One page of a job's devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobDevicesPage {
    /// In the order of the list.
    pub devices: Vec<JobDevice>,
    /// There are more.
    pub more: bool,
}

impl Store {
    /// A page of at most `limit` devices of a job's frozen list, those after the key `after` (iot-central §3.5).
    pub async fn job_devices(&self, job: JobKey, after: DeviceSeq, limit: usize) -> Result<JobDevicesPage, StoreError> {
        self.read(move |connection| {
            let mut page = JobDevicesPage { devices: Vec::new(), more: false };
            let Some(job) = job_by_key(connection, job)? else { return Ok(page) };
            visit_targets(connection, &job, after, &mut |device| {
                page.more = page.devices.len() == limit;
                if !page.more {
                    let Kept { state, created, updated, status, code, detail, payload, .. } =
                        kept(connection, &job, device, true)?;
                    let error = code.map(|code| (code.clone(), detail.unwrap_or(code)));
                    let id = device_id(connection, device)?;
                    page.devices.push(JobDevice { device, id, state, created, updated, status, payload, error });
                }
                Ok(!page.more)
            })?;
            Ok(page)
        })
        .await
    }
}

/// What is kept of one device in one job.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub state: DeviceJobState,
    pub created: Time,
    pub updated: Time,
    pub status: Option<i64>,
    pub code: Option<String>,
    pub detail: Option<String>,
    /// What it answered last; `None` also when that was not asked for.
    pub payload: Option<String>,
    /// It was called, or its twin was changed.
    pub begun: bool,
}

const KEPT_SQL: &str = "SELECT device, state, created, updated, status, code, detail,
     CASE WHEN ?4 THEN (SELECT payload FROM device_job_answer AS answer
      WHERE answer.job = ?3 AND answer.device = device_job.device ORDER BY entry DESC LIMIT 1) END, epoch IS NOT NULL
     FROM device_job WHERE job = ?3 AND device BETWEEN ?1 AND ?2 ORDER BY device";

/// What stands in `device_job.state`.
pub(crate) fn state_of(number: i64) -> Result<DeviceJobState, StoreError> {
    Ok(match number {
        0 => DeviceJobState::Running,
        class => DeviceJobState::Ended(class_of(class)?),
    })
}

fn kept_of(row: &Row<'_>, job: &Job) -> Result<Kept, StoreError> {
    let begun = match job.spec.action.job_type() {
        JobType::ScheduleDeviceMethod => row.get(8)?,
        // Such a row is written when the change is.
        JobType::ScheduleUpdateTwin => true,
    };
    Ok(Kept {
        begun,
        state: state_of(row.get(1)?)?,
        created: Time(row.get(2)?),
        updated: Time(row.get(3)?),
        status: row.get(4)?,
        code: row.get(5)?,
        detail: row.get(6)?,
        payload: row.get(7)?,
    })
}

/// Calls `visit` for the rows of `job` in the order of the device keys, those after the key `after` only;
/// stops when it returns false. Returns whether it came to the end.
pub(crate) fn visit_rows(
    connection: &Connection,
    job: &Job,
    after: DeviceSeq,
    visit: &mut dyn FnMut(DeviceSeq, JobRowDocument) -> Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    visit_targets(connection, job, after, &mut |device| visit(device, row(connection, job, device)?))
}

fn visit_targets(
    connection: &Connection,
    job: &Job,
    after: DeviceSeq,
    visit: &mut dyn FnMut(DeviceSeq) -> Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    let mut number = block_around(connection, job.key, after)?.unwrap_or(0);
    while let Some(devices) = block(connection, job.key, number)? {
        for device in devices {
            if device > after && !visit(device)? {
                return Ok(false);
            }
        }
        number += 1;
    }
    Ok(true)
}

/// As [`visit_rows`], for the devices of these names only.
pub(crate) fn visit_rows_of_devices(
    connection: &Connection,
    job: &Job,
    ids: &[String],
    after: DeviceSeq,
    visit: &mut dyn FnMut(DeviceSeq, JobRowDocument) -> Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    let mut devices = Vec::new();
    // Deleted ones too: results outlive the device.
    for sql in [
        "SELECT seq FROM device WHERE id = ?1 AND deleted IS NULL",
        "SELECT seq FROM device WHERE id = ?1 AND deleted IS NOT NULL",
    ] {
        let mut statement = connection.prepare_cached(sql)?;
        for id in ids {
            for seq in statement.query_map([id], |row| row.get(0).map(DeviceSeq))? {
                devices.push(seq?);
            }
        }
    }
    devices.sort_unstable();
    devices.dedup();
    let mut ordinals = Ordinals::of(connection, job.key);
    for device in devices {
        let wanted = device > after && ordinals.find(device)?.is_some();
        if wanted && !visit(device, row(connection, job, device)?)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The name of a device, also of a deleted one.
fn device_id(connection: &Connection, device: DeviceSeq) -> Result<String, StoreError> {
    let id: Option<String> = connection
        .prepare_cached("SELECT id FROM device WHERE seq = ?1")?
        .query_row([device.0], |row| row.get(0))
        .optional()?;
    id.ok_or_else(|| StoreError::Damaged(format!("device {device} of a job is gone")))
}

/// What is kept of a device in a job; `answer`: also what it answered last.
pub(crate) fn kept(connection: &Connection, job: &Job, device: DeviceSeq, answer: bool) -> Result<Kept, StoreError> {
    let found = kept_of_each(connection, job, &[device], answer)?.pop().flatten();
    Ok(found.unwrap_or_else(|| not_begun(job)))
}

/// The same of devices that ascend; `None` of those that have no row of their own.
pub(crate) fn kept_of_each(
    connection: &Connection,
    job: &Job,
    devices: &[DeviceSeq],
    answer: bool,
) -> Result<Vec<Option<Kept>>, StoreError> {
    each_row(connection, KEPT_SQL, devices, &[&job.key.0, &answer], |_, row| kept_of(row, job))
}

fn row(connection: &Connection, job: &Job, device: DeviceSeq) -> Result<JobRowDocument, StoreError> {
    let kept = kept(connection, job, device, true)?;
    Ok(JobRowDocument {
        device_id: device_id(connection, device)?,
        job_id: job.spec.id.as_str().to_owned(),
        job_type: job.spec.action.job_type().as_str(),
        status: kept.state.as_str(job.spec.success),
        start: job.start.to_string(),
        deadline: job.deadline.map(|time| time.to_string()),
        created: kept.created.to_string(),
        updated: kept.updated.to_string(),
        outcome: outcome(&kept),
        error: error(&kept),
    })
}

/// A device without a row of its own: pending, or what became of the rest when the job closed.
pub(crate) fn not_begun(job: &Job) -> Kept {
    let began = job.began.unwrap_or(job.created);
    let mut kept = Kept {
        state: DeviceJobState::Pending,
        created: began,
        updated: began,
        status: None,
        code: None,
        detail: None,
        payload: None,
        begun: false,
    };
    if let Some(class) = job.rest {
        let error = Outcome::of_rest(class, job.spec.action.job_type()).error;
        kept.state = DeviceJobState::Ended(class);
        kept.updated = job.ended.or(job.deadline).unwrap_or(began);
        kept.code = error.as_ref().map(|error| error.code.clone().into_owned());
        kept.detail = error.map(|error| error.description);
    }
    kept
}

fn outcome(kept: &Kept) -> String {
    let Some(status) = kept.status else { return "{}".to_owned() };
    let mut out = String::new();
    let mut outcome = ObjectWriter::open(&mut out);
    let mut response = ObjectWriter::open(outcome.key("deviceMethodResponse"));
    response.display("status", status);
    // No nulls in rows (iot-hub §0): an answer without a payload has none.
    if let Some(payload) = &kept.payload {
        response.raw("payload", payload);
    }
    response.close();
    outcome.close();
    out
}

fn error(kept: &Kept) -> Option<String> {
    let code = kept.code.as_ref()?;
    let mut out = String::new();
    let mut error = ObjectWriter::open(&mut out);
    error.string("code", code).string("description", kept.detail.as_deref().unwrap_or(code));
    error.close();
    Some(out)
}
