//! The shared cases of query-cases.json, all of them.
#![allow(clippy::unwrap_used, clippy::panic)]

use bellwether_query::offline::{Kind, OfflineError, evaluate};
use bellwether_query::{JsonDocument, Query, Value};
use serde_json::value::RawValue;

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case<'a> {
    name: String,
    kind: String,
    #[serde(borrow)]
    docs: Vec<&'a RawValue>,
    query: String,
    expect: serde_json::Value,
    ordered: bool,
    item_type: Option<String>,
}

#[derive(serde::Deserialize)]
struct Cases<'a> {
    #[serde(borrow)]
    cases: Vec<Case<'a>>,
}

#[test]
fn every_case_holds() {
    let cases: Cases<'_> = serde_json::from_str(include_str!("data/query-cases.json")).unwrap();
    assert!(cases.cases.len() >= 126);
    let failures: Vec<String> =
        cases.cases.iter().filter_map(|case| check(case).err().map(|why| format!("{}: {why}", case.name))).collect();
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), cases.cases.len(), failures.join("\n"));
}

fn check(case: &Case<'_>) -> Result<(), String> {
    let kind = match case.kind.as_str() {
        "query" => Kind::Query,
        "jobCondition" => Kind::JobCondition,
        "centralFilter" => Kind::GroupFilter,
        other => return Err(format!("unknown kind {other}")),
    };
    let rows = evaluate(kind, &case.query, case.docs.iter().map(|doc| doc.get()));
    let expected = match (rows, &case.expect) {
        (Err(error), serde_json::Value::Object(expected)) => return same_status(&error, &expected["error"]["status"]),
        (Err(error), _) => return Err(error.to_string()),
        (Ok(rows), serde_json::Value::Array(expected)) => (rows, expected),
        (Ok(rows), other) => return Err(format!("gave {rows:?}, expected {other}")),
    };
    let (rows, mut expected) = (expected.0, expected.1.clone());
    let by_id = kind == Kind::Query && expected.iter().all(serde_json::Value::is_string);
    let mut rows: Vec<serde_json::Value> =
        rows.iter().map(|row| if by_id { id(row) } else { serde_json::from_str(row).unwrap() }).collect();
    if !case.ordered {
        rows.sort_by_key(sort_key);
        expected.sort_by_key(sort_key);
    }
    if sort_keys(&rows) != sort_keys(&expected) {
        return Err(format!("gave {rows:?}, expected {expected:?}"));
    }
    if kind == Kind::Query {
        let item_type = Query::parse(&case.query).map_err(|error| error.to_string())?.item_type();
        if Some(item_type.as_str()) != case.item_type.as_deref() {
            return Err(format!("item type {item_type}, expected {:?}", case.item_type));
        }
    }
    Ok(())
}

fn same_status(error: &OfflineError, expected: &serde_json::Value) -> Result<(), String> {
    let json: serde_json::Value = serde_json::from_str(&error.to_json()).unwrap();
    match &json["error"]["status"] == expected {
        true => Ok(()),
        false => Err(format!("gave {json}, expected status {expected}")),
    }
}

/// The text the cases name a whole document by.
fn id(row: &str) -> serde_json::Value {
    let document = JsonDocument::parse(row).unwrap();
    let text = |name: &str| match document.member(name) {
        Value::String(text) => Some(text.into_owned()),
        _ => None,
    };
    let device = text("deviceId").unwrap();
    match (text("jobId"), text("moduleId")) {
        (Some(job), _) => format!("{job}/{device}").into(),
        (None, Some(module)) => format!("{device}/{module}").into(),
        (None, None) => device.into(),
    }
}

/// Numbers are compared as doubles, members in any order.
fn sort_key(value: &serde_json::Value) -> String {
    fn normal(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Number(number) => *value = number.as_f64().into(),
            serde_json::Value::Array(items) => items.iter_mut().for_each(normal),
            serde_json::Value::Object(members) => members.values_mut().for_each(normal),
            _ => {}
        }
    }
    let mut value = value.clone();
    normal(&mut value);
    value.sort_all_objects();
    value.to_string()
}

fn sort_keys(values: &[serde_json::Value]) -> Vec<String> {
    values.iter().map(sort_key).collect()
}
