//! `POST /devices/query` (query-language.md §7).

use serde_json::{Value, json};

use super::{Hub, Reply};

async fn query(hub: &Hub, text: &str, headers: &[(&str, &str)]) -> Reply {
    hub.ask("POST /devices/query", headers, &json!({"query": text, "more": 1}).to_string()).await
}

fn ids(reply: &Reply) -> Vec<String> {
    let rows = reply.json();
    rows.as_array().unwrap().iter().map(|row| row["deviceId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn kinds_of_rows() {
    let hub = Hub::start().await;
    hub.create("dev").await;
    for (text, item_type, rows) in [
        ("SELECT * FROM devices", "Twin", 1),
        ("select * from devices where deviceId = 'none'", "Twin", 0),
        ("SELECT * FROM devices.modules", "Twin", 0),
        ("SELECT * FROM devices.jobs", "DeviceJob", 0),
        ("SELECT deviceId FROM devices", "Raw", 1),
        ("SELECT COUNT() AS n FROM devices", "Raw", 1),
    ] {
        let reply = query(&hub, text, &[]).await;
        assert_eq!(reply.outcome(), "200", "{text}: {}", reply.text);
        assert_eq!(reply.header("x-ms-item-type"), Some(item_type), "{text}");
        assert_eq!(reply.header("x-ms-continuation"), None, "{text}");
        assert_eq!(reply.json().as_array().map(Vec::len), Some(rows), "{text}");
    }
    let twin = hub.ask("GET /twins/dev", &[], "").await.json();
    assert_eq!(query(&hub, "SELECT * FROM devices", &[]).await.json(), json!([twin]));
}

#[tokio::test]
async fn pages() {
    let hub = Hub::start().await;
    for id in ["a", "b", "c", "d", "e"] {
        hub.create(id).await;
    }
    let text = "SELECT * FROM devices";
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = query(&hub, text, &[("x-ms-max-item-count", "2"), ("x-ms-continuation", &token)]).await;
        assert_eq!(page.outcome(), "200");
        seen.push(ids(&page).join(""));
        match page.header("x-ms-continuation") {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(seen, ["ab", "cd", "e"]);
    // A full last page has no token: nothing comes after it.
    assert_eq!(query(&hub, text, &[("x-ms-max-item-count", "5")]).await.header("x-ms-continuation"), None);

    let exchanged = [
        ("SELECT * FROM devices ", token.clone()),
        ("SELECT * FROM devices WHERE status = 'enabled'", token.clone()),
        (text, format!("{token}A")),
        (text, token.replace(token.chars().last().unwrap(), "_")),
        (text, "no token".to_owned()),
    ];
    for (text, token) in exchanged {
        let reply = query(&hub, text, &[("x-ms-continuation", &token)]).await;
        assert_eq!(reply.outcome(), "400 ArgumentInvalid", "{text} {token}");
    }
    for size in ["0", "-1", "many"] {
        assert_eq!(query(&hub, text, &[("x-ms-max-item-count", size)]).await.outcome(), "400 ArgumentInvalid");
    }
    assert_eq!(ids(&query(&hub, text, &[("x-ms-max-item-count", "1000")]).await).len(), 5);
}

#[tokio::test]
async fn a_hundred_rows_at_most() {
    let hub = Hub::start().await;
    for n in 0..101 {
        hub.create(&format!("d{n}")).await;
    }
    for headers in [&[][..], &[("x-ms-max-item-count", "1000")][..]] {
        let page = query(&hub, "SELECT * FROM devices", headers).await;
        assert_eq!(ids(&page).len(), 100);
        let token = page.header("x-ms-continuation").unwrap();
        let rest = query(&hub, "SELECT * FROM devices", &[("x-ms-continuation", token)]).await;
        assert_eq!((ids(&rest), rest.header("x-ms-continuation")), (vec!["d100".to_owned()], None));
    }
}

#[tokio::test]
async fn refusals() {
    let hub = Hub::start().await;
    for (body, expected) in [
        ("{}", "400 ArgumentNull"),
        (r#"{"query":null}"#, "400 ArgumentNull"),
        (r#"{"query":""}"#, "400 ArgumentNull"),
        (r#"{"query":" "}"#, "400 ArgumentInvalid"),
        (r#"{"query":"SELECT * FROM devices WHERE"}"#, "400 ArgumentInvalid"),
        (r#"{"query":"DROP TABLE devices"}"#, "400 ArgumentInvalid"),
        ("[]", "400 ArgumentInvalid"),
    ] {
        assert_eq!(hub.ask("POST /devices/query", &[], body).await.outcome(), expected, "{body}");
    }
    let reply = query(&hub, "SELECT * FROM devices\nWHERE tags.a ==", &[]).await;
    let reason = reply.reason();
    assert!(reason.starts_with("ErrorCode:ArgumentInvalid;BadRequest: "), "{reason}");
    assert!(reason.contains(" 2:"), "names the line: {reason}");
    let long = format!("SELECT * FROM devices WHERE deviceId = '{}'", "x".repeat(8192));
    assert_eq!(query(&hub, &long, &[]).await.outcome(), "400 ArgumentInvalid");
}

#[tokio::test]
async fn rows_of_jobs() {
    let hub = Hub::start().await;
    for id in ["a", "b"] {
        hub.create(id).await;
    }
    hub.devices.answer(hub.seq("a").await, 200, "{\"ok\":true}");
    hub.devices.answer(hub.seq("b").await, 500, "null");
    let job = r#"{"type":"scheduleDeviceMethod","cloudToDeviceMethod":{"methodName":"m"},"queryCondition":"*"}"#;
    assert_eq!(hub.ask("PUT /jobs/v2/j1", &[], job).await.outcome(), "200");
    hub.until("j1", "completed").await;
    let text = "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j1'";
    let first = query(&hub, text, &[("x-ms-max-item-count", "1")]).await;
    assert_eq!(first.header("x-ms-item-type"), Some("DeviceJob"));
    let token = first.header("x-ms-continuation").unwrap();
    let second = query(&hub, text, &[("x-ms-max-item-count", "1"), ("x-ms-continuation", token)]).await;
    assert_eq!(second.header("x-ms-continuation"), None);
    let row = |reply: &Reply| -> Value { reply.json()[0].clone() };
    assert_eq!(row(&first)["outcome"], json!({"deviceMethodResponse": {"status": 200, "payload": {"ok": true}}}));
    assert_eq!((&row(&second)["deviceId"], &row(&second)["status"]), (&json!("b"), &json!("completed")));
}
