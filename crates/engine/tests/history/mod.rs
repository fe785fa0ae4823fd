//! A history: what happens in it is done to the program, and noted in a plain model of what was asked for.

mod checks;
mod fleet;
pub mod steps;

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_engine::{DeviceChange, MoveJobError, NewCentralJob, Rerun, Settings};
use bellwether_model::DeviceSeq;
use bellwether_model::access::{Caller, Scope};
use bellwether_model::identity::{IfMatch, Status};
use bellwether_model::job::{CentralJob, Delivery, JobState};

use crate::simulation::{Habit, Sim, method_job, twin_job};
use fleet::{DEVICES, Fleet, Group, Groups};
use steps::{Kind, Step};

/// A job with what is known of it beside its rows.
struct Made {
    id: String,
    kind: Kind,
    delivery: Delivery,
    over: Over,
    /// The template that its entries name: a device must have it.
    template: Option<&'static str>,
    /// A device must belong to it or to one below it.
    organization: Option<&'static str>,
    /// First calls under its name that had gone out when the stop or cancel of it was answered; `None` when it may
    /// send, or another job that calls the same may.
    sent: Option<u32>,
    /// The job after which its calls are named: a rerun calls what its source called.
    named: String,
    /// Its frozen list, and the rows, as they were after the last step.
    list: Option<Vec<DeviceSeq>>,
    rows: Vec<String>,
    /// No device from this place in the list on may be begun: somebody wants to look first.
    pause_at: Option<usize>,
    /// What was out when it last took no more.
    out: Vec<DeviceSeq>,
    /// It has ended with nothing in flight, and nothing of it may change.
    settled: bool,
}

/// What a job is over.
#[derive(Debug, Clone)]
enum Over {
    All,
    /// Every other device, by name.
    Named,
    Group(&'static str),
    /// What another job had counted as failed when this one was made.
    Failed(Vec<DeviceSeq>),
}

impl Made {
    /// Of the hub face.
    fn new(id: String, kind: Kind, over: Over) -> Made {
        Made {
            named: id.clone(),
            id,
            kind,
            delivery: Delivery::default(),
            over,
            template: None,
            organization: None,
            sent: None,
            list: None,
            rows: Vec::new(),
            pause_at: None,
            out: Vec::new(),
            settled: false,
        }
    }
}

pub struct History {
    sim: Sim,
    jobs: Vec<Made>,
    /// The groups as they were last written.
    groups: Groups,
    /// After the last step, and after those before it back to one that let the program do all that was to be done:
    /// what it decides on may have been read that long ago.
    fleets: Vec<Fleet>,
    /// How often an operator wrote the tags of a device.
    tagged: BTreeMap<DeviceSeq, i64>,
    /// The hold on all jobs, while there is one.
    held: Option<Held>,
}

/// What had happened when all jobs were held.
struct Held {
    /// First calls that had gone out, by the job that they are named after.
    sent: BTreeMap<String, u32>,
    /// The jobs that ran.
    stopped: Vec<String>,
}

impl History {
    pub fn new(jobs_at_once: Option<usize>) -> History {
        let sim = Sim::new(Settings { calls_in_flight: 3, jobs_at_once, ..Settings::default() });
        let groups = fleet::first_fleet(&sim);
        let fleet = Fleet { devices: fleet::devices(&sim), groups };
        let tagged = fleet.devices.iter().flatten().filter(|device| device.floor.is_some());
        let tagged = tagged.map(|device| (device.seq, 1)).collect();
        History { sim, jobs: Vec::new(), groups, fleets: vec![fleet], tagged, held: None }
    }

    fn seq(&self, device: usize) -> Option<DeviceSeq> {
        let fleet = self.fleets.last()?;
        fleet.devices[device].as_ref().map(|device| device.seq)
    }

    fn group(&mut self, id: &str) -> &mut Option<Group> {
        &mut self.groups[fleet::place(id)]
    }

    /// Takes a step and looks at all there is.
    pub fn take(&mut self, step: &Step) {
        self.act(step);
        self.check();
        // The program comes to rest before time goes on, and begins anew with what is there.
        if matches!(step, Step::Advance(_) | Step::CrashAfter(_) | Step::Crash | Step::Stop(_)) {
            self.fleets.drain(..self.fleets.len() - 1);
            self.check_waiting();
        }
    }

