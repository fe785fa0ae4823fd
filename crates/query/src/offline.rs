//! Runs a text over exported documents, one JSON object a line, without a server: `bellwether query --offline`.

use crate::aggregate::Aggregation;
use crate::condition::Condition;
use crate::error::QueryError;
use crate::field::Field;
use crate::group_filter::{Candidate, GroupFilter, Metadata};
use crate::json_document::JsonDocument;
use crate::query::Query;
use crate::value::Value;

/// What a text is, and so what it yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole query; yields its rows, for `SELECT *` the documents as they stand in the input.
    Query,
    /// A job's `queryCondition`; yields device ids as JSON strings.
    JobCondition,
    /// A device group's filter over devices in IoT Central's form, with property values in a member
    /// `properties`; yields ids as JSON strings.
    GroupFilter,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The text is refused, or has too many groups.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A line of the documents is no JSON object.
    #[error("line {number} of the documents: {message}")]
    Document {
        /// The line, from 1.
        number: u64,
        /// Why.
        message: String,
    },
}

impl OfflineError {
    /// The error as the command line prints it: a JSON object with member `error`, which has `status`,
    /// `line`, `column` and `message`. The status is always 400.
    pub fn to_json(&self) -> String {
        let error = match self {
            OfflineError::Query(error) => serde_json::json!({
                "status": 400, "line": error.line, "column": error.column, "message": error.message,
            }),
            OfflineError::Document { number, message } => serde_json::json!({
                "status": 400, "line": number, "column": 1, "message": format!("documents: {message}"),
            }),
        };
        serde_json::json!({ "error": error }).to_string()
    }
}

/// A text being run over documents, line by line.
#[derive(Debug)]
pub struct Evaluation {
    text: Text,
    lines: u64,
    rows: u64,
}

#[derive(Debug)]
enum Text {
    Query(Box<Query>),
    Aggregate(Box<Query>, Box<Aggregation>),
    Condition(Condition),
    Filter(GroupFilter),
}

impl Evaluation {
    /// Reads the text.
    ///
    /// # Errors
    /// When the text is refused.
    pub fn new(kind: Kind, text: &str) -> Result<Self, OfflineError> {
        let text = match kind {
            Kind::Query => {
                let query = Box::new(Query::parse(text)?);
                match query.aggregation() {
                    Some(aggregation) => Text::Aggregate(query, Box::new(aggregation)),
                    None => Text::Query(query),
                }
            }
            Kind::JobCondition => Text::Condition(Condition::parse(text)?),
            Kind::GroupFilter => Text::Filter(GroupFilter::parse(text)?),
        };
        Ok(Evaluation { text, lines: 0, rows: 0 })
    }

    /// Takes the next document and gives its row, if it has one. Blank lines are skipped.
    ///
    /// # Errors
    /// When the line is no JSON object, or begins one group too many.
    pub fn push(&mut self, line: &str) -> Result<Option<String>, OfflineError> {
        self.lines += 1;
        let line = line.trim();
        if line.is_empty() || self.is_done() {
            return Ok(None);
        }
        let document = JsonDocument::parse(line)
            .map_err(|error| OfflineError::Document { number: self.lines, message: error.to_string() })?;
        let row = match &mut self.text {
            Text::Query(query) => query.matches(&document).then(|| match query.selects_all() {
                true => line.to_owned(),
                false => query.project(&document),
            }),
            Text::Aggregate(query, aggregation) => {
                if query.matches(&document) {
                    aggregation.push(&document)?;
                }
                None
            }
            Text::Condition(condition) => {
                condition.matches(&document).then(|| json(&document.member(Field::DeviceId.wire_name())))
            }
            Text::Filter(filter) => filter.matches(&document).then(|| json(&document.member(Metadata::Id.wire_name()))),
        };
        self.rows += u64::from(row.is_some());
        Ok(row)
    }

    /// Whether `TOP` is reached, so that no further line can give a row.
    pub fn is_done(&self) -> bool {
        match &self.text {
            Text::Query(query) => query.top().is_some_and(|top| self.rows >= top),
            Text::Aggregate(..) | Text::Condition(_) | Text::Filter(_) => false,
        }
    }

    /// The rows that are known only at the end: those of an aggregate.
    pub fn finish(self) -> Vec<String> {
        match self.text {
            Text::Aggregate(query, aggregation) => {
                let mut rows = aggregation.finish();
                if let Some(top) = query.top().and_then(|top| usize::try_from(top).ok()) {
                    rows.truncate(top);
                }
                rows
            }
            Text::Query(_) | Text::Condition(_) | Text::Filter(_) => Vec::new(),
        }
    }
}

/// Runs a text over all lines and gives all rows, each a JSON text.
///
/// # Errors
/// As [`Evaluation::new`] and [`Evaluation::push`].
pub fn evaluate<L>(kind: Kind, text: &str, lines: L) -> Result<Vec<String>, OfflineError>
where
    L: IntoIterator,
    L::Item: AsRef<str>,
{
    let mut evaluation = Evaluation::new(kind, text)?;
    let mut rows = Vec::new();
    for line in lines {
        if evaluation.is_done() {
            break;
        }
        rows.extend(evaluation.push(line.as_ref())?);
    }
    rows.extend(evaluation.finish());
    Ok(rows)
}

/// JSON text; a document without an id gives null.
fn json(value: &Value<'_>) -> String {
    match value {
        Value::Undefined => "null".to_owned(),
        value => {
            let mut text = String::new();
            value.write_json(&mut text);
            text
        }
    }
}

/// A device in IoT Central's form, with the values of its properties in a member `properties`.
impl Candidate for JsonDocument<'_> {
    fn metadata(&self, field: Metadata) -> Value<'_> {
        self.member(field.wire_name())
    }

    fn capability(&self, component: Option<&str>, name: &str) -> Value<'_> {
        match component {
            Some(component) => self.below("properties", &[component, name]),
            None => self.below("properties", &[name]),
        }
    }
}
