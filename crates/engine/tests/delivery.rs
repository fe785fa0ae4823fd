//! Batches, thresholds, stop, resume, rerun, several calls a device, templates: one test each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod simulation;

use std::time::Duration;

use bellwether_engine::{CreateJobError, DeviceChange, MoveJobError, Rerun, RerunJobError, Settings, WhenAbsent};
use bellwether_model::DeviceSeq;
use bellwether_model::access::Scope;
use bellwether_model::identity::IfMatch;
use bellwether_model::job::{
    Action, Amount, CentralJob, Decimal, Delivery, Face, JobData, JobSpec, JobState, NoPause, Offline, Success, Target,
    Threshold,
};
use bellwether_model::method::MethodCall;
use bellwether_model::organization::Organization;
use bellwether_store::{Records, StoreError};
use simulation::{Habit, Sim, device_id, method_job, twin_job};

const MOMENT: Duration = Duration::from_millis(50);

fn fleet(devices: usize) -> Sim {
    let sim = Sim::new(Settings::default());
    for n in 0..devices {
        sim.create_device(&name(n)).unwrap();
    }
    sim
}

fn connected(devices: usize) -> Sim {
    let sim = fleet(devices);
    for n in 0..devices {
        sim.connect(&name(n));
    }
    sim
}

/// Devices have the keys 1, 2, … in the order of their names.
fn name(n: usize) -> String {
    format!("d{n:02}")
}

fn seq(n: usize) -> DeviceSeq {
    DeviceSeq(n as i64 + 1)
}

fn number(n: i64) -> Amount {
    Amount::Number(Decimal::from(n))
}

fn batches(size: i64) -> Delivery {
    Delivery { batch: Some(number(size)), threshold: None }
}

fn bearing(failures: i64) -> Delivery {
    Delivery { batch: None, threshold: Some(Threshold { amount: number(failures), per_batch: false }) }
}

/// As the central face makes jobs, but for the group.
fn central(spec: JobSpec, delivery: Delivery) -> JobSpec {
    JobSpec {
        face: Face::Central(CentralJob::default()),
        delivery,
        lifetime: None,
        offline: Offline::FailNow,
        success: Success::Status2xx,
        ..spec
    }
}

fn create(sim: &Sim, spec: JobSpec) {
    sim.block_on(sim.engine().create_job(spec)).unwrap();
}

fn state(sim: &Sim, id: &str) -> JobState {
    sim.job(id).unwrap().state
}

/// The words of a job's rows, one for each device.
fn words(sim: &Sim, id: &str) -> Vec<String> {
    sim.rows(id).iter().map(|row| row.split_once(' ').unwrap().1.to_owned()).collect()
}

#[test]
fn a_batch_begins_when_every_device_of_the_last_has_ended() {
    let sim = connected(5);
    sim.devices.set_habit(seq(0), Habit::Silent);
    sim.devices.set_habit(seq(3), Habit::Answer(500, 1000));
    create(&sim, central(method_job("j", "*", 60), batches(2)));
    sim.advance(MOMENT);
    assert_eq!(words(&sim, "j"), ["running", "completed 200", "pending", "pending", "pending"]);
    sim.advance(Duration::from_secs(5));
    assert_eq!(words(&sim, "j")[..4], ["failed GatewayTimeout", "completed 200", "completed 200", "running"]);
    assert_eq!(words(&sim, "j")[4], "pending");
    sim.advance(Duration::from_secs(1));
    assert_eq!(words(&sim, "j")[3..], ["failed 500", "completed 200"]);
    let job = sim.job("j").unwrap();
    assert_eq!((job.state, job.batch.unwrap().number), (JobState::Completed, 3));
}

