//! The published descriptions (Swagger 2.0) as JSON schemas that a body can be held against.
//!
//! Stricter than the originals in one way: an object may have no member that its definition does not declare. A
//! version answers with its own members and no others.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::central::version::Version;

const DESCRIPTIONS: [&str; 6] = [
    include_str!("../../../tests/data/central/openapi/preview.json"),
    include_str!("../../../tests/data/central/openapi/1.1-preview.json"),
    include_str!("../../../tests/data/central/openapi/1.2-preview.json"),
    include_str!("../../../tests/data/central/openapi/2022-06-30-preview.json"),
    include_str!("../../../tests/data/central/openapi/2022-07-31.json"),
    include_str!("../../../tests/data/central/openapi/2022-10-31-preview.json"),
];

/// Members that are in no schema, but in what clients send and expect back (iot-central §8.1).
const UNDECLARED: [(&str, &str); 1] = [("DeviceTemplate", "@context")];

/// One version's description.
pub(crate) struct Description {
    document: Value,
    definitions: Value,
}

/// One operation that a version declares.
pub(crate) struct Operation<'a> {
    method: &'a str,
    /// With its parameters in braces, without `/api`.
    pub path: &'a str,
    value: &'a Value,
}

impl Description {
    pub fn of(version: Version) -> &'static Description {
        static ALL: OnceLock<Vec<Description>> = OnceLock::new();
        &ALL.get_or_init(|| DESCRIPTIONS.into_iter().map(Description::read).collect())[version as usize]
    }

    fn read(text: &str) -> Description {
        let document: Value = serde_json::from_str(text).unwrap();
        let names = document["definitions"].as_object().unwrap().keys();
        let definitions = names.map(|name| (name.clone(), definition(&document, name))).collect();
        Description { document, definitions }
    }

    /// Every operation.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.document["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters");
            methods.map(move |(method, value)| Operation { method, path, value })
        });
        operations.collect()
    }

    /// The operation that names this example. Several may; then it is the one that uses the most of its parameters.
    pub fn operation_of_example(&self, name: &str, parameters: &Map<String, Value>) -> Operation<'_> {
        let file = format!("./examples/{name}.json");
        let names = |operation: &Operation<'_>| {
            let examples = operation.value["x-ms-examples"].as_object().into_iter().flat_map(Map::values);
            examples.into_iter().any(|example| example["$ref"] == *file)
        };
        let used = |operation: &Operation<'_>| {
            let all = operation.path.split(['{', '}']).skip(1).step_by(2);
            let known: Vec<bool> = all.map(|name| parameters.contains_key(name)).collect();
            known.iter().all(|known| *known).then_some(known.len())
        };
        let candidates =
            self.operations().into_iter().filter(|operation| names(operation) && used(operation).is_some());
        candidates.max_by_key(used).unwrap_or_else(|| panic!("nothing names {name}"))
    }

    /// An operation by its id.
    pub fn operation(&self, id: &str) -> Option<Operation<'_>> {
        self.operations().into_iter().find(|operation| operation.value["operationId"] == id)
    }

    /// The members that a definition declares, and those that it requires, of all its parents too.
    pub fn members(&self, name: &str) -> (Map<String, Value>, Vec<String>) {
        members(&self.document, &self.document["definitions"][name])
    }

    /// What a definition's `type` can be, with the definition for each; empty when it has no kinds.
    pub fn kinds(&self, name: &str) -> Vec<(String, String)> {
        kinds(&self.document, name)
    }

    /// Does it have this definition?
    pub fn defines(&self, name: &str) -> bool {
        self.document["definitions"].get(name).is_some()
    }

    /// What is wrong with `body` as a `schema` of this description.
    pub fn faults(&self, schema: &Value, body: &Value) -> Vec<String> {
        let mut schema = converted(schema);
        schema["definitions"] = self.definitions.clone();
        if let Some(reference) = schema.as_object_mut().unwrap().remove("$ref") {
            schema["allOf"] = json!([{ "$ref": reference }]);
        }
        let validator: Validator = jsonschema::draft4::options().should_validate_formats(true).build(&schema).unwrap();
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// What is wrong with an answer of this operation: a status that is not declared, a body that is not as
    /// declared.
    pub fn faults_of_answer(&self, operation: &Operation<'_>, status: u16, body: &str) -> Vec<String> {
        let responses = &operation.value["responses"];
        let declared = responses.get(status.to_string());
        let Some(response) = declared.or_else(|| responses.get("default").filter(|_| status >= 400)) else {
            return vec![format!("status {status} is not declared")];
        };
        match response.get("schema") {
            None if body.is_empty() => Vec::new(),
            None => vec![format!("a body where none is declared: {body}")],
            Some(schema) => match serde_json::from_str(body) {
                Ok(value) => self.faults(schema, &value),
                Err(error) => vec![format!("{error}: {body}")],
            },
        }
    }
}

