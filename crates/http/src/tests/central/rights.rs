//! Every route with every role, and with a caller of another organization (iot-central §9). The expectation is
//! written down here a second time, on purpose: a route that is not in the table fails the test.
//!
//! A new route gets a row; what it is about gets a thing of its own in [`fixture`], one that belongs to the
//! organization `eu`.

use std::collections::BTreeMap;

use axum::http::Method;
use bellwether_model::access::Role;
use bellwether_model::telemetry::Message;
use serde_json::{Value, json};

use super::device_groups::{COOLER, each, fleet};
use super::enrollment::CERTIFICATE;
use super::{Central, NEWEST, OWN, Reply, make_token, outcome};
use crate::central::router::Route;
use crate::central::routes::ROUTES;
use crate::central::version::Version;

/// One row a route, in the order of the router's table:
///
/// `VERB path | the roles that are let in | what a caller of another organization gets | the administrator | body`
///
/// Roles: `A`dministrator, `B`uilder, `O`perator of the application; `a`dministrator, `o`perator, `v`iewer of an
/// organization. The caller of another organization is its administrator and names what is in [`fixture`]: it gets a
/// status, or `list`: what it names is not in it, or `members`, `results`, `counts` or `lines`: only the devices of its
/// own organization are, or `preview`: it learns only that the group is not there, or `own`: only what was done or begins in
/// its own is in it, or `same`: this belongs to the whole application. The administrator sends the same and succeeds, or
/// learns at least of something else, so that it was not the request that was wrong.
const EXPECTED: &str = r#"
GET /deviceGroups | ABOaov | list | 200 |
GET /deviceGroups/{deviceGroupId} | ABOaov | 404 | 200 |
PUT /deviceGroups/{deviceGroupId} | ABOao | 404 | 200 | {"displayName":"Taken","filter":"SELECT * FROM devices"}
PATCH /deviceGroups/{deviceGroupId} | ABOao | 404 | 200 | {"displayName":"Taken"}
DELETE /deviceGroups/{deviceGroupId} | ABOao | 404 | 409 |
GET /deviceGroups/{deviceGroupId}/devices | ABOaov | 404 | 200 |
GET /deviceGroups/{deviceGroupId}/members | ABOaov | 404 | 200 |
POST /deviceGroupPreview | ABOaov | counts | 200 | {"filter":"SELECT * FROM dtmi:acme:cooler;1"}
GET /devices/{deviceId}/twin | ABOaov | 404 | 200 |
PATCH /devices/{deviceId}/twin | ABOao | 404 | 200 | {"tags":{"a":1}}
GET /devices/{deviceId}/jobs | ABOaov | 404 | 200 |
POST /deviceImport | ABOao | 422 | 200 | IOTC_DEVICEID
GET /deviceExport | ABOaov | lines | 200 |
GET /devices/{deviceId}/attestation | ABOao | 404 | 200 |
PUT /devices/{deviceId}/attestation | ABOao | 404 | 200 | {"type":"tpm","tpm":{"endorsementKey":"AAAA"}}
PATCH /devices/{deviceId}/attestation | ABOao | 404 | 200 | {"type":"tpm","tpm":{"endorsementKey":"AAAA"}}
DELETE /devices/{deviceId}/attestation | ABOao | 404 | 204 |
GET /devices/{deviceId}/credentials | ABOao | 404 | 200 |
GET /enrollmentGroups | AB | list | 200 |
GET /enrollmentGroups/{enrollmentGroupId} | AB | 404 | 200 |
PUT /enrollmentGroups/{enrollmentGroupId} | AB | 404 | 200 | {"displayName":"T","type":"iot","attestation":{"type":"symmetricKey"}}
PATCH /enrollmentGroups/{enrollmentGroupId} | AB | 404 | 200 | {"displayName":"Taken"}
DELETE /enrollmentGroups/{enrollmentGroupId} | AB | 404 | 204 |
GET /enrollmentGroups/{enrollmentGroupId}/certificates/{entry} | AB | 404 | 200 |
PUT /enrollmentGroups/{enrollmentGroupId}/certificates/{entry} | AB | 404 | 200 | {"certificate":"CERTIFICATE"}
DELETE /enrollmentGroups/{enrollmentGroupId}/certificates/{entry} | AB | 404 | 204 |
POST /enrollmentGroups/{enrollmentGroupId}/certificates/{entry}/generateVerificationCode | AB | 404 | 200 |
POST /enrollmentGroups/{enrollmentGroupId}/certificates/{entry}/verify | AB | 404 | 409 | {"certificate":"CERTIFICATE"}
GET /deviceTemplates | ABOaov | same | 200 |
GET /deviceTemplates/{deviceTemplateId} | ABOaov | same | 200 |
PUT /deviceTemplates/{deviceTemplateId} | AB | - | 200 | {"@type":[],"capabilityModel":{"@type":"Interface"}}
PATCH /deviceTemplates/{deviceTemplateId} | AB | - | 200 | {"displayName":"Taken"}
DELETE /deviceTemplates/{deviceTemplateId} | AB | - | 409 |
GET /deviceTemplates/{deviceTemplateId}/merged | ABOaov | same | 200 |
GET /deviceTemplates/{deviceTemplateId}/devices | ABOaov | members | 200 |
GET /devices/{deviceId}/properties | ABOaov | 404 | 200 |
PUT /devices/{deviceId}/properties | ABOao | 404 | 202 | {"target":1}
PATCH /devices/{deviceId}/properties | ABOao | 404 | 202 | {"target":1}
GET /devices/{deviceId}/cloudProperties | ABOaov | 404 | 200 |
PUT /devices/{deviceId}/cloudProperties | ABOao | 404 | 200 | {"floor":1}
PATCH /devices/{deviceId}/cloudProperties | ABOao | 404 | 200 | {"floor":1}
GET /devices/{deviceId}/components | ABOaov | 404 | 200 |
GET /devices/{deviceId}/components/{componentName}/properties | ABOaov | 404 | 200 |
PUT /devices/{deviceId}/components/{componentName}/properties | ABOao | 404 | 202 | {}
PATCH /devices/{deviceId}/components/{componentName}/properties | ABOao | 404 | 202 | {}
GET /devices/{deviceId}/modules | ABOaov | 404 | 200 |
GET /devices/{deviceId}/modules/{moduleName}/components | ABOaov | 404 | 200 |
GET /devices/{deviceId}/modules/{moduleName}/properties | ABOaov | 404 | 200 |
PUT /devices/{deviceId}/modules/{moduleName}/properties | ABOao | 404 | 422 | {}
PATCH /devices/{deviceId}/modules/{moduleName}/properties | ABOao | 404 | 422 | {}
GET /devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties | ABOaov | 404 | 200 |
PUT /devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties | ABOao | 404 | 422 | {}
PATCH /devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties | ABOao | 404 | 422 | {}
GET /organizations | ABOaov | list | 200 |
GET /organizations/{organizationId} | ABOaov | 404 | 200 |
PUT /organizations/{organizationId} | Aa | 404 | 200 | {"displayName":"Taken"}
PATCH /organizations/{organizationId} | Aa | 404 | 200 | {"displayName":"Taken"}
DELETE /organizations/{organizationId} | Aa | 404 | 409 |
GET /jobs | ABOaov | list | 200 |
GET /jobs/{jobId} | ABOaov | 404 | 200 |
PUT /jobs/{jobId} | ABOao | 409 | 409 | {"group":"us-group","data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":7}]}
GET /jobs/{jobId}/devices | ABOaov | 404 | 200 |
GET /jobs/{jobId}/devices/{deviceId} | ABOaov | 404 | 200 |
GET /jobs/{jobId}/batches | ABOaov | 404 | 200 |
GET /jobs/{jobId}/failures | ABOaov | 404 | 200 |
GET /jobs/{jobId}/results | ABOaov | 404 | 200 |
POST /jobs/{jobId}/results | ABOaov | 404 | 200 | {"devices":["c2"]}
POST /jobs/{jobId}/comments | ABOao | 404 | 204 | {"text":"Seen"}
GET /jobs/{jobId}/activity | ABOaov | 404 | 200 |
GET /upcomingRuns | ABOaov | own | 200 |
POST /jobPreview | ABOao | preview | 200 | {"group":"eu-group","data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":1}]}
GET /jobHold | ABOaov | same | 200 |
PUT /jobHold | ABO | - | 200 | {"reason":"x"}
DELETE /jobHold | ABO | - | 404 |
GET /jobDrafts | ABOaov | list | 200 |
GET /jobDrafts/{draftId} | ABOaov | 404 | 200 |
PUT /jobDrafts/{draftId} | ABOao | 404 | 200 | {"job":{}}
DELETE /jobDrafts/{draftId} | ABOao | 404 | 204 |
GET /jobs/{jobId}/events | ABOaov | 404 | 200 |
POST /jobs/{jobId}/stop | ABOao | 404 | 409 |
POST /jobs/{jobId}/resume | ABOao | 404 | 409 |
POST /jobs/{jobId}/cancel | ABOao | 404 | 409 |
PUT /jobs/{jobId}/pauseAfterBatch | ABOao | 404 | 409 |
DELETE /jobs/{jobId}/pauseAfterBatch | ABOao | 404 | 409 |
POST /jobs/{jobId}/acknowledge | ABOao | 404 | 204 |
GET /jobs/{jobId}/reruns | ABOaov | 404 | 200 |
GET /jobs/{jobId}/family | ABOaov | 404 | 200 |
PUT /jobs/{jobId}/rerun/{rerunId} | ABOao | 404 | 422 |
POST /query | ABOaov | results | 200 | {"query":"SELECT $id FROM dtmi:acme:cooler;1"}
GET /roles | ABOaov | same | 200 |
GET /roles/{roleId} | ABOaov | same | 200 |
GET /users | Aa | list | 200 |
GET /users/{userId} | Aa | 404 | 200 |
PUT /users/{userId} | Aa | 404 | 200 | {"type":"email","email":"taken@x.y","roles":[VIEWER]}
PATCH /users/{userId} | Aa | 404 | 200 | {"email":"taken@x.y"}
DELETE /users/{userId} | Aa | 404 | 204 |
POST /users/{userId}/password | Aa | 404 | 200 |
GET /apiTokens | Aa | list | 200 |
GET /apiTokens/{tokenId} | Aa | 404 | 200 |
PUT /apiTokens/{tokenId} | Aa | 409 | 409 | {"roles":[VIEWER]}
DELETE /apiTokens/{tokenId} | Aa | 404 | 204 |
GET /audit | Aa | own | 200 |
GET /auditExport | Aa | own | 200 |
GET /devices | ABOaov | list | 200 |
GET /devices/{deviceId} | ABOaov | 404 | 200 |
PUT /devices/{deviceId} | ABOao | 404 | 200 | {"displayName":"Taken"}
PATCH /devices/{deviceId} | ABOao | 404 | 200 | {"displayName":"Taken"}
DELETE /devices/{deviceId} | ABOao | 404 | 204 |
GET /devices/{deviceId}/commands/{commandName} | ABOaov | 404 | 200 |
POST /devices/{deviceId}/commands/{commandName} | ABOao | 404 | 201 | {}
GET /devices/{deviceId}/components/{componentName}/commands/{commandName} | ABOaov | 404 | 200 |
POST /devices/{deviceId}/components/{componentName}/commands/{commandName} | ABOao | 404 | 201 | {}
GET /devices/{deviceId}/modules/{moduleName}/commands/{commandName} | ABOaov | 404 | 200 |
POST /devices/{deviceId}/modules/{moduleName}/commands/{commandName} | ABOao | 404 | 501 | {}
GET /devices/{deviceId}/modules/{moduleName}/components/{componentName}/commands/{commandName} | ABOaov | 404 | 200 |
POST /devices/{deviceId}/modules/{moduleName}/components/{componentName}/commands/{commandName} | ABOao | 404 | 501 | {}
GET /devices/{deviceId}/telemetry/{telemetryName} | ABOaov | 404 | 200 |
GET /devices/{deviceId}/components/{componentName}/telemetry/{telemetryName} | ABOaov | 404 | 200 |
GET /devices/{deviceId}/modules/{moduleName}/telemetry/{telemetryName} | ABOaov | 404 | 404 |
GET /devices/{deviceId}/modules/{moduleName}/components/{componentName}/telemetry/{telemetryName} | ABOaov | 404 | 404 |
GET /devices/{deviceId}/relationships | ABOaov | 404 | 200 |
GET /devices/{deviceId}/relationships/{relationshipId} | ABOaov | 404 | 200 |
PUT /devices/{deviceId}/relationships/{relationshipId} | ABOao | 404 | 200 | {"source":"c2","target":"c3"}
PATCH /devices/{deviceId}/relationships/{relationshipId} | ABOao | 404 | 200 | {"source":"c3","target":"c2"}
DELETE /devices/{deviceId}/relationships/{relationshipId} | ABOao | 404 | 204 |
GET /deploymentManifests | ABOaov | 501 | 501 |
GET /deploymentManifests/{deploymentManifestId} | ABOaov | 501 | 501 |
PUT /deploymentManifests/{deploymentManifestId} | ABOaov | 501 | 501 |
PATCH /deploymentManifests/{deploymentManifestId} | ABOaov | 501 | 501 |
DELETE /deploymentManifests/{deploymentManifestId} | ABOaov | 501 | 501 |
POST /devices/{deviceId}/applyDeploymentManifest | ABOaov | 501 | 501 |
GET /fileUploads | ABOaov | 501 | 501 |
PUT /fileUploads | ABOaov | 501 | 501 |
PATCH /fileUploads | ABOaov | 501 | 501 |
DELETE /fileUploads | ABOaov | 501 | 501 |
GET /dataExport/destinations | ABOaov | 501 | 501 |
GET /dataExport/destinations/{destinationId} | ABOaov | 501 | 501 |
PUT /dataExport/destinations/{destinationId} | ABOaov | 501 | 501 |
PATCH /dataExport/destinations/{destinationId} | ABOaov | 501 | 501 |
DELETE /dataExport/destinations/{destinationId} | ABOaov | 501 | 501 |
GET /dataExport/destinations/{destinationId}/exports | ABOaov | 501 | 501 |
GET /dataExport/exports | ABOaov | 501 | 501 |
GET /dataExport/exports/{exportId} | ABOaov | 501 | 501 |
PUT /dataExport/exports/{exportId} | ABOaov | 501 | 501 |
PATCH /dataExport/exports/{exportId} | ABOaov | 501 | 501 |
DELETE /dataExport/exports/{exportId} | ABOaov | 501 | 501 |
GET /dataExport/exports/{exportId}/destinations | ABOaov | 501 | 501 |
GET /dashboards | ABOaov | 501 | 501 |
GET /dashboards/{dashboardId} | ABOaov | 501 | 501 |
PUT /dashboards/{dashboardId} | ABOaov | 501 | 501 |
PATCH /dashboards/{dashboardId} | ABOaov | 501 | 501 |
DELETE /dashboards/{dashboardId} | ABOaov | 501 | 501 |
GET /scheduledJobs | ABOaov | list | 200 |
GET /scheduledJobs/{scheduledJobId} | ABOaov | 404 | 200 |
PUT /scheduledJobs/{scheduledJobId} | ABOao | 404 | 200 | {"group":"eu-group","data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":1}],"schedule":{"start":"2090-01-01T00:00:00Z"}}
PATCH /scheduledJobs/{scheduledJobId} | ABOao | 404 | 200 | {"displayName":"Taken"}
DELETE /scheduledJobs/{scheduledJobId} | ABOao | 404 | 204 |
GET /scheduledJobs/{scheduledJobId}/jobs | ABOaov | 404 | 200 |
GET /scheduledJobs/{scheduledJobId}/activity | ABOaov | 404 | 200 |
"#;

