//! Jobs over REST (iot-central §3, §5).

use std::sync::Arc;

use bellwether_model::access::Role;
use bellwether_model::identity::DeviceSettings;
use bellwether_model::template::DeviceTemplate;
use serde_json::{Value, json};

use super::super::Reply;
use super::{Central, NEWEST, make_token, outcome};

pub(super) const TEMPLATE: &str = "dtmi:acme:cooler;2";

/// Devices `d0` to `d<n-1>` of one template in one group, `cold`.
pub(super) async fn fleet(devices: usize) -> Central {
    let central = Central::start().await;
    let model = json!({
        "@type": ["ModelDefinition", "DeviceModel"], "displayName": "Cooler",
        "capabilityModel": {"@id": "dtmi:acme:coolerModel;1", "@type": "Interface", "contents": [
            {"@type": "Property", "name": "target", "schema": "double", "writable": true},
            {"@type": ["Property", "Cloud"], "name": "customer", "schema": "string"},
            {"@type": "Command", "name": "reboot"},
            {"@type": "Command", "name": "report", "request": {"@type": "CommandPayload", "name": "since", "schema": "dateTime"}},
        ]},
    });
    for id in [TEMPLATE, "dtmi:acme:cooler;3"] {
        let (template, _) = DeviceTemplate::new(id, model.clone()).unwrap();
        let put = move |records: &bellwether_store::Records<'_>| {
            records.put(template)?;
            Ok::<_, bellwether_store::StoreError>(())
        };
        central.hub.state.engine.store().change_records(put).await.unwrap();
    }
    for n in 0..devices {
        central.device(&format!("d{n}"), TEMPLATE).await;
    }
    let group =
        json!({"displayName": "Cold", "filter": format!("SELECT * FROM devices WHERE $template = \"{TEMPLATE}\"")});
    let reply = central.ask("PUT /deviceGroups/cold", &group.to_string()).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    central
}

impl Central {
    /// Registers a device with a template.
    pub(super) async fn device(&self, id: &str, template: &str) {
        let engine = Arc::clone(&self.hub.state.engine);
        engine.create_device(id.parse().unwrap(), DeviceSettings::default()).await.unwrap();
        self.set_template(id, template).await;
    }

    async fn set_template(&self, id: &str, template: &str) {
        let reply = self.ask(&format!("PATCH /devices/{id}"), &json!({"template": template}).to_string()).await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
    }

    pub(super) async fn job(&self, id: &str, body: &Value) -> Reply {
        self.ask(&format!("PUT /jobs/{id}"), &body.to_string()).await
    }

    /// The devices of a job as `id status`.
    pub(super) async fn rows(&self, id: &str) -> Vec<String> {
        let list = self.ask(&format!("GET /jobs/{id}/devices?maxpagesize=100"), "").await.json();
        let row = |row: &Value| format!("{} {}", row["id"].as_str().unwrap(), row["status"].as_str().unwrap());
        list["value"].as_array().unwrap().iter().map(row).collect()
    }
}

pub(super) fn property(value: Value) -> Value {
    json!({"group": "cold", "data": [{"type": "property", "target": TEMPLATE, "path": "target", "value": value}]})
}

pub(super) fn command(path: &str) -> Value {
    json!({"group": "cold", "data": [{"type": "command", "target": TEMPLATE, "path": path}]})
}

#[tokio::test]
async fn a_property_job_shows_values_as_they_came_and_delivers_them_typed() {
    let central = fleet(2).await;
    let mut body = property(json!("56"));
    body["displayName"] = json!("Target");
    body["batch"] = json!({"type": "percentage", "value": 25});
    body["cancellationThreshold"] = json!({"type": "percentage", "value": 10.5, "batch": "number"});
    let reply = central.job("job-005", &body).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    let made = reply.json();
    assert_eq!((&made["id"], &made["status"]), (&json!("job-005"), &json!("pending")));
    let ended = central.until("job-005", "complete").await;
    assert_eq!(ended["progress"], json!({"total": 2, "pending": 0, "completed": 2, "failed": 0}));
    assert_eq!(ended["data"], body["data"]);
    assert_eq!(ended["batch"], body["batch"]);
    assert_eq!(ended["cancellationThreshold"], json!({"type": "percentage", "value": 10.5, "batch": false}));
    assert!(ended["start"].is_string() && ended["end"].is_string());
    assert_eq!(central.rows("job-005").await, ["d0 completed", "d1 completed"]);
    let twin = central.hub.ask("GET /twins/d0", &[], "").await.json();
    assert_eq!(twin["properties"]["desired"]["target"], json!(56));
}

