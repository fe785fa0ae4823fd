//! Jobs v2 over the wire (iot-hub §1).

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{Hub, NOW};

const METHOD: &str = r#"{"type":"scheduleDeviceMethod","cloudToDeviceMethod":{"methodName":"m"},"queryCondition":"*"}"#;
const TWIN: &str = r#"{"type":"scheduleUpdateTwin","updateTwin":{"tags":{"a":1}},"queryCondition":"*"}"#;
/// A method job that begins a day from now.
const LATER: &str = r#"{"type":"scheduleDeviceMethod","cloudToDeviceMethod":{"methodName":"m"},"queryCondition":"*",
    "startTime":"2026-11-21T12:00:00.000Z"}"#;

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[tokio::test]
async fn twin_job_from_create_to_end() {
    let hub = Hub::start().await;
    for id in ["a", "b"] {
        hub.create(id).await;
    }
    let body = r#"{"jobId":"fw-1","type":"scheduleUpdateTwin",
        "updateTwin":{"deviceId":null,"etag":"*","version":null,"tags":{"ring":1.0,"old":null},
            "properties":{"desired":{"fw":{"v":2e1}, "$version": 9},"reported":{}},"parentScopes":[]},
        "cloudToDeviceMethod":null,"queryCondition":"deviceId IN ['a','b', 'none']",
        "startTime":null,"maxExecutionTimeInSeconds":300,"unknown":{}}"#;
    let created = hub.ask("PUT /jobs/v2/fw-1", &[], body).await;
    assert_eq!(created.outcome(), "200");
    let now = NOW.to_string();
    let echo = r#""updateTwin":{"deviceId":null,"etag":"*","tags":{"ring":1.0,"old":null},"properties":{"desired":{"fw":{"v":2e1}}}}"#;
    let condition = "deviceId IN ['a','b', 'none']";
    let expected = format!(
        r#"{{"jobId":"fw-1","queryCondition":"{condition}","createdTime":"{now}","startTime":"{now}","maxExecutionTimeInSeconds":300,"type":"scheduleUpdateTwin",{echo},"status":"queued"}}"#
    );
    assert_eq!(created.text, expected);

    let ended = hub.until("fw-1", "completed").await;
    assert_eq!(ended["endTime"], now);
    let counts = json!({"deviceCount": 2, "failedCount": 0, "succeededCount": 2, "runningCount": 0, "pendingCount": 0});
    assert_eq!(ended["deviceJobStatistics"], counts);
    let twin = hub.ask("GET /twins/a", &[], "").await;
    assert!(twin.text.contains(r#""tags":{"ring":1.0}"#), "{}", twin.text);

    assert_eq!(hub.ask("PUT /jobs/v2/fw-1", &[], TWIN).await.outcome(), "409 JobAlreadyExists");
    assert_eq!(hub.ask("POST /jobs/v2/fw-1/cancel", &[], "").await.outcome(), "405 OperationNotAllowedInCurrentState");
}

#[tokio::test]
async fn method_job_echo() {
    let hub = Hub::start().await;
    for (method, echo) in [
        (
            r#"{"methodName":"m","payload":{"a": 1.0},"responseTimeoutInSeconds":15,"connectTimeoutInSeconds":0}"#,
            r#"{"methodName":"m","payload":{"a":1.0},"responseTimeoutInSeconds":15,"connectTimeoutInSeconds":0}"#,
        ),
        (r#"{"methodName":"m","payload":null}"#, r#"{"methodName":"m","responseTimeoutInSeconds":30}"#),
        (
            r#"{"methodName":"m","payload":"","timeoutInSeconds":20,"connectTimeoutInSeconds":null}"#,
            r#"{"methodName":"m","payload":"","responseTimeoutInSeconds":20}"#,
        ),
    ] {
        let body = METHOD.replace(r#"{"methodName":"m"}"#, method);
        let id = format!("j{}", method.len());
        let created = hub.ask(&format!("PUT /jobs/v2/{id}"), &[], &body).await;
        assert!(created.text.contains(&format!("\"cloudToDeviceMethod\":{echo}")), "{}", created.text);
        assert!(!has_null(&created.json()), "{}", created.text);
    }
}

#[tokio::test]
async fn every_way_to_write_a_job() {
    let hub = Hub::start().await;
    let mut n = 0;
    let mut types = Vec::new();
    for (spelling, canonical) in [
        ("scheduleDeviceMethod", "scheduleDeviceMethod"),
        ("scheduleDirectRequest", "scheduleDeviceMethod"),
        ("scheduledDeviceMethod", "scheduleDeviceMethod"),
        ("ScheduleDeviceMethod", "scheduleDeviceMethod"),
        ("scheduleUpdateTwin", "scheduleUpdateTwin"),
        ("scheduleTwinUpdate", "scheduleUpdateTwin"),
        ("scheduledUpdateTwin", "scheduleUpdateTwin"),
    ] {
        types.push((json!({"type": spelling}), "type", json!(canonical)));
    }
    let lifetime = "maxExecutionTimeInSeconds";
    let members = [
        (json!({"startTime": null}), "startTime", json!(NOW.to_string())),
        (json!({"startTime": "0001-01-01T00:00:00"}), "startTime", json!(NOW.to_string())),
        (json!({"startTime": "2026-11-19T12:00:00+02:00"}), "startTime", json!("2026-11-19T10:00:00.0000000Z")),
        (json!({"startTime": "2026-11-20T23:42:58.208893Z"}), "startTime", json!("2026-11-20T23:42:58.2088930Z")),
        (json!({lifetime: null}), lifetime, json!(3600)),
        (json!({lifetime: 0}), lifetime, json!(3600)),
        (json!({lifetime: 172_800}), lifetime, json!(172_800)),
        (json!({"queryCondition": " * "}), "queryCondition", json!(" * ")),
        (json!({"queryCondition": null, "deviceIds": ["a"]}), "queryCondition", json!("deviceId = 'a'")),
        (
            json!({"queryCondition": "tags.x = 1 OR tags.y = 2", "deviceIds": ["a", "b'c"]}),
            "queryCondition",
            json!("deviceId IN ['a','b\\'c'] AND (tags.x = 1 OR tags.y = 2)"),
        ),
        (json!({"jobId": null}), "status", json!("queued")),
        (json!({"updateTwin": {}}), "status", json!("queued")),
        (json!({"updateTwin": {"etag": null}}), "status", json!("queued")),
        (json!({"updateTwin": {"etag": "", "tags": null, "properties": null}}), "status", json!("queued")),
        (json!({"updateTwin": {"etag": "\"*\""}}), "status", json!("queued")),
        (json!({"type": "scheduleUpdateTwin", "updateTwin": {}}), "updateTwin", json!({"deviceId": null, "etag": "*"})),
        (
            json!({"type": "scheduleUpdateTwin", "updateTwin": {"tags": {}, "properties": {"desired": {}}}}),
            "updateTwin",
            json!({"deviceId": null, "etag": "*", "tags": {}, "properties": {"desired": {}}}),
        ),
    ];
    for (change, member, expected) in types.into_iter().chain(members) {
        n += 1;
        let mut body = json!({"type": "scheduleDeviceMethod", "cloudToDeviceMethod": {"methodName": "m"},
            "updateTwin": {"tags": {"a": 1}}, "queryCondition": "*"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let reply = hub.ask(&format!("PUT /jobs/v2/j-{n}"), &[], &body.to_string()).await;
        assert_eq!(reply.outcome(), "200", "{change}: {}", reply.text);
        assert_eq!(reply.json()[member], expected, "{change}");
    }
}

#[tokio::test]
async fn refusals_store_nothing() {
    let hub = Hub::start().await;
    for (change, expected) in [
        (json!({"type": null}), "400 ArgumentNull"),
        (json!({"type": "reboot"}), "400 GenericBadRequest"),
        (json!({"type": "import"}), "400 GenericBadRequest"),
        (json!({"jobId": "other"}), "400 ArgumentInvalid"),
        (json!({"jobId": 7}), "400 ArgumentInvalid"),
        (json!({"queryCondition": null}), "400 ArgumentNull"),
        (json!({"queryCondition": ""}), "400 ArgumentInvalid"),
        (json!({"queryCondition": " \n"}), "400 ArgumentInvalid"),
        (json!({"queryCondition": "tags.a ="}), "400 ArgumentInvalid"),
        (json!({"queryCondition": "1"}), "400 ArgumentInvalid"),
        (json!({"queryCondition": "SELECT * FROM devices"}), "400 ArgumentInvalid"),
        (json!({"queryCondition": format!("deviceId = '{}'", "x".repeat(1024 * 1024))}), "400 ArgumentInvalid"),
        (json!({"deviceIds": []}), "400 ArgumentInvalid"),
        (json!({"deviceIds": ["a b"]}), "400 ArgumentInvalid"),
        (json!({"startTime": "tomorrow"}), "400 ArgumentInvalid"),
        (json!({"startTime": "2026-11-27T12:00:01Z"}), "400 ArgumentInvalid"),
        (json!({"maxExecutionTimeInSeconds": -1}), "400 ArgumentInvalid"),
        (json!({"maxExecutionTimeInSeconds": "60"}), "400 ArgumentInvalid"),
        (json!({"cloudToDeviceMethod": null}), "400 ArgumentNull"),
        (json!({"cloudToDeviceMethod": {}}), "400 ArgumentInvalid"),
        (json!({"cloudToDeviceMethod": {"methodName": "a b"}}), "400 ArgumentInvalid"),
        (json!({"cloudToDeviceMethod": {"methodName": "m", "responseTimeoutInSeconds": 1}}), "400 ArgumentInvalid"),
        (json!({"type": "scheduleUpdateTwin"}), "400 ArgumentNull"),
        (json!({"type": "scheduleUpdateTwin", "updateTwin": []}), "400 ArgumentInvalid"),
        (json!({"type": "scheduleUpdateTwin", "updateTwin": {"etag": "AAAA"}}), "412 PreconditionFailed"),
        (json!({"type": "scheduleUpdateTwin", "updateTwin": {"desired": {"a": 1}}}), "400 ArgumentInvalid"),
        (json!({"type": "scheduleUpdateTwin", "updateTwin": {"tags": {"a b": 1}}}), "400 ArgumentInvalid"),
        (json!({"type": "scheduleUpdateTwin", "updateTwin": {"tags": {"a": [null]}}}), "400 ArgumentInvalid"),
    ] {
        let mut body: Value = serde_json::from_str(METHOD).unwrap();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let reply = hub.ask("PUT /jobs/v2/j1", &[], &body.to_string()).await;
        let shown: String = change.to_string().chars().take(100).collect();
        assert_eq!(reply.outcome(), expected, "{shown}");
        assert_eq!(hub.ask("GET /jobs/v2/j1", &[], "").await.json()["status"], "unknown", "{shown}");
    }
    for id in ["a_b", "a.b", "j%201", "query", &"a".repeat(65)] {
        assert_eq!(hub.ask(&format!("PUT /jobs/v2/{id}"), &[], METHOD).await.outcome(), "400 ArgumentInvalid", "{id}");
    }
    let reply = hub.ask("PUT /jobs/v2/j1", &[], &METHOD.replace('*', "tags.a = 'x' AND\\ntags.b ==")).await;
    assert!(reply.reason().starts_with("ErrorCode:ArgumentInvalid;SQL query parse failed due to following errors: 2:"));
    hub.state.engine.stop(std::time::Duration::ZERO).await;
    let stopping = hub.ask("PUT /jobs/v2/j1", &[], METHOD).await;
    assert_eq!(stopping.outcome(), "503 ServiceUnavailable");
    assert!(stopping.header("retry-after").is_some());
}

#[tokio::test]
async fn ids_that_nobody_took() {
    let hub = Hub::start().await;
    for (path, id) in [("none", "none"), ("a_b.c", "a_b.c"), ("%22%C3%A4%22", "\"ä\"")] {
        let reply = hub.ask(&format!("GET /jobs/v2/{path}"), &[], "").await;
        assert_eq!(reply.outcome(), "200");
        assert_eq!(reply.json(), json!({"jobId": id, "type": "unknown", "status": "unknown"}));
        assert_eq!(hub.ask(&format!("POST /jobs/v2/{path}/cancel"), &[], "").await.outcome(), "404 JobNotFound");
    }
}

#[tokio::test]
async fn scheduled_then_cancelled() {
    let hub = Hub::start().await;
    let created = hub.ask("PUT /jobs/v2/j1", &[], LATER).await.json();
    assert_eq!((&created["status"], &created["startTime"]), (&json!("queued"), &json!("2026-11-21T12:00:00.0000000Z")));
    let scheduled = hub.until("j1", "scheduled").await;
    assert!(scheduled.get("endTime").is_none() && scheduled.get("deviceJobStatistics").is_none(), "{scheduled}");
    for (call, body) in [("POST /jobs/v2/j1/cancel/", "{}"), ("POST /jobs/v2/j2/cancel", "")] {
        hub.ask("PUT /jobs/v2/j2", &[], LATER).await;
        let cancelled = hub.ask(call, &[], body).await;
        assert_eq!(cancelled.outcome(), "200");
        let cancelled = cancelled.json();
        assert_eq!((&cancelled["status"], &cancelled["endTime"]), (&json!("cancelled"), &json!(NOW.to_string())));
        assert!(!has_null(&cancelled));
    }
    assert_eq!(hub.ask("POST /jobs/v2/j1/cancel", &[], "").await.outcome(), "405 OperationNotAllowedInCurrentState");
}

#[tokio::test]
async fn cancel_of_a_running_job() {
    let hub = Hub::start().await;
    hub.create("absent").await;
    hub.ask("PUT /jobs/v2/j1", &[], METHOD).await;
    let running = hub.until("j1", "running").await;
    let waiting =
        json!({"deviceCount": 1, "failedCount": 0, "succeededCount": 0, "runningCount": 0, "pendingCount": 1});
    assert_eq!(running["deviceJobStatistics"], waiting);
    assert!(running.get("endTime").is_none());
    let cancelled = hub.ask("POST /jobs/v2/j1/cancel", &[], "").await.json();
    assert_eq!(cancelled["status"], "cancelled");
    let none = json!({"deviceCount": 1, "failedCount": 0, "succeededCount": 0, "runningCount": 0, "pendingCount": 0});
    assert_eq!(hub.until("j1", "cancelled").await["deviceJobStatistics"], none);
}

#[tokio::test]
async fn the_odd_uri() {
    let hub = Hub::start().await;
    for id in ["a", "b"] {
        hub.create(id).await;
        hub.devices.answer(hub.seq(id).await, 200, "null");
    }
    let method = r#""cloudToDeviceMethod":{"methodName":"m"}"#;
    for (path, body, condition, count) in [
        ("a/methods/j1", format!("{{{method}}}"), "deviceId = 'a'", 1),
        (
            "a/methods/j2/",
            format!(r#"{{{method},"queryCondition":"*","type":"scheduleDirectRequest"}}"#),
            "deviceId = 'a'",
            1,
        ),
        (
            "a/methods/j3",
            format!(r#"{{{method},"queryCondition":"deviceId = 'b'"}}"#),
            "deviceId = 'a' AND (deviceId = 'b')",
            0,
        ),
        ("none/methods/j4", format!("{{{method}}}"), "deviceId = 'none'", 0),
        ("a/methods/j5", format!(r#"{{{method},"deviceIds":["a","b"]}}"#), "deviceId = 'a'", 1),
    ] {
        let created = hub.ask(&format!("PUT /jobs/v2/{path}"), &[], &body).await;
        assert_eq!(created.outcome(), "200", "{path}: {}", created.text);
        let created = created.json();
        assert_eq!((&created["queryCondition"], &created["type"]), (&json!(condition), &json!("scheduleDeviceMethod")));
        let ended = hub.until(created["jobId"].as_str().unwrap(), "completed").await;
        assert_eq!(ended["deviceJobStatistics"]["deviceCount"], count, "{path}");
    }
    for (path, body) in [
        ("a/methods/j9", format!(r#"{{{method},"type":"scheduleUpdateTwin","updateTwin":{{}}}}"#)),
        ("a/methods/j9", format!(r#"{{{method},"jobId":"a"}}"#)),
        ("a%20b/methods/j9", format!("{{{method}}}")),
        ("a/methods/j_9", format!("{{{method}}}")),
    ] {
        assert_eq!(
            hub.ask(&format!("PUT /jobs/v2/{path}"), &[], &body).await.outcome(),
            "400 ArgumentInvalid",
            "{path}"
        );
    }
}

#[tokio::test]
async fn lists() {
    let hub = Hub::start().await;
    for id in ["j1", "j2", "j3"] {
        hub.ask(&format!("PUT /jobs/v2/{id}"), &[], TWIN).await;
        hub.until(id, "completed").await;
        hub.clock.0.fetch_add(1_000_000, Ordering::SeqCst);
    }
    for id in ["j4", "j5"] {
        hub.ask(&format!("PUT /jobs/v2/{id}"), &[], LATER).await;
        hub.until(id, "scheduled").await;
    }
    let list = async |target: &str, headers: &[(&str, &str)]| {
        let reply = hub.ask(&format!("GET /jobs/v2/query{target}"), headers, "").await;
        assert_eq!(reply.outcome(), "200", "{target}: {}", reply.text);
        assert_eq!(reply.header("x-ms-item-type"), Some("JobResponse"));
        let ids: Vec<String> =
            reply.json().as_array().unwrap().iter().map(|job| job["jobId"].as_str().unwrap().to_owned()).collect();
        (ids.join(" "), reply.header("x-ms-continuation").map(str::to_owned))
    };
    for (target, expected) in [
        ("", "j5 j4 j3 j2 j1"),
        ("/?jobType=", "j5 j4 j3 j2 j1"),
        ("?jobType=scheduleUpdateTwin", "j3 j2 j1"),
        ("?jobType=ScheduleDeviceMethod", "j5 j4"),
        ("?jobType=scheduleTwinUpdate&jobStatus=Completed", "j3 j2 j1"),
        ("?jobStatus=finished", "j3 j2 j1"),
        ("?jobStatus=Scheduled", "j5 j4"),
        ("?jobStatus=pending", ""),
        ("?jobStatus=unknown", ""),
        ("?jobType=export", ""),
        ("?pageSize=1000", "j5 j4 j3 j2 j1"),
    ] {
        assert_eq!(list(target, &[]).await, (expected.to_owned(), None), "{target}");
    }
    // Both styles of paging, and one after the other.
    let (page, token) = list("?jobStatus=completed", &[("x-ms-max-item-count", "2")]).await;
    let token = token.unwrap();
    assert_eq!(page, "j3 j2");
    let by_query = format!("?jobStatus=completed&pageSize=2&continuationToken={token}");
    assert_eq!(list(&by_query, &[]).await, ("j1".to_owned(), None));
    assert_eq!(list("?jobStatus=Finished&pageSize=7", &[("x-ms-continuation", &token)]).await, ("j1".to_owned(), None));
    assert_eq!(list("?pageSize=5", &[]).await.1, None, "a full last page has no token");

    for (target, headers) in [
        ("", &[("x-ms-continuation", &*token)][..]),
        ("?jobStatus=completed", &[("x-ms-continuation", "x")][..]),
        ("?pageSize=0", &[][..]),
        ("?pageSize=2", &[("x-ms-max-item-count", "-2")][..]),
        ("?jobStatus=sleeping", &[][..]),
        ("?jobType=cleaning", &[][..]),
    ] {
        let reply = hub.ask(&format!("GET /jobs/v2/query{target}"), headers, "").await;
        assert_eq!(reply.outcome(), "400 ArgumentInvalid", "{target}");
    }
}
