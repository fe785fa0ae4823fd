//! Calls as published clients send them, slips included: the Azure CLI (client-traffic §6, iot-central §13.1), the
//! IoTC Migrator (§13.2), and the how-to of 2021 (§3.7).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::schema::Description;
use super::{Central, Reply};
use crate::central::version::Version;

/// What the command line sends with every call.
const CLI: [(&str, &str); 4] = [
    ("User-Agent", "IoTPlatformCliExtension/0.25.0"),
    ("Accept", "*/*"),
    ("x-ms-client-request-id", "5f5f3a3e-0000-4000-8000-4a4a4a4a4a4a"),
    ("Content-Type", "application/json"),
];

/// Reads an answer as the command line does: 201 and 204 are a success whose body nobody reads; every other answer
/// is JSON, and a failure when it has a member `error`.
fn as_the_cli_reads(reply: &Reply) -> Result<Option<Value>, String> {
    if [StatusCode::CREATED, StatusCode::NO_CONTENT].contains(&reply.status) {
        return Ok(None);
    }
    let value = reply.json();
    if value.get("error").is_some() { Err(reply.text.clone()) } else { Ok(Some(value)) }
}

impl Central {
    async fn cli(&self, version: &str, call: &str, body: &str) -> Reply {
        self.ask_as(Some(&self.token), version, call, &CLI, body).await
    }

    /// A thermostat template, its group, and devices of it that answer.
    async fn of_thermostats(&self, devices: usize) {
        let template = r#"{"@type":["ModelDefinition","DeviceModel"],"displayName":"thermo","capabilityModel":{"@id":"dtmi:x:thermo:model;1","@type":"Interface","contents":[
            {"@type":"Property","name":"target","schema":"double","writable":true},
            {"@type":"Command","name":"reboot"}]}}"#;
        self.set_up("PUT /deviceTemplates/dtmi:x:thermo;1", template).await;
        for n in 0..devices {
            let device = format!("d{n}");
            self.set_up(&format!("PUT /devices/{device}"), r#"{"template":"dtmi:x:thermo;1"}"#).await;
            self.hub.devices.answer(self.hub.seq(&device).await, 200, "null");
        }
        let group = r#"{"displayName":"all","filter":"SELECT * FROM devices WHERE $template = \"dtmi:x:thermo;1\""}"#;
        self.set_up("PUT /deviceGroups/all", group).await;
    }
}

