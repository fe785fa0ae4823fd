//! The tables held against the published descriptions.

use serde_json::{Map, Value, json};

use super::*;
use crate::tests::central::schema::Description;

/// What the descriptions call a resource.
const RESOURCES: &[(&str, Resource)] = &[
    ("ApiToken", Resource::ApiToken),
    ("Attestation", Resource::Attestation),
    ("Device", Resource::Device),
    ("DeviceCommand", Resource::Command),
    ("DeviceCredentials", Resource::Credentials),
    ("DeviceGroup", Resource::DeviceGroup),
    ("DeviceRelationship", Resource::Relationship),
    ("DeviceTelemetry", Resource::Telemetry),
    ("DeviceTemplate", Resource::DeviceTemplate),
    ("EnrollmentGroup", Resource::EnrollmentGroup),
    ("Job", Resource::Job),
    ("JobDeviceStatus", Resource::JobDevice),
    ("Organization", Resource::Organization),
    ("Role", Resource::Role),
    ("ScheduledJob", Resource::ScheduledJob),
    ("SigningX509Certificate", Resource::SigningCertificate),
    ("User", Resource::User),
    ("X509VerificationCode", Resource::VerificationCode),
];

/// What passes as it stands: documents of the caller's own members, and the query.
const PASSED: [&str; 6] = [
    "Collection",
    "DeviceCloudProperties",
    "DeviceProperties",
    "QueryRequest",
    "QueryResponse",
    "X509VerificationCertificate",
];

/// Groups of endpoints that are outside this product (iot-central §1.1).
const UNSERVED: [&str; 7] = [
    "Dashboards_",
    "DataExport",
    "Destinations_",
    "Exports_",
    "ContinuousDataExports_",
    "FileUploads_",
    "DeploymentManifests_",
];

/// Every object that a definition allows, with all its members: as many as its deepest union has kinds.
fn samples(description: &Description, definition: &str) -> Vec<Map<String, Value>> {
    let kinds = description.kinds(definition);
    if kinds.is_empty() {
        return filled(description, definition, None);
    }
    kinds.iter().flat_map(|(tag, kind)| filled(description, kind, Some(tag))).collect()
}

fn filled(description: &Description, definition: &str, tag: Option<&str>) -> Vec<Map<String, Value>> {
    let (members, _) = description.members(definition);
    let choices: Vec<(String, Vec<Value>)> = members
        .iter()
        .map(|(name, schema)| match tag.filter(|_| name == "type") {
            Some(tag) => (name.clone(), vec![json!(tag)]),
            // Only `preview` says that it is one.
            None if name == "email" => (name.clone(), vec![json!("a@example.net")]),
            None => (name.clone(), values(description, schema)),
        })
        .collect();
    let most = choices.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
    (0..most)
        .map(|n| choices.iter().map(|(name, values)| (name.clone(), values[n % values.len()].clone())).collect())
        .collect()
}

fn values(description: &Description, schema: &Value) -> Vec<Value> {
    if let Some(name) = schema["$ref"].as_str() {
        return match name.strip_prefix("#/definitions/").unwrap() {
            "AnyValue" => vec![json!({"any": [1, null]})],
            name => samples(description, name).into_iter().map(Value::Object).collect(),
        };
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return vec![first.clone()];
    }
    vec![match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("date-time")) => json!("2026-11-21T12:00:00Z"),
        (Some("string"), Some("date")) => json!("2026-11-21"),
        (Some("string"), _) => json!("text"),
        (Some("boolean"), _) => json!(true),
        (Some("integer" | "number"), _) => json!(7),
        (Some("array"), _) => return values(description, &schema["items"]).into_iter().map(|v| json!([v])).collect(),
        (_, _) => json!({"free": {"form": 1}}),
    }]
}

fn text(document: &Map<String, Value>) -> String {
    serde_json::to_string(document).unwrap()
}

fn is_served(id: &str) -> bool {
    id != "Devices_ApplyManifest" && !UNSERVED.iter().any(|prefix| id.starts_with(prefix))
}

#[test]
fn every_body_of_a_served_operation_is_known() {
    for version in Version::published() {
        for operation in Description::of(version).operations().iter().filter(|operation| is_served(operation.id())) {
            for name in operation.definitions() {
                let item = match name.strip_suffix("Collection") {
                    Some("DeviceGroupDevice") => "Device",
                    Some("") | None => name,
                    Some(item) => item,
                };
                let known = RESOURCES.iter().any(|(known, _)| *known == item) || PASSED.contains(&item);
                assert!(known, "{}: {}: {name}", version.as_str(), operation.id());
            }
        }
    }
}

