//! Relationships between devices (iot-central §7.4).

use bellwether_model::access::Role;
use serde_json::json;

use super::{Central, make_token, outcome};

async fn start() -> Central {
    let central = Central::start().await;
    for id in ["gw", "d2", "d3", "d4"] {
        assert_eq!(outcome(&central.ask(&format!("PUT /devices/{id}"), "{}").await), "200");
    }
    central
}

#[tokio::test]
async fn made_changed_and_deleted() {
    let central = start().await;
    let unprocessable = "422 UnprocessableEntity";
    let whole = r#"{"id":"r1","source":"gw","target":"d2"}"#;
    central
        .check(
            &central.token,
            &[
                ("PUT /devices/gw/relationships/r1", r#"{"source":"gw","target":"d2"}"#, "200", whole),
                ("GET /devices/gw/relationships/r1", "", "200", whole),
                ("GET /devices/d2/relationships/r1", "", "200", whole),
                ("GET /devices/d3/relationships/r1", "", "404 NotFound", "no relationship"),
                ("PATCH /devices/gw/relationships/r1", r#"{"target":"d3"}"#, "200", r#""source":"gw","target":"d3""#),
                (
                    "PUT /devices/d4/relationships/r1",
                    r#"{"source":"d4","target":"d2"}"#,
                    "409 Conflict",
                    "other devices",
                ),
                ("PATCH /devices/gw/relationships/r2", "{}", "404 NotFound", "no relationship"),
                ("PUT /devices/gw/relationships/r2", r#"{"source":"gw"}"#, unprocessable, "target is missing"),
                ("PUT /devices/gw/relationships/r2", r#"{"source":"gw","target":"gw"}"#, unprocessable, "two devices"),
                (
                    "PUT /devices/gw/relationships/r2",
                    r#"{"source":"d2","target":"d3"}"#,
                    unprocessable,
                    "the path names",
                ),
                (
                    "PUT /devices/gw/relationships/r2",
                    r#"{"source":"gw","target":"no"}"#,
                    unprocessable,
                    "target: there is no",
                ),
                ("PUT /devices/gw/relationships/r2", r#"{"source":"gw","target":"a b"}"#, unprocessable, "target: "),
                ("PUT /devices/gw/relationships/a%20b", "{}", "400 BadRequest", "relationshipId"),
                ("PUT /devices/no/relationships/r2", r#"{"source":"no","target":"gw"}"#, "404 NotFound", "no device"),
                ("DELETE /devices/d2/relationships/r1", "", "404 NotFound", "no relationship"),
                ("DELETE /devices/d3/relationships/r1", "", "204", ""),
                ("GET /devices/gw/relationships", "", "200", r#"{"value":[]}"#),
            ],
        )
        .await;
}

#[tokio::test]
async fn lists() {
    let central = start().await;
    for (id, source, target) in [("r1", "gw", "d2"), ("r2", "d3", "gw"), ("r3", "gw", "d4"), ("r4", "d2", "d3")] {
        let body = json!({"source": source, "target": target}).to_string();
        assert_eq!(outcome(&central.ask(&format!("PUT /devices/{source}/relationships/{id}"), &body).await), "200");
    }
    let (mut ids, mut path) = (Vec::new(), Some("/devices/gw/relationships?maxpagesize=2".to_owned()));
    while let Some(next) = path {
        let page = central.ask(&format!("GET {next}"), "").await.json();
        ids.extend(page["value"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        path = page["nextLink"].as_str().map(|link| link.split_once("/api").unwrap().1.to_owned());
    }
    assert_eq!(ids, ["r1", "r2", "r3"]);
    // They end with either device, and one that is made again has none.
    central.ask("DELETE /devices/d3", "").await;
    assert_eq!(central.ids(&central.token, "/devices/gw/relationships").await, ["r1", "r3"]);
    central.ask("PUT /devices/d3", "{}").await;
    assert!(central.ids(&central.token, "/devices/d3/relationships").await.is_empty());
}

/// Whoever may not see one of the two devices does not see what ties them.
#[tokio::test]
async fn both_devices_must_be_seen() {
    let central = start().await;
    central.ask("PUT /organizations/eu", "{}").await;
    central.ask("PATCH /devices/gw", r#"{"organizations":["eu"]}"#).await;
    central.ask("PATCH /devices/d2", r#"{"organizations":["eu"]}"#).await;
    for (id, target) in [("seen", "d2"), ("hidden", "d3")] {
        let body = json!({"source": "gw", "target": target}).to_string();
        central.ask(&format!("PUT /devices/gw/relationships/{id}"), &body).await;
    }
    let token = make_token(&central.hub, "eu", &[(Role::OrgOperator, Some("eu"))]).await;
    assert_eq!(central.ids(&token, "/devices/gw/relationships").await, ["seen"]);
    let body = r#"{"source":"gw","target":"d4"}"#;
    central
        .check(
            &token,
            &[
                ("GET /devices/gw/relationships/hidden", "", "404 NotFound", ""),
                ("DELETE /devices/gw/relationships/hidden", "", "404 NotFound", ""),
                ("PATCH /devices/gw/relationships/hidden", r#"{"target":"d2"}"#, "404 NotFound", ""),
                ("PUT /devices/gw/relationships/hidden", r#"{"source":"gw","target":"d2"}"#, "409 Conflict", ""),
                ("PUT /devices/gw/relationships/new", body, "422 UnprocessableEntity", "target: there is no device"),
                ("GET /devices/d3/relationships", "", "404 NotFound", "no device"),
                ("DELETE /devices/gw/relationships/seen", "", "204", ""),
            ],
        )
        .await;
}

/// The two oldest versions that have relationships name them; the newer ones do not know of it.
#[tokio::test]
async fn names_of_older_versions() {
    let central = start().await;
    let body = r#"{"name":"upstream","source":"gw","target":"d2"}"#;
    let made = central.ask_in("1.1-preview", "PUT /devices/gw/relationships/r1", body).await;
    assert_eq!(made.json(), json!({"id": "r1", "source": "gw", "target": "d2", "name": "upstream"}));
    let patched = central.ask("PATCH /devices/gw/relationships/r1", r#"{"target":"d3"}"#).await;
    assert_eq!(patched.json(), json!({"id": "r1", "source": "gw", "target": "d3"}));
    let seen = central.ask_in("1.2-preview", "GET /devices/gw/relationships/r1", "").await;
    assert_eq!(seen.json()["name"], "upstream");
}