#[test]
fn a_batch_of_absent_devices_fails_at_once_and_the_next_begins() {
    let sim = fleet(6);
    sim.connect(&name(5));
    create(&sim, central(method_job("j", "*", 60), batches(2)));
    sim.advance(MOMENT);
    let mut expected = vec!["failed DeviceNotOnline"; 5];
    expected.push("completed 200");
    assert_eq!(
        (words(&sim, "j"), state(&sim, "j")),
        (expected.iter().map(|s| s.to_string()).collect(), JobState::Completed)
    );
}

#[test]
fn a_failure_too_many_cancels_and_the_calls_that_are_out_are_recorded() {
    let sim = connected(30);
    for n in 0..30 {
        sim.devices.set_habit(seq(n), Habit::Answer(500, 100 + n as u64));
    }
    create(&sim, central(method_job("j", "*", 60), bearing(1)));
    sim.advance(MOMENT);
    // No more in flight than 16 while a threshold is at stake.
    assert_eq!(sim.devices.sent_in_all("m-j"), 16);
    sim.advance(Duration::from_secs(1));
    let job = sim.job("j").unwrap();
    assert_eq!(job.state, JobState::Cancelled);
    let said = "the cancellation threshold of 1 failed devices was exceeded: 2 of 30 devices failed";
    assert_eq!(job.failure.as_deref(), Some(said));
    let counters = job.counters.unwrap();
    // One more went out when the first had failed, which was borne.
    assert_eq!(sim.devices.sent_in_all("m-j"), 17);
    assert_eq!((counters.failed, counters.cancelled, counters.running), (17, 13, 0));
}

#[test]
fn a_chunk_stops_inside_itself_at_the_first_failure_too_many() {
    let sim = fleet(8);
    set_templates(&sim, &[0, 2, 4, 5, 6, 7], "t;1");
    let mut spec = central(twin_job("j", "*", 60), bearing(1));
    spec.templates = vec!["t;1".to_owned()];
    create(&sim, spec);
    sim.advance(MOMENT);
    let expected = [
        "completed",
        "failed TemplateMismatch",
        "completed",
        "failed TemplateMismatch",
        "canceled",
        "canceled",
        "canceled",
        "canceled",
    ];
    assert_eq!(words(&sim, "j"), expected);
    let versions = (0..8).map(|n| {
        let (_, twin) = sim.block_on(sim.engine().store().twin(&device_id(&name(n)))).unwrap().unwrap();
        twin.version
    });
    // A twin is made with version 2; a change makes it 3.
    assert_eq!(versions.collect::<Vec<_>>(), [3, 2, 3, 2, 2, 2, 2, 2]);
}

/// Gives devices a template by a job, as operators do.
fn set_templates(sim: &Sim, devices: &[usize], template: &str) {
    sim.keep_template(template);
    let id: String = format!("template-{}", devices.len());
    let mut spec = twin_job(&id, "*", 60);
    let names = devices.iter().map(|n| name(*n)).collect();
    spec.target = Target::Twins { condition: None, device_ids: Some(names) };
    spec.action = Action::SetTemplate(template.to_owned());
    create(sim, central(spec, Delivery::default()));
    sim.advance(MOMENT);
    assert_eq!(state(sim, &id), JobState::Completed);
}

#[test]
fn nobody_gets_a_template_that_is_gone() {
    let sim = connected(2);
    let mut spec = twin_job("j", "*", 60);
    spec.action = Action::SetTemplate("t;9".to_owned());
    create(&sim, central(spec, Delivery::default()));
    sim.advance(MOMENT);
    assert_eq!(words(&sim, "j"), ["failed TemplateNotFound"; 2]);
    let device = sim.block_on(sim.engine().store().device(&device_id(&name(0)))).unwrap().unwrap();
    assert_eq!(device.profile.template, None);
}