/// What a caller puts somewhere, or refers to, although it is of another organization: nothing is made then.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("PUT /organizations/new", r#"{"parent":"eu"}"#, "422 UnprocessableEntity"),
    ("PUT /organizations/new", "{}", "403 Forbidden"),
    ("PATCH /organizations/us", r#"{"parent":"eu"}"#, "403 Forbidden"),
    ("PUT /users/new", r#"{"type":"email","email":"n@x.y","roles":[VIEWER-EU]}"#, "422 UnprocessableEntity"),
    ("PUT /apiTokens/new", r#"{"roles":[VIEWER-EU]}"#, "422 UnprocessableEntity"),
    ("PUT /deviceGroups/new", r#"{"displayName":"N","filter":"SELECT * FROM devices"}"#, "422 UnprocessableEntity"),
    (
        "PUT /deviceGroups/new",
        r#"{"displayName":"N","filter":"SELECT * FROM devices","organizations":["eu"]}"#,
        "422 UnprocessableEntity",
    ),
    ("PATCH /deviceGroups/us-group", r#"{"organizations":["eu"]}"#, "422 UnprocessableEntity"),
    (
        "PUT /jobs/new",
        r#"{"group":"eu-group","data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":1}]}"#,
        "422 UnprocessableEntity",
    ),
    (
        "PUT /jobs/new",
        r#"{"group":"us-group","organizations":["eu"],
            "data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":1}]}"#,
        "422 UnprocessableEntity",
    ),
    // Not even the very request that made it shows a job of another organization.
    (
        "PUT /jobs/eu-job",
        r#"{"group":"eu-group","data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":1}]}"#,
        "409 Conflict",
    ),
    ("PATCH /deviceGroups/us-group", r#"{"organizations":null}"#, "422 UnprocessableEntity"),
    ("PUT /devices/new", "{}", "422 UnprocessableEntity"),
    ("PUT /devices/new", r#"{"organizations":["eu"]}"#, "422 UnprocessableEntity"),
    ("PATCH /devices/c4", r#"{"organizations":["eu"]}"#, "422 UnprocessableEntity"),
    ("PATCH /devices/c4", r#"{"organizations":null}"#, "422 UnprocessableEntity"),
    ("PUT /devices/c4/relationships/new", r#"{"source":"c4","target":"c2"}"#, "422 UnprocessableEntity"),
    (
        "PUT /scheduledJobs/new",
        r#"{"group":"eu-group","data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":1}],"schedule":{"start":"2090-01-01T00:00:00Z"}}"#,
        "422 UnprocessableEntity",
    ),
    ("PATCH /scheduledJobs/us-schedule", r#"{"group":"eu-group"}"#, "422 UnprocessableEntity"),
    ("PATCH /scheduledJobs/us-schedule", r#"{"organizations":["eu"]}"#, "422 UnprocessableEntity"),
];

/// What stands in a path for each parameter: all of it belongs to `eu`, or to the whole application.
const NAMED: &[(&str, &str)] = &[
    ("commandName", "ping"),
    ("componentName", "fan"),
    ("dashboardId", "d"),
    ("deploymentManifestId", "m"),
    ("destinationId", "d"),
    ("deviceGroupId", "eu-group"),
    ("deviceId", "c2"),
    ("deviceTemplateId", COOLER),
    ("enrollmentGroupId", "factory"),
    ("draftId", "eu-draft"),
    ("entry", "primary"),
    ("exportId", "e"),
    ("jobId", "eu-job"),
    ("moduleName", "camera"),
    ("organizationId", "eu"),
    ("relationshipId", "eu-relationship"),
    ("rerunId", "eu-rerun"),
    ("scheduledJobId", "eu-schedule"),
    ("roleId", "84cc62c1-dabe-49d3-b16e-8b291232b285"),
    ("telemetryName", "humidity"),
    ("tokenId", "eu-token"),
    ("userId", "eu-user"),
];

/// Organizations `eu` and `us` with a thing of every kind each.
async fn fixture() -> Central {
    let central = fleet().await;
    let tomorrow = central.hub.state.engine.now().plus_seconds(86_400).to_string();
    for organization in ["eu", "us"] {
        let viewer = json!({"role": Role::OrgViewer.id(), "organization": organization});
        let schedule = json!({
            "group": format!("{organization}-group"),
            "data": [{"type": "property", "target": COOLER, "path": "target", "value": 1}],
            "schedule": {"start": tomorrow, "recurrence": "daily"},
        });
        let filter = format!("SELECT * FROM devices WHERE $template = \"{COOLER}\"");
        for (call, body) in [
            ("deviceGroups/{}-group", json!({"displayName": "G", "filter": filter, "organizations": [organization]})),
            ("users/{}-user", json!({"type": "email", "email": format!("u@{organization}"), "roles": [viewer]})),
            ("apiTokens/{}-token", json!({"roles": [viewer]})),
            (
                "jobs/{}-job",
                json!({"group": format!("{organization}-group"),
                       "data": [{"type": "property", "target": COOLER, "path": "target", "value": 1}]}),
            ),
            ("scheduledJobs/{}-schedule", schedule),
        ] {
            let call = format!("PUT /{}", call.replace("{}", organization));
            let reply = central.ask(&call, &body.to_string()).await;
            assert!(reply.status.is_success(), "{call}: {}", reply.text);
        }
        central.until(&format!("{organization}-job"), "complete").await;
        let draft = json!({"job": {}, "organizations": [organization]}).to_string();
        let reply = central.ask_in(OWN, &format!("PUT /jobDrafts/{organization}-draft"), &draft).await;
        assert!(reply.status.is_success(), "{}", reply.text);
    }
    let certificate = json!({"primary": {"certificate": CERTIFICATE}});
    let attestation = json!({"type": "x509", "x509": {"signingCertificates": certificate}});
    let keys = json!({"primaryKey": "AAAAAAAAAAAAAAAAAAAAAA==", "secondaryKey": "AAAAAAAAAAAAAAAAAAAAAQ=="});
    for (call, body) in [
        ("PUT /enrollmentGroups/factory", json!({"displayName": "F", "type": "iot", "attestation": attestation})),
        ("PUT /devices/c2/attestation", json!({"type": "symmetricKey", "symmetricKey": keys})),
    ] {
        let reply = central.ask(call, &body.to_string()).await;
        assert!(reply.status.is_success(), "{call}: {}", reply.text);
    }
    let relationship = r#"{"source":"c2","target":"c3"}"#;
    let reply = central.ask("PUT /devices/c2/relationships/eu-relationship", relationship).await;
    assert!(reply.status.is_success(), "{}", reply.text);
    let seq = central.hub.seq("c2").await;
    central.hub.devices.answer(seq, 200, "null");
    for component in [None, Some("fan")] {
        let message = Message { component, body: br#"{"humidity":40}"#, ..Message::default() };
        central.hub.state.engine.telemetry(seq, &message);
    }
    central
}

struct Row {
    route: &'static Route,
    who: &'static str,
    foreign: &'static str,
    administrator: &'static str,
    body: String,
}

/// The table, held against the routes there are.
fn rows() -> Vec<Row> {
    let viewer = |organization| json!({"role": Role::OrgViewer.id(), "organization": organization}).to_string();
    let mut by_route = BTreeMap::new();
    for line in EXPECTED.trim().lines() {
        let columns: Vec<&str> = line.splitn(5, '|').map(str::trim).collect();
        let [route, who, foreign, administrator, body] = columns[..] else { panic!("{line}") };
        assert!(by_route.insert(route, (who, foreign, administrator, body)).is_none(), "twice: {line}");
    }
    let rows: Vec<Row> = ROUTES
        .iter()
        .map(|route| {
            let name = format!("{} {}", route.method, route.path);
            let (who, foreign, administrator, body) =
                by_route.remove(name.as_str()).unwrap_or_else(|| panic!("{name} is not in the table of rights"));
            let body = body.replace("VIEWER", &viewer("us")).replace("CERTIFICATE", CERTIFICATE);
            Row { route, who, foreign, administrator, body }
        })
        .collect();
    assert!(by_route.is_empty(), "there are no such routes: {by_route:?}");
    rows
}

impl Row {
    /// `VERB path` with a value for each parameter.
    fn call(&self, value: impl Fn(&str) -> String) -> String {
        let segment = |segment: &str| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => value(name),
            None => segment.to_owned(),
        };
        let path: Vec<String> = self.route.path.split('/').map(segment).collect();
        format!("{} {}", self.route.method, path.join("/"))
    }

    /// With what belongs to `eu`.
    fn call_of_eu(&self) -> String {
        self.call(|name| named(name).to_owned())
    }

    /// The newest version in which the route exists.
    fn version(&self) -> &'static str {
        let mut known = Version::ALL.into_iter().filter(|version| self.route.versions.contains(*version));
        known.next_back().unwrap().as_str()
    }

    async fn send(&self, central: &Central, token: &str, call: &str) -> Reply {
        central.ask_as(Some(token), self.version(), call, &[], &self.body).await
    }
}

fn named(parameter: &str) -> &'static str {
    let found = NAMED.iter().find(|(name, _)| *name == parameter);
    found.unwrap_or_else(|| panic!("nothing stands for {{{parameter}}}")).1
}

fn message(reply: &Reply) -> String {
    reply.json()["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_route_with_every_role() {
    let central = fixture().await;
    let mut tokens = Vec::new();
    for (letter, role) in "ABOaov".chars().zip(Role::ALL) {
        let organization = (!role.is_for_application()).then_some("us");
        let token = make_token(&central.hub, &format!("role-{}", role as u8), &[(role, organization)]).await;
        tokens.push((letter, token));
    }
    for row in rows() {
        // Nothing has this name, so that nobody changes anything for the next one.
        let call = row.call(|name| if name == "deviceTemplateId" { "dtmi:no:one;1" } else { "nobody" }.to_owned());
        let mut who = String::new();
        for (letter, token) in &tokens {
            let reply = central.ask_as(Some(token), row.version(), &call, &[], "").await;
            let found = outcome(&reply);
            let failed = found.starts_with('5') && row.administrator != "501";
            assert!(!found.starts_with("401") && !failed, "{call} {letter}: {found}");
            if !reply.text.contains("no role of the caller allows this") {
                who.push(*letter);
            } else {
                assert_eq!(found, "403 Forbidden");
            }
        }
        assert_eq!(who, row.who, "{call}");
        let made_up = "SharedAccessSignature sr=a&sig=AAAA&skn=administrator&se=1999999999999";
        for token in [None, Some(made_up)] {
            let reply = central.ask_as(token, row.version(), &call, &[], "").await;
            assert_eq!(outcome(&reply), "401 Unauthorized", "{call}");
        }
    }
}

/// All that the administrator can read.
async fn everything(central: &Central, rows: &[Row]) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for row in rows.iter().filter(|row| row.route.method == Method::GET) {
        let call = row.call_of_eu();
        let reply = row.send(central, &central.token, &call).await;
        assert_eq!(reply.status.as_u16().to_string(), row.administrator, "{call}: {}", reply.text);
        // The body of a failure names the request. Downloads are no JSON.
        let content = || serde_json::from_str(&reply.text).unwrap_or_else(|_| Value::from(reply.text.as_str()));
        all.extend(reply.status.is_success().then(|| (call, content())));
    }
    all
}

#[tokio::test]
async fn nothing_of_another_organization() {
    let central = fixture().await;
    let rows = rows();
    let of_us = make_token(&central.hub, "us", &[(Role::OrgAdministrator, Some("us"))]).await;
    let of_eu = make_token(&central.hub, "eu", &[(Role::OrgAdministrator, Some("eu"))]).await;
    let before = everything(&central, &rows).await;
    for row in &rows {
        let call = row.call_of_eu();
        let reply = row.send(&central, &of_us, &call).await;
        let found = outcome(&reply);
        if !row.who.contains('a') {
            assert_eq!(found, "403 Forbidden", "{call}");
            continue;
        }
        match row.foreign {
            "list" => {
                // What stands in a list is called as the parameter of the route for one of them.
                let one = rows.iter().find(|other| {
                    let (above, last) = other.route.path.rsplit_once('/').unwrap();
                    above == row.route.path && last.starts_with('{') && other.route.method == Method::GET
                });
                let id = one.unwrap().call_of_eu().rsplit('/').next().unwrap().to_owned();
                for (token, sees) in [(&of_us, false), (&of_eu, true), (&central.token, true)] {
                    let ids = central.ids_in(token, row.version(), row.route.path).await;
                    assert_eq!(ids.contains(&id), sees, "{call}: {ids:?}");
                }
            }
            "preview" => {
                let found = reply.json();
                assert_eq!(
                    (&found["devices"], &found["problems"][0]["member"]),
                    (&json!(0), &json!("group")),
                    "{call}"
                );
            }
            "results" => assert_eq!(reply.text, r#"{"results":[{"$id":"c4"}]}"#, "{call}"),
            "lines" => assert_eq!(reply.text.lines().skip(1).collect::<Vec<_>>().len(), 1, "{}", reply.text),
            "counts" => {
                let found = reply.json();
                assert_eq!((&found["devices"], &found["sample"][0]["id"]), (&json!(1), &json!("c4")), "{call}");
            }
            "members" => {
                let path = call.strip_prefix("GET ").unwrap();
                let version = row.version();
                for (token, expected) in [(&of_us, "c4"), (&of_eu, "c2 c3"), (&central.token, "c1 c2 c3 c4")] {
                    let reply = central.ask_as(Some(token), version, &format!("GET {path}"), &[], "").await;
                    assert_eq!(each(&reply, "id"), expected, "{call}");
                }
            }
            "own" => {
                let of_own = row.send(&central, &of_eu, &call).await;
                assert!(reply.status.is_success() && of_own.status.is_success(), "{call}: {}", reply.text);
                assert!(of_own.text.contains("eu-group") && !reply.text.contains("eu-group"), "{call}: {}", reply.text);
                assert!(reply.text.contains("us-group"), "{call}: {}", reply.text);
            }
            "same" => {
                let own = row.send(&central, &central.token, &call).await;
                assert_eq!((reply.status, reply.text), (own.status, own.text), "{call}");
            }
            status => {
                assert!(found.starts_with(status), "{call}: {found}");
                // It reads exactly like what is not there; only what is made is made there.
                if row.route.method != Method::PUT {
                    let absent = row.call(|name| match name {
                        "organizationId" => "gone".to_owned(),
                        name => named(name).replace("eu-", "gone-").replace("c2", "gone"),
                    });
                    let other = row.send(&central, &of_us, &absent).await;
                    assert_eq!((outcome(&other), message(&other)), (found, message(&reply)), "{call} {absent}");
                }
            }
        }
    }
    let viewer = json!({"role": Role::OrgViewer.id(), "organization": "eu"}).to_string();
    for (call, body, expected) in ELSEWHERE {
        let body = body.replace("VIEWER-EU", &viewer);
        let reply = central.ask_as(Some(&of_us), NEWEST, call, &[], &body).await;
        assert_eq!(outcome(&reply), *expected, "{call} {body}: {}", reply.text);
    }
    assert_eq!(everything(&central, &rows).await, before);
    // The requests were right: the administrator gets further with them.
    for row in rows.iter().filter(|row| row.route.method != Method::GET) {
        let central = fixture().await;
        let call = row.call_of_eu();
        let reply = row.send(&central, &central.token, &call).await;
        assert!(outcome(&reply).starts_with(row.administrator), "{call}: {}", reply.text);
    }
}

/// A group shows of its members only those whom the caller may see, also a group that reaches further.
#[tokio::test]
async fn members_of_another_organization() {
    let central = fixture().await;
    let of_us = make_token(&central.hub, "us", &[(Role::OrgAdministrator, Some("us"))]).await;
    for (token, group, members) in [
        (&of_us, "us-group", vec!["c4"]),
        (&central.token, "us-group", vec!["c4"]),
        (&central.token, "eu-group", vec!["c2", "c3"]),
    ] {
        assert_eq!(central.ids(token, &format!("/deviceGroups/{group}/devices")).await, members, "{group}");
    }
}

/// A link to a further page is a place in a list, not a right to what follows there.
#[tokio::test]
async fn links_of_others() {
    let central = fixture().await;
    let of_us = make_token(&central.hub, "us", &[(Role::OrgAdministrator, Some("us"))]).await;
    for list in ["/deviceGroups", "/organizations", "/users", "/apiTokens"] {
        let page = central.ask(&format!("GET {list}?maxpagesize=1"), "").await.json();
        let next = page["nextLink"].as_str().unwrap().split_once("/api").unwrap().1;
        for id in central.ids(&of_us, next).await {
            assert!(id.starts_with("us"), "{list}: {id}");
        }
    }
}
