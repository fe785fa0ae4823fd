//! Jobs in our own version.

use bellwether_model::access::Role;
use serde_json::{Value, json};

use super::device_groups::{COOLER, each, fleet as organizations};
use super::jobs::{TEMPLATE, command, fleet, property};
use super::{Central, OWN, make_token, outcome};

/// What the published version shows of a job, and nothing more.
const PUBLISHED: [&str; 9] =
    ["id", "displayName", "group", "batch", "cancellationThreshold", "data", "status", "progress", "start"];

impl Central {
    pub(super) async fn done(&self, call: &str, body: &Value) -> Value {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let reply = self.ask_in(OWN, call, &text).await;
        assert!(reply.status.is_success(), "{call}: {}", reply.text);
        if reply.text.is_empty() { Value::Null } else { reply.json() }
    }

    pub(super) async fn get(&self, call: &str) -> Value {
        self.done(&format!("GET {call}"), &Value::Null).await
    }

    /// The ids of a list in our own version.
    pub(super) async fn listed(&self, call: &str) -> String {
        each(&self.ask_in(OWN, &format!("GET {call}"), "").await, "id")
    }

    /// Sends this and expects a refusal: its outcome and its message.
    pub(super) async fn refused(&self, call: &str, body: &Value) -> (String, String) {
        let reply = self.ask_in(OWN, call, &body.to_string()).await;
        (outcome(&reply), reply.json()["error"]["message"].as_str().unwrap_or_default().to_owned())
    }
}

/// Calls that answer nothing: the devices are not connected, so that every command fails.
pub(super) async fn failed_job(central: &Central, id: &str) {
    central.done(&format!("PUT /jobs/{id}"), &command("reboot")).await;
    central.until(id, "complete").await;
}

