//! Limits on how much there may be and how often something may be done (docs/limits.md): at each the last call that it
//! allows, then the first that it does not; without limits every one of these calls is served.

use std::num::NonZeroU32;
use std::sync::atomic::Ordering;

use bellwether_engine::Limits;
use bellwether_query::CentralQueryLimits;
use serde_json::{Value, json};

use super::super::Reply;
use super::{Central, outcome};

const GROUP: &str = r#"{"displayName":"g","filter":"SELECT * FROM devices WHERE $simulated = true"}"#;

/// A template with so many capabilities at its root, one in a component and one in a module.
fn template(at_root: usize) -> String {
    let telemetry = |n: usize| json!({"@type": "Telemetry", "name": format!("t{n}"), "schema": "double"});
    let interface = |id: &str| json!({"@id": id, "@type": "Interface", "contents": [telemetry(0)]});
    let mut contents: Vec<Value> = (0..at_root).map(telemetry).collect();
    contents.push(json!({"@type": "Component", "name": "c", "schema": interface("dtmi:a:c;1")}));
    contents.push(json!({"@type": ["Relationship", "EdgeModule"], "name": "m", "target": [interface("dtmi:a:m;1")]}));
    let model = json!({"@id": format!("dtmi:a:root{at_root};1"), "@type": "Interface", "contents": contents});
    json!({"@type": ["ModelDefinition", "DeviceModel"], "capabilityModel": model}).to_string()
}

fn user(name: &str, roles: usize) -> String {
    let role = json!({"role": "ca310b8d-2f4a-44e0-a36e-957c202cd8d4"});
    let organizations =
        (0..roles).map(|n| json!({"role": "84cc62c1-dabe-49d3-b16e-8b291232b285", "organization": format!("o{n}")}));
    let roles: Vec<Value> = if roles == 1 { vec![role] } else { organizations.collect() };
    json!({"type": "email", "email": format!("{name}@b.c"), "roles": roles}).to_string()
}

fn filter(comparisons: usize) -> String {
    let filter = format!("SELECT * FROM devices WHERE {}", vec!["$simulated = true"; comparisons].join(" OR "));
    json!({"displayName": "g", "filter": filter}).to_string()
}