#[test]
fn templates_are_set_with_a_new_etag_and_checked_before_a_call() {
    let sim = connected(3);
    let device = |n| sim.block_on(sim.engine().store().device(&device_id(&name(n)))).unwrap().unwrap();
    let before = device(0);
    set_templates(&sim, &[0, 1], "t;1");
    let after = device(0);
    assert_eq!((after.profile.template.as_deref(), after.etag), (Some("t;1"), before.etag + 1));
    let mut spec = central(method_job("j", "*", 60), Delivery::default());
    spec.templates = vec!["t;1".to_owned()];
    create(&sim, spec);
    sim.advance(MOMENT);
    assert_eq!(words(&sim, "j"), ["completed 200", "completed 200", "failed TemplateMismatch"]);
    assert_eq!(sim.devices.sent("m-j", seq(2)), 0);
}

#[test]
fn a_stopped_job_begins_nothing_until_it_is_resumed() {
    let mut sim = connected(4);
    for n in 0..4 {
        sim.devices.set_habit(seq(n), Habit::Answer(200, 1000));
    }
    create(&sim, central(method_job("j", "*", 60), batches(1)));
    sim.advance(MOMENT);
    sim.block_on(sim.engine().stop_job("j")).unwrap();
    sim.advance(Duration::from_secs(5));
    // What was out is recorded, nothing followed.
    assert_eq!(words(&sim, "j"), ["completed 200", "pending", "pending", "pending"]);
    assert_eq!(state(&sim, "j"), JobState::Stopped);
    assert!(matches!(sim.block_on(sim.engine().stop_job("j")), Err(MoveJobError::Refused(_))));
    sim.crash();
    sim.start();
    sim.advance(Duration::from_secs(5));
    assert_eq!((state(&sim, "j"), sim.devices.sent_in_all("m-j")), (JobState::Stopped, 1));
    for n in 0..4 {
        sim.connect(&name(n));
    }
    sim.block_on(sim.engine().resume_job("j")).unwrap();
    sim.advance(Duration::from_secs(5));
    assert_eq!(words(&sim, "j"), ["completed 200"; 4]);
    assert_eq!((state(&sim, "j"), sim.devices.sent_in_all("m-j")), (JobState::Completed, 4));
    assert!(matches!(sim.block_on(sim.engine().resume_job("j")), Err(MoveJobError::Refused(_))));
    assert!(matches!(sim.block_on(sim.engine().stop_job("none")), Err(MoveJobError::NotFound)));
}

#[test]
fn a_job_that_is_resumed_while_calls_are_out_goes_on_at_once() {
    let sim = connected(3);
    sim.devices.set_habit(seq(0), Habit::Answer(200, 3000));
    let mut spec = central(method_job("j", "*", 60), batches(2));
    spec.offline = Offline::WaitUntilDeadline;
    sim.devices.disconnect(seq(1));
    create(&sim, spec);
    sim.advance(MOMENT);
    sim.block_on(sim.engine().stop_job("j")).unwrap();
    sim.advance(MOMENT);
    sim.block_on(sim.engine().resume_job("j")).unwrap();
    sim.connect(&name(1));
    sim.advance(MOMENT);
    assert_eq!(words(&sim, "j"), ["running", "completed 200", "pending"]);
    sim.advance(Duration::from_secs(4));
    assert_eq!((words(&sim, "j"), sim.devices.sent("m-j", seq(0))), (vec!["completed 200".to_owned(); 3], 1));
}

#[test]
fn a_job_is_stopped_before_it_begins() {
    let sim = fleet(1);
    let mut spec = twin_job("j", "*", 60);
    spec.start = Some(sim.now().plus_seconds(60));
    create(&sim, spec);
    sim.advance(MOMENT);
    sim.block_on(sim.engine().stop_job("j")).unwrap();
    sim.advance(Duration::from_secs(90));
    assert_eq!((state(&sim, "j"), sim.rows("j").len()), (JobState::Stopped, 0));
    sim.block_on(sim.engine().resume_job("j")).unwrap();
    sim.advance(MOMENT);
    assert_eq!(words(&sim, "j"), ["completed"]);
}