#[tokio::test]
async fn cloud_properties_become_tags_and_templates_change() {
    let central = fleet(1).await;
    let cloud = json!({"group": "cold", "data": [
        {"type": "CloudPropertyJobData", "target": TEMPLATE, "path": "customer", "value": "Contoso"}]});
    assert_eq!(outcome(&central.job("job-006", &cloud).await), "200");
    central.until("job-006", "complete").await;
    let twin = central.hub.ask("GET /twins/d0", &[], "").await.json();
    assert_eq!(twin["tags"], json!({"customer": "Contoso"}));

    let migration =
        json!({"group": "cold", "data": [{"type": "deviceTemplateMigration", "template": "dtmi:acme:cooler;3"}]});
    assert_eq!(outcome(&central.job("move", &migration).await), "200");
    central.until("move", "complete").await;
    assert_eq!(central.ask("GET /devices/d0", "").await.json()["template"], "dtmi:acme:cooler;3");
    // Nobody is in the group any more.
    assert_eq!(outcome(&central.job("nobody", &command("reboot")).await), "200");
    let job = central.until("nobody", "complete").await;
    assert_eq!(job["progress"]["total"], 0);
}

#[tokio::test]
async fn a_command_fails_absent_devices_at_once_and_a_rerun_takes_only_them() {
    let central = fleet(3).await;
    let seq = central.hub.seq("d0").await;
    central.hub.devices.answer(seq, 200, "null");
    let seq = central.hub.seq("d1").await;
    central.hub.devices.answer(seq, 500, "{}");
    assert_eq!(outcome(&central.job("job-004", &command("reboot")).await), "200");
    let ended = central.until("job-004", "complete").await;
    assert_eq!(ended["progress"], json!({"total": 3, "pending": 0, "completed": 1, "failed": 2}));
    assert_eq!(central.rows("job-004").await, ["d0 completed", "d1 failed", "d2 failed"]);

    // The group holds others by now; the rerun takes the stored failed set.
    central.set_template("d2", "dtmi:acme:cooler;3").await;
    for id in ["d1", "d2"] {
        let seq = central.hub.seq(id).await;
        central.hub.devices.answer(seq, 200, "null");
    }
    central.device("d3", TEMPLATE).await;
    let reply = central.ask("PUT /jobs/job-004/rerun/rerun-001", "").await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    assert_eq!((&reply.json()["id"], &reply.json()["group"]), (&json!("rerun-001"), &json!("cold")));
    central.until("rerun-001", "complete").await;
    // d2 has another template by now than the command is of.
    assert_eq!(central.rows("rerun-001").await, ["d1 completed", "d2 failed"]);
    for (call, expected) in [
        ("PUT /jobs/job-004/rerun/rerun-001", "409 Conflict"),
        ("PUT /jobs/none/rerun/r", "404 NotFound"),
        ("PUT /jobs/job-004/rerun/a.b", "400 BadRequest"),
    ] {
        assert_eq!(outcome(&central.ask(call, "").await), expected, "{call}");
    }
}

#[tokio::test]
async fn stop_resume_and_their_refusals() {
    let central = fleet(1).await;
    assert_eq!(outcome(&central.job("p", &property(json!(1))).await), "200");
    central.until("p", "complete").await;
    for (call, expected) in [
        ("POST /jobs/p/stop", "409 Conflict"),
        ("POST /jobs/p/resume", "409 Conflict"),
        ("PUT /jobs/p/rerun/q", "422 UnprocessableEntity"),
        ("POST /jobs/none/stop", "404 NotFound"),
        ("POST /jobs/none/resume", "404 NotFound"),
        ("GET /jobs/none", "404 NotFound"),
        ("GET /jobs/none/devices", "404 NotFound"),
    ] {
        assert_eq!(outcome(&central.ask(call, "").await), expected, "{call}");
    }

    // A device that takes its time, so that there is something to stop.
    let seq = central.hub.seq("d0").await;
    central.hub.devices.answer(seq, 200, "null");
    *central.hub.devices.delay.lock() = std::time::Duration::from_millis(300);
    assert_eq!(outcome(&central.job("c", &command("reboot")).await), "200");
    central.until("c", "running").await;
    assert_eq!(outcome(&central.ask("POST /jobs/c/stop", "").await), "204");
    // What was out was the last of the list: it is recorded, and the job is complete.
    central.until("c", "complete").await;
    assert_eq!(central.rows("c").await, ["d0 completed"]);
}

