//! `bellwether serve` and `bellwether connection`: first start, restart, settings, signals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use support::{Running, Server, eventually, run, text};

#[test]
fn the_first_start_says_how_to_connect_and_the_second_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    assert_eq!(server.get("/healthz"), (200, json!({"status": "alive"})));
    assert_eq!(server.get("/readyz"), (200, json!({"status": "ready"})));
    assert_eq!(server.get("/devices").0, 200);
    assert_eq!(server.get("/twins/nobody").0, 404);
    let first = server.connection.clone();
    server.process.signal(Signal::TERM);
    let ended = server.process.end();
    assert!(ended.status.success());
    let printed = text(&ended.stdout);
    assert!(printed.contains(first["hubConnectionString"].as_str().unwrap()), "{printed}");

    let server = Server::start(dir.path(), &["--log-format", "json"]);
    let key =
        |connection: &Value| connection["hubConnectionString"].as_str().unwrap().split_once(";").unwrap().1.to_owned();
    assert_eq!(key(&server.connection), key(&first));
    server.process.signal(Signal::INT);
    let ended = server.process.end();
    assert!(ended.status.success());
    assert_eq!(text(&ended.stdout), "");
    for line in text(&ended.stderr).lines() {
        assert!(serde_json::from_str::<Value>(line).unwrap().is_object(), "{line}");
    }
    assert!(!text(&ended.stderr).contains(&key(&first)), "a key in the log");
}

#[test]
fn one_server_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let folder = dir.path().to_str().unwrap();
    let second = run(&["serve", "--data", folder, "--https", "127.0.0.1:0", "--mqtts", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("another server is running"), "{}", text(&second.stderr));
    assert_eq!(server.get("/readyz").0, 200);
}

#[test]
fn connection_tells_what_is_running() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let never = run(&["connection", "--data", folder]);
    assert_eq!(never.status.code(), Some(1));
    assert!(text(&never.stderr).contains("no server has ever run"), "{}", text(&never.stderr));

    let server = Server::start(dir.path(), &["--mqtt", "127.0.0.1:0", "--host-name", "LOCALHOST"]);
    let members: Vec<_> = server.connection.as_object().unwrap().keys().collect();
    assert_eq!(members, ["hubConnectionString", "caFile", "httpsUrl", "centralUrl", "mqttsAddress", "mqttAddress"]);
    let people = run(&["connection", "--data", folder]);
    assert!(text(&people.stdout).contains("connection string"));
    assert_eq!(text(&people.stderr), "");
    server.process.signal(Signal::TERM);
    server.process.end();
    let stopped = run(&["connection", "--data", folder, "--json"]);
    assert!(stopped.status.success());
    assert!(text(&stopped.stderr).contains("No server is running"), "{}", text(&stopped.stderr));
}

#[test]
fn settings_come_from_four_places() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bellwether.toml");
    let file = file.to_str().unwrap();
    let refused = |content: &str, part: &str| {
        std::fs::write(file, content).unwrap();
        let ended = run(&["serve", "--config", file]);
        assert_eq!(ended.status.code(), Some(2), "{content}");
        assert!(text(&ended.stderr).contains(part), "{}", text(&ended.stderr));
    };
    refused("dran = 1", "unknown setting `dran`");
    refused("drain = -1", "--drain");
    refused("drain = ", "not valid TOML");
    assert_eq!(run(&["serve", "--drain", "9999"]).status.code(), Some(2));
    assert_eq!(run(&["serve", "--tls-cert", "c.pem"]).status.code(), Some(2));

    // The file gives the data folder and a value that the flag replaces.
    let data = dir.path().join("data");
    std::fs::write(file, format!("data = {:?}\nlog-level = 'error'\nhost-name = ['hub.test']", data)).unwrap();
    let server = Server::start(&data, &["--config", file, "--log-level", "info"]);
    assert!(server.connection["httpsUrl"].as_str().unwrap().starts_with("https://hub.test:"));
    server.process.signal(Signal::TERM);
    assert!(text(&server.process.end().stderr).contains("the server is up"));
}