#[test]
fn a_rerun_takes_the_devices_that_failed_and_no_other() {
    let sim = connected(4);
    sim.devices.set_habit(seq(1), Habit::Answer(500, 1));
    sim.devices.set_habit(seq(3), Habit::Answer(500, 1));
    let delivery =
        Delivery { batch: Some(number(3)), threshold: Some(Threshold { amount: number(5), per_batch: true }) };
    create(&sim, central(method_job("j", "*", 60), delivery));
    let rerun = |id: &str, new: &str| {
        sim.block_on(sim.engine().rerun_job(id, Rerun::of_failed(new.parse().unwrap(), "someone".to_owned())))
    };
    assert!(matches!(rerun("j", "r"), Err(RerunJobError::WrongState { .. })));
    assert!(matches!(rerun("none", "r"), Err(RerunJobError::NotFound)));
    sim.advance(MOMENT);
    // What the devices are now does not matter; the new device of an old name is another.
    sim.delete_device(&name(3));
    sim.create_device(&name(3));
    sim.devices.set_habit(seq(1), Habit::Answer(200, 1));
    let made = rerun("j", "r").unwrap();
    assert_eq!((made.spec.delivery, made.spec.owner.as_str()), (delivery, "someone"));
    assert_eq!(made.spec.central().unwrap().rerun_of.as_deref(), Some("j"));
    sim.advance(MOMENT);
    assert_eq!(sim.rows("r"), ["d01 completed 200", "d03 failed DeviceNotFound"]);
    // A rerun can be run again; a job of which nothing failed cannot.
    rerun("r", "r2").unwrap();
    sim.advance(MOMENT);
    assert_eq!(sim.rows("r2"), ["d03 failed DeviceNotFound"]);
    create(&sim, twin_job("fine", "*", 60));
    sim.advance(MOMENT);
    assert!(matches!(rerun("fine", "r3"), Err(RerunJobError::NothingFailed)));
    assert!(matches!(rerun("j", "r2"), Err(RerunJobError::Create(_))));
}

#[test]
fn a_rerun_may_go_otherwise_than_its_source() {
    let sim = fleet(3);
    let delivery = Delivery { batch: Some(number(2)), ..bearing(50) };
    create(&sim, central(method_job("j", "*", 60), delivery));
    sim.advance(MOMENT);
    let rerun = |id: &str, change: &dyn Fn(&mut Rerun)| {
        let mut rerun = Rerun::of_failed(id.parse().unwrap(), "someone".to_owned());
        change(&mut rerun);
        sim.block_on(sim.engine().rerun_job("j", rerun))
    };
    let made = rerun("r", &|rerun| (rerun.batch, rerun.threshold) = (Some(Some(number(1))), Some(None))).unwrap();
    assert_eq!(made.spec.delivery, batches(1));
    let made = rerun("s", &|rerun| rerun.batch = Some(None)).unwrap();
    assert_eq!(made.spec.delivery, Delivery { batch: None, ..delivery });
    sim.advance(MOMENT);
    assert_eq!((state(&sim, "r"), sim.rows("s").len()), (JobState::Completed, 3));
    // What it is to do is checked as for a new job, and so is how it goes; nothing is kept of what is refused.
    let data = JobData::Property { target: "dtmi:no:such;1".to_owned(), path: "p".to_owned(), value: None };
    let refused = rerun("t", &|rerun| rerun.data = Some(vec![data.clone()])).unwrap_err();
    assert!(matches!(&refused, RerunJobError::Data(fault) if fault.path == "data[0].target"), "{refused}");
    let refused = rerun("t", &|rerun| rerun.batch = Some(Some(number(0)))).unwrap_err();
    assert!(matches!(refused, RerunJobError::Create(CreateJobError::Delivery(_))), "{refused}");
    assert!(sim.job("t").is_none());
}

