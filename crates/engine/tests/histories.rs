//! Random histories of jobs of both faces, devices, cancels, stops, reruns and crashes. After each step the counters
//! equal the rows, no device was called twice by one job, nothing was begun by a job that is cancelled or stopped,
//! batches come one after another, and a threshold was not exceeded by more than what was in flight; in the end
//! every device has exactly one outcome, and its twin has moved by exactly one for each job that says it completed
//! a change of it there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod simulation;

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_engine::Settings;
use bellwether_model::DeviceSeq;
use bellwether_model::identity::Status;
use bellwether_model::job::{
    Action, Amount, CentralJob, Decimal, Delivery, Face, JobSpec, JobState, Offline, Success, Threshold,
};
use bellwether_model::method::MethodCall;
use proptest::prelude::*;
use simulation::{Habit, Sim, device_id, method_job, twin_job};

const DEVICES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[derive(Debug, Clone)]
enum Step {
    MethodJob {
        all: bool,
        lifetime: i64,
    },
    TwinJob {
        all: bool,
        later: i64,
    },
    /// A job as the central face makes them.
    Central {
        kind: Kind,
        all: bool,
        batch: Option<Amount>,
        threshold: Option<Threshold>,
    },
    Cancel(usize),
    StopJob(usize),
    Resume(usize),
    Rerun(usize),
    Connect(usize),
    Disconnect(usize),
    Habit(usize, u8),
    Delete(usize),
    Create(usize),
    Disable(usize),
    Enable(usize),
    Advance(u64),
    /// The machine stops after so many more commits, and is started again.
    CrashAfter(u32),
    Crash,
    Stop(u64),
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One call, or two.
    Calls(usize),
    Property,
    Template,
}

/// A job with what is known of it beside its rows.
struct Made {
    id: String,
    kind: Kind,
    delivery: Delivery,
    /// First calls under its name that had gone out when the stop or cancel of it was answered; `None` when it may
    /// send, or another job that calls the same may.
    sent: Option<u32>,
    /// Its devices, where they are known before it begins.
    devices: Option<Vec<String>>,
    /// The job after which its calls are named: a rerun calls what its source called.
    named: String,
}

impl Made {
    fn new(id: String, kind: Kind) -> Made {
        Made { named: id.clone(), id, kind, delivery: Delivery::default(), sent: None, devices: None }
    }
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        (1i64..5).prop_map(|n| Amount::Number(Decimal::from(n))),
        (1i64..=100).prop_map(|n| Amount::Percentage(Decimal::from(n))),
    ]
}

fn central() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        2 => Just(Kind::Calls(1)),
        2 => Just(Kind::Calls(2)),
        2 => Just(Kind::Property),
        1 => Just(Kind::Template),
    ];
    let threshold = (amount(), any::<bool>()).prop_map(|(amount, per_batch)| Threshold { amount, per_batch });
    (kind, any::<bool>(), proptest::option::of(amount()), proptest::option::of(threshold))
        .prop_map(|(kind, all, batch, threshold)| Step::Central { kind, all, batch, threshold })
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..DEVICES.len();
    prop_oneof![
        3 => (any::<bool>(), 1i64..60).prop_map(|(all, lifetime)| Step::MethodJob { all, lifetime }),
        3 => (any::<bool>(), 0i64..20).prop_map(|(all, later)| Step::TwinJob { all, later }),
        5 => central(),
        1 => (0usize..8).prop_map(Step::Cancel),
        3 => (0usize..8).prop_map(Step::StopJob),
        3 => (0usize..8).prop_map(Step::Resume),
        2 => (0usize..8).prop_map(Step::Rerun),
        4 => device.clone().prop_map(Step::Connect),
        2 => device.clone().prop_map(Step::Disconnect),
        2 => (device.clone(), 0u8..5).prop_map(|(device, habit)| Step::Habit(device, habit)),
        1 => device.clone().prop_map(Step::Delete),
        1 => device.clone().prop_map(Step::Create),
        1 => device.clone().prop_map(Step::Disable),
        1 => device.prop_map(Step::Enable),
        5 => (1u64..4000).prop_map(Step::Advance),
        2 => (0u32..12).prop_map(Step::CrashAfter),
        1 => Just(Step::Crash),
        1 => (0u64..3000).prop_map(Step::Stop),
    ]
}

struct History {
    sim: Sim,
    jobs: Vec<Made>,
}

impl History {
    fn new() -> History {
        let sim = Sim::new(Settings { calls_in_flight: 3, ..Settings::default() });
        for id in DEVICES {
            sim.create_device(id).unwrap();
        }
        History { sim, jobs: Vec::new() }
    }

    fn seq(&self, device: usize) -> Option<DeviceSeq> {
        let device = self.sim.block_on(self.sim.engine().store().device(&device_id(DEVICES[device]))).unwrap();
        device.map(|device| device.seq)
    }

