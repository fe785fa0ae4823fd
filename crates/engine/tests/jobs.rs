//! What a job does in the situations that the contract names, one test each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod simulation;

use std::time::Duration;

use bellwether_engine::{CreateJobError, MoveJobError, Settings};
use bellwether_model::identity::Status;
use bellwether_model::job::{JobState, Target};
use simulation::{Habit, Sim, device_id, method_job, twin_job};

const MOMENT: Duration = Duration::from_millis(50);

fn fleet(ids: &[&str]) -> Sim {
    let sim = Sim::new(Settings::default());
    for id in ids {
        sim.create_device(id).unwrap();
    }
    sim
}

fn create(sim: &Sim, spec: bellwether_model::job::JobSpec) {
    sim.block_on(sim.engine().create_job(spec)).unwrap();
}

fn state(sim: &Sim, id: &str) -> JobState {
    sim.job(id).unwrap().state
}

#[test]
fn a_method_job_reaches_everyone_and_waits_for_the_absent() {
    let sim = fleet(&["a", "b", "c", "d", "e"]);
    for id in ["a", "b", "c", "d"] {
        sim.connect(id);
    }
    let seq = |id: &str| sim.block_on(sim.engine().store().device(&device_id(id))).unwrap().unwrap().seq;
    sim.devices.set_habit(seq("b"), Habit::Answer(500, 5));
    sim.devices.set_habit(seq("c"), Habit::Silent);
    sim.devices.set_habit(seq("d"), Habit::Garbled);
    create(&sim, method_job("j", "*", 60));
    sim.advance(MOMENT);
    assert_eq!(
        sim.rows("j"),
        ["a completed 200", "b completed 500", "c running", "d failed BadDeviceResponse", "e pending"]
    );
    sim.advance(Duration::from_secs(6));
    sim.connect("e");
    sim.advance(MOMENT);
    assert_eq!(
        sim.rows("j"),
        [
            "a completed 200",
            "b completed 500",
            "c failed GatewayTimeout",
            "d failed BadDeviceResponse",
            "e completed 200"
        ]
    );
    let job = sim.job("j").unwrap();
    let counters = job.counters.unwrap();
    assert_eq!((job.state, counters.succeeded, counters.failed, counters.pending()), (JobState::Completed, 3, 2, 0));
}

#[test]
fn at_the_deadline_the_rest_fails_and_calls_in_flight_end() {
    let sim = fleet(&["a", "b"]);
    sim.connect("a");
    create(&sim, method_job("j", "*", 10));
    sim.devices
        .set_habit(sim.block_on(sim.engine().store().device(&device_id("a"))).unwrap().unwrap().seq, Habit::Silent);
    sim.devices.disconnect(sim.block_on(sim.engine().store().device(&device_id("a"))).unwrap().unwrap().seq);
    sim.advance(Duration::from_secs(8));
    sim.connect("a");
    sim.advance(Duration::from_millis(1900));
    assert_eq!(sim.rows("j"), ["a running", "b pending"]);
    // The call went out 2 s before the deadline: it does not get its 5 s.
    sim.advance(Duration::from_millis(200));
    assert_eq!(sim.rows("j"), ["a failed GatewayTimeout", "b failed JobRunPreconditionFailed"]);
    assert_eq!(state(&sim, "j"), JobState::Completed);
}

#[test]
fn a_device_that_cannot_be_called_now_is_looked_at_again_without_haste() {
    let sim = fleet(&["a"]);
    sim.connect("a");
    let seq = sim.block_on(sim.engine().store().device(&device_id("a"))).unwrap().unwrap().seq;
    sim.devices.set_habit(seq, Habit::Deaf);
    create(&sim, method_job("j", "*", 60));
    sim.advance(Duration::from_secs(10));
    assert_eq!(sim.rows("j"), ["a pending"]);
    let looks = sim.devices.sent("m-j", seq);
    assert!((5..=11).contains(&looks), "{looks} looks in 10 s");
    sim.devices.set_habit(seq, Habit::Answer(200, 5));
    sim.advance(Duration::from_secs(2));
    assert_eq!(sim.rows("j"), ["a completed 200"]);
}

#[test]
fn a_lost_connection_is_not_tried_again() {
    let sim = fleet(&["a"]);
    sim.connect("a");
    let seq = sim.block_on(sim.engine().store().device(&device_id("a"))).unwrap().unwrap().seq;
    sim.devices.set_habit(seq, Habit::Silent);
    create(&sim, method_job("j", "*", 60));
    sim.advance(MOMENT);
    sim.devices.disconnect(seq);
    sim.advance(MOMENT);
    sim.connect("a");
    sim.advance(MOMENT);
    assert_eq!(sim.rows("j"), ["a failed DeviceNotOnline"]);
    assert_eq!(sim.devices.sent("m-j", seq), 1);
}

