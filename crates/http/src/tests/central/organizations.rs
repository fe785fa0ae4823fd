//! Organizations (iot-central §9.1).

use bellwether_engine::Limits;
use bellwether_model::access::Role;

use super::{Central, make_token};

#[tokio::test]
async fn of_an_administrator() {
    // As deep as in IoT Central.
    let central = Central::limited(Limits { organization_depth_max: 5, ..Limits::default() }).await;
    central
        .check(
            &central.token,
            &[
                // The published examples, and what the article shows.
                (
                    "PUT /organizations/us",
                    r#"{"displayName":"United States"}"#,
                    "200",
                    r#"{"id":"us","displayName":"United States"}"#,
                ),
                (
                    "PUT /organizations/washington",
                    r#"{"displayName":"Washington","parent":"us"}"#,
                    "200",
                    r#""parent":"us""#,
                ),
                (
                    "PUT /organizations/seattle",
                    r#"{"id":"other","displayName":"Seattle","parent":"washington"}"#,
                    "200",
                    r#"{"id":"seattle","displayName":"Seattle","parent":"washington"}"#,
                ),
                (
                    "PATCH /organizations/seattle",
                    r#"{"displayName":"Seattle Sales"}"#,
                    "200",
                    r#""displayName":"Seattle Sales","parent":"washington""#,
                ),
                (
                    "PATCH /organizations/seattle",
                    r#"{"parent":null}"#,
                    "200",
                    r#"{"id":"seattle","displayName":"Seattle Sales"}"#,
                ),
                ("PUT /organizations/seattle", r#"{"displayName":"Seattle","parent":"us"}"#, "200", "us"),
                ("PUT /organizations/unnamed", "{}", "200", r#""displayName":"unnamed""#),
                // What breaks a rule changes nothing.
                ("PUT /organizations/X", "{}", "400 BadRequest", "organizationId"),
                ("PUT /organizations/eu", "", "400 BadRequest", "not JSON"),
                ("PUT /organizations/eu", "[]", "422 UnprocessableEntity", "object"),
                ("PUT /organizations/eu", r#"{"displayName":" "}"#, "422 UnprocessableEntity", "displayName"),
                (
                    "PUT /organizations/eu",
                    r#"{"displayName":5}"#,
                    "422 UnprocessableEntity",
                    "displayName must be a string, not 5",
                ),
                (
                    "PUT /organizations/eu",
                    r#"{"parent":"none"}"#,
                    "422 UnprocessableEntity",
                    "there is no organization none",
                ),
                ("PATCH /organizations/us", r#"{"parent":"seattle"}"#, "422 UnprocessableEntity", "below itself"),
                ("PATCH /organizations/eu", "{}", "404 NotFound", "organization"),
                ("DELETE /organizations/eu", "", "404 NotFound", "organization"),
                ("GET /organizations/eu", "", "404 NotFound", "organization"),
                ("PUT /organizations/o4", r#"{"parent":"seattle"}"#, "200", ""),
                ("PUT /organizations/o5", r#"{"parent":"o4"}"#, "200", ""),
                ("PUT /organizations/o6", r#"{"parent":"o5"}"#, "200", ""),
                ("PUT /organizations/o7", r#"{"parent":"o6"}"#, "422 UnprocessableEntity", "at most 5 deep"),
                ("PATCH /organizations/us", r#"{"parent":"unnamed"}"#, "422 UnprocessableEntity", "at most 5 deep"),
                (
                    "DELETE /organizations/us",
                    "",
                    "409 Conflict",
                    "organizations lie below it; move or delete them first",
                ),
                ("DELETE /organizations/o6", "", "204", ""),
                ("GET /organizations/o6", "", "404 NotFound", ""),
            ],
        )
        .await;
    let all = central.ids(&central.token, "/organizations").await;
    assert_eq!(all, ["us", "washington", "seattle", "unnamed", "o4", "o5"]);
    // Etags are not shown, yet a condition holds.
    let cases = [("\"0\"", 412), ("*", 200)];
    for (etag, expected) in cases {
        let headers = [("If-Match", etag)];
        let reply =
            central.ask_as(Some(&central.token), super::NEWEST, "PATCH /organizations/us", &headers, "{}").await;
        assert_eq!(reply.status.as_u16(), expected, "{etag}");
    }
}

#[tokio::test]
async fn belongings_keep_an_organization() {
    let central = Central::start().await;
    let viewer = r#"{"type":"email","email":"a@b.c","roles":[{"role":"84cc62c1-dabe-49d3-b16e-8b291232b285","organization":"eu"}]}"#;
    let token = r#"{"roles":[{"role":"84cc62c1-dabe-49d3-b16e-8b291232b285","organization":"eu"}]}"#;
    central
        .check(
            &central.token,
            &[
                ("PUT /organizations/eu", "{}", "200", ""),
                ("PUT /users/a", viewer, "200", ""),
                ("DELETE /organizations/eu", "", "409 Conflict", "users"),
                ("PUT /apiTokens/t", token, "200", ""),
                ("DELETE /users/a", "", "204", ""),
                ("DELETE /organizations/eu", "", "409 Conflict", "API tokens"),
                ("DELETE /apiTokens/t", "", "204", ""),
                ("DELETE /organizations/eu", "", "204", ""),
            ],
        )
        .await;
}

#[tokio::test]
async fn within_an_organization() {
    let central = Central::start().await;
    for (id, body) in [("eu", "{}"), ("de", r#"{"parent":"eu"}"#), ("us", "{}"), ("wa", r#"{"parent":"us"}"#)] {
        central.check(&central.token, &[(&format!("PUT /organizations/{id}"), body, "200", "")]).await;
    }
    let of_eu = make_token(&central.hub, "eu", &[(Role::OrgAdministrator, Some("eu"))]).await;
    central
        .check(
            &of_eu,
            &[
                ("PUT /organizations/fr", r#"{"parent":"eu"}"#, "200", ""),
                ("PUT /organizations/paris", r#"{"parent":"fr"}"#, "200", ""),
                ("PATCH /organizations/paris", r#"{"parent":"de"}"#, "200", ""),
                ("PATCH /organizations/eu", r#"{"displayName":"Europe"}"#, "200", "Europe"),
                ("PUT /organizations/eu", r#"{"displayName":"Europa"}"#, "200", "Europa"),
                // Neither to the root nor elsewhere, nor away from what he may not manage.
                ("PUT /organizations/asia", "{}", "403 Forbidden", "below"),
                ("PATCH /organizations/fr", r#"{"parent":null}"#, "403 Forbidden", "below"),
                (
                    "PATCH /organizations/fr",
                    r#"{"parent":"us"}"#,
                    "422 UnprocessableEntity",
                    "there is no organization us",
                ),
                (
                    "PUT /organizations/asia",
                    r#"{"parent":"wa"}"#,
                    "422 UnprocessableEntity",
                    "there is no organization wa",
                ),
                ("PATCH /organizations/eu", r#"{"parent":"de"}"#, "403 Forbidden", "below"),
                ("PUT /organizations/wa", r#"{"parent":"eu"}"#, "404 NotFound", ""),
                ("PATCH /organizations/wa", "{}", "404 NotFound", ""),
                ("DELETE /organizations/wa", "", "404 NotFound", ""),
                ("DELETE /organizations/eu", "", "409 Conflict", ""),
                ("DELETE /organizations/paris", "", "204", ""),
            ],
        )
        .await;
    assert_eq!(central.ids(&of_eu, "/organizations").await, ["eu", "de", "fr"]);
    assert_eq!(central.ids(&central.token, "/organizations").await, ["eu", "de", "us", "wa", "fr"]);
}

#[tokio::test]
async fn as_many_as_the_installation_allows() {
    let central = Central::limited(Limits { organizations_max: Some(1), ..Limits::default() }).await;
    central
        .check(
            &central.token,
            &[
                ("PUT /organizations/eu", "{}", "200", ""),
                ("PUT /organizations/us", "{}", "409 Conflict", "organizations-max"),
                ("PUT /organizations/eu", r#"{"displayName":"E"}"#, "200", "E"),
            ],
        )
        .await;
}
