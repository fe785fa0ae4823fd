//! Random histories of jobs of both faces, devices and groups that change, cancels, stops, holds, reruns and crashes.
//! After each step the counters equal the rows; what was frozen or has ended stays so; a list holds who was in the group
//! when it was frozen, a rerun's the stored failed set; no device was called twice by one job, or begun though it is
//! not what the job is for; nothing was begun by a job that is cancelled or stopped, and by none while all are held; no
//! more jobs run than may at once; batches come one after another, and a threshold was not exceeded by more than what
//! was in flight. In the end every device has exactly one outcome, and its twin has moved by exactly one for each job
//! that says it completed a change of it there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod history;
mod simulation;

use history::History;
use history::steps::{Step, history};
use proptest::prelude::*;

/// Histories in one run (`make test`: 10,000), shared by the tests below, which run beside each other.
fn cases() -> u32 {
    std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000)
}

fn live(jobs_at_once: Option<usize>, steps: &[Step]) {
    let mut history = History::new(jobs_at_once);
    for step in steps {
        history.take(step);
        history.check();
    }
    history.finish();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases().div_ceil(2), max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_device_ends_once((jobs_at_once, steps) in history()) {
        live(jobs_at_once, &steps);
    }

    #[test]
    fn every_device_ends_once_in_other_histories((jobs_at_once, steps) in history()) {
        live(jobs_at_once, &steps);
    }
}