    fn take(&mut self, step: &Step) {
        let condition = |all: bool| if all { "*" } else { "deviceId IN ['a', 'c', 'e']" };
        match *step {
            Step::MethodJob { all, lifetime } => {
                let id = format!("j{}", self.jobs.len());
                let spec = method_job(&id, condition(all), lifetime);
                if self.sim.block_on(self.sim.engine().create_job(spec)).is_ok() {
                    self.jobs.push(Made::new(id, Kind::Calls(1)));
                }
            }
            Step::TwinJob { all, later } => {
                let id = format!("j{}", self.jobs.len());
                let mut spec = twin_job(&id, condition(all), 60);
                spec.start = Some(self.sim.now().plus_seconds(later));
                if self.sim.block_on(self.sim.engine().create_job(spec)).is_ok() {
                    self.jobs.push(Made::new(id, Kind::Property));
                }
            }
            Step::Cancel(job) => {
                self.withdraw(job, |sim, id| sim.block_on(sim.engine().cancel_job(id)).is_ok());
            }
            Step::Central { kind, all, batch, threshold } => {
                let id = format!("j{}", self.jobs.len());
                let delivery = Delivery { batch, threshold };
                let spec = central_job(&id, condition(all), kind, delivery);
                if let Action::SetTemplate(template) = &spec.action {
                    self.sim.keep_template(template);
                }
                if self.sim.block_on(self.sim.engine().create_job(spec)).is_ok() {
                    self.jobs.push(Made { delivery, ..Made::new(id, kind) });
                }
            }
            Step::StopJob(job) => {
                self.withdraw(job, |sim, id| sim.block_on(sim.engine().stop_job(id)).is_ok());
            }
            Step::Resume(job) => {
                if let Some(job) = self.jobs.get_mut(job)
                    && self.sim.block_on(self.sim.engine().resume_job(&job.id)).is_ok()
                {
                    job.sent = None;
                }
            }
            Step::Rerun(job) => self.rerun(job),
            Step::Connect(device) => self.sim.connect(DEVICES[device]),
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
            Step::Delete(device) => self.sim.delete_device(DEVICES[device]),
            Step::Create(device) => {
                self.sim.create_device(DEVICES[device]);
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

    /// The devices of a rerun are those that its source counts as failed now, whatever becomes of them.
    fn rerun(&mut self, job: usize) {
        let Some(source) = self.jobs.get(job) else { return };
        let id = format!("j{}", self.jobs.len());
        let rows = self.sim.rows(&source.id);
        let rerun = self.sim.engine().rerun_job(&source.id, id.parse().unwrap(), "test".to_owned());
        if self.sim.block_on(rerun).is_ok() {
            let failed = rows.iter().filter(|row| word(row) == "failed").map(|row| device(row).to_owned()).collect();
            let made = Made {
                delivery: source.delivery,
                devices: Some(failed),
                named: source.named.clone(),
                ..Made::new(id, source.kind)
            };
            // From here on others of its name do not say what it sends.
            self.jobs.iter_mut().filter(|other| other.named == made.named).for_each(|other| other.sent = None);
            self.jobs.push(made);
        }
    }

    fn check(&self) {
        for made in &self.jobs {
            let id = &made.id;
            let job = self.sim.job(id).unwrap();
            let rows = self.sim.rows(id);
            let count = |wanted: &str| rows.iter().filter(|row| word(row) == wanted).count() as u64;
            let Some(counters) = job.counters else {
                assert!(rows.is_empty(), "{id} has rows before its list is frozen: {rows:?}");
                continue;
            };
            let shown = [counters.succeeded, counters.failed, counters.running, counters.pending(), counters.cancelled];
            let counted = ["completed", "failed", "running", "pending", "canceled"].map(count);
            assert_eq!(shown, counted, "{id} {:?}: {rows:?}", job.state);
            assert_eq!(counters.targets, rows.len() as u64);
            if job.state == JobState::Completed || job.state == JobState::Failed {
                assert_eq!(counters.pending() + counters.running, 0, "{id}: {rows:?}");
            }
            match made.kind {
                Kind::Calls(_) => {}
                Kind::Property | Kind::Template => assert_eq!(counters.running, 0, "{id}"),
            }
            if let Some(devices) = &made.devices {
                let listed: Vec<&str> = rows.iter().map(|row| device(row)).collect();
                assert_eq!(&listed, devices, "{id} is a rerun");
            }
            let of_its_name = self.jobs.iter().filter(|other| other.named == made.named).count() as u32;
            if let Some(sent) = made.sent {
                let now = self.sim.devices.sent_in_all(&format!("m-{}", made.named));
                assert_eq!(now, sent, "{id} sent though it may not");
            }
            self.check_batches(made, &rows);
            self.check_threshold(made, &rows, job.failure.is_some());
            for seq in (1..40).map(DeviceSeq) {
                for method in ["m", "second"] {
                    let calls = self.sim.devices.sent(&format!("{method}-{}", made.named), seq);
                    assert!(calls <= of_its_name, "{id} called {seq} twice");
                }
            }
        }
    }

    /// Behind the batch of the first device that has not ended nothing was begun.
    fn check_batches(&self, made: &Made, rows: &[String]) {
        let size = made.delivery.batch_size(rows.len() as u64) as usize;
        let Some(open) = rows.iter().position(|row| matches!(word(row), "pending" | "running")) else { return };
        if made.delivery.batch.is_some() {
            let behind = (open / size + 1) * size;
            let begun = rows.iter().skip(behind).find(|row| !matches!(word(row), "pending" | "canceled"));
            assert_eq!(begun, None, "{}: {rows:?}", made.id);
        }
    }

    /// More failures than are borne: only what was in flight when it happened, which is 3 at most here.
    fn check_threshold(&self, made: &Made, rows: &[String], exceeded: bool) {
        let failed = |rows: &[String]| rows.iter().filter(|row| word(row) == "failed").count() as u64;
        let per_batch = made.delivery.threshold.is_some_and(|threshold| threshold.per_batch);
        let size = if per_batch { made.delivery.batch_size(rows.len() as u64) as usize } else { rows.len().max(1) };
        for part in rows.chunks(size) {
            let Some(borne) = made.delivery.failures_borne(part.len() as u64) else { return };
            let overshoot = match (exceeded, made.kind) {
                (false, _) => 0,
                (true, Kind::Calls(_)) => 3,
                (true, Kind::Property | Kind::Template) => 1,
            };
            // A job that an operator cancelled still records what was in flight, without judging it.
            let judged = made.sent.is_none() || exceeded;
            assert!(!judged || failed(part) <= borne + overshoot, "{}: {rows:?}", made.id);
        }
    }

    /// Lets all jobs come to their end and looks at what remains.
    fn finish(mut self) {
        for job in &mut self.jobs {
            if self.sim.block_on(self.sim.engine().resume_job(&job.id)).is_ok() {
                job.sent = None;
            }
        }
        // Without a restart: calls that are out when a job is cancelled are recorded too.
        self.sim.advance(Duration::from_secs(200));
        for Made { id, .. } in &self.jobs {
            let job = self.sim.job(id).unwrap();
            assert!(job.state.is_final() && job.counters.is_none_or(|counters| counters.running == 0), "{id}: {job:?}");
        }
        self.sim.crash();
        self.sim.start();
        self.sim.advance(Duration::from_secs(200));
        self.check();
        let mut versions: BTreeMap<String, i64> = BTreeMap::new();
        for Made { id, kind, .. } in &self.jobs {
            let job = self.sim.job(id).unwrap();
            assert!(job.state.is_final(), "{id} is {}", job.state);
            assert_eq!(job.counters.map_or(0, |counters| counters.running), 0, "{id}");
            for row in self.sim.rows(id) {
                let mut words = row.split(' ');
                let (device, status) = (words.next().unwrap(), words.next().unwrap());
                if *kind == Kind::Property && status == "completed" {
                    *versions.entry(device.to_owned()).or_default() += 1;
                }
            }
        }
        // Devices that were never deleted have the keys that they were created with.
        for (n, id) in DEVICES.into_iter().enumerate() {
            let Some((device, twin)) = self.sim.block_on(self.sim.engine().store().twin(&device_id(id))).unwrap()
            else {
                continue;
            };
            if device.seq == DeviceSeq(n as i64 + 1) {
                let moved = versions.get(id).copied().unwrap_or(0);
                assert_eq!((twin.version, twin.desired.version), (2 + moved, 1 + moved), "{id}");
            }
        }
    }
}

/// A row is `device word answer`.
fn device(row: &str) -> &str {
    row.split(' ').next().unwrap()
}

fn word(row: &str) -> &str {
    row.split(' ').nth(1).unwrap()
}

fn central_job(id: &str, condition: &str, kind: Kind, delivery: Delivery) -> JobSpec {
    let mut spec = match kind {
        Kind::Calls(_) => method_job(id, condition, 60),
        Kind::Property | Kind::Template => twin_job(id, condition, 60),
    };
    match kind {
        Kind::Calls(1) | Kind::Property => {}
        Kind::Calls(_) => {
            let second = format!(r#"{{"methodName":"second-{id}","responseTimeoutInSeconds":5}}"#);
            if let Action::InvokeMethods(calls) = &mut spec.action {
                calls.push(MethodCall::from_body(&second).unwrap());
            }
        }
        Kind::Template => spec.action = Action::SetTemplate(format!("dtmi:t:{id};1")),
    }
    JobSpec {
        face: Face::Central(CentralJob::default()),
        delivery,
        lifetime: None,
        offline: Offline::FailNow,
        success: Success::Status2xx,
        ..spec
    }
}

/// Histories in one run (`make test`: 10,000), shared by the tests below, which run beside each other.
fn cases() -> u32 {
    std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000)
}

fn live(steps: &[Step]) {
    let mut history = History::new();
    for step in steps {
        history.take(step);
        history.check();
    }
    history.finish();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases().div_ceil(2), max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_device_ends_once(steps in proptest::collection::vec(step(), 1..40)) {
        live(&steps);
    }

    #[test]
    fn every_device_ends_once_in_other_histories(steps in proptest::collection::vec(step(), 1..40)) {
        live(&steps);
    }
}
