//! Scheduled jobs as a client sees them.

use serde_json::{Value, json};

use super::device_groups::{COOLER, fleet};
use super::{Central, outcome};

async fn central() -> Central {
    let central = fleet().await;
    let group = json!({"displayName": "G", "filter": "SELECT * FROM devices"}).to_string();
    assert_eq!(central.ask("PUT /deviceGroups/g", &group).await.status, 200);
    central
}

fn body() -> Value {
    json!({
        "group": "g",
        "data": [{"type": "property", "target": COOLER, "path": "target", "value": 21.5}],
        "schedule": {"start": "2090-05-24T22:29:01Z", "recurrence": "daily"}
    })
}

#[tokio::test]
async fn made_changed_and_deleted() {
    let central = central().await;
    let made = central.ask("PUT /scheduledJobs/night_1", &body().to_string()).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let mut expected = body();
    expected["id"] = json!("night_1");
    expected["description"] = json!("");
    expected["enabled"] = json!(true);
    expected["completed"] = json!(false);
    expected["schedule"]["start"] = json!("2090-05-24T22:29:01.0000000Z");
    let mut document = made.json();
    let etag = document.as_object_mut().unwrap().remove("etag").unwrap();
    assert_eq!(document, expected);
    assert_eq!(central.ask("GET /scheduledJobs/night_1", "").await.json()["etag"], etag);

    // What a patch does not touch keeps its digits; null takes a member away.
    let patch = r#"{"schedule":{"recurrence":null,"end":{"type":"date","date":"2091-01-31"}},"displayName":"Night",
        "batch":{"type":"percentage","value":12.50},
        "data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":"1e1"}]}"#;
    let patched = central.ask("PATCH /scheduledJobs/night_1", patch).await;
    assert_eq!(patched.status, 200, "{}", patched.text);
    let patch = r#"{"enabled":false,"schedule":{"end":null}}"#;
    let patched = central.ask("PATCH /scheduledJobs/night_1", patch).await;
    for part in [
        r#""batch":{"type":"percentage","value":12.50}"#,
        r#""value":"1e1""#,
        r#""schedule":{"start":"2090-05-24T22:29:01.0000000Z"}"#,
        r#""displayName":"Night""#,
        r#""enabled":false,"completed":false"#,
    ] {
        assert!(patched.text.contains(part), "{part} in {}", patched.text);
    }

    let stale = [("If-Match", etag.as_str().unwrap())];
    let token = Some(central.token.as_str());
    let version = "2022-10-31-preview";
    let refused = central.ask_as(token, version, "PATCH /scheduledJobs/night_1", &stale, "{}").await;
    assert_eq!(outcome(&refused), "412 PreconditionFailed");
    // The group is in use as long as it is referred to.
    assert_eq!(outcome(&central.ask("DELETE /deviceGroups/g", "").await), "409 Conflict");
    assert_eq!(central.ask("DELETE /scheduledJobs/night_1", "").await.status, 204);
    assert_eq!(outcome(&central.ask("DELETE /scheduledJobs/night_1", "").await), "404 NotFound");
    assert_eq!(outcome(&central.ask("PATCH /scheduledJobs/night_1", "{}").await), "404 NotFound");
    assert_eq!(central.ask("DELETE /deviceGroups/g", "").await.status, 204);
}

#[tokio::test]
async fn lists_have_pages() {
    let central = central().await;
    for id in ["a", "b", "c"] {
        assert_eq!(central.ask(&format!("PUT /scheduledJobs/{id}"), &body().to_string()).await.status, 200);
    }
    let page = central.ask("GET /scheduledJobs?maxpagesize=2", "").await.json();
    let ids = |page: &Value| page["value"].as_array().unwrap().iter().map(|job| job["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&page), ["a", "b"]);
    let link = page["nextLink"].as_str().unwrap();
    let target = link.split_once("/api").unwrap().1;
    let rest = central.ask(&format!("GET {target}"), "").await.json();
    assert_eq!((ids(&rest), rest.get("nextLink")), (vec![json!("c")], None));
}

#[tokio::test]
async fn what_is_refused_names_the_member() {
    let central = central().await;
    let cases: &[(&str, Value, &str)] = &[
        ("/schedule", json!(null), "schedule must"),
        ("/schedule/start", json!(null), "schedule.start must"),
        ("/schedule/start", json!("tomorrow"), "schedule.start is not"),
        ("/schedule/start", json!("0001-01-01T00:00:00Z"), "schedule.start must lie"),
        ("/schedule/recurrence", json!("yearly"), "schedule.recurrence must"),
        ("/schedule/end", json!({}), "schedule.end.type must"),
        ("/schedule/end", json!({"type": "date"}), "schedule.end.date must"),
        ("/schedule/end", json!({"type": "date", "date": "31.1.2091"}), "schedule.end.date must be a date"),
        ("/schedule/end", json!({"type": "date", "date": "2090-05-23"}), "schedule.end.date must not lie before"),
        ("/schedule/end", json!({"type": "occurrences"}), "schedule.end.occurrences must"),
        ("/schedule/end", json!({"type": "occurrences", "occurrences": 0}), "schedule.end.occurrences must be 1"),
        ("/schedule/end", json!({"type": "occurrences", "occurrences": 1000}), "schedule.end.occurrences must be 1"),
        ("/schedule/end", json!({"type": "occurrences", "occurrences": -4294967295i64}), "schedule.end.occurrences"),
        ("/group", json!("nowhere"), "group is no"),
        ("/data", json!([]), "data must"),
        ("/data/0/path", json!("nothing"), "data[0]"),
    ];
    for (pointer, value, expected) in cases {
        let mut body = body();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value.clone();
        let reply = central.ask("PUT /scheduledJobs/s", &body.to_string()).await;
        assert_eq!(outcome(&reply), "422 UnprocessableEntity", "{pointer} {value}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().starts_with(expected), "{}", reply.text);
    }
    assert_eq!(outcome(&central.ask("PUT /scheduledJobs/s", "{").await), "400 BadRequest");
    assert_eq!(outcome(&central.ask("PATCH /scheduledJobs/s", "[]").await), "422 UnprocessableEntity");
    assert_eq!(outcome(&central.ask("PUT /scheduledJobs/a.b", &body().to_string()).await), "400 BadRequest");
    assert_eq!(central.ask("GET /scheduledJobs", "").await.json(), json!({"value": []}));
}
