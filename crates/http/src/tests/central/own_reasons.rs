//! Why a job waits, was stopped, was cancelled or failed, and who made it.

use std::sync::Arc;
use std::time::Duration;

use bellwether_engine::Settings;
use bellwether_model::access::Role;
use bellwether_model::identity::DeviceSettings;
use bellwether_model::job::{Action, CentralJob, Face, JobSpec, Target};
use bellwether_model::job_draft::JobDraft;
use bellwether_store::{Records, StoreError};
use serde_json::{Value, json};

use super::jobs::{command, fleet, property};
use super::{Central, Hub, OWN, make_token};

impl Central {
    /// The reason of a job, once it has this code.
    pub(super) async fn reason(&self, job: &str, code: &str) -> Value {
        let mut found = Value::Null;
        for _ in 0..500 {
            found = self.get(&format!("/jobs/{job}")).await;
            if found["reason"]["code"] == code {
                return found["reason"].clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{code} never was the reason: {found}");
    }
}

#[tokio::test]
async fn a_method_job_waits_for_devices_to_connect() {
    let central = fleet(2).await;
    let call = r#"{"type": "scheduleDeviceMethod", "queryCondition": "*", "maxExecutionTimeInSeconds": 60,
                   "cloudToDeviceMethod": {"methodName": "reboot"}}"#;
    assert_eq!(central.hub.ask("PUT /jobs/v2/call", &[], call).await.status, 200);
    let reason = central.reason("call", "absent").await;
    // The clock of these tests stands still.
    let at = central.hub.state.engine.now().plus_seconds(60).to_string();
    let message = format!("waits for 2 devices to connect until {at}");
    assert_eq!(reason, json!({"code": "absent", "message": message, "devices": 2, "at": at}));
    // The header of the published versions has what it had.
    assert_eq!(central.hub.ask("GET /jobs/v2/call", &[], "").await.json()["statusMessage"], Value::Null);
    central.done("POST /jobs/call/stop", &Value::Null).await;
    assert_eq!(central.get("/jobs/call").await["reason"]["code"], "stopped");
    central.done("POST /jobs/call/resume", &Value::Null).await;
    assert_eq!(central.reason("call", "absent").await["devices"], 2);
    central.done("POST /jobs/call/cancel", &Value::Null).await;
}

#[tokio::test]
async fn a_job_waits_for_the_last_answers() {
    let central = fleet(3).await;
    let seq = central.hub.seq("d0").await;
    central.hub.devices.answer(seq, 200, "null");
    *central.hub.devices.delay.lock() = Duration::from_millis(400);
    let mut body = command("reboot");
    body["batch"] = json!({"type": "number", "value": 2});
    central.done("PUT /jobs/c", &body).await;
    let reason = central.reason("c", "lastAnswers").await;
    let at = central.hub.state.engine.now().plus_seconds(30).to_string();
    let message = format!("waits for the answers of 1 device of batch 1, until {at} at the latest");
    assert_eq!(reason, json!({"code": "lastAnswers", "message": message, "devices": 1, "at": at}));
    central.until("c", "complete").await;
    assert_eq!(central.get("/jobs/c").await["reason"], Value::Null);
}

#[tokio::test]
async fn a_job_waits_for_a_slot() {
    let hub = Hub::with_settings(Settings { jobs_at_once: Some(1), ..Settings::default() }).await;
    let central = Central::of(hub).await;
    let engine = Arc::clone(&central.hub.state.engine);
    engine.create_device("d0".parse().unwrap(), DeviceSettings::default()).await.unwrap();
    let call = r#"{"type": "scheduleDeviceMethod", "queryCondition": "*", "maxExecutionTimeInSeconds": 60,
                   "cloudToDeviceMethod": {"methodName": "reboot"}}"#;
    for id in ["one", "two"] {
        assert_eq!(central.hub.ask(&format!("PUT /jobs/v2/{id}"), &[], call).await.status, 200);
        central.reason(id, if id == "one" { "absent" } else { "slot" }).await;
    }
    let reason = central.get("/jobs/two").await["reason"].clone();
    let message = "waits: as many jobs are running as may at once (1)";
    assert_eq!(reason, json!({"code": "slot", "message": message}));
}

#[tokio::test]
async fn a_job_that_could_not_be_run_says_why() {
    let central = fleet(1).await;
    let action = Action::UpdateTwin(r#"{"tags":{"x":1}}"#.to_owned());
    let target = Target::Group { group: "gone".to_owned() };
    let spec = JobSpec::of_hub("broken".parse().unwrap(), target, action, "service".to_owned());
    let engine = Arc::clone(&central.hub.state.engine);
    engine.create_job(JobSpec { face: Face::Central(CentralJob::default()), ..spec }).await.unwrap();
    let reason = central.reason("broken", "failed").await;
    assert!(reason["message"].as_str().unwrap().starts_with("the members of the device group"), "{reason}");
}

#[tokio::test]
async fn owners_have_names() {
    let central = fleet(1).await;
    let other = make_token(&central.hub, "night", &[(Role::Operator, None)]).await;
    let user = json!({"type": "email", "email": "ada@example.com", "roles": [{"role": Role::Operator.id()}]});
    central.done("PUT /users/ada", &user).await;
    let made = central.ask_as(Some(&other), OWN, "PUT /jobs/j", &[], &property(json!(1)).to_string()).await;
    assert_eq!((&made.json()["owner"], &made.json()["ownerName"]), (&json!("token:night"), &json!("night")));
    let draft = json!({"job": {}}).to_string();
    let saved = central.ask_as(Some(&other), OWN, "PUT /jobDrafts/d", &[], &draft).await.json();
    assert_eq!((&saved["owner"], &saved["ownerName"]), (&json!("token:night"), &json!("night")));
    // What was read can be sent.
    let again = central.ask_as(Some(&other), OWN, "PUT /jobDrafts/d", &[], &saved.to_string()).await;
    assert_eq!(again.status, 200, "{}", again.text);
    central.done("DELETE /apiTokens/night", &Value::Null).await;
    for call in ["/jobs/j", "/jobDrafts/d"] {
        let found = central.get(call).await;
        assert_eq!((&found["owner"], found.get("ownerName")), (&json!("token:night"), None), "{call}");
    }
    assert_eq!(central.get("/jobDrafts").await["value"][0].get("ownerName"), None);

    let store = central.hub.state.engine.store();
    let rename = |records: &Records<'_>| {
        let mut draft = records.get::<JobDraft>("d")?.unwrap().record;
        draft.owner = "user:ada".to_owned();
        records.put(draft)?;
        Ok::<_, StoreError>(())
    };
    store.change_records(rename).await.unwrap();
    assert_eq!(central.get("/jobDrafts").await["value"][0]["ownerName"], "ada@example.com");
}
