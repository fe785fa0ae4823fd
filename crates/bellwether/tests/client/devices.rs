//! Devices, twins, methods and queries.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::json;

use crate::World;
use crate::support::{Running, bellwether, eventually};

#[test]
fn a_device_from_its_creation_to_its_end() {
    let world = World::start();
    let made = world.run(&["device", "create", "pump-1", "--set", "tags.building=43", "--tags", r#"{"floor": 3}"#]);
    assert_eq!((made.code, made.out.as_str()), (Some(0), ""), "{}", made.err);
    assert!(made.err.starts_with("The device pump-1 was created."), "{}", made.err);
    world.done(&["device", "create", "pump,2?", "--status", "disabled", "--status-reason", "in the shop"]);
    insta::assert_snapshot!(world.done(&["device", "list"]), @r#"
    DEVICE   STATUS    CONNECTION    LAST ACTIVITY  TAGS
    pump-1   enabled   Disconnected  never          {"floor":3,"building":43}
    pump,2?  disabled  Disconnected  never
    "#);
    insta::assert_snapshot!(world.done(&["device", "list", "--where", "status = 'disabled'"]), @r"
    DEVICE   STATUS    CONNECTION    LAST ACTIVITY  TAGS
    pump,2?  disabled  Disconnected  never
    ");
    assert_eq!(world.run(&["device", "list", "--where", "tags.floor = 9"]).err, "No device matches.\n");

    let shown = world.done(&["device", "show", "pump,2?"]);
    assert!(shown.contains("status reason     in the shop") && !shown.contains("Key"), "{shown}");
    let document = &world.json(&["device", "show", "pump-1", "--json"])[0];
    let key = document["authentication"]["symmetricKey"]["primaryKey"].as_str().unwrap();
    assert!(!world.done(&["device", "show", "pump-1"]).contains(key));
    let string = world.done(&["device", "show", "pump-1", "--print-connection-string"]);
    let port = world.server.connection["mqttsAddress"].as_str().unwrap();
    assert_eq!(string, format!("HostName={port};DeviceId=pump-1;SharedAccessKey={key}\n"));

    world.done(&["device", "update", "pump-1", "--status", "disabled"]);
    let changed = &world.json(&["device", "show", "pump-1", "--json"])[0];
    assert_eq!((&changed["status"], &changed["authentication"]), (&json!("disabled"), &document["authentication"]));
    let refused = world.run(&["device", "update", "pump-1"]);
    assert!(refused.code == Some(2) && refused.err.contains("nothing is to be changed"), "{}", refused.err);

    let unasked = world.run(&["device", "delete", "pump-1"]);
    assert!(
        unasked.code == Some(2) && unasked.err.contains(world.host()) && unasked.err.contains("--yes"),
        "{}",
        unasked.err
    );
    world.done(&["device", "delete", "pump-1", "pump,2?", "--yes"]);
    assert_eq!(world.run(&["device", "list"]).err, "There are no devices.\n");
}

#[test]
fn a_twin_is_changed_and_replaced() {
    let world = World::start();
    world.done(&["device", "create", "d", "--desired", r#"{"fan": {"speed": 40, "mode": "auto"}}"#]);
    let patch = ["twin", "update", "d", "--set", "tags.serial=\"007\"", "--set", "desired.fan.speed=1.0"];
    world.done(&[&patch[..], &["--remove", "desired.fan.mode"]].concat());
    let shown = world.done(&["twin", "show", "d"]);
    insta::assert_snapshot!(shown.lines().skip(6).collect::<Vec<_>>().join("\n"), @r"
    SECTION             PATH       VALUE  WRITTEN
    tags                serial     007
    desired, version 3  fan.speed  1.0    0000-00-00 00:00:00Z
    ");
    let raw = world.done(&["twin", "show", "d", "--json"]);
    assert!(raw.contains(r#""speed":1.0"#), "{raw}");

    let stale = world.run(&["twin", "update", "d", "--set", "tags.a=1", "--etag", "c3RhbGU="]);
    assert!(
        stale.code == Some(1) && stale.err.contains("412") && stale.err.contains("leave --etag out"),
        "{}",
        stale.err
    );
    let twin = &world.json(&["twin", "replace", "d", "--tags", r#"{"a":[1]}"#, "--json"])[0];
    assert_eq!(twin["tags"], json!({"a": [1]}));
    assert_eq!(
        twin["properties"]["desired"].as_object().unwrap().keys().filter(|name| !name.starts_with('$')).count(),
        0
    );
}

#[test]
fn queries_have_the_columns_of_their_rows() {
    let world = World::start();
    for (id, floor) in [("a", 3), ("b", 3), ("c", 4)] {
        world.done(&["device", "create", id, "--set", &format!("tags.floor={floor}")]);
    }
    let grouped = "SELECT tags.floor AS floor, COUNT() AS devices FROM devices GROUP BY tags.floor";
    insta::assert_snapshot!(world.done(&["query", grouped]), @r"
    floor  devices
        3        2
        4        1
    ");
    let one = ["query", "SELECT deviceId FROM devices", "--top", "1"];
    let said = world.run(&one);
    assert!(said.out.lines().count() == 2 && said.err.contains("There are more than these 1"), "{said:?}");
    assert_eq!(world.json(&["query", "SELECT deviceId FROM devices", "--json"]).len(), 3);
    let wrong = world.run(&["query", "SELECT * FROM nowhere"]);
    assert!(
        wrong.code == Some(1) && wrong.err.contains("400") && wrong.err.contains("1:15 expected devices"),
        "{}",
        wrong.err
    );
}

#[test]
fn a_method_and_its_answer() {
    let world = World::start();
    let data = world.dir.path().join("data");
    let data = data.to_str().unwrap();
    let devices = Running::start(&["simulate", "--data", data, "--devices", "1", "--failure-rate", "1"]);
    let call = ["method", "call", "sim-0000", "reboot", "--payload", r#"{"delay": 1}"#];
    eventually("the device's answer", || {
        let said = world.run(&call);
        assert!(said.code == Some(3) || said.err.contains("DeviceNotOnline") || said.err.contains("404"), "{said:?}");
        (said.code == Some(3)).then_some(said)
    });
    let said = world.run(&[&call[..], &["--json"]].concat());
    let answer: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &answer["status"]), (Some(3), &json!(500)));
    assert!(said.err.contains("sim-0000 answered reboot with status 500"), "{}", said.err);
    let unread = world.unread(&call);
    assert!(unread.code == Some(3) && unread.err.contains("with status 500"), "{unread:?}");
    drop(devices);

    let absent = world.run(&["method", "call", "nobody", "reboot"]);
    assert!(absent.code == Some(1) && absent.err.contains("`bellwether device list`"), "{}", absent.err);
}

#[test]
fn an_empty_id_names_no_place_of_the_hub() {
    let world = World::start();
    world.done(&["device", "create", "d"]);
    for args in [
        &["device", "show", ""][..],
        &["device", "show", "", "--json"],
        &["device", "update", "", "--status", "disabled"],
        &["device", "update", ".", "--status", "disabled"],
        &["device", "delete", "d", "", "--yes"],
        &["twin", "show", ""],
        &["twin", "update", "", "--set", "tags.a=1"],
        &["method", "call", "", "reboot"],
        &["job", "show", ""],
        &["job", "cancel", ""],
        &["job", "results", ""],
        &["job", "create", "twin", "--where", "deviceId = 'd'", "--id", "", "--set", "tags.a=1"],
    ] {
        let said = world.run(args);
        assert!(said.code == Some(2) && said.out.is_empty() && !said.err.contains("panicked"), "{args:?}: {said:?}");
    }
    assert_eq!(world.json(&["device", "list", "--json"]).len(), 1);
}

#[test]
fn what_nobody_reads_is_no_panic() {
    let world = World::start();
    for args in [&["connection"][..], &["connection", "--json"], &["token", "list"], &["token", "list", "--json"]] {
        let said = world.unread(args);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}");
    }
    for args in
        [&["token", "create", "t"][..], &["token", "create", "u", "--json"], &["user", "password", "admin@localhost"]]
    {
        let said = world.unread(args);
        assert!(said.code == Some(1) && said.err.contains("could not be printed"), "{args:?}: {said:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let world = World::start();
    let ndjson: String =
        (0..400).map(|n| format!("{{\"id\":\"d{n}\",\"tags\":{{\"text\":\"{n:0>800}\"}}}}\n")).collect();
    world.file("many.ndjson", &ndjson);
    world.done(&["device", "import", "many.ndjson"]);
    let data = world.dir.path().join("data");
    for format in [&["--json"][..], &["--top", "400"]] {
        let mut list = bellwether(&["device", "list", "--data"]);
        let mut child = list.arg(&data).args(format).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]), "{first}");
    }
}
