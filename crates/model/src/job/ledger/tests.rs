//! The ledger against a plain model: a list of devices, looked at as a whole after each step.

use std::ops::Range;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

const NOW: Time = Time(1_772_330_400_000_000);

fn delivery(batch: Option<Amount>, threshold: Option<(Amount, bool)>) -> Delivery {
    Delivery { batch, threshold: threshold.map(|(amount, per_batch)| Threshold { amount, per_batch }) }
}

fn number(n: i64) -> Amount {
    Amount::Number(Decimal::from(n))
}

fn running(delivery: Delivery, targets: u64) -> Ledger {
    let mut ledger = Ledger::new(delivery, Success::Status2xx);
    ledger.freeze(targets, NOW).unwrap();
    ledger
}

#[test]
fn batches_come_one_after_another() {
    let mut ledger = running(delivery(Some(number(2)), None), 5);
    let mut seen = Vec::new();
    for class in [Class::Succeeded, Class::Rejected, Class::Succeeded, Class::Succeeded, Class::TimedOut] {
        let gate = ledger.gate();
        seen.push((gate.from, gate.until));
        assert!(ledger.begin());
        assert!(ledger.end(DeviceJobState::Running, class, NOW));
    }
    assert_eq!(seen, [(0, 2), (0, 2), (2, 4), (2, 4), (4, 5)]);
    let batches: Vec<_> = ledger.ended_batches.iter().map(|b| (b.number, b.succeeded, b.failed)).collect();
    assert_eq!(batches, [(1, 1, 1), (2, 2, 0)]);
    let last = ledger.batch.unwrap();
    assert_eq!((last.number, last.failed, last.ended), (3, 1, Some(NOW)));
    assert_eq!((ledger.state, ledger.ended), (JobState::Completed, Some(NOW)));
}

#[test]
fn a_failure_too_many_cancels_and_says_why() {
    for (per_batch, said) in [
        (false, "the cancellation threshold of 1 failed devices was exceeded: 2 of 40 devices failed"),
        (
            true,
            "the cancellation threshold of 1 failed devices in a batch was exceeded: 2 of 20 devices of batch 1 failed",
        ),
    ] {
        let mut ledger = running(delivery(Some(number(20)), Some((number(1), per_batch))), 40);
        assert!(ledger.begin() && ledger.begin() && ledger.begin());
        assert!(ledger.end(DeviceJobState::Running, Class::TimedOut, NOW));
        assert_eq!(ledger.state, JobState::Running);
        assert!(ledger.end(DeviceJobState::Pending, Class::PreconditionFailed, NOW));
        assert_eq!(
            (ledger.state, ledger.rest, ledger.reason.as_deref()),
            (JobState::Cancelled, Some(Class::Cancelled), Some(said))
        );
        // What is in flight is still recorded; nothing else is.
        assert!(!ledger.end(DeviceJobState::Pending, Class::PreconditionFailed, NOW));
        assert!(ledger.end(DeviceJobState::Running, Class::Succeeded, NOW));
        assert_eq!(ledger.take_back(NOW), Some(Class::Cancelled));
        let Counters { targets, succeeded, failed, running, cancelled, .. } = ledger.counters.unwrap();
        assert_eq!((targets, succeeded, failed, running, cancelled), (40, 1, 2, 0, 37));
    }
}

#[test]
fn a_threshold_in_a_batch_forgets_the_batch_before() {
    let mut ledger = running(delivery(Some(number(2)), Some((number(1), true))), 6);
    for class in [Class::TimedOut, Class::Succeeded, Class::Succeeded, Class::TimedOut] {
        assert!(ledger.end(DeviceJobState::Pending, class, NOW));
    }
    assert_eq!(ledger.state, JobState::Running);
    ledger.end(DeviceJobState::Pending, Class::TimedOut, NOW);
    ledger.end(DeviceJobState::Pending, Class::TimedOut, NOW);
    // It was the last device of all, and a failure too many: the job says the latter.
    assert_eq!(ledger.state, JobState::Cancelled);
}

