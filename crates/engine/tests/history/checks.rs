//! What must be true after each step.

use std::sync::Arc;

use bellwether_model::job::{Class, DeviceJobState, Job, JobState};
use bellwether_model::{DeviceSeq, JobKey};
use bellwether_store::Requirement;

use super::fleet::{self, Device, Fleet, is_within};
use super::steps::Kind;
use super::{Held, History, Made, Over, device, said, word};
use crate::simulation::Sim;

impl History {
    pub fn check(&mut self) {
        self.fleets.push(Fleet { devices: fleet::devices(&self.sim), groups: self.groups });
        let mut running = 0;
        for at in 0..self.jobs.len() {
            let named = |made: &Made| made.named == self.jobs[at].named;
            let of_its_name = self.jobs.iter().filter(|made| named(made)).count() as u32;
            let made = &mut self.jobs[at];
            let calls = self.sim.devices.most_sent(&[&format!("m-{}", made.named), &format!("second-{}", made.named)]);
            assert!(calls <= of_its_name, "{} called a device twice", made.id);
            if let Some(sent) = made.sent {
                let now = self.sim.devices.sent_in_all(&format!("m-{}", made.named));
                assert_eq!(now, sent, "{} sent though it may not", made.id);
            }
            let before = made.rows.clone();
            if !made.settled {
                running += usize::from(check_job(&self.sim, made, &self.fleets));
            }
            if let Some(held) = &self.held {
                check_held(&self.sim, made, &before, held);
            }
        }
        if let Some(most) = self.sim.settings.jobs_at_once {
            assert!(running <= most, "{running} jobs have begun devices, {most} may");
        }
    }

    /// Only what is to run says that it waits for its turn, and only where turns are limited.
    pub fn check_waiting(&self) {
        for Made { id, .. } in &self.jobs {
            let job = self.sim.job(id).unwrap();
            let waits = self.sim.engine().waiting_reason(&job).is_some();
            let may = self.sim.settings.jobs_at_once.is_some() && job.state.is_to_be_worked_on();
            let is_held = self.held.is_some() && job.state == JobState::Queued;
            assert!(!waits || may || is_held, "{id} is {} and waits", job.state);
            assert!(waits || !is_held, "{id} is held and does not say so");
        }
    }

    /// Every twin has moved by one for each job that says it completed a change of it, and what was settled still is.
    pub fn check_end(mut self) {
        let mut jobs = std::mem::take(&mut self.jobs);
        let fleet = Fleet { devices: fleet::devices(&self.sim), groups: self.groups };
        for made in &mut jobs {
            assert!(made.settled, "{}", made.id);
            let job = self.sim.job(&made.id).unwrap();
            assert_eq!(self.sim.engine().waiting_reason(&job), None, "{}", made.id);
            check_job(&self.sim, made, &self.fleets);
        }
        for device in fleet.devices.iter().flatten() {
            let completed = |made: &&Made| {
                let mut rows = made.list.iter().flatten().zip(&made.rows);
                rows.any(|(seq, row)| *seq == device.seq && word(row) == "completed")
            };
            let (mut tags, mut desired) = (self.tagged.get(&device.seq).copied().unwrap_or(0), 0);
            for made in jobs.iter().filter(completed) {
                match made.kind {
                    Kind::Calls(_) | Kind::Template(_) => {}
                    Kind::Property | Kind::Twin => desired += 1,
                    Kind::Floor(_) => tags += 1,
                }
            }
            let moved = (device.version, device.desired_version);
            assert_eq!(moved, (2 + tags + desired, 1 + desired), "{device:?}");
        }
    }
}

/// While all jobs are held none runs, no list is frozen, nothing is sent, and who was not begun stays so, unless the job
/// is cancelled.
fn check_held(sim: &Sim, made: &Made, before: &[String], held: &Held) {
    let id = &made.id;
    assert_ne!(sim.job(id).unwrap().state, JobState::Running, "{id} runs though all are held");
    let sent = sim.devices.sent_in_all(&format!("m-{}", made.named));
    let had = held.sent.get(&made.named).copied().unwrap_or(0);
    assert_eq!(sent, had, "{id} sent though all are held");
    assert_eq!(before.len(), made.rows.len(), "{id} began though all are held");
    for (old, new) in before.iter().zip(&made.rows) {
        let stays = word(old) != "pending" || matches!(word(new), "pending" | "canceled");
        assert!(stays, "{id}: {old} -> {new} though all are held");
    }
}

/// The frozen list of a job.
pub fn list(sim: &Sim, job: JobKey) -> Vec<DeviceSeq> {
    let list = sim.engine().store().targets_from(job, 0, 100, Arc::new(Requirement::default()));
    sim.block_on(list).unwrap().into_iter().map(|target| target.device).collect()
}

