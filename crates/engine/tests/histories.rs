//! Random histories of jobs, devices, cancels, stops and crashes. After each step the counters equal the rows
//! and no device was called twice by one job; in the end every device has exactly one outcome, and its twin has
//! moved by exactly one for each twin job that says it completed there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod simulation;

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_engine::Settings;
use bellwether_model::DeviceSeq;
use bellwether_model::identity::Status;
use bellwether_model::job::JobState;
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
    Cancel(usize),
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

fn step() -> impl Strategy<Value = Step> {
    let device = 0..DEVICES.len();
    prop_oneof![
        3 => (any::<bool>(), 1i64..60).prop_map(|(all, lifetime)| Step::MethodJob { all, lifetime }),
        3 => (any::<bool>(), 0i64..20).prop_map(|(all, later)| Step::TwinJob { all, later }),
        1 => (0usize..8).prop_map(Step::Cancel),
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
    jobs: Vec<(String, bool)>,
    /// Calls that a cancelled job had sent when its cancel was acknowledged.
    cancelled: BTreeMap<String, u32>,
}

impl History {
    fn new() -> History {
        let sim = Sim::new(Settings { calls_in_flight: 3, ..Settings::default() });
        for id in DEVICES {
            sim.create_device(id).unwrap();
        }
        History { sim, jobs: Vec::new(), cancelled: BTreeMap::new() }
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
                    self.jobs.push((id, false));
                }
            }
            Step::TwinJob { all, later } => {
                let id = format!("j{}", self.jobs.len());
                let mut spec = twin_job(&id, condition(all), 60);
                spec.start = Some(self.sim.now().plus_seconds(later));
                if self.sim.block_on(self.sim.engine().create_job(spec)).is_ok() {
                    self.jobs.push((id, true));
                }
            }
            Step::Cancel(job) => {
                if let Some((id, _)) = self.jobs.get(job)
                    && self.sim.block_on(self.sim.engine().cancel_job(id)).is_ok()
                {
                    let sent = self.sim.devices.sent_in_all(&format!("m-{id}"));
                    self.cancelled.insert(id.clone(), sent);
                }
            }
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

    fn check(&self) {
        for (id, is_twin) in &self.jobs {
            let job = self.sim.job(id).unwrap();
            let rows = self.sim.rows(id);
            let count = |word: &str| rows.iter().filter(|row| row.split(' ').nth(1) == Some(word)).count() as u64;
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
            assert!(!is_twin || counters.running == 0);
            if let Some(sent) = self.cancelled.get(id) {
                assert_eq!(self.sim.devices.sent_in_all(&format!("m-{id}")), *sent, "{id} sent after its cancel");
            }
            for seq in (1..40).map(DeviceSeq) {
                assert!(self.sim.devices.sent(&format!("m-{id}"), seq) <= 1, "{id} called {seq} twice");
            }
        }
    }

    /// Lets all jobs come to their end and looks at what remains.
    fn finish(mut self) {
        // Without a restart: calls that are out when a job is cancelled are recorded too.
        self.sim.advance(Duration::from_secs(200));
        for (id, _) in &self.jobs {
            let job = self.sim.job(id).unwrap();
            assert!(job.state.is_final() && job.counters.is_none_or(|counters| counters.running == 0), "{id}: {job:?}");
        }
        self.sim.crash();
        self.sim.start();
        self.sim.advance(Duration::from_secs(200));
        self.check();
        let mut versions: BTreeMap<String, i64> = BTreeMap::new();
        for (id, is_twin) in &self.jobs {
            let job = self.sim.job(id).unwrap();
            assert!(job.state.is_final(), "{id} is {}", job.state);
            assert_eq!(job.counters.map_or(0, |counters| counters.running), 0, "{id}");
            for row in self.sim.rows(id) {
                let mut words = row.split(' ');
                let (device, status) = (words.next().unwrap(), words.next().unwrap());
                if *is_twin && status == "completed" {
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

fn cases() -> u32 {
    std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_device_ends_once(steps in proptest::collection::vec(step(), 1..40)) {
        let mut history = History::new();
        for step in &steps {
            history.take(step);
            history.check();
        }
        history.finish();
    }
}