#[test]
fn a_threshold_bounds_what_is_in_flight() {
    for (borne, devices, at_most) in [(0, 100, 16), (20, 100, 21), (20, 10, 21)] {
        let mut ledger = running(delivery(None, Some((number(borne), false))), devices);
        let mut begun = 0;
        while begun < devices && ledger.begin() {
            begun += 1;
        }
        assert_eq!(begun, at_most.min(devices), "{borne} of {devices}");
    }
    let mut ledger = running(Delivery::default(), 100);
    assert_eq!(ledger.gate(), Gate { open: true, from: 0, until: 100, room: u64::MAX });
    assert!((0..100).all(|_| ledger.begin()));
}

#[test]
fn what_was_in_flight_at_a_stop_may_end_the_job() {
    for (class, threshold, state) in [
        (Class::Succeeded, None, JobState::Completed),
        (Class::TimedOut, None, JobState::Completed),
        (Class::TimedOut, Some((number(0), false)), JobState::Cancelled),
    ] {
        let mut ledger = running(delivery(None, threshold), 1);
        assert!(ledger.begin());
        ledger.stop().unwrap();
        assert!(!ledger.begin());
        assert!(!ledger.gate().open);
        assert!(ledger.end(DeviceJobState::Running, class, NOW));
        assert_eq!(ledger.state, state, "{class:?}");
        assert!(ledger.resume(NOW).is_err());
    }
    let mut ledger = Ledger::new(Delivery::default(), Success::Answered);
    ledger.stop().unwrap();
    assert!(ledger.freeze(1, NOW).is_err());
    ledger.resume(NOW).unwrap();
    assert_eq!(ledger.state, JobState::Queued);
}

#[test]
fn a_job_pauses_between_two_batches_and_goes_on_with_the_next() {
    let mut ledger = running(delivery(Some(number(2)), None), 5);
    assert_eq!(ledger.withdraw_pause(), Err(NoPause::NotAsked));
    assert_eq!(ledger.pause_after_batch(), Ok(1));
    ledger.withdraw_pause().unwrap();
    assert_eq!(ledger.pause_after_batch(), Ok(1));
    let later = NOW.plus_seconds(60);
    assert!(ledger.end(DeviceJobState::Pending, Class::Succeeded, NOW));
    assert!(!ledger.paused);
    assert!(ledger.end(DeviceJobState::Pending, Class::TimedOut, NOW));
    assert!(ledger.paused);
    let batch = ledger.batch.unwrap();
    assert_eq!((ledger.state, batch.number, batch.ended), (JobState::Stopped, 1, Some(NOW)));
    assert_eq!((ledger.pause_after, ledger.ended), (None, None));
    assert!(!ledger.begin() && !ledger.end(DeviceJobState::Pending, Class::Succeeded, NOW));
    assert_eq!(ledger.pause_after_batch(), Err(NoPause::NotOpen(JobState::Stopped)));
    ledger.resume(later).unwrap();
    let batch = ledger.batch.unwrap();
    assert_eq!((batch.number, batch.first, batch.opened, batch.ended), (2, 2, later, None));
    // One that is stopped meanwhile keeps what was asked for.
    assert!(ledger.begin() && ledger.begin());
    assert_eq!(ledger.pause_after_batch(), Ok(2));
    ledger.stop().unwrap();
    ledger.paused = false;
    assert!(ledger.end(DeviceJobState::Running, Class::Succeeded, later));
    assert!(ledger.end(DeviceJobState::Running, Class::Succeeded, later));
    assert!(ledger.paused && ledger.state == JobState::Stopped);
    ledger.resume(later).unwrap();
    assert_eq!(ledger.batch.unwrap().number, 3);
    assert_eq!(ledger.pause_after_batch(), Err(NoPause::LastBatch));
    assert!(ledger.end(DeviceJobState::Pending, Class::Succeeded, later));
    assert_eq!(ledger.state, JobState::Completed);
    assert_eq!(ledger.pause_after_batch(), Err(NoPause::NotOpen(JobState::Completed)));
    let mut whole = running(Delivery::default(), 5);
    assert_eq!(whole.pause_after_batch(), Err(NoPause::NoBatches));
}