/// Every call of client-traffic §6, in an order in which each has something to find.
#[tokio::test]
async fn the_command_line() {
    const STABLE: &str = "2022-07-31";
    const OLDER: &str = "2022-06-30-preview";
    let central = Central::start().await;
    let template = r#"{"@type":["ModelDefinition","DeviceModel"],"displayName":"thermo","capabilityModel":{"@id":"dtmi:x:thermo:model;1","@type":"Interface","contents":[
        {"@type":"Property","name":"target","schema":"double","writable":true},{"@type":"Command","name":"reboot"}]}}"#;
    let device = r#"{"displayName":"d0","simulated":false,"enabled":true,"template":"dtmi:x:thermo;1"}"#;
    let group = r#"{"displayName":"all","filter":"SELECT * FROM devices WHERE $template = \"dtmi:x:thermo;1\"","description":"every one"}"#;
    let property = r#"{"displayName":"j1","group":"all","data":[{"type":"property","target":"dtmi:x:thermo;1","path":"target","value":20}],"description":"warm","batch":{"type":"number","value":1},"cancellationThreshold":{"type":"number","value":1,"batch":"number"}}"#;
    let failing = r#"{"displayName":"j2","group":"all","data":[{"type":"CommandJobData","target":"dtmi:x:other;1","path":"reboot"}]}"#;
    let scheduled = r#"{"displayName":"s1","group":"all","data":[{"type":"property","target":"dtmi:x:thermo;1","path":"target","value":21}],"schedule":{"start":"2027-01-01T00:00:00Z","recurrence":"daily"},"cancellationThreshold":{"type":"percentage","value":10,"batch":"number"}}"#;
    for (version, call, body, status) in [
        (OLDER, "PUT /deviceTemplates/dtmi:x:thermo;1", template, 200),
        (OLDER, "PUT /deviceTemplates/dtmi:x:other;1", template, 200),
        (OLDER, "GET /deviceTemplates/dtmi:x:thermo;1", "", 200),
        (OLDER, "GET /deviceTemplates", "", 200),
        (STABLE, "PUT /devices/d0", device, 200),
        (STABLE, "GET /devices/d0", "", 200),
        (OLDER, "GET /devices", "", 200),
        (STABLE, "GET /devices/d0/credentials", "", 200),
        (STABLE, "GET /devices/d0/properties", "", 200),
        (STABLE, "PUT /deviceGroups/all", group, 200),
        (STABLE, "GET /deviceGroups/all", "", 200),
        (STABLE, "GET /deviceGroups", "", 200),
        (STABLE, "POST /devices/d0/commands/reboot", r#"{"request": null}"#, 404),
        (STABLE, "PUT /jobs/j1", property, 200),
        (STABLE, "GET /jobs/j1", "", 200),
        (STABLE, "GET /jobs", "", 200),
        (STABLE, "GET /jobs/j1/devices", "", 200),
        (STABLE, "PUT /jobs/j2", failing, 200),
        (STABLE, "PUT /scheduledJobs/s1", scheduled, 200),
        (STABLE, "GET /scheduledJobs/s1", "", 200),
        (STABLE, "GET /scheduledJobs", "", 200),
        (STABLE, "GET /scheduledJobs/s1/jobs", "", 200),
        // Sent when a threshold is given without the flag.
        (
            STABLE,
            "PATCH /scheduledJobs/s1",
            r#"{"displayName":"s1","cancellationThreshold":{"type":"number","value":2,"batch":null}}"#,
            200,
        ),
        (STABLE, "DELETE /scheduledJobs/s1", "", 204),
        (STABLE, "DELETE /deviceGroups/all", "", 204),
        (STABLE, "DELETE /devices/d0", "", 204),
        (OLDER, "DELETE /deviceTemplates/dtmi:x:other;1", "", 204),
    ] {
        let reply = central.cli(version, call, body).await;
        assert_eq!(reply.status.as_u16(), status, "{call}: {}", reply.text);
        assert_eq!(as_the_cli_reads(&reply).is_ok(), status < 300, "{call}: {}", reply.text);
        if call == "PUT /jobs/j2" {
            central.until("j2", "complete").await;
        }
    }
}

/// Stop, resume and rerun carry no body, and answer as the command line can read.
#[tokio::test]
async fn stop_resume_and_rerun_without_a_body() {
    let central = Central::start().await;
    central.of_thermostats(1).await;
    *central.hub.devices.delay.lock() = std::time::Duration::from_secs(60);
    let job =
        r#"{"displayName":"j","group":"all","data":[{"type":"command","target":"dtmi:x:thermo;1","path":"reboot"}]}"#;
    let failing = job.replace("thermo;1", "other;1");
    let other = r#"{"@type":["ModelDefinition","DeviceModel"],"displayName":"other","capabilityModel":{"@id":"dtmi:x:other:model;1","@type":"Interface","contents":[
        {"@type":"Command","name":"reboot"}]}}"#;
    central.set_up("PUT /deviceTemplates/dtmi:x:other;1", other).await;
    central.set_up("PUT /jobs/slow", job).await;
    central.set_up("PUT /jobs/bad", &failing).await;
    central.until("bad", "complete").await;
    for (call, status) in [
        ("POST /jobs/slow/stop", 204),
        ("POST /jobs/slow/resume", 204),
        ("PUT /jobs/bad/rerun/again", 200),
        ("GET /jobs/again", 200),
    ] {
        let headers = [("Content-Length", "0"), ("Content-Type", "application/json")];
        let reply = central.ask_as(Some(&central.token), "2022-07-31", call, &headers, "").await;
        assert_eq!(reply.status.as_u16(), status, "{call}: {}", reply.text);
        assert_eq!(reply.text.is_empty(), status == 204, "{call}: {}", reply.text);
    }
}