/// Looks at a job after a step. Returns whether it surely has a place among those that run at once.
fn check_job(sim: &Sim, made: &mut Made, fleets: &[Fleet]) -> bool {
    let id = &made.id;
    let job = sim.job(id).unwrap();
    let rows = sim.rows(id);
    let Some(counters) = job.counters else {
        assert!(rows.is_empty(), "{id} has rows before its list is frozen: {rows:?}");
        if job.state == JobState::Failed && !made.settled {
            let Over::Group(group) = made.over else { panic!("{id} failed: {:?}", job.failure) };
            let gone = fleets.iter().any(|fleet| fleet.group(group).is_none());
            assert!(gone, "{id} failed, but {group} is there: {:?}", job.failure);
        }
        made.settled = job.state.is_final();
        return false;
    };
    let count = |wanted: &str| rows.iter().filter(|row| word(row) == wanted).count() as u64;
    let shown = [counters.succeeded, counters.failed, counters.running, counters.pending(), counters.cancelled];
    let counted = ["completed", "failed", "running", "pending", "canceled"].map(count);
    assert_eq!(shown, counted, "{id} {:?}: {rows:?}", job.state);
    assert_eq!(counters.targets, rows.len() as u64);
    let page = sim.block_on(sim.engine().store().job_devices(job.key, DeviceSeq(0), rows.len() + 1)).unwrap();
    let never = page.devices.iter().filter(|device| device.state == DeviceJobState::Ended(Class::NeverReached));
    assert_eq!(counters.never_reached, never.count() as u64, "{id} {:?}: {rows:?}", job.state);
    if job.state == JobState::Completed || job.state == JobState::Failed {
        assert_eq!(counters.pending() + counters.running, 0, "{id}: {rows:?}");
    }
    match made.kind {
        Kind::Calls(_) => {}
        Kind::Property | Kind::Twin | Kind::Floor(_) | Kind::Template(_) => assert_eq!(counters.running, 0, "{id}"),
    }
    if made.list.is_none() {
        let list = list(sim, job.key);
        check_list(made, &list, fleets);
        made.rows = rows.iter().map(|row| format!("{} pending", device(row))).collect();
        made.list = Some(list);
    }
    let list = made.list.as_deref().unwrap_or_default();
    assert_eq!((rows.len(), made.rows.len()), (list.len(), list.len()), "{id}: {rows:?}");
    for (&seq, (old, new)) in list.iter().zip(made.rows.iter().zip(&rows)) {
        check_row(made, seq, old, new, fleets);
    }
    check_batches(made, &rows);
    check_pause(made, &job, &rows);
    check_threshold(made, &job, &rows);
    let running = list.iter().zip(&rows).filter(|(_, row)| word(row) == "running").map(|(seq, _)| *seq);
    let running: Vec<DeviceSeq> = running.collect();
    let is_open = job.state == JobState::Running && job.rest.is_none();
    let holds_a_place = is_open && running.iter().any(|seq| !made.out.contains(seq));
    if !is_open {
        made.out = running;
    }
    made.rows = rows;
    made.settled = job.state.is_final() && counters.running == 0;
    holds_a_place
}

/// The list was just frozen: it holds every device that was to be in it all the time, and none that never was.
fn check_list(made: &Made, list: &[DeviceSeq], fleets: &[Fleet]) {
    assert!(list.is_sorted_by(|a, b| a < b), "{}: {list:?}", made.id);
    if let Over::Failed(failed) = &made.over {
        assert_eq!(list, failed, "{} is a rerun", made.id);
        return;
    }
    if let Over::Group(group) = made.over {
        assert!(fleets.iter().any(|fleet| fleet.group(group).is_some()), "{} runs over no group", made.id);
    }
    let wanted = |fleet: &Fleet, place: usize| {
        let device = fleet.devices[place].as_ref()?;
        Some(match made.over {
            Over::All => true,
            Over::Named => place.is_multiple_of(2),
            Over::Group(group) => {
                fleet.group(group)?.holds(device) && is_within(device.organization.as_deref(), made.organization)
            }
            Over::Failed(_) => false,
        })
    };
    for place in 0..fleet::DEVICES.len() {
        let Some(device) = same(fleets, |fleet| fleet.devices[place].as_ref()).flatten() else { continue };
        if let Some(wanted) = same(fleets, |fleet| wanted(fleet, place)).flatten() {
            assert_eq!(list.contains(&device.seq), wanted, "{} {:?}: {list:?} {device:?}", made.id, made.over);
        }
    }
}

