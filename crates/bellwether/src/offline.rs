//! `bellwether query --offline`: runs a text over exported twins, without a server.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use bellwether_query::offline::{Evaluation, Kind, OfflineError};
use clap::ValueEnum;

use crate::failure::Failure;
use crate::terminal::{print, print_before_verdict};

/// The three languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TextKind {
    /// A whole query (SELECT …): prints its rows.
    Query,
    /// The queryCondition of a job: prints the device ids that it selects.
    JobCondition,
    /// The filter of a device group: prints the device ids that it selects.
    GroupFilter,
}

impl From<TextKind> for Kind {
    fn from(kind: TextKind) -> Self {
        match kind {
            TextKind::Query => Kind::Query,
            TextKind::JobCondition => Kind::JobCondition,
            TextKind::GroupFilter => Kind::GroupFilter,
        }
    }
}

/// Prints a JSON array of the rows, or `{"error": …}` and fails with exit code 1.
pub fn run(file: &Path, kind: TextKind, text: &str) -> Result<(), Failure> {
    let unread = |error: &io::Error| Failure::during(format!("cannot read {}", file.display()), error);
    let result = if file == Path::new("-") {
        evaluate(kind.into(), text, io::stdin().lock())
    } else {
        evaluate(kind.into(), text, BufReader::new(File::open(file).map_err(|error| unread(&error))?))
    };
    match result {
        Ok(rows) => print(array(&rows)),
        Err(Stop::Text(error)) => {
            // For programs; what a person should see is the same.
            print_before_verdict(error.to_json())?;
            Err(Failure::new(error.to_string()))
        }
        Err(Stop::Read(error)) => Err(unread(&error)),
    }
}

/// Why there are no rows.
#[derive(Debug)]
enum Stop {
    Text(OfflineError),
    Read(io::Error),
}

fn evaluate(kind: Kind, text: &str, lines: impl BufRead) -> Result<Vec<String>, Stop> {
    let mut evaluation = Evaluation::new(kind, text).map_err(Stop::Text)?;
    let mut rows = Vec::new();
    for line in lines.lines() {
        if evaluation.is_done() {
            break;
        }
        rows.extend(evaluation.push(&line.map_err(Stop::Read)?).map_err(Stop::Text)?);
    }
    rows.extend(evaluation.finish());
    Ok(rows)
}

/// One array, a row a line.
fn array(rows: &[String]) -> String {
    if rows.is_empty() { "[]".to_owned() } else { format!("[\n{}\n]", rows.join(",\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWINS: &str = "{\"deviceId\":\"a\",\"tags\":{\"floor\":3}}\n\n{\"deviceId\":\"b\",\"tags\":{\"floor\":4}}\n";

    fn printed(kind: Kind, text: &str) -> String {
        match evaluate(kind, text, TWINS.as_bytes()) {
            Ok(rows) => array(&rows),
            Err(Stop::Text(error)) => error.to_json(),
            Err(Stop::Read(error)) => error.to_string(),
        }
    }

    #[test]
    fn rows_are_one_array() {
        assert_eq!(
            printed(Kind::Query, "SELECT deviceId FROM devices"),
            "[\n{\"deviceId\":\"a\"},\n{\"deviceId\":\"b\"}\n]"
        );
        assert_eq!(printed(Kind::Query, "SELECT COUNT() AS n FROM devices"), "[\n{\"n\":2}\n]");
        assert_eq!(printed(Kind::JobCondition, "tags.floor = 4"), "[\n\"b\"\n]");
        assert_eq!(printed(Kind::JobCondition, "tags.floor = 5"), "[]");
    }

    #[test]
    fn an_error_points_at_its_place() {
        let error: serde_json::Value = serde_json::from_str(&printed(Kind::Query, "SELECT * FROM nowhere")).unwrap();
        assert_eq!(error["error"]["status"], 400);
        assert_eq!((&error["error"]["line"], &error["error"]["column"]), (&1.into(), &15.into()));
    }
}
