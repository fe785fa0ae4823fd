//! `bellwether query --offline`: runs a text over exported twins, without a server.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use bellwether_query::offline::{Evaluation, Kind, OfflineError};
use clap::{Args, ValueEnum};

use crate::failure::Failure;

/// A text and the documents that it runs over.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// File with one JSON document a line (twins, job rows, or devices of a group filter); - reads standard input.
    #[arg(long, value_name = "FILE.ndjson", required = true)]
    offline: PathBuf,

    /// What the text is.
    #[arg(long, value_name = "KIND", default_value = "query")]
    kind: TextKind,

    /// The text.
    #[arg(value_name = "TEXT")]
    text: String,
}

/// The three languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TextKind {
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
pub fn run(args: &QueryArgs) -> Result<(), Failure> {
    let result = if args.offline == Path::new("-") {
        evaluate(args.kind.into(), &args.text, io::stdin().lock())
    } else {
        let file = File::open(&args.offline);
        let file = file.map_err(|error| Failure::during(format!("cannot read {}", args.offline.display()), &error))?;
        evaluate(args.kind.into(), &args.text, BufReader::new(file))
    };
    let out = &mut io::stdout().lock();
    let printed = match &result {
        Ok(rows) => print_rows(out, rows),
        Err(Stop::Text(error)) => writeln!(out, "{}", error.to_json()),
        Err(Stop::Read(_)) => Ok(()),
    };
    printed.map_err(|error| Failure::during("cannot print", &error))?;
    match result {
        Ok(_) => Ok(()),
        // Printed already, for programs; what a person should see is the same.
        Err(Stop::Text(error)) => Err(Failure::new(error.to_string())),
        Err(Stop::Read(error)) => Err(Failure::during(format!("cannot read {}", args.offline.display()), &error)),
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
fn print_rows(out: &mut impl Write, rows: &[String]) -> io::Result<()> {
    let mut before = "[\n";
    for row in rows {
        write!(out, "{before}{row}")?;
        before = ",\n";
    }
    writeln!(out, "{}", if rows.is_empty() { "[]" } else { "\n]" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWINS: &str = "{\"deviceId\":\"a\",\"tags\":{\"floor\":3}}\n\n{\"deviceId\":\"b\",\"tags\":{\"floor\":4}}\n";

    fn printed(kind: Kind, text: &str) -> String {
        match evaluate(kind, text, TWINS.as_bytes()) {
            Ok(rows) => {
                let mut out = Vec::new();
                print_rows(&mut out, &rows).unwrap();
                String::from_utf8(out).unwrap()
            }
            Err(Stop::Text(error)) => error.to_json(),
            Err(Stop::Read(error)) => error.to_string(),
        }
    }

    #[test]
    fn rows_are_one_array() {
        assert_eq!(
            printed(Kind::Query, "SELECT deviceId FROM devices"),
            "[\n{\"deviceId\":\"a\"},\n{\"deviceId\":\"b\"}\n]\n"
        );
        assert_eq!(printed(Kind::Query, "SELECT COUNT() AS n FROM devices"), "[\n{\"n\":2}\n]\n");
        assert_eq!(printed(Kind::JobCondition, "tags.floor = 4"), "[\n\"b\"\n]\n");
        assert_eq!(printed(Kind::JobCondition, "tags.floor = 5"), "[]\n");
    }

    #[test]
    fn an_error_points_at_its_place() {
        let error: serde_json::Value = serde_json::from_str(&printed(Kind::Query, "SELECT * FROM nowhere")).unwrap();
        assert_eq!(error["error"]["status"], 400);
        assert_eq!((&error["error"]["line"], &error["error"]["column"]), (&1.into(), &15.into()));
    }
}
