//! A job, its reruns and the reruns of those: one family, and what became of each device in any of its jobs.
//!
//! Counters of several jobs cannot be added: a device stands in the lists of several, and one that a rerun chose may have
//! succeeded before. So all lists are gone through at once, a stretch of device keys at a time, and each device is
//! counted once.

use bellwether_model::access::Scope;
use bellwether_model::job::{Class, Counters, DeviceJobState, JobState, Ledger, Success, Tally};
use bellwether_model::{JobKey, Time};
use rusqlite::{Connection, Row, params};

use crate::standing::{STANDING_COLUMN_COUNT, STANDING_COLUMNS, Standing, standing_of};
use crate::walk::Walk;
use crate::{Store, StoreError};

/// A family tells of no more jobs than this, and of more it does not say what became of the devices. Tests have few.
const JOBS_MAX: usize = if cfg!(test) { 6 } else { 500 };
/// Keys that are looked at at once. Tests have few devices.
const STRETCH: i64 = if cfg!(test) { 13 } else { 65_536 };

/// A job of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyJob {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub display_name: Option<String>,
    /// Where it stands.
    pub state: JobState,
    /// When it was made.
    pub created: Time,
    /// Its devices by what became of them; `None` until its list is frozen.
    pub counters: Option<Counters>,
    /// The id of the job on whose devices it runs again, as far as that is told of.
    pub rerun_of: Option<String>,
}

/// What became of the devices of a family, each counted once. `succeeded`, `running`, `pending`, `failed` and `cancelled`
/// add up to `targets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FamilyDevices {
    /// Devices in any of the lists.
    pub targets: u64,
    /// Those that succeeded in at least one job.
    pub succeeded: u64,
    /// Of the others those that one of the jobs has called, and that have not answered yet.
    pub running: u64,
    /// Of the others those that a job which has not ended has yet to begin.
    pub pending: u64,
    /// Of the others those that failed in at least one job.
    pub failed: u64,
    /// Of the failed ones those to which nothing was sent in any job.
    pub never_reached: u64,
    /// Of the others: they were not begun when their jobs were cancelled.
    pub cancelled: u64,
}

/// Jobs on the same devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFamily {
    /// The oldest first.
    pub jobs: Vec<FamilyJob>,
    /// There are more than are told of.
    pub more: bool,
    /// Not all of them do the same: who succeeded in one has not had what another was to do.
    pub differs: bool,
    /// What became of their devices; `None` when there are more jobs than are told of, or not all do the same. The devices of a job whose list
    /// is not frozen stand as the others left them.
    pub devices: Option<FamilyDevices>,
    /// The id of the last job that had devices, when its failed ones are exactly those that are left, and no job of the
    /// family is under way.
    pub rest_of: Option<String>,
}

impl FamilyDevices {
    /// Those that succeeded in no job.
    pub fn left(&self) -> u64 {
        self.targets - self.succeeded
    }
}

/// What is known of a device: one bit each.
mod flag {
    pub const SUCCEEDED: u8 = 1;
    pub const RUNNING: u8 = 2;
    pub const PENDING: u8 = 4;
    pub const FAILED: u8 = 8;
    pub const NEVER_REACHED: u8 = 16;
    pub const CANCELLED: u8 = 32;
    /// It failed, whether it was reached or not, in the last job that had devices.
    pub const FAILED_LAST: u8 = 64;
}

fn flag_of(state: DeviceJobState, success: Success) -> u8 {
    match state {
        DeviceJobState::Pending => flag::PENDING,
        DeviceJobState::Running => flag::RUNNING,
        DeviceJobState::Ended(class) => match class.tally(success) {
            Tally::Succeeded => flag::SUCCEEDED,
            Tally::Failed if class == Class::NeverReached => flag::NEVER_REACHED,
            Tally::Failed => flag::FAILED,
            Tally::Cancelled => flag::CANCELLED,
        },
    }
}

/// A job with what the union of the lists needs of it.
struct Member {
    key: JobKey,
    source: Option<JobKey>,
    /// What it does, as JSON.
    action: String,
    ledger: Ledger,
    told: FamilyJob,
}

impl Store {
    /// The family of a job, as far as it belongs to the scope. Jobs that had the same source are of one family also when
    /// that is no longer on record.
    pub async fn job_family(&self, job: JobKey, scope: Scope) -> Result<JobFamily, StoreError> {
        // Long lists may be gone through: one at a time, so that jobs always find their devices beside it.
        let _turn = self.family_turn.lock().await;
        self.readers.select(move |connection| family(connection, job, &scope)).await
    }
}

fn family(connection: &Connection, job: JobKey, scope: &Scope) -> Result<JobFamily, StoreError> {
    let (members, more) = members(connection, job, scope)?;
    let last = members.iter().rfind(|member| member.ledger.counters.is_some_and(|counters| counters.targets > 0));
    let differs = members.windows(2).any(|pair| matches!(pair, [one, other] if one.action != other.action));
    let (mut devices, mut rest_of) = (None, None);
    if !more && !differs {
        let union = union(connection, &members, last.map(|last| last.key))?;
        let all_over = members.iter().all(|Member { ledger, .. }| ledger.state.is_final() && running(ledger) == 0);
        let left = union.devices.left();
        rest_of = last.filter(|last| {
            let failed = last.ledger.counters.unwrap_or_default().failed;
            all_over && left > 0 && (left, left) == (failed, union.left_and_failed_last)
        });
        devices = Some(union.devices);
    }
    let rest_of = rest_of.map(|last| last.told.id.clone());
    let ids: Vec<(JobKey, String)> = members.iter().map(|member| (member.key, member.told.id.clone())).collect();
    let id_of = |key: JobKey| ids.iter().find(|(other, _)| *other == key).map(|(_, id)| id.clone());
    let told = |member: Member| FamilyJob { rerun_of: member.source.and_then(&id_of), ..member.told };
    Ok(JobFamily { jobs: members.into_iter().map(told).collect(), more, differs, devices, rest_of })
}