#[test]
fn the_first_failure_too_many_cancels_also_where_the_job_was_to_pause() {
    let mut ledger = running(delivery(Some(number(2)), Some((number(0), false))), 4);
    ledger.pause_after_batch().unwrap();
    ledger.end(DeviceJobState::Pending, Class::Succeeded, NOW);
    ledger.end(DeviceJobState::Pending, Class::TimedOut, NOW);
    assert_eq!((ledger.state, ledger.paused), (JobState::Cancelled, false));
}

/// A device in the plain model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plain {
    Pending,
    Running,
    Ended(Class),
    Rest(Class),
}

#[derive(Debug, Clone)]
enum Step {
    /// Begin a pending device of the open batch, or as many of them as may be.
    Begin(usize, usize),
    /// End a running one, or a pending one of the open batch.
    End(usize, bool, Class),
    TakeBack(usize),
    Stop,
    Resume,
    Pause,
    WithdrawPause,
    Cancel,
    Deadline,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let class = prop_oneof![
        4 => Just(Class::Succeeded),
        2 => Just(Class::Rejected),
        2 => Just(Class::TimedOut),
        1 => Just(Class::PreconditionFailed),
        1 => Just(Class::Unknown),
    ];
    let step = prop_oneof![
        40 => (0usize..40, prop_oneof![9 => Just(1), 1 => Just(40)]).prop_map(|(n, times)| Step::Begin(n, times)),
        40 => (0usize..40, any::<bool>(), class).prop_map(|(n, running, class)| Step::End(n, running, class)),
        4 => (0usize..40).prop_map(Step::TakeBack),
        2 => Just(Step::Stop),
        4 => Just(Step::Resume),
        2 => Just(Step::Pause),
        1 => Just(Step::WithdrawPause),
        1 => Just(Step::Cancel),
        1 => Just(Step::Deadline),
    ];
    proptest::collection::vec(step, 0..120)
}

fn amounts(least: i64) -> impl Strategy<Value = Amount> {
    prop_oneof![
        (least..30).prop_map(number),
        (least..=1000).prop_map(|tenths| Amount::Percentage(Decimal::new(tenths, 1))),
    ]
}

fn deliveries() -> impl Strategy<Value = Delivery> {
    (proptest::option::of(amounts(1)), proptest::option::of((amounts(0), any::<bool>())))
        .prop_map(|(batch, threshold)| delivery(batch, threshold))
}

/// The rules once more, by looking at the whole list.
struct Model {
    devices: Vec<Plain>,
    delivery: Delivery,
    success: Success,
    state: JobState,
    closed: bool,
    /// No device from this one on may be begun: where the job pauses.
    pause_at: Option<usize>,
}

impl Model {
    fn failed(&self, class: Class) -> bool {
        class.tally(self.success) == Tally::Failed
    }

    /// The first chunk of the list in which a device has not ended.
    fn batch(&self) -> Range<usize> {
        let size = self.delivery.batch_size(self.devices.len() as u64) as usize;
        let open = self.devices.iter().position(|device| matches!(device, Plain::Pending | Plain::Running));
        let first = open.unwrap_or(self.devices.len() - 1) / size * size;
        first..(first + size).min(self.devices.len())
    }

    fn pick(&self, n: usize, wanted: Plain) -> Option<usize> {
        let found: Vec<usize> = self.batch().filter(|n| self.devices[*n] == wanted).collect();
        (!found.is_empty()).then(|| found[n % found.len()])
    }

    fn close(&mut self, class: Class) {
        for device in &mut self.devices {
            if *device == Plain::Pending {
                *device = Plain::Rest(class);
            }
        }
        self.closed = true;
    }

