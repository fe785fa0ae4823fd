//! `POST /query` as a client sees it.

use bellwether_model::access::{Role, Scope};
use bellwether_model::identity::IfMatch;
use bellwether_model::twin::TwinChange;
use serde_json::json;

use super::device_groups::fleet;
use super::{Central, NEWEST, make_token, outcome};

const FROM: &str = "FROM dtmi:acme:cooler;1";

/// What each device reports, and the floor that it stands on.
async fn reported() -> Central {
    let central = fleet().await;
    let engine = &central.hub.state.engine;
    for (id, text, floor) in [
        ("c1", r#"{"temperature":21.50,"fan":{"__t":"c","speed":3}}"#, 1),
        ("c2", r#"{"target":{"value":20,"ac":200,"av":1},"temperature":4,"floor":99}"#, 2),
    ] {
        engine.report(central.hub.seq(id).await, text.as_bytes(), None).await.unwrap();
        let tags = TwinChange::merge_from_body(&format!(r#"{{"tags":{{"floor":{floor}}}}}"#)).unwrap();
        engine.change_twin(&id.parse().unwrap(), &Scope::Everything, tags, IfMatch::Any).await.unwrap();
    }
    central
}

fn body(query: &str) -> String {
    json!({ "query": query }).to_string()
}

#[tokio::test]
async fn answers() {
    let central = reported().await;
    for (query, expected) in [
        (format!("SELECT $id {FROM}"), r#"[{"$id":"c1"},{"$id":"c2"},{"$id":"c3"},{"$id":"c4"}]"#),
        (
            format!("SELECT $id, temperature AS t, floor {FROM} WHERE t > 0 ORDER BY t"),
            r#"[{"$id":"c2","t":4,"floor":2},{"$id":"c1","t":21.50,"floor":1}]"#,
        ),
        (format!("SELECT target {FROM} WHERE target = 20"), r#"[{"target":20}]"#),
        (format!("SELECT fan.speed {FROM} WHERE floor = 1"), r#"[{"fan.speed":3}]"#),
        (format!("SELECT TOP 1 $provisioned, $simulated {FROM}"), r#"[{"$provisioned":false,"$simulated":false}]"#),
        (format!("SELECT TOP 1 $ts {FROM} WHERE $id = 'c1'"), r#"[{"$ts":"2026-11-20T12:00:00.0000000Z"}]"#),
        (format!("SELECT $ts {FROM} WHERE $id = 'c3'"), "[{}]"),
    ] {
        let reply = central.ask("POST /query", &body(&query)).await;
        assert_eq!(outcome(&reply), "200", "{query}: {}", reply.text);
        assert_eq!(reply.text, format!(r#"{{"results":{expected}}}"#), "{query}");
    }
    for (version, expected) in [
        ("preview", "404 NotFound"),
        ("1.1-preview", "200"),
        ("1.2-preview", "200"),
        ("2022-06-30-preview", "200"),
        ("2022-07-31", "404 NotFound"),
        (NEWEST, "200"),
    ] {
        let reply = central.ask_in(version, "POST /query", &body(&format!("SELECT $id {FROM}"))).await;
        assert_eq!(outcome(&reply), expected, "{version}");
    }
    let viewer = make_token(&central.hub, "viewer", &[(Role::OrgViewer, Some("eu"))]).await;
    let query = body(&format!("SELECT $id {FROM}"));
    let reply = central.ask_as(Some(&viewer), NEWEST, "POST /query", &[], &query).await;
    assert_eq!(reply.text, r#"{"results":[{"$id":"c2"},{"$id":"c3"}]}"#);
}

#[tokio::test]
async fn refusals() {
    let central = reported().await;
    for (body, expected, message) in [
        ("{".to_owned(), "400 BadRequest", "not JSON"),
        ("{}".to_owned(), "422 UnprocessableEntity", "query"),
        (body("SELECT * FROM x"), "400 BadRequest", "name the columns"),
        (body("SELECT $id FROM dtmi:none;1"), "422 UnprocessableEntity", "there is no device template dtmi:none;1"),
        (
            body(&format!("SELECT ghost {FROM}")),
            "422 UnprocessableEntity",
            "ghost is no property of dtmi:acme:cooler;1",
        ),
        (body(&format!("SELECT humidity {FROM}")), "422 UnprocessableEntity", "the last value of each telemetry"),
        (body(&format!("SELECT AVG(humidity) {FROM}")), "422 UnprocessableEntity", "AVG is for telemetry"),
        (body(&format!("SELECT $id {FROM} WHERE speed = 1")), "422 UnprocessableEntity", "speed is no property"),
    ] {
        let reply = central.ask("POST /query", &body).await;
        assert_eq!(outcome(&reply), expected, "{body}");
        assert!(reply.text.contains(message), "{body}: {}", reply.text);
    }
}