/// A row went from `old` to `new` in the last step.
fn check_row(made: &Made, seq: DeviceSeq, old: &str, new: &str, fleets: &[Fleet]) {
    let id = &made.id;
    assert_eq!(device(old), device(new), "{id}: the list is frozen");
    if !matches!(word(old), "pending" | "running") {
        assert_eq!(old, new, "{id}: what has ended stays so");
    }
    if word(old) != "pending" || word(new) == "pending" {
        return;
    }
    let begun = match word(new) {
        "running" | "completed" => true,
        "failed" => {
            let codes = ["GatewayTimeout", "BadDeviceResponse", "OutcomeUnknown"];
            codes.contains(&said(new)) || said(new).parse::<i64>().is_ok()
        }
        _ => false,
    };
    // Its identity, where nothing decided anything about it meanwhile; the inner `None` is a deleted one.
    let identity = |fleet: &Fleet| fleet.device(seq).map(|device| device.etag);
    let steady =
        |fleets: &[Fleet]| same(fleets, identity).and_then(|_| fleets.last()).map(|fleet| fleet.device(seq).cloned());
    let in_place = |device: &Device| is_within(device.organization.as_deref(), made.organization);
    let fits = |device: &Device| made.template.is_none_or(|template| device.template.as_deref() == Some(template));
    let may_be_called = |device: &Device| device.enabled || !matches!(made.kind, Kind::Calls(_));
    // An ending without an attempt is by what was read of the device a moment before; so is that it may be called.
    let rightly = match steady(fleets) {
        None => true,
        Some(None) => !begun,
        Some(Some(device)) => match said(new) {
            "OrganizationMismatch" => !in_place(&device),
            "TemplateMismatch" => in_place(&device) && !fits(&device),
            "DeviceNotFound" => !may_be_called(&device),
            _ => !begun || may_be_called(&device),
        },
    };
    assert!(rightly, "{id}: {old} -> {new}: {:?}", fleets.last());
    // What is begun, or changed, meets what the job asks for in the very transaction.
    if let Some(Some(device)) = steady(&fleets[fleets.len().saturating_sub(2)..])
        && begun
    {
        assert!(in_place(&device) && fits(&device), "{id}: {old} -> {new}: {device:?} is not what it is for");
    }
}

/// What is the same in all of them.
fn same<'a, T: PartialEq>(fleets: &'a [Fleet], what: impl Fn(&'a Fleet) -> T) -> Option<T> {
    let mut found = fleets.iter().map(what);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// Behind the batch of the first device that has not ended nothing was begun.
fn check_batches(made: &Made, rows: &[String]) {
    let size = made.delivery.batch_size(rows.len() as u64) as usize;
    let Some(open) = rows.iter().position(|row| matches!(word(row), "pending" | "running")) else { return };
    if made.delivery.batch.is_some() {
        let behind = (open / size + 1) * size;
        let begun = rows.iter().skip(behind).find(|row| !matches!(word(row), "pending" | "canceled"));
        assert_eq!(begun, None, "{}: {rows:?}", made.id);
    }
}

/// Behind the place where the job is to pause nothing was begun, and once all before it have ended it does not run.
fn check_pause(made: &Made, job: &Job, rows: &[String]) {
    let Some(at) = made.pause_at else { return };
    let begun = rows.iter().skip(at).find(|row| begins(row, job));
    assert_eq!(begun, None, "{}: {rows:?}", made.id);
    let are_over = rows.iter().take(at).all(|row| !matches!(word(row), "pending" | "running"));
    assert!(!are_over || job.state != JobState::Running || job.rest.is_some(), "{}: {rows:?}", made.id);
}

/// The row is of a device that was begun, or ended in its turn; not one of those that the job closed.
fn begins(row: &str, job: &Job) -> bool {
    let rest = job.rest.is_some() && (word(row) == "canceled" || said(row) == "JobRunPreconditionFailed");
    word(row) != "pending" && !rest
}

/// More failures than are borne: only one, which may be of a device that could not be begun, and what was in flight
/// when it came, which is 3 at most here.
fn check_threshold(made: &Made, job: &Job, rows: &[String]) {
    let exceeded = job.failure.is_some();
    // A job that an operator cancelled still records what was in flight, without judging it.
    if job.state == JobState::Cancelled && !exceeded {
        return;
    }
    let failed = |rows: &[String]| rows.iter().filter(|row| word(row) == "failed").count() as u64;
    let per_batch = made.delivery.threshold.is_some_and(|threshold| threshold.per_batch);
    let size = if per_batch { made.delivery.batch_size(rows.len() as u64) as usize } else { rows.len().max(1) };
    for part in rows.chunks(size) {
        let Some(borne) = made.delivery.failures_borne(part.len() as u64) else { return };
        let overshoot = match (exceeded, made.kind) {
            (false, _) => 0,
            (true, Kind::Calls(_)) => 1 + 3,
            (true, Kind::Property | Kind::Twin | Kind::Floor(_) | Kind::Template(_)) => 1,
        };
        assert!(failed(part) <= borne + overshoot, "{}: {rows:?}", made.id);
    }
}