/// A device that was handed to another organization is no business of the old one any more: whether its
/// job is run again or only comes to it late.
#[test]
fn a_job_leaves_devices_alone_that_went_to_another_organization() {
    let sim = connected(4);
    for (id, parent) in [("eu", None), ("de", Some("eu")), ("us", None)] {
        let parent = parent.map(str::to_owned);
        let organization = Organization { id: id.to_owned(), display_name: id.to_owned(), parent };
        let put = move |records: &Records<'_>| records.put(organization);
        sim.block_on(sim.engine().store().change_records::<_, StoreError, _>(put)).unwrap();
    }
    for (n, organization) in [(0, "eu"), (1, "de"), (2, "eu"), (3, "de")] {
        belong(&sim, n, organization);
        sim.devices.set_habit(seq(n), Habit::Answer(500, 1));
    }
    let of_eu = |spec: JobSpec| JobSpec { organization: Some("eu".to_owned()), ..spec };
    create(&sim, of_eu(central(method_job("j", "*", 600), batches(2))));
    sim.advance(MOMENT);
    let rows = ["d00 failed 500", "d01 failed 500", "d02 failed 500", "d03 failed 500"];
    assert_eq!(sim.rows("j"), rows);
    belong(&sim, 0, "us");
    belong(&sim, 2, "de");
    sim.block_on(sim.engine().rerun_job("j", Rerun::of_failed("again".parse().unwrap(), "someone".to_owned())))
        .unwrap();
    sim.advance(MOMENT);
    assert_eq!(words(&sim, "again"), ["failed OrganizationMismatch", "failed 500", "failed 500", "failed 500"]);
    assert_eq!(sim.devices.sent("m-again", seq(0)), 0);

    create(&sim, of_eu(central(twin_job("t", "*", 600), Delivery::default())));
    sim.advance(MOMENT);
    assert_eq!(words(&sim, "t"), ["failed OrganizationMismatch", "completed", "completed", "completed"]);
}

/// Puts a device into an organization.
fn belong(sim: &Sim, n: usize, organization: &str) {
    let change = DeviceChange { organization: Some(Some(organization.to_owned())), ..DeviceChange::default() };
    let id = device_id(&name(n));
    let put = sim.engine().write_device(&id, change, WhenAbsent::Refuse, IfMatch::Any, Scope::Everything);
    sim.block_on(put).unwrap();
}

#[test]
fn our_own_restart_is_no_failure_of_a_device_that_was_connected() {
    let mut sim = connected(2);
    sim.create_device("absent").unwrap();
    // The end of the program writes down who is connected.
    sim.stop(Duration::ZERO);
    sim.start();
    create(&sim, central(method_job("j", "*", 60), Delivery::default()));
    sim.advance(Duration::from_secs(10));
    assert_eq!(words(&sim, "j"), ["pending", "pending", "failed DeviceNotOnline"]);
    sim.connect(&name(0));
    sim.advance(MOMENT);
    assert_eq!(words(&sim, "j")[..2], ["completed 200", "pending"]);
    sim.advance(Duration::from_secs(21));
    assert_eq!(words(&sim, "j")[1], "failed DeviceNotOnline");
    assert_eq!(state(&sim, "j"), JobState::Completed);
}

#[test]
fn after_a_crash_any_device_may_have_been_connected() {
    let mut sim = connected(1);
    sim.create_device("absent").unwrap();
    sim.crash();
    sim.start();
    create(&sim, central(method_job("j", "*", 60), Delivery::default()));
    sim.advance(Duration::from_secs(10));
    assert_eq!(words(&sim, "j"), ["pending", "pending"]);
    sim.connect(&name(0));
    sim.advance(Duration::from_secs(21));
    assert_eq!(words(&sim, "j"), ["completed 200", "failed DeviceNotOnline"]);
}