#[tokio::test]
async fn a_job_says_where_it_stands() {
    let central = fleet(5).await;
    let mut body = command("reboot");
    body["displayName"] = json!("Restart");
    body["batch"] = json!({"type": "number", "value": 2});
    body["cancellationThreshold"] = json!({"type": "percentage", "value": 20.50, "batch": false});
    let made = central.done("PUT /jobs/restart", &body).await;
    assert_eq!(
        (&made["id"], &made["face"], &made["owner"]),
        (&json!("restart"), &json!("central"), &json!("token:administrator"))
    );
    central.until("restart", "cancelled").await;

    let job = central.get("/jobs/restart").await;
    let expected = json!({
        "type": "command", "target": "group", "group": "cold", "ownerName": "administrator", "groupName": "Cold", "batch": body["batch"], "data": body["data"],
        "cancellationThreshold": body["cancellationThreshold"], "status": "cancelled",
        "counters": {"total": 5, "succeeded": 0, "failed": 2, "neverReached": 2, "running": 0, "pending": 0,
                     "cancelled": 3},
        "progress": {"total": 5, "pending": 3, "completed": 0, "failed": 2},
        "openBatch": {"number": 1, "of": 3, "size": 2, "succeeded": 0, "failed": 2, "pauses": false},
        "gauge": {"failed": 2, "borne": 1, "devices": 5, "perBatch": false},
        "attention": "thresholdExceeded", "actions": ["rerun", "acknowledge", "copy"],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(job[name], *value, "{name}");
    }
    let reason = &job["reason"];
    assert_eq!((&reason["code"], &reason["failed"], &reason["borne"]), (&json!("threshold"), &json!(2), &json!(1)));
    assert!(reason["message"].as_str().unwrap().starts_with("the cancellation threshold of 20.5 percent"), "{job}");
    assert!(job["event"].as_u64().unwrap() > 0 && job["created"].is_string());
    assert_eq!(central.get("/jobs").await["value"], json!([job]));

    // What the published version shows has not changed, and what was read can be sent.
    let published = central.ask("GET /jobs/restart", "").await.json();
    let names: Vec<&String> = published.as_object().unwrap().keys().collect();
    assert_eq!(names[..9], PUBLISHED.map(str::to_owned).iter().collect::<Vec<_>>()[..]);
    assert_eq!((names.len(), names[9].as_str()), (10, "end"));
    let mut copy = job.clone();
    copy.as_object_mut().unwrap().remove("cancellationThreshold");
    central.done("PUT /jobs/copy", &copy).await;
    central.until("copy", "complete").await;
    assert_eq!(central.get("/jobs/copy").await["attention"], json!("failedDevices"));
    let (found, message) = (central.ask("PUT /jobs/other", &copy.to_string()).await, "is not known");
    assert_eq!(outcome(&found), "422 UnprocessableEntity");
    assert!(found.text.contains(message), "{}", found.text);
}

#[tokio::test]
async fn lists_are_filtered_searched_and_sorted() {
    let central = fleet(1).await;
    let mut named = property(json!(1));
    named["displayName"] = json!("Äpfel");
    named["description"] = json!("for the orchard");
    central.done("PUT /jobs/one", &named).await;
    central.until("one", "complete").await;
    failed_job(&central, "two").await;
    let hub = r#"{"type": "scheduleUpdateTwin", "queryCondition": "*", "updateTwin": {"tags": {"x": 1}}}"#;
    assert_eq!(central.hub.ask("PUT /jobs/v2/three", &[], hub).await.status, 200);
    // The clock of these tests stands still.
    let now = central.hub.state.engine.now();
    let (since, after) = (format!("/jobs?since={now}"), format!("/jobs?since={}", now.plus_seconds(1)));
    for (call, expected) in [
        ("/jobs", "three two one"),
        ("/jobs?orderby=created", "one two three"),
        ("/jobs?orderby=displayName%20desc", "one two three"),
        ("/jobs?status=complete,running&type=command,property", "two one"),
        ("/jobs?status=stopped", ""),
        ("/jobs?attention=true", "two"),
        ("/jobs?search=%C3%84PF", "one"),
        ("/jobs?search=orchard", "one"),
        ("/jobs?search=WO", "two"),
        ("/jobs?group=cold", "two one"),
        ("/jobs?group=warm", ""),
        ("/jobs?owner=token:administrator", "two one"),
        ("/jobs?organization=nowhere", ""),
        ("/jobs?type=scheduleUpdateTwin", "three"),
        ("/jobs?scheduledJob=none", ""),
        (&since, "three two one"),
        (&after, ""),
    ] {
        assert_eq!(central.listed(call).await, expected, "{call}");
    }
    for order in ["created", "displayName", "status", "start", "duration"] {
        let mut seen = Vec::new();
        let mut target = format!("/jobs?maxpagesize=1&orderby={order}");
        loop {
            let page = central.get(&target).await;
            seen.extend(page["value"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()));
            let Some(link) = page["nextLink"].as_str() else { break };
            target = link.split_once("/api").unwrap().1.to_owned();
        }
        seen.sort();
        assert_eq!(seen, ["one", "three", "two"], "{order}");
    }
    for call in ["attention=1", "status=done", "type=x", "since=today", "orderby=owner", "orderby=created%20up"] {
        let reply = central.ask_in(OWN, &format!("GET /jobs?{call}"), "").await;
        assert_eq!(outcome(&reply), "400 BadRequest", "{call}");
    }
    let long = format!("GET /jobs?search={}", "x".repeat(257));
    assert_eq!(outcome(&central.ask_in(OWN, &long, "").await), "400 BadRequest");
}

#[tokio::test]
async fn jobs_of_the_hub_face() {
    let central = fleet(1).await;
    let hub = r#"{"type": "scheduleUpdateTwin", "queryCondition": "tags.x = 1", "startTime": "START",
                  "updateTwin": {"tags": {"y": 1.50}}}"#;
    let later = central.hub.state.engine.now().plus_seconds(3600).to_string();
    assert_eq!(central.hub.ask("PUT /jobs/v2/later", &[], &hub.replace("START", &later)).await.status, 200);
    let mut job = central.get("/jobs/later").await;
    for _ in 0..200 {
        if job["reason"].is_object() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        job = central.get("/jobs/later").await;
    }
    assert_eq!((&job["face"], &job["group"], &job["data"]), (&json!("hub"), &json!(""), &json!([])));
    assert_eq!(job["hub"]["condition"], "tags.x = 1");
    let reason = json!({"code": "time", "message": format!("waits for its time, {later}"), "at": later});
    assert_eq!(job["reason"], reason);
    assert_eq!((&job["target"], &job["ownerName"]), (&json!("query"), &job["owner"]));
    assert_eq!((&job["status"], &job["actions"]), (&json!("pending"), &json!(["stop", "cancel"])));
    for (call, actions, code) in [
        ("stop", json!(["resume", "cancel"]), Some("stopped")),
        ("resume", json!(["stop", "cancel"]), None),
        ("cancel", json!([]), Some("cancelled")),
    ] {
        central.done(&format!("POST /jobs/later/{call}"), &Value::Null).await;
        let job = central.get("/jobs/later").await;
        assert_eq!(job["actions"], actions, "{call}");
        if let Some(code) = code {
            let message = format!("{code} by administrator");
            let reason = json!({"code": code, "message": message, "by": "administrator", "at": job["reason"]["at"]});
            assert_eq!(job["reason"], reason);
            assert!(reason["at"].is_string(), "{job}");
        }
    }
    let seen = central.hub.ask("GET /jobs/v2/later", &[], "").await.json();
    assert_eq!(seen["status"], "cancelled");

    let call = r#"{"type": "scheduleDeviceMethod", "queryCondition": "*", "maxExecutionTimeInSeconds": 1,
                   "cloudToDeviceMethod": {"methodName": "reboot", "payload": {"n": 1.0}}}"#;
    assert_eq!(central.hub.ask("PUT /jobs/v2/call", &[], call).await.status, 200);
    for _ in 0..500 {
        if central.get("/jobs/call").await["status"] == "running" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    central.done("POST /jobs/call/cancel", &Value::Null).await;
    let job = central.get("/jobs/call").await;
    assert_eq!(job["reason"]["code"], "cancelled");
    assert_eq!((&job["type"], &job["hub"]["method"]), (&json!("scheduleDeviceMethod"), &json!("reboot")));
    assert_eq!((&job["attention"], &job["actions"]), (&Value::Null, &json!(["rerun"])));
    let named = json!({"displayName": "N", "devices": ["d0"]});
    let refused = central.refused("PUT /jobs/call/rerun/again", &named).await;
    assert_eq!(refused.0, "422 UnprocessableEntity");
    assert!(refused.1.starts_with("displayName"), "{}", refused.1);
    let again = central.done("PUT /jobs/call/rerun/again", &json!({"devices": ["d0"]})).await;
    assert_eq!((&again["rerunOf"], &again["face"]), (&json!("call"), &json!("hub")));
    assert_eq!(again["target"], "devices");
    assert_eq!((&again["chosenDevices"], &again["hub"]["payload"]), (&json!(1), &json!({"n": 1.0})));

    // The published versions do not have them.
    for call in ["GET /jobs/call", "POST /jobs/call/stop", "PUT /jobs/call/rerun/more"] {
        assert_eq!(outcome(&central.ask(call, "").await), "404 NotFound", "{call}");
    }
    assert_eq!(outcome(&central.ask("POST /jobs/call/cancel", "").await), "404 NotFound");
}

