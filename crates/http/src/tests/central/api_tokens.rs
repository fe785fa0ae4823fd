//! API tokens (iot-central §9.4).

use std::sync::atomic::Ordering;

use bellwether_model::access::Role;
use serde_json::json;

use super::super::NOW;
use super::{Central, NEWEST, make_token, outcome};

fn token(role: Role, organization: Option<&str>) -> String {
    match organization {
        Some(organization) => json!({"roles": [{"role": role.id(), "organization": organization}]}),
        None => json!({"roles": [{"role": role.id()}]}),
    }
    .to_string()
}

#[tokio::test]
async fn shown_once() {
    let central = Central::start().await;
    let made = central.ask("PUT /apiTokens/op-1", &token(Role::Operator, None)).await;
    assert_eq!(outcome(&made), "200");
    let made = made.json();
    let text = made["token"].as_str().unwrap();
    // A year from now, and the same in the text.
    assert_eq!(made["expiry"], "2027-11-20T12:00:00.000Z");
    assert!(text.starts_with("SharedAccessSignature sr=") && text.ends_with("&skn=op%2D1&se=1826712000000"), "{text}");
    let shown = json!({"id": "op-1", "roles": [{"role": Role::Operator.id()}], "expiry": made["expiry"]});
    assert_eq!(central.ask("GET /apiTokens/op-1", "").await.json(), shown);
    assert_eq!(central.ask("GET /apiTokens", "").await.json()["value"][1], shown);
    assert_eq!(central.ask_as(Some(text), NEWEST, "GET /roles", &[], "").await.status.as_u16(), 200);
    central
        .check(
            &central.token,
            &[
                ("PUT /apiTokens/op-1", &token(Role::Operator, None), "409 Conflict", "revoke it first"),
                ("PUT /apiTokens/x", r#"{"roles":[]}"#, "422 UnprocessableEntity", "at least one role"),
                ("PUT /apiTokens/x", "{}", "422 UnprocessableEntity", "roles"),
                ("PUT /apiTokens/x%20y", &token(Role::Operator, None), "400 BadRequest", "tokenId"),
                ("PATCH /apiTokens/op-1", "{}", "405 MethodNotAllowed", "GET, PUT, DELETE"),
                ("DELETE /apiTokens/op-1", "", "204", ""),
                ("DELETE /apiTokens/op-1", "", "404 NotFound", ""),
                ("GET /apiTokens/op-1", "", "404 NotFound", ""),
            ],
        )
        .await;
    // Revoked, and not opened by a new one of the same name.
    for again in [false, true] {
        if again {
            assert_eq!(outcome(&central.ask("PUT /apiTokens/op-1", &token(Role::Operator, None)).await), "200");
        }
        let reply = central.ask_as(Some(text), NEWEST, "GET /roles", &[], "").await;
        assert_eq!(outcome(&reply), "401 Unauthorized");
        assert!(reply.text.contains("revoked"), "{}", reply.text);
    }
}

#[tokio::test]
async fn ends() {
    let central = Central::start().await;
    let with = |expiry: &str| json!({"roles": [{"role": Role::Operator.id()}], "expiry": expiry}).to_string();
    for (expiry, expected) in [
        ("2026-11-20T12:00:00Z", "422 UnprocessableEntity"),
        ("2020-01-01T00:00:00Z", "422 UnprocessableEntity"),
        ("soon", "422 UnprocessableEntity"),
        ("2026-11-20T13:00:01.2345678+01:00", "200"),
    ] {
        let reply = central.ask("PUT /apiTokens/short", &with(expiry)).await;
        assert_eq!(outcome(&reply), expected, "{expiry}");
        assert!(expected == "200" || reply.text.contains("expiry"), "{}", reply.text);
    }
    let reply = central.ask("GET /apiTokens/short", "").await.json();
    assert_eq!(reply["expiry"], "2026-11-20T12:00:01.234Z");
    let second = make_token(&central.hub, "second", &[(Role::Operator, None)]).await;
    central.hub.clock.0.store(NOW.plus_seconds(366 * 86_400).0, Ordering::SeqCst);
    let reply = central.ask_as(Some(&second), NEWEST, "GET /roles", &[], "").await;
    assert_eq!(outcome(&reply), "401 Unauthorized");
    assert!(reply.text.contains("has expired"), "{}", reply.text);
}

#[tokio::test]
async fn within_an_organization() {
    let central = Central::start().await;
    for id in ["eu", "us"] {
        assert_eq!(outcome(&central.ask(&format!("PUT /organizations/{id}"), "{}").await), "200");
    }
    make_token(&central.hub, "us", &[(Role::OrgViewer, Some("us"))]).await;
    make_token(&central.hub, "both", &[(Role::OrgViewer, Some("us")), (Role::OrgViewer, Some("eu"))]).await;
    let of_eu = make_token(&central.hub, "eu", &[(Role::OrgAdministrator, Some("eu"))]).await;
    central
        .check(
            &of_eu,
            &[
                ("PUT /apiTokens/mine", &token(Role::OrgAdministrator, Some("eu")), "200", ""),
                ("PUT /apiTokens/x", &token(Role::Administrator, None), "403 Forbidden", "more than the caller"),
                (
                    "PUT /apiTokens/x",
                    &token(Role::OrgViewer, Some("us")),
                    "422 UnprocessableEntity",
                    "there is no organization us",
                ),
                ("GET /apiTokens/administrator", "", "404 NotFound", ""),
                ("GET /apiTokens/us", "", "404 NotFound", ""),
                ("GET /apiTokens/both", "", "404 NotFound", ""),
                ("DELETE /apiTokens/administrator", "", "404 NotFound", ""),
                ("DELETE /apiTokens/us", "", "404 NotFound", ""),
                ("DELETE /apiTokens/both", "", "404 NotFound", ""),
                ("PUT /apiTokens/us", &token(Role::OrgViewer, Some("eu")), "409 Conflict", ""),
            ],
        )
        .await;
    assert_eq!(central.ids(&of_eu, "/apiTokens").await, ["eu", "mine"]);
    assert_eq!(central.ids(&central.token, "/apiTokens").await, ["administrator", "us", "both", "eu", "mine"]);
}
