//! Jobs that ended long ago go, whole, whenever the machine stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod simulation;

use std::time::Duration;

use bellwether_engine::{Rerun, Settings};
use simulation::{Sim, method_job, twin_job};

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3600);
const JOBS: [&str; 4] = ["calls", "twins", "again", "young"];

/// Three old jobs, one of which is a rerun and names a deleted device, and a young one; the old ones go in half an hour.
fn old_jobs(settings: Settings) -> Sim {
    let mut sim = Sim::new(settings);
    for id in ["a", "b", "c", "d"] {
        sim.create_device(id).unwrap();
    }
    for id in ["a", "b", "c"] {
        sim.connect(id);
    }
    let make = |sim: &Sim, spec| sim.block_on(sim.engine().create_job(spec)).unwrap();
    make(&sim, method_job("calls", "*", 60));
    make(&sim, twin_job("twins", "*", 60));
    sim.advance(Duration::from_secs(90));
    sim.delete_device("d");
    let rerun = Rerun::of_failed("again".parse().unwrap(), "test".to_owned());
    sim.block_on(sim.engine().rerun_job("calls", rerun)).unwrap();
    sim.advance(Duration::from_secs(90));
    sim.crash();
    sim.pass(DAY * 30 - HOUR / 2);
    sim.start();
    make(&sim, twin_job("young", "*", 60));
    sim.advance(Duration::from_secs(60));
    sim
}

fn rows(sim: &Sim) -> Vec<Vec<String>> {
    JOBS.iter().map(|id| sim.rows(id)).collect()
}

#[test]
fn a_crash_at_any_moment_leaves_whole_jobs_or_none() {
    let mut commits = 0;
    loop {
        let mut sim = old_jobs(Settings::default());
        let before = rows(&sim);
        assert!(before.iter().all(|rows| !rows.is_empty()), "{before:?}");
        sim.engine().store().crash_after(commits);
        sim.advance(HOUR);
        let is_done = sim.block_on(sim.engine().store().begin_epoch()).is_ok();
        sim.crash();
        sim.start();
        for (id, before) in JOBS.iter().zip(&before) {
            let expected = if sim.job(id).is_some() { before.as_slice() } else { &[] };
            assert_eq!(sim.rows(id), expected, "{id} after {commits} commits");
        }
        assert!(sim.job("young").is_some());
        // What the crash interrupted is taken up, and the ids are free.
        sim.advance(HOUR * 2);
        assert_eq!(rows(&sim)[..3], vec![Vec::<String>::new(); 3]);
        assert_eq!(sim.rows("young"), before[3]);
        for id in &JOBS[..3] {
            sim.block_on(sim.engine().create_job(method_job(id, "deviceId = 'a'", 60))).unwrap();
        }
        sim.connect("a");
        sim.advance(Duration::from_secs(1));
        for id in &JOBS[..3] {
            assert_eq!(sim.rows(id), ["a completed 200"]);
        }
        if is_done {
            break;
        }
        commits += 1;
    }
    assert!(commits > 3, "the purge is more than one commit: {commits}");
}

#[test]
fn kept_for_ever() {
    let sim = old_jobs(Settings { history_days: None, ..Settings::default() });
    let before = rows(&sim);
    sim.advance(DAY * 3);
    assert_eq!(rows(&sim), before);
}