/// A call and its body.
type Sent = (&'static str, String);

/// Makes the calls that are within `limits`, then those that are over it: they are refused with `status` and name
/// `setting`, and what is asked for last is as it was. Without limits all are served.
async fn check(limits: Limits, within: &[Sent], over: &[Sent], status: &str, setting: &str, still: &[Sent]) {
    for (limits, refused) in [(limits, true), (Limits::default(), false)] {
        let central = Central::limited(limits).await;
        for (call, body) in within {
            central.set_up(call, body).await;
        }
        for (call, body) in over {
            let reply = central.ask(call, body).await;
            if refused {
                assert_eq!(outcome(&reply), status, "{call} {body}: {}", reply.text);
                assert!(reply.text.contains(setting), "{call}: {}", reply.text);
            } else {
                assert!(reply.status.is_success(), "{call} {body}: {}", reply.text);
            }
        }
        for (call, body) in still {
            central.set_up(call, body).await;
        }
    }
}

#[tokio::test]
async fn devices() {
    let limits = Limits { devices_max: Some(2), ..Limits::default() };
    let within = [("PUT /devices/a", "{}".to_owned()), ("PUT /devices/b", "{}".to_owned())];
    let over = [("PUT /devices/c", "{}".to_owned())];
    let still = [
        ("PATCH /devices/a", r#"{"displayName":"A"}"#.to_owned()),
        ("PUT /devices/b", "{}".to_owned()),
        ("DELETE /devices/a", String::new()),
        ("PUT /devices/d", "{}".to_owned()),
    ];
    check(limits, &within, &over, "409 Conflict", "devices-max", &still).await;
}

#[tokio::test]
async fn devices_of_the_hub_and_of_provisioning_are_devices_too() {
    let central = Central::limited(Limits { devices_max: Some(2), ..Limits::default() }).await;
    let hub = &central.hub;
    let body = |id: &str| json!({"deviceId": id}).to_string();
    assert_eq!(hub.ask("PUT /devices/a", &[], &body("a")).await.status.as_u16(), 200);
    assert_eq!(hub.provision("b", "PUT /register", "").await.status.as_u16(), 202);
    for _ in 0..2 {
        let reply = hub.ask("PUT /devices/c", &[], &body("c")).await;
        assert_eq!((reply.status.as_u16(), reply.header("iothub-errorcode")), (403, Some("IotHubQuotaExceeded")));
        assert!(reply.text.contains("devices-max"), "{}", reply.text);
        let reply = hub.provision("d", "PUT /register", "").await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (403, None));
        assert_eq!(reply.json()["errorCode"], 403_002);
        assert!(reply.text.contains("devices-max"), "{}", reply.text);
        assert_eq!(outcome(&central.ask("PUT /devices/c", "{}").await), "409 Conflict");
    }
    // Those that are there register again.
    assert_eq!(hub.provision("a", "PUT /register", "").await.status.as_u16(), 202);
    assert_eq!(hub.provision("b", "PUT /register", "").await.status.as_u16(), 202);
    assert_eq!(hub.ask("DELETE /devices/a", &[("If-Match", "*")], "").await.status.as_u16(), 204);
    assert_eq!(hub.provision("d", "PUT /register", "").await.status.as_u16(), 202);
    assert_eq!(outcome(&central.ask("PUT /devices/a", "{}").await), "409 Conflict");
}

#[tokio::test]
async fn callers_at_once_do_not_pass_a_limit_together() {
    let limits = Limits { devices_max: Some(3), device_groups_max: Some(3), ..Limits::default() };
    let central = Central::limited(limits).await;
    let calls: Vec<String> = (0..20).map(|n| format!("PUT /devices/d{n}")).collect();
    let groups: Vec<String> = (0..20).map(|n| format!("PUT /deviceGroups/g{n}")).collect();
    for (calls, body) in [(calls, "{}"), (groups, GROUP)] {
        let replies = futures::future::join_all(calls.iter().map(|call| central.ask(call, body))).await;
        let outcomes: Vec<String> = replies.iter().map(outcome).collect();
        let made = outcomes.iter().filter(|outcome| *outcome == "200").count();
        let refused = outcomes.iter().filter(|outcome| *outcome == "409 Conflict").count();
        assert_eq!((made, refused), (3, 17), "{outcomes:?}");
    }
}

#[tokio::test]
async fn device_groups() {
    let limits = Limits { device_groups_max: Some(2), ..Limits::default() };
    // A template brings one of its own.
    let within = [("PUT /deviceTemplates/dtmi:a:t;1", template(1)), ("PUT /deviceGroups/a", GROUP.to_owned())];
    let over = [("PUT /deviceGroups/b", GROUP.to_owned()), ("PUT /deviceTemplates/dtmi:a:u;1", template(1))];
    let still = [
        ("PATCH /deviceGroups/a", r#"{"displayName":"A"}"#.to_owned()),
        ("PUT /deviceTemplates/dtmi:a:t;1", template(2)),
        ("DELETE /deviceGroups/a", String::new()),
        ("PUT /deviceGroups/c", GROUP.to_owned()),
    ];
    check(limits, &within, &over, "409 Conflict", "device-groups-max", &still).await;
}

#[tokio::test]
async fn comparisons_of_a_filter() {
    let limits = Limits { device_group_filters_max: Some(3), ..Limits::default() };
    let within = [("PUT /deviceGroups/a", filter(3))];
    let over = [("PUT /deviceGroups/b", filter(4)), ("PATCH /deviceGroups/a", filter(4))];
    check(limits, &within, &over, "422 UnprocessableEntity", "device-group-filters-max", &[]).await;
}

#[tokio::test]
async fn device_templates() {
    let limits = Limits { device_templates_max: Some(1), ..Limits::default() };
    let within = [("PUT /deviceTemplates/dtmi:a:t;1", template(1))];
    let over = [("PUT /deviceTemplates/dtmi:a:u;1", template(1))];
    let still = [("PUT /deviceTemplates/dtmi:a:t;1", template(2))];
    check(limits, &within, &over, "409 Conflict", "device-templates-max", &still).await;
}

#[tokio::test]
async fn capabilities_of_a_template() {
    let limits = Limits { template_capabilities_max: Some(5), ..Limits::default() };
    let within = [("PUT /deviceTemplates/dtmi:a:t;1", template(3))];
    let over = [
        ("PUT /deviceTemplates/dtmi:a:u;1", template(4)),
        ("PUT /deviceTemplates/dtmi:a:t;1", template(4)),
        ("PATCH /deviceTemplates/dtmi:a:t;1", template(4)),
    ];
    check(limits, &within, &over, "422 UnprocessableEntity", "template-capabilities-max", &[]).await;
}

/// Of a role assignment each user has one at least.
#[tokio::test]
async fn role_assignments() {
    let limits = Limits { role_assignments_max: Some(3), ..Limits::default() };
    let organizations = ["PUT /organizations/o0", "PUT /organizations/o1"].map(|call| (call, "{}".to_owned()));
    let users = [("PUT /users/a", user("a", 1)), ("PUT /users/b", user("b", 2))];
    let within: Vec<Sent> = organizations.into_iter().chain(users).collect();
    let over = [("PUT /users/c", user("c", 1)), ("PUT /users/a", user("a", 2)), ("PATCH /users/a", user("a", 2))];
    let still = [
        ("PUT /users/b", user("b", 2)),
        ("PUT /users/b", user("b", 1)),
        ("DELETE /users/a", String::new()),
        ("PUT /users/d", user("d", 2)),
        // Tokens do not count.
        ("PUT /apiTokens/t", json!({"roles": [{"role": "ca310b8d-2f4a-44e0-a36e-957c202cd8d4"}]}).to_string()),
    ];
    check(limits, &within, &over, "409 Conflict", "role-assignments-max", &still).await;
}

#[tokio::test]
async fn what_is_there_stays_under_a_lower_limit() {
    let unlimited = Central::start().await;
    for (call, body) in [
        ("PUT /deviceTemplates/dtmi:a:t;1", template(4)),
        ("PUT /deviceGroups/a", filter(4)),
        ("PUT /devices/a", "{}".to_owned()),
        ("PUT /devices/b", "{}".to_owned()),
    ] {
        unlimited.set_up(call, &body).await;
    }
    let limits = Limits {
        devices_max: Some(1),
        device_groups_max: Some(1),
        device_group_filters_max: Some(1),
        device_templates_max: Some(1),
        template_capabilities_max: Some(1),
        ..Limits::default()
    };
    let central = unlimited.restarted(limits).await;
    for (call, body, expected) in [
        ("PATCH /deviceGroups/a", r#"{"displayName":"A"}"#.to_owned(), "200"),
        ("PATCH /deviceTemplates/dtmi:a:t;1", r#"{"displayName":"T"}"#.to_owned(), "200"),
        ("PUT /deviceTemplates/dtmi:a:t;1", template(3), "200"),
        ("PUT /deviceTemplates/dtmi:a:t;1", template(4), "422 UnprocessableEntity"),
        ("PATCH /devices/a", r#"{"displayName":"A"}"#.to_owned(), "200"),
        ("DELETE /devices/a", String::new(), "204"),
        ("PUT /devices/a", "{}".to_owned(), "409 Conflict"),
        ("DELETE /devices/b", String::new(), "204"),
        ("PUT /devices/a", "{}".to_owned(), "200"),
    ] {
        let reply = central.ask(call, &body).await;
        assert_eq!(outcome(&reply), expected, "{call} {body}: {}", reply.text);
    }
}

#[tokio::test]
async fn queries() {
    let query = CentralQueryLimits { characters: Some(80), items: Some(2), operators: Some(1), rows: Some(2) };
    let central = Central::limited(Limits { query, ..Limits::default() }).await;
    let unlimited = Central::start().await;
    for central in [&central, &unlimited] {
        central.set_up("PUT /deviceTemplates/dtmi:a:t;1", &template(1)).await;
        for id in ["a", "b", "c"] {
            central.set_up(&format!("PUT /devices/{id}"), r#"{"template":"dtmi:a:t;1"}"#).await;
        }
    }
    let ask = |text: &str| json!({ "query": text }).to_string();
    for (within, over, setting) in [
        ("SELECT $id, $ts FROM dtmi:a:t;1", "SELECT $id, $ts, $simulated FROM dtmi:a:t;1", "items-max"),
        (
            "SELECT $id FROM dtmi:a:t;1 WHERE $id='a' OR $id='b'",
            "SELECT $id FROM dtmi:a:t;1 WHERE $id='a' OR $id='b' OR $id='c'",
            "operators-max",
        ),
        ("SELECT TOP 2 $id FROM dtmi:a:t;1", "SELECT TOP 3 $id FROM dtmi:a:t;1", "rows-max"),
        ("SELECT $id FROM dtmi:a:t;1", &format!("SELECT $id FROM dtmi:a:t;1{}", " ".repeat(60)), "characters-max"),
    ] {
        let reply = central.ask("POST /query", &ask(within)).await;
        assert_eq!(reply.json()["results"].as_array().map(Vec::len), Some(2), "{within}: {}", reply.text);
        let reply = central.ask("POST /query", &ask(over)).await;
        assert_eq!(outcome(&reply), "400 BadRequest", "{over}");
        assert!(reply.text.contains(&format!("central-query-{setting}")), "{}", reply.text);
        let reply = unlimited.ask("POST /query", &ask(over)).await;
        assert_eq!(reply.json()["results"].as_array().map(Vec::len), Some(3), "{over}: {}", reply.text);
    }
}

/// `429` with these seconds to wait, and the setting is named.
fn assert_too_often(reply: &Reply, seconds: &str, setting: &str) {
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, Some(seconds)), "{}", reply.text);
    assert!(reply.text.contains(setting), "{}", reply.text);
}

#[tokio::test]
async fn property_updates_and_commands_a_second() {
    let two = NonZeroU32::new(2);
    let limits = Limits { property_updates_per_second: two, commands_per_second: two, ..Limits::default() };
    for (limits, limited) in [(limits, true), (Limits::default(), false)] {
        let central = Central::limited(limits).await;
        central.template("dtmi:acme:cooler;1").await;
        central.set_up("PUT /devices/a", r#"{"template":"dtmi:acme:cooler;1"}"#).await;
        for (call, body, wrong, setting) in [
            (
                "PATCH /devices/a/properties",
                r#"{"target":5}"#,
                r#"{"target":"x"}"#,
                "central-property-updates-per-second",
            ),
            ("POST /devices/a/commands/ping", "", r#"{"responseTimeout":1}"#, "central-commands-per-second"),
        ] {
            // What is not carried out does not count.
            if call.starts_with("POST") {
                assert_eq!(outcome(&central.ask(call, body).await), "404 NotFound", "not connected");
                central.hub.devices.answer(central.hub.seq("a").await, 200, "null");
            }
            for _ in 0..3 {
                assert_eq!(outcome(&central.ask(call, wrong).await), "422 UnprocessableEntity");
            }
            for _ in 0..2 {
                central.set_up(call, body).await;
            }
            if limited {
                let calls = central.hub.devices.calls.lock().len();
                assert_too_often(&central.ask(call, body).await, "1", setting);
                assert_eq!(central.hub.devices.calls.lock().len(), calls);
                central.hub.clock.0.fetch_add(500_000, Ordering::SeqCst);
            }
            central.set_up(call, body).await;
        }
    }
}

#[tokio::test]
async fn registrations_a_minute() {
    let limits = Limits { registrations_per_minute: NonZeroU32::new(2), ..Limits::default() };
    for (limits, limited) in [(limits, true), (Limits::default(), false)] {
        let central = Central::limited(limits).await;
        let hub = &central.hub;
        // Who is not let in takes nobody's place.
        let path = format!("/{}/registrations/a/register?api-version=2021-06-01", hub.state.engine.id_scope());
        for _ in 0..3 {
            let request = axum::http::Request::put(&path).body(axum::body::Body::empty()).unwrap();
            assert_eq!(hub.send(request).await.status.as_u16(), 401);
        }
        for id in ["a", "a"] {
            assert_eq!(hub.provision(id, "PUT /register", "").await.status.as_u16(), 202);
        }
        let reply = hub.provision("b", "PUT /register", "").await;
        if limited {
            assert_too_often(&reply, "30", "registrations-per-minute");
            assert_eq!(reply.json()["errorCode"], 429_001);
            assert_eq!(outcome(&central.ask("GET /devices/b", "").await), "404 NotFound");
            // Asking how it stands is no registration.
            assert_eq!(hub.provision("a", "POST ", "").await.status.as_u16(), 200);
            // Nobody comes again sooner than devices do that were let in.
            hub.clock.0.fetch_add(29_000_000, Ordering::SeqCst);
            assert_too_often(&hub.provision("b", "PUT /register", "").await, "3", "registrations-per-minute");
            hub.clock.0.fetch_add(1_000_000, Ordering::SeqCst);
            assert_eq!(hub.provision("b", "PUT /register", "").await.status.as_u16(), 202);
        } else {
            assert_eq!(reply.status.as_u16(), 202);
        }
    }
}

impl Central {
    /// The same, after a restart with other limits.
    async fn restarted(self, limits: Limits) -> Central {
        Central { hub: self.hub.restarted(limits).await, token: self.token }
    }
}