    fn finish(&mut self) {
        let done = !self.devices.iter().any(|device| matches!(device, Plain::Pending | Plain::Running));
        if done && matches!(self.state, JobState::Running | JobState::Stopped) {
            self.state = JobState::Completed;
        }
    }

    /// Where somebody wanted to look first the job stops when all before that place have ended.
    fn pause(&mut self) {
        let Some(at) = self.pause_at else { return };
        let are_over = self.devices[..at].iter().all(|device| matches!(device, Plain::Ended(_)));
        if are_over && !self.closed && matches!(self.state, JobState::Running | JobState::Stopped) {
            self.state = JobState::Stopped;
            self.pause_at = None;
        }
    }

    /// What the threshold looks at when `batch` is open or the last device of it has just ended: how many failed
    /// there, of how many.
    fn judged(&self, threshold: Threshold, batch: Range<usize>) -> (usize, usize) {
        let range = if threshold.per_batch { batch } else { 0..self.devices.len() };
        let failed = |device: &&Plain| matches!(device, Plain::Ended(class) if self.failed(*class));
        (self.devices[range.clone()].iter().filter(failed).count(), range.len())
    }

    /// `batch` is the one in which a device has just ended.
    fn judge(&mut self, batch: Range<usize>) {
        let Some(threshold) = self.delivery.threshold.filter(|_| !self.closed) else { return };
        let (failed, devices) = self.judged(threshold, batch);
        if is_exceeded(threshold, failed, devices) {
            self.state = JobState::Cancelled;
            self.close(Class::Cancelled);
        }
    }

    /// The most devices that may be in flight: with a threshold 16, or as many as may still fail and one more.
    fn in_flight_max(&self) -> usize {
        let Some(threshold) = self.delivery.threshold else { return usize::MAX };
        let (failed, devices) = self.judged(threshold, self.batch());
        // More than all cannot fail.
        let more = (0..=devices - failed).take_while(|more| !is_exceeded(threshold, failed + more, devices)).count();
        more.max(16)
    }

    fn is_open(&self) -> bool {
        self.state == JobState::Running && !self.closed
    }

    fn running(&self) -> usize {
        self.devices.iter().filter(|device| **device == Plain::Running).count()
    }

    fn counters(&self) -> Counters {
        let mut counters = Counters { targets: self.devices.len() as u64, ..Counters::default() };
        for device in &self.devices {
            match device {
                Plain::Pending => {}
                Plain::Running => counters.running += 1,
                Plain::Ended(class) | Plain::Rest(class) => match class.tally(self.success) {
                    Tally::Succeeded => counters.succeeded += 1,
                    Tally::Failed => counters.failed += 1,
                    Tally::Cancelled => counters.cancelled += 1,
                },
            }
        }
        let never =
            |device: &&Plain| matches!(device, Plain::Ended(Class::NeverReached) | Plain::Rest(Class::NeverReached));
        counters.never_reached = self.devices.iter().filter(never).count() as u64;
        counters
    }
}