fn running(ledger: &Ledger) -> u64 {
    ledger.counters.unwrap_or_default().running
}

/// The jobs of the family in the order in which they were made, and whether there are more.
fn members(connection: &Connection, job: JobKey, scope: &Scope) -> Result<(Vec<Member>, bool), StoreError> {
    // A source is older than what was made of it.
    let sql = format!(
        "WITH RECURSIVE
           up(member) AS (SELECT ?1 UNION
                          SELECT job.rerun_of FROM up JOIN job ON job.key = member WHERE job.rerun_of IS NOT NULL),
           down(member) AS (SELECT min(member) FROM up UNION
                            SELECT job.key FROM down JOIN job ON job.rerun_of = member)
         SELECT {STANDING_COLUMNS}, id, display_name, created, rerun_of, organization,
                json_extract(spec, '$.action')
         FROM job WHERE key IN (SELECT member FROM down) ORDER BY key LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![job.0, JOBS_MAX as i64 + 1])?;
    let mut members = Vec::new();
    let mut seen = 0;
    while let Some(row) = rows.next()? {
        seen += 1;
        if seen > JOBS_MAX {
            return Ok((members, true));
        }
        let organization = row.get_ref(STANDING_COLUMN_COUNT + 4)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        if scope.covers(organization) {
            members.push(member_of(row)?);
        }
    }
    Ok((members, false))
}

fn member_of(row: &Row<'_>) -> Result<Member, StoreError> {
    let Standing { key, ledger } = standing_of(row)?;
    let told = FamilyJob {
        id: row.get(STANDING_COLUMN_COUNT)?,
        display_name: row.get(STANDING_COLUMN_COUNT + 1)?,
        state: ledger.state,
        created: Time(row.get(STANDING_COLUMN_COUNT + 2)?),
        counters: ledger.counters,
        rerun_of: None,
    };
    let source = row.get::<_, Option<i64>>(STANDING_COLUMN_COUNT + 3)?.map(JobKey);
    let action = row.get(STANDING_COLUMN_COUNT + 5)?;
    Ok(Member { key, source, action, ledger, told })
}

#[derive(Default)]
struct Union {
    devices: FamilyDevices,
    /// Of those that are left the ones that failed in the last job.
    left_and_failed_last: u64,
}

/// Goes through all lists, a stretch of keys at a time.
fn union(connection: &Connection, members: &[Member], last: Option<JobKey>) -> Result<Union, StoreError> {
    // What most jobs are.
    if let [alone] = members {
        return Ok(Union::of(alone.ledger.counters.unwrap_or_default()));
    }
    let mut lists = Vec::new();
    for Member { key, ledger, .. } in members.iter().filter(|member| member.ledger.counters.is_some()) {
        lists.push((Walk::of(connection, *key, ledger)?, ledger.success, last == Some(*key)));
    }
    let mut union = Union::default();
    let mut flags = vec![0u8; STRETCH as usize];
    while let Some(first) = lists.iter().filter_map(|(list, ..)| list.first()).min() {
        flags.fill(0);
        for (list, success, is_last) in &mut lists {
            list.below(first.0.saturating_add(STRETCH), |device, state| {
                let mut found = flag_of(state, *success);
                if *is_last && found & (flag::FAILED | flag::NEVER_REACHED) != 0 {
                    found |= flag::FAILED_LAST;
                }
                if let Some(flags) = flags.get_mut((device.0 - first.0) as usize) {
                    *flags |= found;
                }
            })?;
        }
        flags.iter().filter(|flags| **flags != 0).for_each(|flags| union.count(*flags));
    }
    Ok(union)
}

impl Union {
    /// Of one job: its counters are the union.
    fn of(counters: Counters) -> Union {
        let pending = counters.pending();
        let Counters { targets, succeeded, failed, never_reached, running, cancelled } = counters;
        let devices = FamilyDevices { targets, succeeded, running, pending, failed, never_reached, cancelled };
        Union { devices, left_and_failed_last: failed }
    }

    fn count(&mut self, flags: u8) {
        let has = |flag: u8| flags & flag != 0;
        let devices = &mut self.devices;
        devices.targets += 1;
        if has(flag::SUCCEEDED) {
            devices.succeeded += 1;
            return;
        }
        self.left_and_failed_last += u64::from(has(flag::FAILED_LAST));
        if has(flag::RUNNING) {
            devices.running += 1;
        } else if has(flag::PENDING) {
            devices.pending += 1;
        } else if has(flag::FAILED | flag::NEVER_REACHED) {
            devices.failed += 1;
            devices.never_reached += u64::from(!has(flag::FAILED));
        } else {
            devices.cancelled += 1;
        }
    }
}