#[test]
fn deleted_disabled_and_recreated_devices_have_a_defined_end() {
    let sim = fleet(&["deleted", "disabled", "recreated", "before"]);
    sim.set_status("before", Status::Disabled);
    create(&sim, method_job("j", "*", 60));
    sim.advance(MOMENT);
    sim.delete_device("deleted");
    sim.set_status("disabled", Status::Disabled);
    sim.delete_device("recreated");
    sim.create_device("recreated").unwrap();
    sim.connect("recreated");
    sim.advance(MOMENT);
    // The new device of an old name is another device: it is not called.
    assert_eq!(
        sim.rows("j"),
        [
            "deleted failed DeviceNotFound",
            "disabled failed DeviceNotFound",
            "recreated failed DeviceNotFound",
            "before failed DeviceNotFound"
        ]
    );
    assert_eq!(sim.devices.sent_in_all("m-j"), 0);
    assert_eq!(state(&sim, "j"), JobState::Completed);
}

#[test]
fn cancel_while_running_lets_calls_end_and_begins_no_other() {
    let sim = fleet(&["a", "b"]);
    sim.connect("a");
    let seq = sim.block_on(sim.engine().store().device(&device_id("a"))).unwrap().unwrap().seq;
    sim.devices.set_habit(seq, Habit::Answer(200, 1000));
    create(&sim, method_job("j", "*", 60));
    sim.advance(MOMENT);
    let cancelled = sim.block_on(sim.engine().cancel_job("j")).unwrap();
    assert_eq!(cancelled.state, JobState::Cancelled);
    sim.connect("b");
    assert_eq!(sim.rows("j"), ["a running", "b canceled"]);
    sim.advance(Duration::from_secs(2));
    assert_eq!(sim.rows("j"), ["a completed 200", "b canceled"]);
    let counters = sim.job("j").unwrap().counters.unwrap();
    assert_eq!((counters.succeeded, counters.cancelled, counters.running, counters.pending()), (1, 1, 0, 0));
    let again = sim.block_on(sim.engine().cancel_job("j")).unwrap_err();
    assert!(matches!(again, MoveJobError::Refused(_)), "{again}");
    assert_eq!(sim.devices.sent_in_all("m-j"), 1);
}

#[test]
fn cancel_records_every_call_that_is_out() {
    let sim = fleet(&["a", "b", "c"]);
    for (id, after) in [("a", 1000), ("b", 2000), ("c", 3000)] {
        sim.connect(id);
        let seq = sim.block_on(sim.engine().store().device(&device_id(id))).unwrap().unwrap().seq;
        sim.devices.set_habit(seq, Habit::Answer(200, after));
    }
    create(&sim, method_job("j", "*", 60));
    sim.advance(MOMENT);
    sim.block_on(sim.engine().cancel_job("j")).unwrap();
    sim.advance(Duration::from_secs(4));
    assert_eq!(sim.rows("j"), ["a completed 200", "b completed 200", "c completed 200"]);
}

#[test]
fn a_job_that_waits_for_a_slot_ends_at_its_deadline_and_a_cancelled_one_gives_its_slot_back() {
    let sim = Sim::new(Settings { jobs_at_once: Some(1), ..Settings::default() });
    sim.create_device("a").unwrap();
    sim.connect("a");
    let seq = sim.block_on(sim.engine().store().device(&device_id("a"))).unwrap().unwrap().seq;
    sim.devices.set_habit(seq, Habit::Silent);
    create(&sim, method_job("first", "*", 60));
    create(&sim, twin_job("late", "*", 1));
    create(&sim, twin_job("next", "*", 60));
    sim.advance(Duration::from_secs(2));
    assert_eq!(sim.rows("late"), ["a failed JobRunPreconditionFailed"]);
    assert_eq!(state(&sim, "next"), JobState::Queued);
    sim.block_on(sim.engine().cancel_job("first")).unwrap();
    sim.advance(MOMENT);
    assert_eq!((sim.rows("first"), sim.rows("next")), (vec!["a running".to_owned()], vec!["a completed".to_owned()]));
}

#[test]
fn a_scheduled_job_starts_at_its_time_also_after_a_restart() {
    let mut sim = fleet(&["a"]);
    let mut spec = twin_job("j", "*", 60);
    spec.start = Some(sim.now().plus_seconds(120));
    create(&sim, spec);
    assert_eq!(state(&sim, "j"), JobState::Queued);
    sim.advance(MOMENT);
    assert_eq!(state(&sim, "j"), JobState::Scheduled);
    sim.crash();
    sim.start();
    sim.advance(Duration::from_secs(119));
    assert_eq!(state(&sim, "j"), JobState::Scheduled);
    sim.advance(Duration::from_secs(2));
    assert_eq!(sim.rows("j"), ["a completed"]);

    let mut spec = twin_job("k", "*", 60);
    spec.start = Some(sim.now().plus_seconds(120));
    create(&sim, spec);
    sim.block_on(sim.engine().cancel_job("k")).unwrap();
    sim.advance(Duration::from_secs(300));
    assert_eq!((state(&sim, "k"), sim.job("k").unwrap().counters), (JobState::Cancelled, None));
}