#[test]
fn a_certificate_of_ones_own() {
    let (theirs, ours) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(Server::start(theirs.path(), &["--host-name", "hub.test"]));
    let file = |name: &str| theirs.path().join("tls").join(name).to_str().unwrap().to_owned();
    let (cert, key) = (file("server.pem"), file("server-key.pem"));
    let server = Server::start(ours.path(), &["--tls-cert", &cert, "--tls-key", &key]);
    assert_eq!(server.connection.get("caFile"), None);
    assert!(!ours.path().join("tls").exists());

    let folder = theirs.path().to_str().unwrap();
    let wrong = run(&["serve", "--data", folder, "--tls-cert", &cert, "--tls-key", &file("ca-key.pem")]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("--tls-key"), "{}", text(&wrong.stderr));
}

#[test]
fn help_lists_every_setting_with_its_default() {
    let help = text(&run(&["serve", "--help"]).stdout);
    for part in [
        "--https",
        "0.0.0.0:8443",
        "BELLWETHER_MQTTS",
        "0.0.0.0:8883",
        "--drain",
        "[default: 30]",
        "--strict-characters",
    ] {
        assert!(help.contains(part), "{part}");
    }
}

#[test]
fn addresses_that_cannot_be_had_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = dir.path().to_str().unwrap();
    let ended = run(&["serve", "--data", folder, "--https", &address, "--mqtts", "127.0.0.1:0"]);
    assert_eq!(ended.status.code(), Some(1));
    let said = text(&ended.stderr);
    assert!(said.contains("--https") && said.contains(&address) && said.contains("another program"), "{said}");
}

/// A server with three simulated devices that never answer, and a method job that is waiting for them.
fn with_calls_in_flight(dir: &std::path::Path, drain: &str) -> (Server, Running) {
    let server = Server::start(dir, &["--drain", drain]);
    let folder = dir.to_str().unwrap();
    let devices =
        Running::start(&["simulate", "--data", folder, "--devices", "3", "--latency", "600000", "--seed", "3"]);
    eventually("three connected devices", || {
        let query = json!({"query": "SELECT COUNT() AS n FROM devices WHERE connectionState = 'Connected'"});
        let (_, rows) = server.call("POST", "/devices/query", &query);
        (rows[0]["n"] == 3).then_some(())
    });
    let job = json!({
        "jobId": "calls", "type": "scheduleDeviceMethod", "queryCondition": "*",
        "cloudToDeviceMethod": {"methodName": "m", "responseTimeoutInSeconds": 300},
    });
    let (status, answer) = server.call("PUT", "/jobs/v2/calls", &job);
    assert_eq!(status, 200, "{answer}");
    eventually("three calls in flight", || {
        (server.job("calls")["deviceJobStatistics"]["runningCount"] == 3).then_some(())
    });
    (server, devices)
}

#[test]
fn what_is_not_answered_by_the_end_of_the_drain_has_an_unknown_outcome() {
    let dir = tempfile::tempdir().unwrap();
    let (server, devices) = with_calls_in_flight(dir.path(), "1");
    let begun = Instant::now();
    server.process.signal(Signal::TERM);
    eventually("not ready any more", || {
        // Either it says so or it is gone already.
        std::panic::catch_unwind(|| server.get("/readyz")).map_or(Some(()), |(status, _)| (status == 503).then_some(()))
    });
    assert!(server.process.end().status.success());
    assert!(begun.elapsed() >= Duration::from_secs(1));
    devices.signal(Signal::TERM);
    assert!(devices.end().status.success());

    let server = Server::start(dir.path(), &[]);
    let job = eventually("the end of the job", || {
        let job = server.job("calls");
        (job["status"] == "completed").then_some(job)
    });
    assert_eq!(job["deviceJobStatistics"]["failedCount"], 3, "{job}");
    let query = json!({"query": "SELECT * FROM devices.jobs"});
    let (_, rows) = server.call("POST", "/devices/query", &query);
    for row in rows.as_array().unwrap() {
        assert_eq!(row["error"]["code"], "OutcomeUnknown", "{row}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (mut server, _devices) = with_calls_in_flight(dir.path(), "600");
    server.process.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(server.process.has_ended(), None);
    let begun = Instant::now();
    server.process.signal(Signal::TERM);
    let ended = server.process.end();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!((ended.status.code(), ended.status.signal()), (Some(128 + 15), None));
}