    fn act(&mut self, step: &Step) {
        match *step {
            Step::MethodJob { .. } | Step::TwinJob { .. } => self.make_hub_job(step),
            Step::Central { kind, target, group, organization, delivery } => {
                self.make_central_job(kind, target, group, organization, delivery);
            }
            Step::Cancel(job) => {
                self.withdraw(job, |sim, id| sim.block_on(sim.engine().cancel_job(id)).is_ok());
            }
            Step::StopJob(job) => {
                self.withdraw(job, |sim, id| sim.block_on(sim.engine().stop_job(id)).is_ok());
            }
            Step::Resume(job) => self.resume(job),
            Step::Pause(job) => self.pause(job),
            Step::WithdrawPause(job) => self.withdraw_pause(job),
            Step::Hold(crash_after) => self.hold(crash_after),
            Step::Release(resume) => self.release(resume),
            Step::Rerun(job) => self.rerun(job),
            Step::PutGroup(id, group) => {
                fleet::put_group(&self.sim, id, &group);
                *self.group(id) = Some(group);
            }
            Step::DeleteGroup(id) => {
                let delete = self.sim.engine().delete_group(id.parse().unwrap(), IfMatch::Any, Scope::Everything);
                let deleted = self.sim.block_on(delete);
                assert_eq!(deleted.is_ok(), self.group(id).take().is_some(), "{id}: {deleted:?}");
            }
            Step::Connect(device) => self.sim.connect(DEVICES[device]),
            Step::Disconnect(_) | Step::Habit(_, _) | Step::Assign(_, _) | Step::HandOver(_, _) | Step::Floor(_, _) => {
                self.change_device(step)
            }
            Step::Delete(device) => self.sim.delete_device(DEVICES[device]),
            Step::Create(device, template) => {
                if self.seq(device).is_none() {
                    fleet::create(&self.sim, DEVICES[device], template, None);
                }
            }
            Step::Disable(device) => self.sim.set_status(DEVICES[device], Status::Disabled),
            Step::Enable(device) => self.sim.set_status(DEVICES[device], Status::Enabled),
            Step::Advance(millis) => self.sim.advance(Duration::from_millis(millis)),
            Step::CrashAfter(commits) => {
                self.sim.engine().store().crash_after(commits);
                for id in DEVICES {
                    self.sim.connect(id);
                }
                self.sim.advance(Duration::from_millis(500));
                self.sim.crash();
                self.sim.start();
            }
            Step::Crash => {
                self.sim.crash();
                self.sim.start();
            }
            Step::Stop(drain) => {
                self.sim.stop(Duration::from_millis(drain));
                self.sim.start();
            }
        }
    }

    /// Nothing happens to a device that is not there.
    fn change_device(&mut self, step: &Step) {
        let change = |device: usize, change| fleet::change(&self.sim, DEVICES[device], change);
        let owned = |id: Option<&str>| Some(id.map(str::to_owned));
        match *step {
            Step::Disconnect(device) => {
                if let Some(seq) = self.seq(device) {
                    self.sim.devices.disconnect(seq);
                }
            }
            Step::Habit(device, habit) => {
                if let Some(seq) = self.seq(device) {
                    let habits = [
                        Habit::Answer(200, 1),
                        Habit::Answer(500, 3000),
                        Habit::Silent,
                        Habit::Garbled,
                        Habit::Answer(200, 400),
                    ];
                    self.sim.devices.set_habit(seq, habits[habit as usize]);
                }
            }
            Step::Assign(device, template) if self.seq(device).is_some() => {
                change(device, DeviceChange { template: owned(template), ..DeviceChange::default() });
            }
            Step::HandOver(device, to) if self.seq(device).is_some() => {
                change(device, DeviceChange { organization: owned(to), ..DeviceChange::default() });
            }
            Step::Floor(device, floor) => {
                if let Some(seq) = self.seq(device) {
                    fleet::write_floor(&self.sim, DEVICES[device], floor);
                    *self.tagged.entry(seq).or_default() += 1;
                }
            }
            _ => {}
        }
    }

    fn make_hub_job(&mut self, step: &Step) {
        let id = format!("j{}", self.jobs.len());
        let condition = |all: bool| if all { "*" } else { "deviceId IN ['a', 'c', 'e']" };
        let (spec, kind, all) = match *step {
            Step::MethodJob { all, lifetime } => (method_job(&id, condition(all), lifetime), Kind::Calls(1), all),
            Step::TwinJob { all, later } => {
                let mut spec = twin_job(&id, condition(all), 60);
                spec.start = Some(self.sim.now().plus_seconds(later));
                (spec, Kind::Twin, all)
            }
            _ => return,
        };
        self.sim.block_on(self.sim.engine().create_job(spec)).unwrap();
        self.jobs.push(Made::new(id, kind, if all { Over::All } else { Over::Named }));
    }

