//! Every published example call, as it stands: it is accepted, the answer has the example's status, and its body is
//! what the version's description says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::Central;
use super::schema::Description;
use crate::central::version::Version;

/// Examples that cannot be met, with the reason; five at most.
const UNMET: &[(&str, &str)] = &[
    ("devices_attestations_set_tpm", "`<endorsement key>` is no key: no device could ever prove that it has it"),
    ("devices_attestations_set_x509", "`<string representation of the certificate>` is none: it has no thumbprint"),
    ("modules_commands_send", "edge modules do not connect to this server"),
    ("modules_properties_components_set", "edge modules do not connect to this server"),
    ("modules_telemetry_get", "edge modules do not connect to this server"),
];

/// One example.
struct Example {
    name: String,
    version: Version,
    /// `VERB path`, the path without `/api`.
    call: String,
    operation: String,
    body: String,
    status: u16,
}

fn folder(version: Version) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/central/examples").join(version.as_str())
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The examples of a version: what reads before what writes before what deletes.
fn examples(version: Version) -> Vec<Example> {
    let paths: BTreeMap<String, PathBuf> = std::fs::read_dir(folder(version))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    let mut all: Vec<Example> = paths.iter().map(|(name, path)| example(version, name, &read(path))).collect();
    let turn = |example: &Example| ["GET", "P", "D"].iter().position(|verb| example.call.starts_with(verb));
    all.sort_by_key(|example| (turn(example), example.name.clone()));
    all
}

fn example(version: Version, name: &str, text: &Value) -> Example {
    let parameters = text["parameters"].as_object().unwrap();
    let operation = Description::of(version).operation_of_example(name, parameters);
    let responses: Vec<&String> = text["responses"].as_object().unwrap().keys().collect();
    assert_eq!(responses.len(), 1, "{name}");
    Example {
        name: name.to_owned(),
        version,
        call: format!("{} {}", operation.method(), filled(operation.path, parameters)),
        operation: operation.id().to_owned(),
        body: parameters.get("body").map(Value::to_string).unwrap_or_default(),
        status: responses[0].parse().unwrap(),
    }
}

/// A path with its parameters in it.
fn filled(path: &str, parameters: &Map<String, Value>) -> String {
    parameters.iter().fold(path.to_owned(), |path, (name, value)| match value.as_str() {
        Some(value) => path.replace(&format!("{{{name}}}"), value),
        None => path,
    })
}

/// Brings the world to where an example begins.
async fn prepare(central: &Central, name: &str) {
    let job = |group: &str, data: &str| format!(r#"{{"displayName":"My Job","group":"{group}","data":[{data}]}}"#);
    match name {
        // The first of those that ask for it.
        "jobs_devices" => {
            // Its devices have another template than its target: all of them fail, which is what a rerun needs.
            let data = r#"{"type":"property","target":"urn:1dgygpt7t:modelDefinition:02uwtefvdy","path":"componentName.propertyName","value":"updated value"}"#;
            let group = "475cad48-b7ff-4a09-b51e-1a9021385453";
            central.set_up("PUT /jobs/myJobId", &job(group, data)).await;
            central.until("myJobId", "complete").await;
        }
        "jobs_resume" => {
            // A device that takes its time, so that the job is running when it is stopped.
            central.hub.devices.answer(central.hub.seq("therm-01").await, 200, "null");
            *central.hub.devices.delay.lock() = std::time::Duration::from_secs(60);
            let data = r#"{"type":"command","target":"dtmi:modelDefinition:ccc:ddd","path":"getMaxMinReport","value":"2021-06-15T05:00:00.000Z"}"#;
            central.set_up("PUT /jobs/myJobId", &job("thermostats", data)).await;
            central.set_up("POST /jobs/myJobId/stop", "").await;
        }
        // A template that devices have cannot be deleted.
        "devicetemplates_delete" => central.set_up("DELETE /devices/CheckoutThermostat", "").await,
        _ => {}
    }
}

/// What is wrong with the answer to an example.
async fn faults(central: &Central, example: &Example) -> Vec<String> {
    let reply = central.ask_in(example.version.as_str(), &example.call, &example.body).await;
    let status = reply.status.as_u16();
    if status != example.status {
        return vec![format!("{status} in the place of {}: {}", example.status, reply.text)];
    }
    let description = Description::of(example.version);
    let operation = description.operation(&example.operation).unwrap();
    description.faults_of_answer(&operation, status, &reply.text)
}

/// The template that a version's examples are about.
pub(super) fn template(version: Version) -> Value {
    read(&folder(version).join("devicetemplates_create.json"))["parameters"]["body"].clone()
}

async fn replay(version: Version) {
    let template = template(version);
    let world = Central::of_the_examples(&template).await;
    let mut said = Vec::new();
    let mut unmet = Vec::new();
    let all = examples(version);
    assert!(all.len() >= 44, "{}", all.len());
    for example in &all {
        // A stopped job of the same id as the finished one of the other examples.
        let own = match example.name.as_str() {
            "jobs_resume" => Some(Central::of_the_examples(&template).await),
            _ => None,
        };
        let central = own.as_ref().unwrap_or(&world);
        prepare(central, &example.name).await;
        let faults = faults(central, example).await;
        if UNMET.iter().any(|(name, _)| *name == example.name) {
            unmet.extend((!faults.is_empty()).then_some(&example.name));
        } else {
            said.extend(faults.iter().map(|fault| format!("{} ({}): {fault}", example.name, example.call)));
        }
    }
    assert!(said.is_empty(), "{} of {}:\n{}", said.len(), all.len(), said.join("\n"));
    assert_eq!(unmet.len(), UNMET.len(), "some are met by now: {unmet:?}");
    assert!(UNMET.len() <= 5);
}

#[tokio::test]
async fn examples_of_2022_07_31() {
    replay(Version::V2022_07_31).await;
}

#[tokio::test]
async fn examples_of_2022_10_31_preview() {
    replay(Version::V2022_10_31Preview).await;
}