/// `--ctb` arrives as a string, and as `"number"` when it is not given at all.
#[tokio::test]
async fn the_threshold_flag_is_a_string() {
    let central = Central::start().await;
    central.of_thermostats(1).await;
    for (n, (sent, shown)) in [
        (r#""number""#, json!(false)),
        (r#""true""#, json!(true)),
        (r#""false""#, json!(false)),
        ("true", json!(true)),
        ("null", json!(false)),
    ]
    .into_iter()
    .enumerate()
    {
        let body = format!(
            r#"{{"group":"all","data":[{{"type":"property","target":"dtmi:x:thermo;1","path":"target","value":{n}}}],"cancellationThreshold":{{"type":"number","value":3,"batch":{sent}}}}}"#
        );
        let reply = central.cli("2022-07-31", &format!("PUT /jobs/j{n}"), &body).await;
        assert_eq!(reply.status.as_u16(), 200, "{sent}: {}", reply.text);
        let threshold = &reply.json()["cancellationThreshold"];
        assert_eq!(threshold.get("batch").unwrap_or(&json!(false)), &shown, "{sent}");
    }
}

/// It follows the link with `api-version` at its end again.
#[tokio::test]
async fn links_are_followed_with_the_version_twice() {
    let central = Central::start().await;
    central.of_thermostats(60).await;
    let job = r#"{"group":"all","data":[{"type":"property","target":"dtmi:x:thermo;1","path":"target","value":20}]}"#;
    central.set_up("PUT /jobs/j", job).await;
    central.until("j", "complete").await;
    for (version, path) in [("2022-07-31", "/jobs/j/devices"), ("2022-06-30-preview", "/devices")] {
        let mut seen = Vec::new();
        let mut call = format!("GET {path}");
        loop {
            let reply = central.cli(version, &call, "").await;
            assert_eq!(reply.status.as_u16(), 200, "{}", reply.text);
            let page = reply.json();
            seen.extend(page["value"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            let Some(link) = page.get("nextLink") else { break };
            let (_, target) = link.as_str().unwrap().split_once("/api").unwrap();
            // `ask_as` appends the version, which stands in the link already.
            assert!(target.contains(&format!("api-version={version}")), "{target}");
            call = format!("GET {target}");
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 60, "{path}");
    }
}

/// A merge patch under either content type, whatever the description of the resource says (iot-central §2).
#[tokio::test]
async fn patches_of_both_content_types() {
    let central = Central::start().await;
    central.of_thermostats(1).await;
    central.set_up("PUT /organizations/here", "{}").await;
    let scheduled = r#"{"group":"all","data":[{"type":"property","target":"dtmi:x:thermo;1","path":"target","value":21}],"schedule":{"start":"2027-01-01T00:00:00Z"}}"#;
    central.set_up("PUT /scheduledJobs/s", scheduled).await;
    let enrollment = r#"{"displayName":"e","type":"iot","attestation":{"type":"symmetricKey"}}"#;
    central.set_up("PUT /enrollmentGroups/e", enrollment).await;
    for path in [
        "/organizations/here",
        "/scheduledJobs/s",
        "/enrollmentGroups/e",
        "/deviceGroups/all",
        "/devices/d0",
        "/deviceTemplates/dtmi:x:thermo;1",
    ] {
        for (n, kind) in ["application/json", "application/merge-patch+json", "application/json; charset=utf-8"]
            .into_iter()
            .enumerate()
        {
            let (call, body) = (format!("PATCH {path}"), format!(r#"{{"displayName":"name {n}"}}"#));
            let headers = [("Content-Type", kind)];
            let reply = central.ask_as(Some(&central.token), "2022-07-31", &call, &headers, &body).await;
            assert_eq!(reply.status.as_u16(), 200, "{call} {kind}: {}", reply.text);
            assert_eq!(reply.json()["displayName"], format!("name {n}"), "{call} {kind}");
        }
    }
}

/// The migrator reads `progress` of every job without looking whether it is there, and takes 422 for a template
/// without its command.
#[tokio::test]
async fn the_migrator() {
    let central = Central::start().await;
    central.of_thermostats(1).await;
    let job = |path: &str| {
        format!(
            r#"{{"displayName":"move","description":"AUTOMATED-DEVICE-MOVE","group":"all","data":[{{"type":"command","target":"dtmi:x:thermo;1","path":"{path}","value":{{"idScope":"0ne0"}}}}]}}"#
        )
    };
    let reply = central.ask_in("2022-07-31", "PUT /jobs/bad", &job("migration.DeviceMove")).await;
    assert_eq!(super::outcome(&reply), "422 UnprocessableEntity");
    central
        .set_up(
            "PUT /jobs/property",
            r#"{"group":"all","data":[{"type":"property","target":"dtmi:x:thermo;1","path":"target","value":1}]}"#,
        )
        .await;
    let jobs = central.ask_in("2022-07-31", "GET /jobs", "").await.json();
    for job in jobs["value"].as_array().unwrap() {
        for count in ["total", "pending", "completed", "failed"] {
            assert!(job["progress"][count].is_u64(), "{job}");
        }
    }
}

/// §3.7: the payloads of the 2021 how-to as they stand, in `preview`.
#[tokio::test]
async fn the_how_to_of_2021() {
    let central = Central::of_the_examples(&super::replay::template(Version::V2022_07_31)).await;
    let threshold = r#""batch":{"type":"percentage","value":25},"cancellationThreshold":{"type":"percentage","value":10,"batch":false}"#;
    let jobs = [
        (
            "job-004",
            format!(
                r#"{{"displayName":"Report","description":"…","group":"thermostats",{threshold},"data":[{{"type":"CommandJobData","target":"dtmi:modelDefinition:ccc:ddd","path":"getMaxMinReport","value":"2021-06-15T05:00:00.000Z"}}]}}"#
            ),
        ),
        (
            "job-005",
            r#"{"displayName":"Target","description":"…","group":"thermostats","data":[{"type":"PropertyJobData","target":"dtmi:modelDefinition:ccc:ddd","path":"targetTemperature","value":56}]}"#.to_owned(),
        ),
        (
            "job-006",
            r#"{"displayName":"Customer","description":"…","group":"customers","data":[{"type":"CloudPropertyJobData","target":"dtmi:modelDefinition:aaa:bbb","path":"CustomerName","value":"Contoso"}]}"#.to_owned(),
        ),
        (
            "job-007",
            format!(
                r#"{{"displayName":"Target","description":"…","group":"thermostats",{threshold},"data":[{{"type":"PropertyJobData","target":"dtmi:modelDefinition:ccc:ddd","path":"targetTemperature","value":"55"}}]}}"#
            ),
        ),
    ];
    central.hub.devices.answer(central.hub.seq("therm-01").await, 200, "null");
    let description = Description::of(Version::Preview);
    let check = |id: &str, reply: &Reply| {
        let operation = description.operation(id).unwrap();
        let faults = description.faults_of_answer(&operation, reply.status.as_u16(), &reply.text);
        assert!(faults.is_empty(), "{id}: {faults:?} {}", reply.text);
        reply.json()
    };
    for (id, body) in &jobs {
        let reply = central.ask_in("preview", &format!("PUT /jobs/{id}"), body).await;
        let mut expected: Value = serde_json::from_str(body).unwrap();
        expected["id"] = json!(id);
        expected["status"] = json!("pending");
        assert_eq!(check("Jobs_Create", &reply), expected);
        central.until(id, "complete").await;
        let shown = check("Jobs_Get", &central.ask_in("preview", &format!("GET /jobs/{id}"), "").await);
        expected["status"] = json!("complete");
        assert_eq!(shown, expected);
        // Time goes on between them: the list is in the order of their making.
        central.hub.clock.0.fetch_add(1_000_000, std::sync::atomic::Ordering::SeqCst);
    }
    let list = check("Jobs_List", &central.ask_in("preview", "GET /jobs", "").await);
    let ids: Vec<_> = list["value"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["job-007", "job-006", "job-005", "job-004"], "newest first");
    assert_eq!(list.get("nextLink"), None);
    for (id, device) in [("job-004", "therm-01"), ("job-006", "customer-01")] {
        let devices = central.ask_in("preview", &format!("GET /jobs/{id}/devices"), "").await;
        let expected = json!({"value": [{"id": device, "status": "completed"}]});
        assert_eq!(check("Jobs_GetDevices", &devices), expected);
    }
    // A number given as text reaches the device as a number.
    let told = central.hub.devices.told.lock().clone();
    assert!(told.iter().any(|patch| patch.ends_with(r#"{"targetTemperature":55}"#)), "{told:?}");
}