    fn make_central_job(
        &mut self,
        kind: Kind,
        target: &'static str,
        group: &'static str,
        organization: Option<&'static str>,
        delivery: Delivery,
    ) {
        let id = format!("j{}", self.jobs.len());
        let new = NewCentralJob {
            id: id.parse().unwrap(),
            job: CentralJob { group: group.to_owned(), data: kind.data(&id, target), ..CentralJob::default() },
            devices: None,
            delivery,
            organization: organization.map(str::to_owned),
        };
        let caller = Caller::operator();
        let create = self.sim.engine().create_central_job(new, &caller, &Scope::Everything);
        let made = self.sim.block_on(create);
        let organization = self.group(group).and_then(|group| group.organization_of_job(organization));
        assert_eq!(made.is_ok(), organization.is_some(), "{id} over {group}: {made:?}");
        if let Some(organization) = organization {
            let template = match kind {
                Kind::Calls(_) | Kind::Property | Kind::Twin | Kind::Floor(_) => Some(target),
                Kind::Template(_) => None,
            };
            let made = Made { delivery, template, organization, ..Made::new(id, kind, Over::Group(group)) };
            self.jobs.push(made);
        }
    }

    /// Stops or cancels a job; nothing may go out for it from the moment that this was answered.
    fn withdraw(&mut self, job: usize, by: impl FnOnce(&Sim, &str) -> bool) {
        let Some(id) = self.jobs.get(job).map(|job| job.id.clone()) else { return };
        if !by(&self.sim, &id) {
            return;
        }
        let named = self.jobs[job].named.clone();
        let sent = self.sim.devices.sent_in_all(&format!("m-{named}"));
        let may_send =
            |other: &Made| other.id != id && other.named == named && !self.sim.job(&other.id).unwrap().state.is_final();
        let alone = !self.jobs.iter().any(may_send);
        self.jobs[job].sent = Some(sent).filter(|_| alone);
    }

    fn resume(&mut self, job: usize) {
        let Some(job) = self.jobs.get_mut(job) else { return };
        let is_stopped = self.sim.job(&job.id).unwrap().state == JobState::Stopped;
        let resumed = self.sim.block_on(self.sim.engine().resume_job(&job.id));
        if self.held.is_some() {
            assert_eq!(matches!(resumed, Err(MoveJobError::Held(_))), is_stopped, "{}: {resumed:?}", job.id);
        } else if let Ok(resumed) = resumed {
            job.sent = None;
            // Unless it was stopped before it came to that place.
            job.pause_at = job.pause_at.filter(|_| resumed.pause_after.is_some());
        }
    }

    /// Only a batch that is open, and not the last one, can be paused after.
    fn pause(&mut self, job: usize) {
        let Some(made) = self.jobs.get_mut(job) else { return };
        match self.sim.block_on(self.sim.engine().pause_after_batch(&made.id)) {
            Ok(paused) => {
                let batch = paused.batch.unwrap();
                assert_eq!(paused.pause_after, Some(batch.number), "{}", made.id);
                assert!(made.delivery.batch.is_some() && batch.end() < paused.counters.unwrap().targets);
                made.pause_at = Some(batch.end() as usize);
            }
            Err(error) => assert!(matches!(error, MoveJobError::NoPause(_)), "{}: {error}", made.id),
        }
    }

    fn withdraw_pause(&mut self, job: usize) {
        let Some(made) = self.jobs.get_mut(job) else { return };
        if self.sim.block_on(self.sim.engine().withdraw_pause(&made.id)).is_ok() {
            assert!(made.pause_at.take().is_some(), "{}", made.id);
        }
    }

    fn stopped(&self) -> Vec<String> {
        let stopped = |made: &&Made| self.sim.job(&made.id).unwrap().state == JobState::Stopped;
        self.jobs.iter().filter(stopped).map(|made| made.id.clone()).collect()
    }

    /// Holds all jobs; nothing may be begun from the moment that this was answered, also after a crash right behind it.
    fn hold(&mut self, crash_after: Option<u32>) {
        let before = self.stopped();
        if let Some(commits) = crash_after {
            self.sim.engine().store().crash_after(commits);
        }
        // On a machine that stops it may never be answered.
        let hold =
            async { tokio::time::timeout(Duration::from_secs(1), self.sim.engine().hold_jobs("test", None)).await };
        let answered = self.sim.block_on(hold).is_ok_and(|answer| answer.is_ok());
        assert!(answered || crash_after.is_some());
        let by_it = self.stopped().into_iter().filter(|id| !before.contains(id)).collect();
        let sent = |made: &Made| self.sim.devices.sent_in_all(&format!("m-{}", made.named));
        let sent = self.jobs.iter().map(|made| (made.named.clone(), sent(made))).collect();
        if crash_after.is_some() {
            self.sim.crash();
            self.sim.start();
        }
        let is_held = self.sim.engine().job_hold().is_some();
        assert!(is_held || !(answered || self.held.is_some()), "what was answered stands");
        let stopped = self.held.take().map_or(by_it, |held| held.stopped);
        // What began before the answer was right to.
        self.check();
        self.held = is_held.then_some(Held { sent, stopped });
    }