/// Are so many failures among so many devices too many?
fn is_exceeded(threshold: Threshold, failed: usize, devices: usize) -> bool {
    match threshold.amount {
        Amount::Number(n) => Decimal::from(failed) > n.trunc(),
        Amount::Percentage(p) => Decimal::from(failed * 100) > p * Decimal::from(devices),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_keeps_the_rules(
        targets in 1usize..40,
        delivery in deliveries(),
        strict in any::<bool>(),
        steps in steps(),
    ) {
        let success = if strict { Success::Status2xx } else { Success::Answered };
        let mut ledger = Ledger::new(delivery, success);
        ledger.freeze(targets as u64, NOW).unwrap();
        let mut model =
            Model { devices: vec![Plain::Pending; targets], delivery, success, state: JobState::Running, closed: false, pause_at: None };
        for step in steps {
            let open = model.is_open();
            match step {
                Step::Begin(n, times) => {
                    for _ in 0..times {
                        let Some(n) = model.pick(n, Plain::Pending) else { break };
                        let begun = ledger.begin();
                        let (out, most) = (model.running(), model.in_flight_max());
                        prop_assert_eq!(begun, open && out < most, "{} are out, {} may be", out, most);
                        if begun {
                            model.devices[n] = Plain::Running;
                        }
                    }
                }
                Step::End(n, running, class) => {
                    let before = if running { Plain::Running } else { Plain::Pending };
                    // Calls of a closed job are no longer in an open batch.
                    let found = model.pick(n, before).or(model.devices.iter().position(|d| running && *d == before));
                    if let Some(n) = found {
                        let batch = model.batch();
                        let said = if running { DeviceJobState::Running } else { DeviceJobState::Pending };
                        let counted = ledger.end(said, class, NOW);
                        prop_assert_eq!(counted, running || open);
                        if counted {
                            model.devices[n] = Plain::Ended(class);
                            if model.failed(class) {
                                model.judge(batch);
                            }
                            model.finish();
                            model.pause();
                        }
                    }
                }
                Step::TakeBack(n) => {
                    if let Some(n) = model.devices.iter().position(|device| *device == Plain::Running).filter(|_| n > 0) {
                        let class = ledger.take_back(NOW);
                        model.devices[n] = class.map_or(Plain::Pending, Plain::Rest);
                        prop_assert_eq!(class.is_some(), model.closed);
                        model.finish();
                    }
                }
                Step::Stop => {
                    if ledger.stop().is_ok() {
                        prop_assert_eq!(model.state, JobState::Running);
                        model.state = JobState::Stopped;
                    }
                }
                Step::Resume => {
                    if ledger.resume(NOW).is_ok() {
                        prop_assert_eq!(model.state, JobState::Stopped);
                        model.state = JobState::Running;
                    }
                }
                Step::Pause => {
                    let at = model.batch().end;
                    let may = open && model.delivery.batch.is_some() && at < model.devices.len();
                    prop_assert_eq!(ledger.pause_after_batch().is_ok(), may);
                    if may {
                        model.pause_at = Some(at);
                    }
                }
                Step::WithdrawPause => {
                    let pauses = model.pause_at.take().is_some() && !model.closed && !model.state.is_final();
                    prop_assert_eq!(ledger.withdraw_pause().is_ok(), pauses);
                }
                Step::Cancel => {
                    if ledger.cancel(NOW).is_ok() {
                        prop_assert!(!model.state.is_final());
                        model.state = JobState::Cancelled;
                        if !model.closed {
                            model.close(Class::Cancelled);
                        }
                    }
                }
                Step::Deadline => {
                    prop_assert_eq!(ledger.deadline(NOW), open);
                    if open {
                        model.close(Class::NeverReached);
                        model.finish();
                    }
                }
            }
            prop_assert_eq!(ledger.state, model.state);
            prop_assert_eq!(ledger.counters, Some(model.counters()));
            prop_assert_eq!(ledger.ended.is_some(), model.state.is_final());
            let open = model.is_open();
            prop_assert_eq!(ledger.is_open(), open);
            if open {
                let (gate, batch) = (ledger.gate(), model.batch());
                prop_assert_eq!((gate.from, gate.until), (batch.start as u64, batch.end as u64));
            }
        }
        // All batches lie one behind the other from the start of the list, and add up.
        let last = ledger.batch.unwrap();
        let mut next = 0;
        for batch in ledger.ended_batches.iter().chain([&last]) {
            prop_assert_eq!(batch.first, next);
            next = batch.end();
        }
        let counted: u64 = ledger.ended_batches.iter().chain([&last]).map(|b| b.succeeded + b.failed).sum();
        let rest = model.devices.iter().filter(|device| matches!(device, Plain::Rest(Class::NeverReached))).count();
        let counters = model.counters();
        prop_assert_eq!(counted + rest as u64, counters.succeeded + counters.failed);
    }
}