#[tokio::test]
async fn one_id_space_with_the_hub() {
    let central = fleet(1).await;
    assert_eq!(outcome(&central.job("a_job", &property(json!(1))).await), "200");
    central.until("a_job", "complete").await;
    let seen = central.hub.ask("GET /jobs/v2/a_job", &[], "").await.json();
    assert_eq!((&seen["status"], &seen["deviceJobStatistics"]["succeededCount"]), (&json!("completed"), &json!(1)));
    let query = r#"{"query": "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'a_job'"}"#;
    let rows = central.hub.ask("POST /devices/query", &[], query).await.json();
    assert_eq!(rows[0]["status"], "completed");

    let hub_job = r#"{"type": "scheduleUpdateTwin", "queryCondition": "*", "updateTwin": {"tags": {"x": 1}}}"#;
    assert_eq!(central.hub.ask("PUT /jobs/v2/hub-job", &[], hub_job).await.status.as_u16(), 200);
    assert_eq!(outcome(&central.ask("GET /jobs/hub-job", "").await), "404 NotFound");
    assert_eq!(outcome(&central.job("hub-job", &property(json!(1))).await), "409 Conflict");
    let listed = central.ask("GET /jobs", "").await.json();
    let ids: Vec<&str> = listed["value"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a_job"]);
}

#[tokio::test]
async fn the_same_request_again() {
    let central = fleet(1).await;
    let first = central.job("again", &property(json!(1))).await;
    assert_eq!(outcome(&first), "200");
    assert_eq!(outcome(&central.job("again", &property(json!(1))).await), "200");
    assert_eq!(outcome(&central.job("again", &property(json!(2))).await), "409 Conflict");
}

#[tokio::test]
async fn refusals() {
    let central = fleet(1).await;
    let mut cases = vec![
        ("a.b", property(json!(1)), "400 BadRequest"),
        ("query", property(json!(1)), "400 BadRequest"),
        ("j", json!([]), "422 UnprocessableEntity"),
        ("j", json!({}), "422 UnprocessableEntity"),
        ("j", property(json!("warm")), "422 UnprocessableEntity"),
        ("j", command("nothing"), "422 UnprocessableEntity"),
    ];
    let with = |name: &str, value: Value| {
        let mut body = property(json!(1));
        body[name] = value;
        ("j", body, "422 UnprocessableEntity")
    };
    cases.extend([
        with("group", json!("none")),
        with("group", Value::Null),
        with("data", json!([])),
        with("batch", json!({"type": "number", "value": 0})),
        with("batch", json!({"type": "percentage", "value": 101})),
        with("batch", json!({"type": "dozen", "value": 1})),
        with("batch", json!({"type": "number"})),
        with("cancellationThreshold", json!({"type": "number", "value": -1})),
        with("organizations", json!(["none"])),
        with("organizations", json!(["a", "b"])),
    ]);
    for (id, body, expected) in cases {
        let reply = central.job(id, &body).await;
        assert_eq!(outcome(&reply), expected, "{body}: {}", reply.text);
    }
    assert_eq!(outcome(&central.ask("PUT /jobs/j", "{").await), "400 BadRequest");
    assert_eq!(central.ask("GET /jobs", "").await.json(), json!({"value": []}));
}

#[tokio::test]
async fn pages_are_newest_first() {
    let central = fleet(3).await;
    for n in 0..3 {
        assert_eq!(outcome(&central.job(&format!("j{n}"), &property(json!(n))).await), "200");
    }
    let mut seen = Vec::new();
    let mut target = "/jobs?maxpagesize=2".to_owned();
    loop {
        let page = central.ask(&format!("GET {target}"), "").await.json();
        seen.extend(page["value"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()));
        let Some(link) = page["nextLink"].as_str() else { break };
        // As clients do it: the version is appended again.
        target = link.split_once("/api").unwrap().1.to_owned();
    }
    assert_eq!(seen, ["j2", "j1", "j0"]);
    central.until("j0", "complete").await;
    let page = central.ask("GET /jobs/j0/devices?maxpagesize=2", "").await.json();
    assert_eq!(page["value"].as_array().unwrap().len(), 2);
    let target = page["nextLink"].as_str().unwrap().split_once("/api").unwrap().1;
    let rest = central.ask(&format!("GET {target}"), "").await.json();
    assert_eq!(rest, json!({"value": [{"id": "d2", "status": "completed"}]}));
}

#[tokio::test]
async fn organizations_decide_who_sees_a_job() {
    let central = fleet(1).await;
    for id in ["north", "south"] {
        let reply = central.ask(&format!("PUT /organizations/{id}"), &json!({"displayName": id}).to_string()).await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
    }
    let mut body = property(json!(1));
    body["organizations"] = json!(["north"]);
    assert_eq!(outcome(&central.job("n", &body).await), "200");
    let (north, south) = (
        make_token(&central.hub, "north", &[(Role::OrgOperator, Some("north"))]).await,
        make_token(&central.hub, "south", &[(Role::OrgOperator, Some("south"))]).await,
    );
    for (token, expected) in [(&north, "200"), (&south, "404 NotFound")] {
        for call in ["GET /jobs/n", "GET /jobs/n/devices"] {
            assert_eq!(outcome(&central.ask_as(Some(token), NEWEST, call, &[], "").await), expected, "{call}");
        }
    }
    let listed = central.ask_as(Some(&south), NEWEST, "GET /jobs", &[], "").await.json();
    assert_eq!(listed, json!({"value": []}));
    // The group belongs to the root: not theirs to run jobs on.
    let reply = central.ask_as(Some(&south), NEWEST, "PUT /jobs/s", &[], &property(json!(1)).to_string()).await;
    assert_eq!(outcome(&reply), "422 UnprocessableEntity");
}