/// What the newest version can say, each version says with its own members, all that it requires among them.
#[test]
fn answers_have_the_members_of_their_version() {
    let mut checked = 0;
    for (name, resource) in RESOURCES {
        for newest in samples(Description::of(Version::V2022_10_31Preview), name) {
            for version in Version::published() {
                let description = Description::of(version);
                if !description.defines(name) || is_newer(version, &newest) {
                    continue;
                }
                let answer = downgrade(version, *resource, text(&newest)).unwrap();
                let faults = description
                    .faults(&json!({"$ref": format!("#/definitions/{name}")}), &serde_json::from_str(&answer).unwrap());
                assert!(faults.is_empty(), "{} {name}: {faults:?}\n{answer}", version.as_str());
                let answer: Map<String, Value> = serde_json::from_str(&answer).unwrap();
                let declared = description.members(name).0;
                for member in declared.keys().filter(|member| !is_absent(name, member)) {
                    assert!(answer.contains_key(member), "{} {name} lacks {member}", version.as_str());
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 140, "{checked}");
}

/// Holds a kind of job that is newer than `version`.
fn is_newer(version: Version, job: &Map<String, Value>) -> bool {
    let kind = job.get("data").map(|data| data[0]["type"].clone()).unwrap_or_default();
    (kind == "deviceManifestMigration" && version < Version::V2022_10_31Preview)
        || (kind == "deviceTemplateMigration" && version < Version::V1_2Preview)
}

/// Members of older versions that the newest has nothing for.
fn is_absent(definition: &str, member: &str) -> bool {
    matches!((definition, member), ("DeviceTemplate", "deploymentManifest") | ("DeviceRelationship", "name"))
}

/// What a version reads, it can send back; and what it sends comes back as it was.
#[test]
fn requests_come_back_as_they_were() {
    for (name, resource) in RESOURCES {
        for version in Version::published().filter(|version| Description::of(*version).defines(name)) {
            let description = Description::of(version);
            for mut sent in samples(description, name) {
                sent.remove("deploymentManifest");
                if *name == "DeviceTemplate" && version == Version::Preview {
                    sent.insert(
                        "capabilityModel".into(),
                        json!({"@type": ["CapabilityModel"], "contents": [], "implements": []}),
                    );
                    sent.insert("solutionModel".into(), json!({"@type": ["SolutionModel"], "cloudProperties": []}));
                }
                let newest = upgrade(version, *resource, false, text(&sent)).unwrap();
                let back = downgrade(version, *resource, newest.clone()).unwrap();
                let back: Map<String, Value> = serde_json::from_str(&back).unwrap();
                let shape = resource.shape().unwrap();
                let is_kept = |key: &str| {
                    let members = shape.members().iter().chain(shape.variants().iter().flat_map(|v| v.members));
                    let mut known = members.filter(|member| member.is_called(key));
                    known.all(|member| member.access == shape::Access::Write)
                };
                for (key, value) in sent.iter().filter(|(key, _)| is_kept(key)) {
                    if !holds_read_only(name, key) {
                        assert_eq!(back.get(key), Some(value), "{} {name}.{key}: {newest}", version.as_str());
                    }
                }
                assert!(back.keys().all(|key| sent.contains_key(key)), "{back:?}");
                // Everything that it says is of the newest version.
                let known = Description::of(Version::V2022_10_31Preview).members(name).0;
                let kinds = Description::of(Version::V2022_10_31Preview).kinds(name);
                for key in serde_json::from_str::<Map<String, Value>>(&newest).unwrap().keys() {
                    let of_a_kind = kinds.iter().any(|(_, kind)| {
                        Description::of(Version::V2022_10_31Preview).members(kind).0.contains_key(key)
                    });
                    assert!(known.contains_key(key) || of_a_kind || is_absent(name, key), "{name}.{key}");
                }
            }
        }
    }
}

/// A certificate's `info` is what the server reads in it.
fn holds_read_only(definition: &str, member: &str) -> bool {
    matches!((definition, member), ("EnrollmentGroup", "attestation"))
}

#[test]
fn members_of_no_or_another_version_are_refused() {
    let refusal = |version, resource, body: &str| {
        let error = upgrade(version, resource, false, body.to_owned()).unwrap_err();
        format!("{} {}", error.code.status().as_u16(), error.message)
    };
    for (version, resource, body, expected) in [
        (Version::V2022_07_31, Resource::Job, "{", "400 the body is not JSON"),
        (Version::V2022_07_31, Resource::Job, "[]", "422 the body must be a JSON object"),
        (Version::V2022_07_31, Resource::Job, r#"{"colour":1}"#, "422 colour is not known"),
        (Version::V2022_07_31, Resource::Job, r#"{"batch":{"size":1}}"#, "422 batch.size is not known"),
        (
            Version::V2022_07_31,
            Resource::Job,
            r#"{"data":[{"type":"property","template":"t"}]}"#,
            "422 data[0].template is not known",
        ),
        (
            Version::V2022_07_31,
            Resource::Job,
            r#"{"data":[{"type":"reboot"}]}"#,
            "422 data[0].type must be one of property, command, cloudProperty, deviceTemplateMigration in api-version 2022-07-31",
        ),
        (
            Version::Preview,
            Resource::Job,
            r#"{"data":[{"type":"deviceTemplateMigration","template":"t"}]}"#,
            "422 data[0].type must be one of PropertyJobData, CommandJobData, CloudPropertyJobData in api-version preview",
        ),
        (
            Version::Preview,
            Resource::Job,
            r#"{"organizations":["a"]}"#,
            "422 organizations is not known in api-version preview",
        ),
        (Version::Preview, Resource::Device, r#"{"approved":true,"enabled":false}"#, "422 enabled stands twice"),
        (
            Version::V1_1Preview,
            Resource::Device,
            r#"{"displayName":"a","displayName":"b"}"#,
            "422 displayName stands twice",
        ),
        (
            Version::V2022_07_31,
            Resource::Device,
            r#"{"type":["iotEdge"]}"#,
            "422 type is not known in api-version 2022-07-31",
        ),
        (
            Version::V1_2Preview,
            Resource::DeviceTemplate,
            r#"{"deploymentManifest":{}}"#,
            "422 deploymentManifest is not known",
        ),
    ] {
        let said = refusal(version, resource, body);
        assert!(said.starts_with(expected), "{body}: {said}");
    }
}

#[test]
fn bodies_that_pass() {
    for (version, resource, is_patch, body, expected) in [
        // Every spelling in every version, digits and order as they were.
        (
            Version::V2022_07_31,
            Resource::Job,
            false,
            r#"{"id":"x","group":"g","data":[{"type":"PropertyJobData","value":{"b":1.0,"a":1e3},"target":"t"}],"progress":{}}"#,
            r#"{"group":"g","data":[{"type":"property","value":{"b":1.0,"a":1e3},"target":"t"}]}"#,
        ),
        (
            Version::Preview,
            Resource::Job,
            false,
            r#"{"data":[{"type":"command","value":12345678901234567890123,"path":"p"}]}"#,
            r#"{"data":[{"type":"command","value":12345678901234567890123,"path":"p"}]}"#,
        ),
        (
            Version::V1_1Preview,
            Resource::Device,
            false,
            r#"{"instanceOf":"t","approved":false}"#,
            r#"{"template":"t","enabled":false}"#,
        ),
        (Version::Preview, Resource::Device, true, r#"{"instanceOf":null}"#, r#"{"template":null}"#),
        // What operations are to say, and what is not there.
        (Version::V2022_07_31, Resource::Job, false, r#"{"data":7,"batch":null}"#, r#"{"data":7,"batch":null}"#),
        (Version::V2022_07_31, Resource::Job, false, "", ""),
        (Version::V2022_07_31, Resource::Plain, false, r#"{"any": 1.0}"#, r#"{"any": 1.0}"#),
    ] {
        assert_eq!(upgrade(version, resource, is_patch, body.to_owned()).unwrap(), expected, "{body}");
    }
}

/// The command line sends a string (iot-central §13.1).
#[test]
fn the_threshold_of_a_batch_is_read_from_a_string() {
    for (sent, read) in [
        ("true", "true"),
        ("false", "false"),
        (r#""true""#, "true"),
        (r#""True""#, "true"),
        (r#""false""#, "false"),
        (r#""number""#, "false"),
        (r#""""#, "false"),
        ("null", "false"),
        ("1", "1"),
    ] {
        for resource in [Resource::Job, Resource::ScheduledJob] {
            let body = |batch| format!(r#"{{"cancellationThreshold":{{"type":"number","value":3,"batch":{batch}}}}}"#);
            let upgraded = upgrade(Version::V2022_07_31, resource, false, body(sent)).unwrap();
            assert_eq!(upgraded, body(read));
        }
    }
}

#[test]
fn a_template_migration_is_shown_to_versions_before_it() {
    let job = r#"{"id":"j","group":"g","data":[{"type":"deviceTemplateMigration","template":"dtmi:a:b;1"}],"status":"running"}"#;
    let shown = |version| downgrade(version, Resource::Job, job.to_owned()).unwrap();
    assert_eq!(shown(Version::V1_2Preview), job);
    let before = |kind: &str| {
        format!(
            r#"{{"id":"j","group":"g","data":[{{"type":"{kind}","target":"dtmi:a:b;1","path":""}}],"status":"running"}}"#
        )
    };
    assert_eq!(shown(Version::V1_1Preview), before("deviceTemplateMigration"));
    assert_eq!(shown(Version::Preview), before("DeviceTemplateMigrationJobData"));
}

#[test]
fn templates_of_preview() {
    let old = json!({
        "types": ["DeviceModel"],
        "displayName": "Cooler",
        "capabilityModel": {
            "@id": "urn:acme:cooler:1",
            "@type": ["CapabilityModel"],
            "displayName": "Cooler",
            "contents": [{"@type": "Command", "name": "reboot"}],
            "implements": [
                {"@type": ["InterfaceInstance"], "name": "fan", "schema": {"@type": ["Interface"], "contents": []}}
            ],
        },
        "solutionModel": {
            "@type": ["SolutionModel"],
            "cloudProperties": [{"@type": ["CloudProperty", "SemanticType/Date"], "name": "installed", "schema": "date"}],
        },
    });
    let new = json!({
        "@type": ["DeviceModel"],
        "displayName": "Cooler",
        "capabilityModel": {
            "@id": "urn:acme:cooler:1",
            "@type": ["Interface"],
            "displayName": "Cooler",
            "contents": [
                {"@type": "Command", "name": "reboot"},
                {"@type": ["Component"], "name": "fan", "schema": {"@type": ["Interface"], "contents": []}},
                {"@type": ["Property", "Cloud", "SemanticType/Date"], "name": "installed", "schema": "date"},
            ],
        },
    });
    for is_patch in [false, true] {
        let upgraded = upgrade(Version::Preview, Resource::DeviceTemplate, is_patch, old.to_string()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&upgraded).unwrap(), new);
    }
    let shown = downgrade(Version::Preview, Resource::DeviceTemplate, new.to_string()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), old);
    // The model is replaced as a whole: a patch of one half would drop the other.
    let half = r#"{"solutionModel":{"cloudProperties":[]}}"#;
    let error = upgrade(Version::Preview, Resource::DeviceTemplate, true, half.to_owned()).unwrap_err();
    assert_eq!(error.message, "a patch of capabilityModel or solutionModel must hold both");
    let name = upgrade(Version::Preview, Resource::DeviceTemplate, true, r#"{"displayName":"b"}"#.to_owned());
    assert_eq!(name.unwrap(), r#"{"displayName":"b"}"#);
    let overrides = r#"{"types":[],"capabilityModel":{},"solutionModel":{"overrides":[{}]}}"#;
    let error = upgrade(Version::Preview, Resource::DeviceTemplate, false, overrides.to_owned()).unwrap_err();
    assert!(error.message.starts_with("solutionModel.overrides is not served"), "{}", error.message);
}

#[test]
fn components_of_preview() {
    let new = r#"{"@id":"dtmi:a;1","@type":["Component"],"name":"fan"}"#;
    let shown = |version| downgrade(version, Resource::Component, new.to_owned()).unwrap();
    assert_eq!(shown(Version::V1_1Preview), new);
    assert_eq!(shown(Version::Preview), new.replace("Component", "InterfaceInstance"));
}

#[test]
fn versions() {
    let of = |text: &str| Version::of(&QueryString::parse(text)).map_err(|error| error.code.status().as_u16());
    for version in Version::ALL {
        assert_eq!(of(&format!("api-version={}", version.as_str())), Ok(version));
    }
    assert_eq!(of("api-version=2022-07-31&api-version=2022-10-31-preview"), Ok(Version::V2022_07_31));
    for bad in ["", "api-version=", "api-version=1.0", "api-version=2022-05-31", "api-version=PREVIEW"] {
        assert_eq!(of(bad), Err(400), "{bad}");
    }
}

#[test]
fn sets() {
    use Version::*;
    assert_eq!(Version::ALL.map(|version| Versions::ALL.contains(version)), [true; 7]);
    let from = Versions::from(V2022_06_30Preview);
    assert_eq!(Version::ALL.map(|v| from.contains(v)), [false, false, false, true, true, true, true]);
    let without = Versions::from(V1_1Preview).without(&[V2022_07_31]);
    assert_eq!(Version::ALL.map(|v| without.contains(v)), [false, true, true, true, false, true, true]);
}