impl Operation<'_> {
    pub fn method(&self) -> String {
        self.method.to_uppercase()
    }

    pub fn id(&self) -> &str {
        self.value["operationId"].as_str().unwrap()
    }

    /// The definitions that its bodies are: of the request, then of the answers that are no errors.
    pub fn definitions(&self) -> Vec<&str> {
        let parameters = self.value["parameters"].as_array().into_iter().flatten();
        let request = parameters.filter(|parameter| parameter["in"] == "body").map(|parameter| &parameter["schema"]);
        let responses = self.value["responses"].as_object().unwrap().iter();
        let answers = responses.filter(|(status, _)| *status != "default").map(|(_, response)| &response["schema"]);
        request.chain(answers).filter_map(|schema| reference(schema)).collect()
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/definitions/")
}

/// One definition as a schema that stands alone: its parents' members in it, its kinds told apart.
fn definition(document: &Value, name: &str) -> Value {
    let kinds = kinds(document, name);
    if kinds.is_empty() {
        return object(document, &document["definitions"][name], name);
    }
    let kinds = kinds.iter().map(|(tag, kind)| {
        let mut schema = object(document, &document["definitions"][kind], kind);
        schema["properties"]["type"] = json!({ "enum": [tag] });
        schema
    });
    json!({ "oneOf": kinds.collect::<Vec<_>>() })
}

fn object(document: &Value, schema: &Value, name: &str) -> Value {
    let (properties, required) = members(document, schema);
    if properties.is_empty() {
        return converted(schema);
    }
    let mut properties: Map<_, _> = properties.iter().map(|(name, value)| (name.clone(), converted(value))).collect();
    for (_, member) in UNDECLARED.iter().filter(|(definition, _)| *definition == name) {
        properties.insert((*member).to_owned(), json!({}));
    }
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn members(document: &Value, schema: &Value) -> (Map<String, Value>, Vec<String>) {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for parent in schema["allOf"].as_array().into_iter().flatten() {
        let parent = reference(parent).map_or(parent, |name| &document["definitions"][name]);
        let (more, needed) = members(document, parent);
        properties.extend(more);
        required.extend(needed);
    }
    properties.extend(schema["properties"].as_object().cloned().unwrap_or_default());
    let needed = schema["required"].as_array().into_iter().flatten();
    required.extend(needed.map(|name| name.as_str().unwrap().to_owned()));
    (properties, required)
}

fn kinds(document: &Value, name: &str) -> Vec<(String, String)> {
    if document["definitions"][name].get("discriminator").is_none() {
        return Vec::new();
    }
    let all = document["definitions"].as_object().unwrap();
    let children = all.iter().filter(|(_, schema)| {
        schema["allOf"].as_array().into_iter().flatten().any(|parent| reference(parent) == Some(name))
    });
    let tagged = children.map(|(child, schema)| {
        let tag = schema["x-ms-discriminator-value"].as_str().unwrap_or(child);
        (tag.to_owned(), child.clone())
    });
    tagged.collect()
}

/// What JSON Schema knows of a Swagger schema.
fn converted(schema: &Value) -> Value {
    let Some(schema) = schema.as_object() else { return json!({}) };
    if let Some(reference) = schema.get("$ref") {
        return json!({ "$ref": reference });
    }
    let kept = schema.iter().filter_map(|(key, value)| match key.as_str() {
        "items" | "additionalProperties" if value.is_object() => Some((key.clone(), converted(value))),
        "properties" => {
            let members = value.as_object().unwrap().iter();
            Some((key.clone(), members.map(|(name, value)| (name.clone(), converted(value))).collect()))
        }
        "type"
        | "required"
        | "enum"
        | "format"
        | "pattern"
        | "minItems"
        | "maxItems"
        | "minLength"
        | "maxLength"
        | "minimum"
        | "maximum"
        | "additionalProperties" => Some((key.clone(), value.clone())),
        _ => None,
    });
    Value::Object(kept.collect())
}

#[test]
fn the_harness_finds_faults() {
    let description = Description::of(Version::V2022_07_31);
    let operation = description.operation("Jobs_Get").unwrap();
    let job = |data: &str, more: &str| {
        let text = format!(r#"{{"id":"a","group":"g","status":"running","data":[{data}]{more}}}"#);
        description.faults_of_answer(&operation, 200, &text).len()
    };
    let property = r#"{"type":"property","target":"t","path":"p","value":null}"#;
    assert_eq!(job(property, ""), 0);
    assert_eq!(job(property, r#","start":"2026-01-01T00:00:00Z","progress":{"total":1}"#), 0);
    assert_eq!(job(property, r#","start":"yesterday""#), 1, "a format");
    assert_eq!(job(property, r#","progress":{"total":"1"}"#), 1, "a nested type");
    assert_eq!(job(property, r#","colour":1"#), 1, "an undeclared member");
    assert_eq!(job(r#"{"type":"PropertyJobData","target":"t","path":"p"}"#, ""), 1, "another version's kind");
    assert_eq!(job(r#"{"type":"property","target":"t"}"#, ""), 1, "a missing member");
    assert_eq!(job("", ""), 1, "too few items");
    assert_eq!(description.faults_of_answer(&operation, 201, "{}").len(), 1);
    assert_eq!(description.faults_of_answer(&operation, 404, r#"{"error":{"code":"a","message":"b"}}"#).len(), 0);
    assert_eq!(description.faults_of_answer(&operation, 404, r#"{"message":"b"}"#).len(), 2);
}
