//! `bellwether query --offline`: every case of the query language, through the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;
use support::{bellwether, text};

const CASES: &str = include_str!("../../query/tests/data/query-cases.json");

#[test]
fn all_cases() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    assert!(cases.len() > 100);
    let wrong: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn check(case: &Value) -> Result<(), String> {
    let kind = match case["kind"].as_str().unwrap() {
        "query" => "query",
        "jobCondition" => "job-condition",
        "centralFilter" => "group-filter",
        other => panic!("unknown kind {other}"),
    };
    let query = case["query"].as_str().unwrap();
    let mut child = bellwether(&["query", "--offline", "-", "--kind", kind, "--", query])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let documents: String = case["docs"].as_array().unwrap().iter().map(|doc| format!("{doc}\n")).collect();
    // A text that is refused is refused before the documents are read.
    let _ = child.stdin.take().unwrap().write_all(documents.as_bytes());
    let output = child.wait_with_output().unwrap();
    let printed: Value =
        serde_json::from_slice(&output.stdout).map_err(|e| format!("{case}: {e}: {}", text(&output.stderr)))?;
    let expect = &case["expect"];
    if let Some(status) = expect.pointer("/error/status") {
        let right = printed["error"]["status"] == *status && output.status.code() == Some(1);
        return if right { Ok(()) } else { Err(format!("{}: expected an error, got {printed}", case["name"])) };
    }
    let by_id = expect.as_array().unwrap().iter().all(Value::is_string);
    let rows = printed.as_array().cloned().unwrap_or_default();
    let mut got: Vec<Value> = rows.into_iter().map(|row| if by_id { Value::from(id(&row)) } else { row }).collect();
    let mut wanted = expect.as_array().unwrap().clone();
    if case["ordered"] == false {
        got.sort_by_key(Value::to_string);
        wanted.sort_by_key(Value::to_string);
    }
    if got == wanted && output.status.success() {
        Ok(())
    } else {
        Err(format!("{}: expected {expect}, got {printed}", case["name"]))
    }
}

/// How the cases name a document.
fn id(row: &Value) -> String {
    let member = |name: &str| row.get(name).and_then(Value::as_str);
    match (row.as_str(), member("jobId"), member("moduleId"), member("deviceId"), member("id")) {
        (Some(id), ..) => id.to_owned(),
        (None, Some(job), _, Some(device), _) => format!("{job}/{device}"),
        (None, None, Some(module), Some(device), _) => format!("{device}/{module}"),
        (None, None, None, Some(device), _) => device.to_owned(),
        (None, _, _, _, other) => other.unwrap_or("?").to_owned(),
    }
}
