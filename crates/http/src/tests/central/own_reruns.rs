//! Jobs on devices of an earlier one that are other than it, and what they would do.

use bellwether_model::access::Role;
use bellwether_model::identity::DeviceSettings;
use serde_json::{Value, json};

use super::jobs::{TEMPLATE, command, fleet, property};
use super::own_jobs::failed_job;
use super::{Central, OWN, make_token, outcome};

impl Central {
    async fn would(&self, body: &Value) -> Value {
        self.done("POST /jobPreview", body).await
    }
}

fn members(found: &Value) -> Vec<&str> {
    found["problems"].as_array().unwrap().iter().map(|problem| problem["member"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_rerun_that_is_other_than_its_source() {
    let central = fleet(3).await;
    let mut body = command("reboot");
    body["batch"] = json!({"type": "number", "value": 2});
    body["cancellationThreshold"] = json!({"type": "percentage", "value": 100.0, "batch": false});
    central.done("PUT /jobs/first", &body).await;
    central.until("first", "complete").await;

    let same = central.done("PUT /jobs/first/rerun/same", &json!({"displayName": "Same"})).await;
    for name in ["data", "batch", "cancellationThreshold"] {
        assert_eq!(same[name], body[name], "{name}");
    }
    assert_eq!((&same["target"], &same["group"], same.get("groupName")), (&json!("failedOf"), &json!(""), None));
    assert_eq!(same.get("chosenDevices"), None);
    central.until("same", "complete").await;
    // A copy cannot be taken for one on the group; the published version shows what it showed.
    let (found, text) = central.refused("PUT /jobs/copy", &same).await;
    assert_eq!((found.as_str(), text.as_str()), ("422 UnprocessableEntity", "group must be the id of a device group"));
    assert_eq!(central.ask("GET /jobs/same", "").await.json()["group"], "cold");

    let data = json!([{"type": "property", "target": TEMPLATE, "path": "target", "value": "7"}]);
    let other = json!({"data": data, "batch": null, "cancellationThreshold": {"type": "number", "value": 1}});
    let made = central.done("PUT /jobs/same/rerun/other", &other).await;
    assert_eq!((&made["type"], &made["data"], made.get("batch")), (&json!("property"), &data, None));
    assert_eq!(made["cancellationThreshold"], json!({"type": "number", "value": 1, "batch": false}));
    let ended = central.until("other", "complete").await;
    assert_eq!(ended["progress"]["completed"], 3);
    let twin = central.hub.ask("GET /twins/d1", &[], "").await.json();
    assert_eq!(twin["properties"]["desired"]["target"], json!(7));

    for (body, message) in [
        (property(json!("warm"))["data"].clone(), "data[0].value"),
        (json!([{"type": "property", "target": "dtmi:no:such;1", "path": "target", "value": 1}]), "data[0].target"),
        (json!([{"type": "property", "target": TEMPLATE, "path": "none", "value": 1}]), "data[0].path"),
        (json!([{"type": "paint"}]), "data[0].type"),
    ] {
        let (found, text) = central.refused("PUT /jobs/same/rerun/no", &json!({"data": body})).await;
        assert_eq!(found, "422 UnprocessableEntity", "{body}");
        assert!(text.starts_with(message), "{text}");
    }
    assert_eq!(outcome(&central.ask_in(OWN, "GET /jobs/no", "").await), "404 NotFound");
}

#[tokio::test]
async fn a_rerun_of_a_job_of_the_hub_face_takes_devices_only() {
    let central = fleet(1).await;
    let hub = r#"{"type": "scheduleUpdateTwin", "queryCondition": "*", "updateTwin": {"tags": {"x": 1}}}"#;
    assert_eq!(central.hub.ask("PUT /jobs/v2/h", &[], hub).await.status, 200);
    while central.get("/jobs/h").await["status"] != "complete" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let of = json!({"job": "h", "devices": ["d0"]});
    for (member, value) in [
        ("displayName", json!("N")),
        ("description", json!("N")),
        ("data", property(json!(1))["data"].clone()),
        ("batch", Value::Null),
        ("cancellationThreshold", json!({"type": "number", "value": 1})),
    ] {
        let (found, text) = central.refused("PUT /jobs/h/rerun/no", &json!({"devices": ["d0"], member: value})).await;
        assert_eq!((found.as_str(), text.starts_with(member)), ("422 UnprocessableEntity", true), "{text}");
        let would = central.would(&json!({"rerunOf": of, member: value})).await;
        assert_eq!((members(&would), &would["problems"][0]["message"]), (vec![member], &json!(text)));
    }
    let would = central.would(&json!({"rerunOf": of})).await;
    assert_eq!((&would["devices"], &would["problems"]), (&json!(1), &json!([])));
    let made = central.done("PUT /jobs/h/rerun/again", &json!({"devices": ["d0"]})).await;
    assert_eq!((&made["target"], &made["chosenDevices"]), (&json!("devices"), &json!(1)));
}

#[tokio::test]
async fn what_a_rerun_would_do() {
    let central = fleet(4).await;
    let mut body = command("reboot");
    body["batch"] = json!({"type": "number", "value": 3});
    body["cancellationThreshold"] = json!({"type": "number", "value": 50, "batch": true});
    central.done("PUT /jobs/first", &body).await;
    central.until("first", "complete").await;
    let would = central.would(&json!({"rerunOf": {"job": "first"}})).await;
    let told = ["devices", "batches", "batchSize", "lastBatchSize", "failuresBorne"].map(|name| would[name].as_u64());
    assert_eq!(told, [4, 2, 3, 1, 50].map(Some), "{would}");
    assert_eq!((&would["problems"], would["sample"].as_array().unwrap().len()), (&json!([]), 4));
    assert_eq!((&would["selectsAll"], &would["perBatch"]), (&json!(true), &json!(true)));

    let of = |devices: &[&str]| json!({"job": "first", "devices": devices});
    let asked = json!({"rerunOf": of(&["d3", "d1"]), "batch": null, "cancellationThreshold": null});
    let would = central.would(&asked).await;
    assert_eq!((&would["devices"], &would["batches"], would.get("failuresBorne")), (&json!(2), &json!(1), None));
    assert_eq!((&would["sample"][0]["id"], &would["selectsAll"]), (&json!("d1"), &json!(false)));
    for (more, expected) in [
        (json!({"rerunOf": {"job": "none"}}), vec!["rerunOf.job"]),
        (json!({"rerunOf": of(&["d1", "d9"])}), vec!["rerunOf.devices"]),
        (json!({"rerunOf": of(&[])}), vec!["rerunOf.devices"]),
        (json!({"rerunOf": of(&["d1"]), "group": "cold"}), vec!["rerunOf"]),
        (json!({"rerunOf": of(&["d1"]), "devices": ["d1"]}), vec!["rerunOf"]),
        (json!({"rerunOf": of(&["d1"]), "data": []}), vec!["data"]),
        (json!({"rerunOf": of(&["d1"]), "data": property(json!("x"))["data"]}), vec!["data[0].value"]),
        (json!({"rerunOf": of(&["d1"]), "organizations": ["north"]}), vec!["organizations"]),
    ] {
        assert_eq!(members(&central.would(&more).await), expected, "{more}");
    }
    // A job of which nothing failed, and one that others see.
    central.done("PUT /jobs/fine", &property(json!(1))).await;
    central.until("fine", "complete").await;
    let would = central.would(&json!({"rerunOf": {"job": "fine"}})).await;
    assert_eq!((members(&would), &would["devices"]), (vec!["rerunOf.job"], &json!(0)));
    central.done("PUT /organizations/north", &json!({"displayName": "North"})).await;
    let stranger = make_token(&central.hub, "north", &[(Role::OrgOperator, Some("north"))]).await;
    let asked = json!({"rerunOf": {"job": "first"}}).to_string();
    let reply = central.ask_as(Some(&stranger), OWN, "POST /jobPreview", &[], &asked).await.json();
    assert_eq!((members(&reply), &reply["devices"]), (vec!["rerunOf.job"], &json!(0)));

    // A device that is gone is still one of the list, and all that there are is less.
    assert_eq!(central.ask("DELETE /devices/d0", "").await.status, 204);
    let would = central.would(&json!({"rerunOf": {"job": "first"}})).await;
    assert_eq!((&would["devices"], &would["selectsAll"]), (&json!(4), &json!(true)));
    assert_eq!(would["sample"].as_array().unwrap().len(), 3);
    central.device("d0", TEMPLATE).await;
    assert_eq!(central.would(&json!({"rerunOf": {"job": "first"}})).await["selectsAll"], false);
}

#[tokio::test]
async fn what_selects_everything() {
    let central = fleet(2).await;
    failed_job(&central, "j").await;
    let all = property(json!(1));
    assert_eq!(central.would(&all).await["selectsAll"], true);
    let mut chosen = all.clone();
    chosen.as_object_mut().unwrap().remove("group");
    for (devices, expected) in [(vec!["d0"], false), (vec!["d0", "d1"], true)] {
        chosen["devices"] = json!(devices);
        assert_eq!(central.would(&chosen).await["selectsAll"], expected);
    }
    // One of no template can be in no group.
    let engine = std::sync::Arc::clone(&central.hub.state.engine);
    engine.create_device("x".parse().unwrap(), DeviceSettings::default()).await.unwrap();
    for body in [&all, &chosen, &json!({"rerunOf": {"job": "j"}})] {
        assert_eq!(central.would(body).await["selectsAll"], true, "{body}");
    }
    central.device("y", TEMPLATE).await;
    for body in [&chosen, &json!({"rerunOf": {"job": "j"}})] {
        assert_eq!(central.would(body).await["selectsAll"], false, "{body}");
    }
}

#[tokio::test]
async fn reruns_of_a_job_and_what_somebody_has_seen() {
    let central = fleet(2).await;
    failed_job(&central, "j").await;
    for id in ["one", "two"] {
        central.done(&format!("PUT /jobs/j/rerun/{id}"), &Value::Null).await;
        central.until(id, "complete").await;
    }
    central.done("PUT /jobs/one/rerun/three", &Value::Null).await;
    central.until("three", "complete").await;
    for (call, expected) in [
        ("/jobs/j/reruns", "two one"),
        ("/jobs/one/reruns", "three"),
        ("/jobs/two/reruns", ""),
        ("/jobs?attention=true", "three two"),
    ] {
        assert_eq!(central.listed(call).await, expected, "{call}");
    }
    let page = central.get("/jobs/j/reruns?maxpagesize=1").await;
    let link = page["nextLink"].as_str().unwrap().split_once("/api").unwrap().1.to_owned();
    assert_eq!((&page["value"][0]["rerunOf"], central.listed(&link).await), (&json!("j"), "one".to_owned()));
    assert_eq!(outcome(&central.ask_in(OWN, "GET /jobs/none/reruns", "").await), "404 NotFound");

    let two = central.get("/jobs/two").await;
    assert_eq!(
        (&two["attention"], &two["actions"]),
        (&json!("failedDevices"), &json!(["rerun", "acknowledge", "copy"]))
    );
    assert_eq!((&two["counters"]["failed"], &two["counters"]["neverReached"]), (&json!(2), &json!(2)));
    // Again is no mistake.
    for _ in 0..2 {
        central.done("POST /jobs/two/acknowledge", &Value::Null).await;
    }
    let two = central.get("/jobs/two").await;
    assert_eq!((two.get("attention"), &two["actions"]), (None, &json!(["rerun", "copy"])));
    assert_eq!(central.listed("/jobs?attention=true").await, "three");
    let entries = central.get("/jobs/two/activity").await;
    assert_eq!(entries["value"][0]["action"], "acknowledge", "{entries}");

    let later = central.hub.state.engine.now().plus_seconds(3600).to_string();
    let hub = format!(
        r#"{{"type": "scheduleUpdateTwin", "queryCondition": "*", "startTime": "{later}", "updateTwin": {{}}}}"#
    );
    assert_eq!(central.hub.ask("PUT /jobs/v2/later", &[], &hub).await.status, 200);
    let (found, text) = central.refused("POST /jobs/later/acknowledge", &json!({})).await;
    assert_eq!((found.as_str(), text.contains("only one that has ended")), ("409 Conflict", true), "{text}");
    // Only our own version has it.
    assert_eq!(outcome(&central.ask("POST /jobs/two/acknowledge", "").await), "404 NotFound");
}

#[tokio::test]
async fn a_family_counts_each_device_once() {
    let central = fleet(4).await;
    // Only d0 answers at first.
    let seq = central.hub.seq("d0").await;
    central.hub.devices.answer(seq, 200, "null");
    failed_job(&central, "first").await;
    let alone = central.get("/jobs/first/family").await;
    let created = &central.get("/jobs/first").await["created"];
    let counters = json!({"total": 4, "succeeded": 1, "failed": 3, "neverReached": 3, "running": 0, "pending": 0,
                          "cancelled": 0});
    let expected = json!({
        "jobs": [{"id": "first", "status": "complete", "created": created, "counters": counters}], "more": false,
        "differs": false,
        "devices": {"total": 4, "succeeded": 1, "left": 3, "running": 0, "pending": 0, "failed": 3, "neverReached": 3,
                    "cancelled": 0},
        "restOf": "first",
    });
    assert_eq!(alone, expected);

    let seq = central.hub.seq("d1").await;
    central.hub.devices.answer(seq, 500, "{}");
    central.done("PUT /jobs/first/rerun/second", &json!({"displayName": "Second"})).await;
    central.until("second", "complete").await;
    // One of the devices had succeeded before.
    let seq = central.hub.seq("d3").await;
    central.hub.devices.answer(seq, 200, "null");
    central.hub.devices.answer(central.hub.seq("d0").await, 500, "{}");
    central.done("PUT /jobs/first/rerun/chosen", &json!({"devices": ["d0", "d3"]})).await;
    central.until("chosen", "complete").await;
    let family = central.get("/jobs/second/family").await;
    let told: Vec<_> = family["jobs"].as_array().unwrap().iter().map(|job| (&job["id"], &job["rerunOf"])).collect();
    let first = json!("first");
    assert_eq!(told, [(&first, &Value::Null), (&json!("second"), &first), (&json!("chosen"), &first)]);
    let devices = json!({"total": 4, "succeeded": 2, "left": 2, "running": 0, "pending": 0, "failed": 2,
                         "neverReached": 1, "cancelled": 0});
    // Those that failed last are not those that are left.
    assert_eq!((&family["devices"], family.get("restOf")), (&devices, None));
    assert_eq!(family["jobs"][1]["displayName"], "Second");

    // Who has got something else has not got what the first was to bring.
    let other = json!({"data": [{"type": "property", "target": TEMPLATE, "path": "target", "value": 7}]});
    central.done("PUT /jobs/chosen/rerun/other", &other).await;
    central.until("other", "complete").await;
    let family = central.get("/jobs/first/family").await;
    assert_eq!((&family["differs"], family.get("devices"), family.get("restOf")), (&json!(true), None, None));
    assert_eq!(family["jobs"].as_array().unwrap().len(), 4);

    assert_eq!(outcome(&central.ask_in(OWN, "GET /jobs/none/family", "").await), "404 NotFound");
    assert_eq!(outcome(&central.ask("GET /jobs/first/family", "").await), "404 NotFound");
}