#[test]
fn a_job_of_no_device_is_completed() {
    let sim = fleet(&["a"]);
    create(&sim, method_job("j", "tags.x = 1", 60));
    sim.advance(MOMENT);
    let job = sim.job("j").unwrap();
    assert_eq!((job.state, job.counters.unwrap().targets), (JobState::Completed, 0));
    assert!(job.ended.is_some());
}

#[test]
fn a_condition_and_a_list_must_both_hold() {
    let sim = fleet(&["a", "b"]);
    let mut spec = twin_job("j", "deviceId != 'a'", 60);
    spec.target =
        Target::Twins { condition: Some("deviceId != 'a'".to_owned()), device_ids: Some(vec!["a".to_owned()]) };
    create(&sim, spec);
    let mut spec = twin_job("k", "*", 60);
    spec.target = Target::Twins { condition: None, device_ids: Some(vec!["b".to_owned(), "nobody".to_owned()]) };
    create(&sim, spec);
    sim.advance(MOMENT);
    assert_eq!(sim.rows("j"), Vec::<String>::new());
    assert_eq!(sim.rows("k"), ["b completed"]);
}

#[test]
fn refusals_keep_nothing() {
    let sim = fleet(&["a"]);
    let refused = |spec| sim.block_on(sim.engine().create_job(spec)).unwrap_err();
    assert!(matches!(refused(method_job("j", "tags.x =", 60)), CreateJobError::Condition(_)));
    assert!(matches!(refused(method_job("j", "5", 60)), CreateJobError::Condition(_)));
    assert!(matches!(refused(method_job("j", "*", 0)), CreateJobError::Invalid { .. }));
    let mut far = method_job("j", "*", 60);
    far.start = Some(sim.now().plus_seconds(169 * 3600));
    assert!(matches!(refused(far), CreateJobError::Invalid { field: "startTime", .. }));
    assert_eq!(sim.job("j"), None);
    create(&sim, method_job("j", "*", 60));
    assert!(matches!(refused(twin_job("j", "*", 60)), CreateJobError::AlreadyExists));
}

#[test]
fn a_limit_on_jobs_lets_the_next_one_wait() {
    let sim = Sim::new(Settings { jobs_at_once: Some(1), ..Settings::default() });
    sim.create_device("a").unwrap();
    create(&sim, method_job("first", "*", 60));
    create(&sim, twin_job("second", "*", 600));
    sim.advance(MOMENT);
    assert_eq!((state(&sim, "first"), state(&sim, "second")), (JobState::Running, JobState::Queued));
    sim.connect("a");
    sim.advance(MOMENT);
    assert_eq!((state(&sim, "first"), state(&sim, "second")), (JobState::Completed, JobState::Completed));
}

#[test]
fn stopping_waits_for_answers_then_calls_the_outcome_unknown() {
    let mut sim = fleet(&["quick", "slow", "absent"]);
    sim.connect("quick");
    sim.connect("slow");
    let seq = |id: &str| sim.block_on(sim.engine().store().device(&device_id(id))).unwrap().unwrap().seq;
    sim.devices.set_habit(seq("quick"), Habit::Answer(200, 1000));
    sim.devices.set_habit(seq("slow"), Habit::Silent);
    create(&sim, method_job("j", "*", 600));
    sim.advance(MOMENT);
    sim.stop(Duration::from_secs(3));
    sim.start();
    assert_eq!(sim.rows("j"), ["quick completed 200", "slow failed OutcomeUnknown", "absent pending"]);
    assert_eq!(state(&sim, "j"), JobState::Running);
    sim.connect("absent");
    sim.connect("slow");
    sim.advance(MOMENT);
    assert_eq!(sim.rows("j"), ["quick completed 200", "slow failed OutcomeUnknown", "absent completed 200"]);
}

#[test]
fn connected_devices_are_told_of_a_twin_job() {
    let sim = fleet(&["a", "b"]);
    sim.connect("a");
    create(&sim, twin_job("j", "*", 60));
    sim.advance(MOMENT);
    let seq = |id: &str| sim.block_on(sim.engine().store().device(&device_id(id))).unwrap().unwrap().seq;
    assert_eq!((sim.devices.told(seq("a")), sim.devices.told(seq("b"))), (vec![2], vec![]));
}
