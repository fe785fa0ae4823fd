//! Jobs from their creation to their results.

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Running, eventually};
use crate::{Said, World};

fn three_devices() -> World {
    let world = World::start();
    for (id, floor) in [("a", 3), ("b", 3), ("c", 4)] {
        world.done(&["device", "create", id, "--set", &format!("tags.floor={floor}")]);
    }
    world
}

#[test]
fn a_twin_job_is_made_watched_and_looked_at() {
    let world = three_devices();
    let job = ["job", "create", "twin", "--where", "tags.floor = 3", "--id", "fan", "--set", "desired.fan=40"];
    let dry = world.run(&[&job[..], &["--dry-run"]].concat());
    assert!(dry.err.starts_with(&format!("The condition selects 2 devices of {} now.", world.host())), "{}", dry.err);
    assert_eq!(world.run(&["job", "list"]).err, "There are no jobs.\n");

    let watched = world.run(&[&job[..], &["--watch"]].concat());
    assert_eq!((watched.code, watched.out.as_str()), (Some(0), ""), "{}", watched.err);
    insta::assert_snapshot!(world.done(&["job", "list", "--type", "twin", "--status", "completed"]), @r"
    JOB  DOES  STATUS     DEVICES  SUCCEEDED  FAILED  CREATED               CONDITION
    fan  twin  completed        2          2       0  0000-00-00 00:00:00Z  tags.floor = 3
    ");
    insta::assert_snapshot!(world.done(&["job", "show", "fan"]), @r#"
    job        fan
    does       twin
    change     {"deviceId":null,"etag":"*","properties":{"desired":{"fan":40}}}
    condition  tags.floor = 3
    status     completed
    created    0000-00-00 00:00:00Z
    starts     0000-00-00 00:00:00Z
    ended      0000-00-00 00:00:00Z
    at most    3600 s
    devices    2
    succeeded  2
    failed     0
    running    0
    pending    0
    "#);
    insta::assert_snapshot!(world.done(&["job", "results", "fan"]), @r"
    DEVICE  STATUS     CHANGED               ANSWER  ERROR
    a       completed  0000-00-00 00:00:00Z
    b       completed  0000-00-00 00:00:00Z
    ");
    assert_eq!(world.json(&["job", "results", "fan", "--json"])[1]["deviceId"], "b");
    assert_eq!(world.run(&["job", "results", "fan", "--status", "failed"]).err, "No device of the job is like that.\n");
    assert_eq!(world.json(&["twin", "show", "c", "--json"])[0]["properties"]["desired"].get("fan"), None);

    let again = world.run(&job);
    assert!(again.code == Some(1) && again.err.contains("409") && again.err.contains("another --id"), "{}", again.err);
    let unknown = world.run(&["job", "watch", "nothing"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("`bellwether job list`"), "{}", unknown.err);
}

#[test]
fn a_job_on_every_device_asks() {
    let world = three_devices();
    let job = ["job", "create", "twin", "--where", " * ", "--set", "tags.seen=true"];
    let asked = world.run(&job);
    assert_eq!(asked.code, Some(2));
    assert!(
        asked.err.contains(&format!("a job on every device of {}, 3 now", world.host())) && asked.err.contains("--yes"),
        "{}",
        asked.err
    );
    assert_eq!(world.done(&["job", "list", "--json"]), "");
    let made = &world.json(&[&job[..], &["--yes", "--json", "--watch"]].concat())[0];
    assert_eq!((&made["status"], &made["deviceJobStatistics"]["succeededCount"]), (&json!("completed"), &json!(3)));
    assert!(made["jobId"].as_str().unwrap().starts_with("twin-20"), "{made}");
}

#[test]
fn failed_devices_are_in_the_exit_code() {
    let world = three_devices();
    let job = ["job", "create", "method", "reboot", "--where", "deviceId = 'a'", "--id", "r", "--ttl", "1", "--watch"];
    let Said { code, out, err } = world.run(&job);
    assert_eq!((code, out.as_str()), (Some(3), ""), "{err}");
    assert!(err.contains("the job r has completed, and 1 of 1 devices failed"), "{err}");
    let results = world.done(&["job", "results", "r", "--status", "failed"]);
    assert!(results.contains("a") && results.contains("JobRunPreconditionFailed"), "{results}");
    assert_eq!(world.run(&["job", "watch", "r"]).code, Some(3));
    let unread = world.unread(&["job", "watch", "r", "--json"]);
    assert!(unread.code == Some(3) && unread.err.contains("1 of 1 devices failed"), "{unread:?}");
}

#[test]
fn ctrl_c_leaves_the_job_running() {
    let world = three_devices();
    world.done(&["job", "create", "method", "reboot", "--where", "tags.floor = 3", "--id", "wait"]);
    let data = world.dir.path().join("data");
    let watch = Running::start(&["job", "watch", "wait", "--data", data.to_str().unwrap()]);
    eventually("the job runs", || (world.server.job("wait")["status"] == "running").then_some(()));
    // It listens to signals before its first question; the second question of this process comes after that.
    std::thread::sleep(std::time::Duration::from_millis(500));
    watch.signal(Signal::INT);
    let ended = watch.end();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("the job wait goes on") && said.contains("bellwether job cancel wait"), "{said}");
    assert_eq!(world.server.job("wait")["status"], "running");

    assert_eq!(world.run(&["job", "cancel", "wait"]).err, "The job wait is cancelled.\n");
    let watched = world.run(&["job", "watch", "wait"]);
    assert!(watched.code == Some(3) && watched.err.contains("the job wait is cancelled"), "{watched:?}");
    let late = world.run(&["job", "cancel", "wait"]);
    assert!(late.code == Some(1) && late.err.contains("`bellwether job show`"), "{}", late.err);
}
