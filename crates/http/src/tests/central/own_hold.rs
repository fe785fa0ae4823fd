//! The hold on all jobs, and a job that pauses after a batch.

use std::time::Duration;

use bellwether_model::access::Role;
use bellwether_model::identity::DeviceSettings;
use serde_json::{Value, json};

use super::device_groups::fleet as organizations;
use super::jobs::{command, fleet, property};
use super::{Central, OWN, make_token, outcome};

const CALL: &str = r#"{"type": "scheduleDeviceMethod", "queryCondition": "*", "maxExecutionTimeInSeconds": 60,
                       "cloudToDeviceMethod": {"methodName": "reboot"}}"#;

/// With a job of the hub face, `call`, that runs: it waits for two devices to connect.
async fn running() -> Central {
    let central = fleet(2).await;
    assert_eq!(central.hub.ask("PUT /jobs/v2/call", &[], CALL).await.status, 200);
    assert_eq!(central.reason("call", "absent").await["devices"], 2);
    central
}

#[tokio::test]
async fn all_jobs_are_held_and_let_go() {
    let central = running().await;
    let now = central.hub.state.engine.now();
    let held = central.done("PUT /jobHold", &json!({"reason": "pumps run dry"})).await;
    let expected = json!({
        "held": true, "by": "token:administrator", "byName": "administrator", "since": now.to_string(),
        "reason": "pumps run dry", "stopped": 1, "stillStopped": 1, "running": 0, "waiting": 0,
    });
    assert_eq!(held, expected);
    let job = central.get("/jobs/call").await;
    let at = now.to_string();
    let stopped = json!({"code": "stoppedByHold", "message": "stopped, as all jobs were held by administrator",
                         "by": "administrator", "at": job["reason"]["at"]});
    assert_eq!((&job["status"], &job["reason"], &job["actions"]), (&json!("stopped"), &stopped, &json!(["cancel"])));

    // New ones wait, on both faces.
    central.done("PUT /jobs/new", &property(json!(1))).await;
    let twin = r#"{"type": "scheduleUpdateTwin", "queryCondition": "*", "updateTwin": {"tags": {"x": 1}}}"#;
    assert_eq!(central.hub.ask("PUT /jobs/v2/twin", &[], twin).await.status, 200);
    let message = format!("waits: all jobs are held since {now}: pumps run dry");
    let reason = json!({"code": "held", "message": message, "by": "administrator", "at": at});
    for id in ["new", "twin"] {
        assert_eq!(central.reason(id, "held").await, reason);
    }
    assert_eq!(central.hub.ask("GET /jobs/v2/twin", &[], "").await.json()["statusMessage"], json!(message));
    let published = central.ask("GET /jobs/new", "").await;
    assert_eq!(published.headers["x-ms-status-message"], message);
    assert_eq!(central.get("/jobHold").await["waiting"], 2);

    // What is stopped stays so; what people do themselves goes on.
    let refused = central.refused("POST /jobs/call/resume", &Value::Null).await;
    let text = format!("all jobs are held since {now}: pumps run dry; lift the hold first");
    assert_eq!(refused, ("409 Conflict".to_owned(), text));
    let patch = json!({"tags": {"by": "hand"}});
    central.done("PATCH /devices/d0/twin", &patch).await;
    // Again: it stands as it was, but for what is said.
    assert_eq!(central.done("PUT /jobHold", &Value::Null).await, json!({"waiting": 2}).on(&expected));
    let dry = central.done("PUT /jobHold", &json!({"reason": "still dry"})).await;
    assert_eq!(dry, json!({"waiting": 2, "reason": "still dry"}).on(&expected));

    central.done("DELETE /jobHold?resume=true", &Value::Null).await;
    let none = json!({"held": false, "stopped": 0, "stillStopped": 0});
    for id in ["new", "twin"] {
        central.until_own(id, "complete").await;
    }
    assert_eq!(central.reason("call", "absent").await["devices"], 2);
    let after = central.get("/jobHold").await;
    assert_eq!(after, json!({"running": 1, "waiting": 0}).on(&none));
    assert_eq!(outcome(&central.ask_in(OWN, "DELETE /jobHold", "").await), "404 NotFound");

    let did = |path: &str| {
        let path = path.to_owned();
        let central = &central;
        async move {
            let found = central.get(&path).await;
            let line = |entry: &Value| {
                ["actor", "action", "kind", "id", "detail"].map(|name| entry[name].as_str().unwrap_or("-")).join(" ")
            };
            found["value"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
        }
    };
    let activity = did("/jobs/call/activity").await;
    let expected = [
        "token:administrator resume job call the hold on all jobs was lifted",
        "token:administrator hold job call all jobs were held: pumps run dry",
    ];
    assert_eq!(activity[..2], expected.map(str::to_owned));
    assert_eq!(
        did("/audit?kind=jobHold").await,
        [
            "token:administrator release jobHold - 1 job resumed",
            "token:administrator hold jobHold - 0 jobs stopped: still dry",
            "token:administrator hold jobHold - 0 jobs stopped: pumps run dry",
            "token:administrator hold jobHold - 1 job stopped: pumps run dry",
        ]
    );
}

#[tokio::test]
async fn what_the_hold_stopped_stays_so_unless_it_is_asked_for() {
    let central = running().await;
    central.done("PUT /jobHold", &Value::Null).await;
    central.done("DELETE /jobHold", &Value::Null).await;
    let job = central.get("/jobs/call").await;
    assert_eq!((&job["status"], &job["reason"]["code"]), (&json!("stopped"), &json!("stoppedByHold")));
    assert_eq!(job["actions"], json!(["resume", "cancel"]));
    // Who stops it the next time is said then.
    central.done("POST /jobs/call/resume", &Value::Null).await;
    central.done("POST /jobs/call/stop", &Value::Null).await;
    assert_eq!(central.get("/jobs/call").await["reason"]["code"], "stopped");
}

#[tokio::test]
async fn a_brake_asks_for_nothing_but_refuses_what_it_does_not_know() {
    let central = fleet(1).await;
    for (body, expected) in [
        (json!({"reason": ""}), "422 UnprocessableEntity"),
        (json!({"reason": "two\nlines"}), "422 UnprocessableEntity"),
        (json!({"reason": "x".repeat(1025)}), "422 UnprocessableEntity"),
        (json!({"reson": "x"}), "422 UnprocessableEntity"),
        (json!({"reason": 1}), "422 UnprocessableEntity"),
    ] {
        assert_eq!(central.refused("PUT /jobHold", &body).await.0, expected, "{body}");
    }
    assert_eq!(central.get("/jobHold").await["held"], false);
    assert_eq!(outcome(&central.ask_in(OWN, "DELETE /jobHold?resume=yes", "").await), "400 BadRequest");
    // It is of our own version only.
    assert_eq!(outcome(&central.ask("PUT /jobHold", "{}").await), "404 NotFound");
    for body in ["", "{}"] {
        assert_eq!(outcome(&central.ask_in(OWN, "PUT /jobHold", body).await), "200");
    }
}

#[tokio::test]
async fn who_is_within_an_organization_sees_the_hold_and_his_own_jobs() {
    let central = organizations().await;
    let of_us = make_token(&central.hub, "us", &[(Role::OrgOperator, Some("us"))]).await;
    let engine = std::sync::Arc::clone(&central.hub.state.engine);
    engine.create_device("h".parse().unwrap(), DeviceSettings::default()).await.unwrap();
    assert_eq!(central.hub.ask("PUT /jobs/v2/call", &[], CALL).await.status, 200);
    central.reason("call", "absent").await;
    for call in ["PUT /jobHold", "DELETE /jobHold"] {
        let reply = central.ask_as(Some(&of_us), OWN, call, &[], "").await;
        assert_eq!(outcome(&reply), "403 Forbidden", "{}", reply.text);
    }
    let own = |token: &str| {
        let token = token.to_owned();
        let central = &central;
        async move {
            let found = central.ask_as(Some(&token), OWN, "GET /jobHold", &[], "").await.json();
            ["held", "stopped", "running"].map(|name| found[name].clone())
        }
    };
    assert_eq!(own(&of_us).await, [json!(false), json!(0), json!(0)]);
    assert_eq!(own(&central.token).await, [json!(false), json!(0), json!(1)]);
    central.done("PUT /jobHold", &Value::Null).await;
    assert_eq!(own(&of_us).await, [json!(true), json!(0), json!(0)]);
    assert_eq!(own(&central.token).await, [json!(true), json!(1), json!(0)]);
}

#[tokio::test]
async fn a_job_pauses_after_its_batch() {
    let central = fleet(5).await;
    for n in 0..5 {
        central.hub.devices.answer(central.hub.seq(&format!("d{n}")).await, 200, "null");
    }
    *central.hub.devices.delay.lock() = Duration::from_millis(700);
    let mut body = command("reboot");
    body["batch"] = json!({"type": "number", "value": 2});
    central.done("PUT /jobs/j", &body).await;
    central.reason("j", "lastAnswers").await;
    assert_eq!(central.get("/jobs/j").await["actions"], json!(["stop", "cancel", "pauseAfterBatch", "copy"]));
    central.done("PUT /jobs/j/pauseAfterBatch", &Value::Null).await;
    assert_eq!(central.get("/jobs/j").await["openBatch"]["pauses"], true);
    central.until("j", "stopped").await;
    let job = central.get("/jobs/j").await;
    let expected = json!({"code": "pausedAfterBatch", "message": "stopped after batch 1, as asked for by administrator",
                          "by": "administrator", "at": job["reason"]["at"], "batch": 1});
    assert_eq!(
        (&job["reason"], &job["openBatch"]["pauses"], &job["openBatch"]["number"]),
        (&expected, &json!(false), &json!(1))
    );
    assert_eq!((&job["counters"]["succeeded"], &job["counters"]["pending"]), (&json!(2), &json!(3)));
    let refused = central.refused("DELETE /jobs/j/pauseAfterBatch", &Value::Null).await;
    assert_eq!(refused, ("409 Conflict".to_owned(), "the job does not pause after this batch".to_owned()));
    let refused = central.refused("PUT /jobs/j/pauseAfterBatch", &Value::Null).await;
    assert_eq!(refused.0, "409 Conflict");

    central.done("POST /jobs/j/resume", &Value::Null).await;
    central.done("PUT /jobs/j/pauseAfterBatch", &Value::Null).await;
    central.done("DELETE /jobs/j/pauseAfterBatch", &Value::Null).await;
    central.until("j", "complete").await;
    let activity = central.get("/jobs/j/activity").await;
    let did: Vec<_> = activity["value"].as_array().unwrap().iter().rev().map(|entry| entry["action"].clone()).collect();
    let expected =
        ["create", "begin", "pauseAfterBatch", "pause", "resume", "pauseAfterBatch", "withdrawPause", "complete"];
    assert_eq!(json!(did), json!(expected));

    central.done("PUT /jobs/whole", &property(json!(1))).await;
    let refused = central.refused("PUT /jobs/whole/pauseAfterBatch", &Value::Null).await;
    assert_eq!(refused, ("409 Conflict".to_owned(), "the job has no batches".to_owned()));
}

impl Central {
    /// A job of either face has ended so.
    async fn until_own(&self, job: &str, status: &str) {
        for _ in 0..500 {
            if self.get(&format!("/jobs/{job}")).await["status"] == status {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("job {job} never became {status}");
    }
}

trait On {
    fn on(self, below: &Value) -> Value;
}

impl On for Value {
    /// These members over those.
    fn on(self, below: &Value) -> Value {
        let mut all = below.clone();
        for (name, value) in self.as_object().unwrap() {
            all[name] = value.clone();
        }
        all
    }
}