#[test]
fn calls_come_one_after_another_and_the_first_that_fails_is_the_last() {
    let sim = connected(2);
    let call = |name: &str| MethodCall::from_body(&format!(r#"{{"methodName":"{name}"}}"#)).unwrap();
    let mut spec = central(method_job("j", "*", 60), Delivery::default());
    spec.action = Action::InvokeMethods(vec![call("first"), call("second")]);
    sim.devices.set_habit(seq(1), Habit::Answer(500, 1));
    create(&sim, spec);
    sim.advance(MOMENT);
    assert_eq!(words(&sim, "j"), ["completed 200", "failed 500"]);
    let sent = |name: &str| [sim.devices.sent(name, seq(0)), sim.devices.sent(name, seq(1))];
    assert_eq!((sent("first"), sent("second")), ([1, 1], [1, 0]));
}

#[test]
fn a_device_amid_its_calls_gets_them_all_though_the_job_is_stopped() {
    let sim = connected(2);
    let call = |name: &str| MethodCall::from_body(&format!(r#"{{"methodName":"{name}"}}"#)).unwrap();
    let mut spec = central(method_job("j", "*", 60), batches(1));
    spec.action = Action::InvokeMethods(vec![call("first"), call("second")]);
    sim.devices.set_habit(seq(0), Habit::Answer(200, 1000));
    create(&sim, spec);
    sim.advance(MOMENT);
    sim.block_on(sim.engine().stop_job("j")).unwrap();
    sim.advance(Duration::from_secs(3));
    assert_eq!(
        (sim.devices.sent("second", seq(0)), words(&sim, "j")),
        (1, vec!["completed 200".to_owned(), "pending".to_owned()])
    );
}

#[test]
fn a_job_that_waits_for_a_slot_says_so() {
    let sim = Sim::new(Settings { jobs_at_once: Some(1), ..Settings::default() });
    sim.create_device("a").unwrap();
    create(&sim, method_job("first", "*", 60));
    create(&sim, twin_job("second", "*", 600));
    sim.advance(MOMENT);
    let reason = |id: &str| sim.engine().waiting_reason(&sim.job(id).unwrap()).map(|waits| waits.to_string());
    assert_eq!(reason("first"), None);
    assert_eq!(reason("second").as_deref(), Some("waits: as many jobs are running as may at once (1)"));
    // A stopped job gives its slot to the next.
    sim.block_on(sim.engine().stop_job("first")).unwrap();
    sim.advance(MOMENT);
    assert_eq!((reason("second"), state(&sim, "second")), (None, JobState::Completed));
}

#[test]
fn a_job_pauses_when_its_batch_has_ended() {
    let mut sim = connected(5);
    sim.devices.set_habit(seq(1), Habit::Answer(200, 1000));
    create(&sim, central(method_job("j", "*", 60), batches(2)));
    create(&sim, central(twin_job("whole", "*", 60), Delivery::default()));
    sim.advance(MOMENT);
    let pause = |sim: &Sim, id: &str| sim.block_on(sim.engine().pause_after_batch(id));
    assert_eq!(pause(&sim, "j").unwrap().pause_after, Some(1));
    assert!(matches!(pause(&sim, "whole"), Err(MoveJobError::NoPause(NoPause::NoBatches))));
    assert!(matches!(pause(&sim, "none"), Err(MoveJobError::NotFound)));
    sim.advance(Duration::from_secs(5));
    assert_eq!(words(&sim, "j"), ["completed 200", "completed 200", "pending", "pending", "pending"]);
    assert_eq!((state(&sim, "j"), sim.devices.sent_in_all("m-j")), (JobState::Stopped, 2));
    let withdrawn = sim.block_on(sim.engine().withdraw_pause("j"));
    assert!(matches!(withdrawn, Err(MoveJobError::NoPause(NoPause::NotAsked))), "it has acted");
    // A hold has not stopped it, and does not resume it.
    sim.block_on(sim.engine().hold_jobs("user:ada", None)).unwrap();
    assert_eq!(sim.block_on(sim.engine().release_jobs("user:ada", true)).unwrap(), Some(0));
    sim.crash();
    sim.start();
    for n in 0..5 {
        sim.connect(&name(n));
    }
    sim.advance(Duration::from_secs(5));
    assert_eq!((state(&sim, "j"), sim.job("j").unwrap().batch.unwrap().number), (JobState::Stopped, 1));
    sim.devices.set_habit(seq(2), Habit::Answer(200, 1000));
    sim.block_on(sim.engine().resume_job("j")).unwrap();
    sim.advance(MOMENT);
    // Withdrawn in time it goes on.
    assert_eq!(pause(&sim, "j").unwrap().pause_after, Some(2));
    sim.block_on(sim.engine().withdraw_pause("j")).unwrap();
    sim.advance(Duration::from_secs(5));
    assert_eq!((words(&sim, "j"), state(&sim, "j")), (vec!["completed 200".to_owned(); 5], JobState::Completed));
}

#[test]
fn what_was_to_pause_does_so_also_while_all_jobs_are_held() {
    let sim = connected(3);
    sim.devices.set_habit(seq(0), Habit::Answer(200, 1000));
    create(&sim, central(method_job("j", "*", 600), batches(1)));
    sim.advance(MOMENT);
    sim.block_on(sim.engine().pause_after_batch("j")).unwrap();
    assert_eq!(sim.block_on(sim.engine().hold_jobs("user:ada", None)).unwrap().stopped.len(), 1);
    sim.advance(Duration::from_secs(5));
    // Somebody wants to look first, whoever lifts the hold.
    assert_eq!(sim.block_on(sim.engine().release_jobs("user:ada", true)).unwrap(), Some(0));
    sim.advance(Duration::from_secs(5));
    assert_eq!(words(&sim, "j"), ["completed 200", "pending", "pending"]);
    sim.block_on(sim.engine().resume_job("j")).unwrap();
    sim.advance(Duration::from_secs(5));
    assert_eq!(state(&sim, "j"), JobState::Completed);
}

#[test]
fn while_all_jobs_are_held_nothing_begins() {
    let mut sim = connected(4);
    sim.devices.set_habit(seq(0), Habit::Answer(200, 1000));
    create(&sim, central(method_job("runs", "*", 600), batches(1)));
    create(&sim, central(method_job("by_hand", "*", 600), batches(1)));
    let mut later = twin_job("later", "*", 600);
    later.start = Some(sim.now().plus_seconds(2));
    create(&sim, later);
    sim.advance(MOMENT);
    sim.block_on(sim.engine().stop_job("by_hand")).unwrap();
    let hold = sim.block_on(sim.engine().hold_jobs("user:ada", Some("pumps run dry".to_owned()))).unwrap();
    assert_eq!((hold.by.as_str(), hold.since, hold.stopped.len()), ("user:ada", sim.now(), 1));
    create(&sim, twin_job("new", "*", 600));
    sim.advance(Duration::from_secs(5));
    // What was in flight is recorded.
    let all_wait = |sim: &Sim| {
        assert_eq!(words(sim, "runs"), ["completed 200", "pending", "pending", "pending"]);
        let states = ["runs", "by_hand", "later", "new"].map(|id| state(sim, id));
        assert_eq!(states, [JobState::Stopped, JobState::Stopped, JobState::Queued, JobState::Queued]);
        assert_eq!((sim.rows("later").len(), sim.rows("new").len()), (0, 0));
    };
    all_wait(&sim);
    let reason =
        |sim: &Sim, id: &str| sim.engine().waiting_reason(&sim.job(id).unwrap()).map(|waits| waits.to_string());
    let held = format!("waits: all jobs are held since {}: pumps run dry", hold.since);
    for id in ["later", "new"] {
        assert_eq!(reason(&sim, id).as_deref(), Some(held.as_str()));
    }
    assert!(matches!(sim.block_on(sim.engine().resume_job("runs")), Err(MoveJobError::Held(_))));
    // Again, by somebody else: it stands as it was, but for what is said.
    let again = sim.block_on(sim.engine().hold_jobs("user:bob", None)).unwrap();
    assert_eq!(again, hold);
    sim.crash();
    sim.start();
    for n in 0..4 {
        sim.connect(&name(n));
    }
    sim.advance(Duration::from_secs(90));
    all_wait(&sim);
    assert_eq!(sim.engine().job_hold().as_deref(), Some(&hold));
    assert_eq!(reason(&sim, "new").as_deref(), Some(held.as_str()));
    assert_eq!(sim.block_on(sim.engine().release_jobs("user:ada", true)).unwrap(), Some(1));
    sim.advance(Duration::from_secs(5));
    let states = ["runs", "by_hand", "later", "new"].map(|id| state(&sim, id));
    assert_eq!(states, [JobState::Completed, JobState::Stopped, JobState::Completed, JobState::Completed]);
    assert_eq!(sim.block_on(sim.engine().release_jobs("user:ada", true)).unwrap(), None);
    assert_eq!(reason(&sim, "new"), None);
}

#[test]
fn lifting_the_hold_leaves_stopped_what_is_not_to_go_on() {
    let sim = connected(2);
    sim.devices.set_habit(seq(0), Habit::Answer(200, 1000));
    create(&sim, central(method_job("first", "*", 600), batches(1)));
    sim.advance(MOMENT);
    let hold = || sim.block_on(sim.engine().hold_jobs("user:ada", None)).unwrap();
    hold();
    assert_eq!(sim.block_on(sim.engine().release_jobs("user:ada", false)).unwrap(), Some(0));
    create(&sim, central(method_job("second", "*", 600), batches(1)));
    sim.advance(MOMENT);
    // What an earlier hold stopped is not this one's.
    assert_eq!(hold().stopped, [sim.job("second").unwrap().key]);
    assert_eq!(sim.block_on(sim.engine().release_jobs("user:ada", true)).unwrap(), Some(1));
    sim.advance(Duration::from_secs(5));
    assert_eq!((state(&sim, "first"), state(&sim, "second")), (JobState::Stopped, JobState::Completed));
}

#[test]
fn a_deadline_that_passes_while_all_jobs_are_held_ends_the_job_when_the_hold_is_lifted() {
    let sim = connected(1);
    sim.block_on(sim.engine().hold_jobs("user:ada", None)).unwrap();
    create(&sim, method_job("j", "*", 60));
    sim.advance(Duration::from_secs(90));
    assert_eq!(state(&sim, "j"), JobState::Queued);
    sim.block_on(sim.engine().release_jobs("user:ada", false)).unwrap();
    sim.advance(MOMENT);
    assert_eq!((state(&sim, "j"), sim.devices.sent_in_all("m-j")), (JobState::Completed, 0));
    assert_eq!(sim.rows("j"), ["d00 failed JobRunPreconditionFailed"]);
}

#[test]
fn a_task_that_broke_begins_again() {
    let sim = connected(3);
    sim.devices.set_habit(seq(1), Habit::Panics);
    create(&sim, central(method_job("j", "*", 60), batches(1)));
    sim.advance(Duration::from_secs(5));
    assert_eq!(words(&sim, "j"), ["completed 200", "failed OutcomeUnknown", "completed 200"]);
    assert_eq!(state(&sim, "j"), JobState::Completed);
}

#[test]
fn a_group_that_is_not_there_fails_the_job_as_such() {
    let sim = fleet(1);
    let mut spec = central(twin_job("j", "*", 60), Delivery::default());
    spec.target = Target::Group { group: "nobody".to_owned() };
    create(&sim, spec);
    sim.advance(MOMENT);
    let job = sim.job("j").unwrap();
    assert_eq!(job.state, JobState::Failed);
    assert!(job.failure.unwrap().contains("there is no device group of this id"));
}