    /// Lifts the hold: with `resume` those that it stopped run again, and nobody else does by this.
    fn release(&mut self, resume: bool) {
        let before = self.stopped();
        let released = self.sim.block_on(self.sim.engine().release_jobs("test", resume)).unwrap();
        assert_eq!(released.is_some(), self.held.is_some());
        let Some(held) = self.held.take() else { return };
        let goes_on = |id: &String| resume && before.contains(id) && held.stopped.contains(id);
        // One of them may have been completed a moment before by what was out.
        assert!(released <= Some(before.iter().filter(|id| goes_on(id)).count()), "{released:?} of {before:?}");
        let after = self.stopped();
        // One that was to pause may have come to that place.
        let is_paused = |id: &String| self.sim.job(id).unwrap().is_paused();
        let stays = |id: &String| before.contains(id) && (!goes_on(id) || is_paused(id));
        assert!(after.iter().all(stays), "{before:?} -> {after:?}");
        for made in self.jobs.iter_mut().filter(|made| goes_on(&made.id)) {
            let job = self.sim.job(&made.id).unwrap();
            made.sent = made.sent.filter(|_| job.is_paused());
            made.pause_at = made.pause_at.filter(|_| job.pause_after.is_some() || job.is_paused());
        }
    }

    /// The devices of a rerun are those that its source counts as failed now, whatever becomes of them.
    fn rerun(&mut self, job: usize) {
        let Some(source) = self.jobs.get(job) else { return };
        let id = format!("j{}", self.jobs.len());
        let before = self.sim.job(&source.id).unwrap();
        let rows = self.sim.rows(&source.id);
        let failed = rows.iter().enumerate().filter(|(_, row)| word(row) == "failed").map(|(n, _)| n);
        let failed: Vec<usize> = failed.collect();
        let rerun = self.sim.engine().rerun_job(&source.id, Rerun::of_failed(id.parse().unwrap(), "test".to_owned()));
        let made = self.sim.block_on(rerun);
        let over = before.state.is_final() && before.counters.is_none_or(|counters| counters.running == 0);
        assert_eq!(made.is_ok(), over && !failed.is_empty(), "rerun of {}: {made:?} {rows:?}", source.id);
        if made.is_err() {
            return;
        }
        let list = checks::list(&self.sim, before.key);
        let made = Made {
            delivery: source.delivery,
            template: source.template,
            organization: source.organization,
            named: source.named.clone(),
            ..Made::new(id, source.kind, Over::Failed(failed.into_iter().map(|n| list[n]).collect()))
        };
        // From here on others of its name do not say what it sends.
        self.jobs.iter_mut().filter(|other| other.named == made.named).for_each(|other| other.sent = None);
        self.jobs.push(made);
    }

    /// Lets all jobs come to their end and looks at what remains.
    pub fn finish(mut self) {
        self.release(false);
        for job in 0..self.jobs.len() {
            self.withdraw_pause(job);
            self.resume(job);
        }
        // Without a restart: calls that are out when a job is cancelled are recorded too. Where one job waits for
        // the other it takes longer.
        let is_over = |sim: &Sim, id: &str| {
            let job = sim.job(id).unwrap();
            job.state.is_final() && job.counters.is_none_or(|counters| counters.running == 0)
        };
        for _ in 0..=self.jobs.len() {
            self.sim.advance(Duration::from_secs(250));
            if self.jobs.iter().all(|made| is_over(&self.sim, &made.id)) {
                break;
            }
        }
        self.check();
        for made in &self.jobs {
            assert!(is_over(&self.sim, &made.id), "{}: {:?}", made.id, self.sim.job(&made.id));
        }
        self.sim.crash();
        self.sim.start();
        self.sim.advance(Duration::from_secs(200));
        self.check_end();
    }
}

/// A row is `device word answer`.
fn device(row: &str) -> &str {
    row.split(' ').next().unwrap()
}

fn word(row: &str) -> &str {
    row.split(' ').nth(1).unwrap()
}

/// What the device answered, or why it failed.
fn said(row: &str) -> &str {
    row.split(' ').nth(2).unwrap_or("")
}