fn on(devices: &[&str]) -> Value {
    let mut body = property(json!(7));
    body.as_object_mut().unwrap().remove("group");
    body["devices"] = json!(devices);
    body
}

#[tokio::test]
async fn a_job_on_chosen_devices() {
    let central = fleet(4).await;
    let job = central.done("PUT /jobs/chosen", &on(&["d2", "d0", "d2"])).await;
    assert_eq!((&job["group"], &job["chosenDevices"], &job["groupName"]), (&json!(""), &json!(2), &Value::Null));
    let published = central.until("chosen", "complete").await;
    assert_eq!(published["group"], "");
    assert_eq!(central.rows("chosen").await, ["d0 completed", "d2 completed"]);
    // The same again is the same; others are not.
    assert_eq!(central.done("PUT /jobs/chosen", &on(&["d0", "d2"])).await["status"], "complete");
    for body in [on(&["d0"]), on(&["d0", "d1"]), property(json!(7))] {
        assert_eq!(central.refused("PUT /jobs/chosen", &body).await.0, "409 Conflict", "{body}");
    }
    let mut both = on(&["d0"]);
    both["group"] = json!("cold");
    let mut neither = on(&[]);
    neither.as_object_mut().unwrap().remove("devices");
    let many = vec!["d0"; 100_001];
    for (body, message) in [
        (both, "devices cannot be given beside group"),
        (neither, "group must be"),
        (on(&[]), "devices must name at least one"),
        (on(&["d0", "gone", "away"]), "devices holds gone, which"),
        (on(&many), "devices may name at most 100000"),
    ] {
        let (found, text) = central.refused("PUT /jobs/no", &body).await;
        assert_eq!(found, "422 UnprocessableEntity", "{message}");
        assert!(text.starts_with(message), "{text}");
    }
    // Published versions do not know the member.
    let reply = central.ask("PUT /jobs/no", &on(&["d0"]).to_string()).await;
    assert!(reply.text.contains("devices is not known\""), "{}", reply.text);
    assert_eq!(central.get("/jobs").await["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn chosen_devices_of_organizations() {
    let central = organizations().await;
    let body = |devices: &[&str], organization: Option<&str>| {
        let mut body = json!({
            "devices": devices,
            "data": [{"type": "property", "target": COOLER, "path": "target", "value": 1}],
        });
        if let Some(organization) = organization {
            body["organizations"] = json!([organization]);
        }
        body
    };
    for (id, devices, named, belongs) in [
        ("a", &["c2", "c3"][..], None, json!(["eu"])),
        ("b", &["c2", "c4"], None, Value::Null),
        ("c", &["c1", "c2"], None, Value::Null),
        ("d", &["c4"], Some("us"), json!(["us"])),
    ] {
        let job = central.done(&format!("PUT /jobs/{id}"), &body(devices, named)).await;
        assert_eq!(job["organizations"], belongs, "{id}");
        central.until(id, "complete").await;
    }
    let (found, text) = central.refused("PUT /jobs/e", &body(&["c4", "c3", "c2"], Some("us"))).await;
    assert_eq!((found.as_str(), text.contains("the device c3")), ("422 UnprocessableEntity", true), "{text}");

    let of_us = make_token(&central.hub, "us", &[(Role::OrgOperator, Some("us"))]).await;
    let both =
        make_token(&central.hub, "both", &[(Role::OrgOperator, Some("us")), (Role::OrgOperator, Some("eu"))]).await;
    for (id, token, devices, expected) in [
        ("f", &of_us, &["c4"][..], "200"),
        ("g", &of_us, &["c4", "c2"], "422 UnprocessableEntity"),
        ("g", &of_us, &["c1"], "422 UnprocessableEntity"),
        ("g", &both, &["c4", "c2"], "422 UnprocessableEntity"),
    ] {
        let call = format!("PUT /jobs/{id}");
        let reply = central.ask_as(Some(token), OWN, &call, &[], &body(devices, None).to_string()).await;
        assert_eq!(outcome(&reply), expected, "{devices:?}: {}", reply.text);
    }
    // What a caller does not see reads like what is not there.
    let refusal = async |device: &str| {
        let reply = central.ask_as(Some(&of_us), OWN, "PUT /jobs/g", &[], &body(&[device], None).to_string()).await;
        reply.json()["error"]["message"].as_str().unwrap().replace(device, "?")
    };
    assert_eq!(refusal("c2").await, refusal("nobody").await);

    // Who only looks may do nothing.
    let viewer = make_token(&central.hub, "viewer", &[(Role::OrgViewer, Some("us"))]).await;
    for (token, actions) in [(&viewer, json!([])), (&of_us, json!(["rerun", "copy"]))] {
        let job = central.ask_as(Some(token), OWN, "GET /jobs/d", &[], "").await.json();
        assert_eq!(job["actions"], actions);
    }
    // Jobs of the root, and so of the hub face, are not theirs.
    let listed = central.ask_as(Some(&of_us), OWN, "GET /jobs", &[], "").await;
    assert_eq!(each(&listed, "id"), "f d");
    for (call, expected) in [("GET /jobs/b", "404 NotFound"), ("POST /jobs/b/cancel", "404 NotFound")] {
        assert_eq!(outcome(&central.ask_as(Some(&of_us), OWN, call, &[], "").await), expected);
    }
}

#[tokio::test]
async fn reruns_on_chosen_devices() {
    let central = fleet(4).await;
    central.done("PUT /jobs/first", &on(&["d0", "d1", "d2"])).await;
    central.until("first", "complete").await;
    // One goes, and another of its name comes.
    assert_eq!(central.ask("DELETE /devices/d1", "").await.status, 204);
    central.device("d1", TEMPLATE).await;
    let body = json!({"displayName": "Again", "description": "once more", "devices": ["d2", "d1", "d2"]});
    let job = central.done("PUT /jobs/first/rerun/second", &body).await;
    for (name, value) in [
        ("displayName", "Again"),
        ("description", "once more"),
        ("rerunOf", "first"),
        ("group", ""),
        ("target", "devices"),
    ] {
        assert_eq!(job[name], value, "{name}");
    }
    assert_eq!(job["chosenDevices"], 2);
    central.until("second", "complete").await;
    assert_eq!(central.rows("second").await, ["d1 failed", "d2 completed"]);
    let twin = central.hub.ask("GET /twins/d1", &[], "").await.json();
    assert_eq!(twin["properties"]["desired"]["target"], Value::Null);
    assert_eq!(central.get("/jobs/second").await["attention"], "failedDevices");
    // All that failed: the deleted one once more, under the same name.
    let job = central.done("PUT /jobs/second/rerun/third", &Value::Null).await;
    assert_eq!((&job["displayName"], &job["chosenDevices"]), (&json!("Again"), &Value::Null));
    central.until("third", "complete").await;
    assert_eq!(central.rows("third").await, ["d1 failed"]);
    assert_eq!(central.get("/jobs/second").await["attention"], Value::Null);

    for (body, message) in [
        (json!({"devices": ["d2", "d3", "nobody"]}), "devices holds d3, which was not"),
        (json!({"devices": []}), "devices must name"),
        (json!({"displayName": "x".repeat(257)}), "displayName may have"),
        (json!({"group": "cold"}), "group is not known"),
        (json!({"data": []}), "data must have at least one entry"),
        (json!({"batch": {"type": "number", "value": 0}}), "batch.value"),
    ] {
        let (found, text) = central.refused("PUT /jobs/first/rerun/no", &body).await;
        assert_eq!(found, "422 UnprocessableEntity", "{body}");
        assert!(text.starts_with(message), "{text}");
    }
    // Nothing failed there; the published versions do not look at a body.
    let (found, text) = central.refused("PUT /jobs/first/rerun/no", &json!({})).await;
    assert_eq!((found.as_str(), text.as_str()), ("422 UnprocessableEntity", "no device of the job failed"));
    let reply = central.ask("PUT /jobs/third/rerun/fourth", r#"{"displayName":"Ignored"}"#).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["displayName"]), (200, &json!("Again")), "{}", reply.text);
}

#[tokio::test]
async fn a_chosen_device_that_is_deleted_before_its_turn() {
    let central = fleet(2).await;
    // The first job waits for a device's answer, so that there is time.
    central.done("PUT /jobs/waits", &on(&["d0", "d1"])).await;
    central.until("waits", "complete").await;
    let seq = central.hub.seq("d0").await;
    central.hub.devices.answer(seq, 200, "null");
    *central.hub.devices.delay.lock() = std::time::Duration::from_millis(400);
    let mut body = command("reboot");
    body.as_object_mut().unwrap().remove("group");
    body["devices"] = json!(["d0", "d1"]);
    body["batch"] = json!({"type": "number", "value": 1});
    central.done("PUT /jobs/slow", &body).await;
    central.until("slow", "running").await;
    assert_eq!(central.ask("DELETE /devices/d1", "").await.status, 204);
    central.until("slow", "complete").await;
    assert_eq!(central.rows("slow").await, ["d0 completed", "d1 failed"]);
}

#[tokio::test]
async fn a_cancelled_job_is_over() {
    let central = fleet(2).await;
    let seq = central.hub.seq("d0").await;
    central.hub.devices.answer(seq, 200, "null");
    *central.hub.devices.delay.lock() = std::time::Duration::from_millis(300);
    let mut body = command("reboot");
    body["batch"] = json!({"type": "number", "value": 1});
    central.done("PUT /jobs/c", &body).await;
    central.until("c", "running").await;
    assert_eq!(outcome(&central.ask_in(OWN, "POST /jobs/c/cancel", "").await), "204");
    let job = central.get("/jobs/c").await;
    assert_eq!((&job["status"], &job["counters"]["cancelled"]), (&json!("cancelled"), &json!(1)));
    assert_eq!(outcome(&central.ask_in(OWN, "POST /jobs/c/cancel", "").await), "409 Conflict");
    assert_eq!(outcome(&central.ask_in(OWN, "POST /jobs/none/cancel", "").await), "404 NotFound");
    // By hand and without failures: nobody has to look at it.
    assert_eq!(job["attention"], Value::Null);
}
