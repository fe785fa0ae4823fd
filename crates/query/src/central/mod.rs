//! The query of IoT Central's `POST /query` (query-language §9.2, iot-central §11), over what is kept: properties,
//! cloud properties, and what Central itself knows of a device.
//!
//! ```text
//! query  := SELECT [TOP n] item { "," item } FROM template [WHERE any] [ORDER BY order { "," order }]
//! item   := column [AS name]
//! column := $id | $ts | $provisioned | $simulated | name | component "." name
//! any    := all { OR all }          all := test { AND test }
//! test   := "(" any ")" | column op literal | $id IN "[" literal { "," literal } "]"
//! order  := column [ASC | DESC]
//! ```
//!
//! An alias may stand for its column after WHERE and ORDER BY. Values compare as in twin queries (§4.1): a device
//! without the property meets no comparison with it. A column that a device has no value for is not in its row, and
//! such rows come last in an order, in either direction.
//!
//! Of telemetry only the last value of each device is kept, and that is no series: aggregates, windows and telemetry
//! as a column are not served, and the error says so.

mod parse;
mod rows;

use crate::ast::{Comparison, Constant};
use crate::error::QueryError;
use crate::group_filter::{Candidate, Metadata};
use crate::in_set::InSet;
use crate::operand::compare;
use crate::value::Value;

pub use rows::{CENTRAL_RESULT_BYTES_MAX, CentralRows, ResultTooLarge};

/// How large a query and its result may be; `None`: as large as they come. What IoT Central has (§9.2) stands with
/// each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CentralQueryLimits {
    /// Characters of the text: 350.
    pub characters: Option<usize>,
    /// Items of the select list: 15.
    pub items: Option<usize>,
    /// `AND` and `OR` together: 10.
    pub operators: Option<usize>,
    /// Rows of the result: 1,000. There are no pages; further rows are left out, and `TOP` may not ask for more.
    pub rows: Option<usize>,
}

/// Why a text is no query that can be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CentralQueryError {
    /// It does not parse, or is over a limit.
    #[error(transparent)]
    Text(#[from] QueryError),
    /// It is of the language, but asks for what is not kept.
    #[error("{0}")]
    Unserved(String),
}

/// What every text says that is about telemetry.
pub const TELEMETRY_UNSERVED: &str = "this server keeps the last value of each telemetry of a device and no history, \
     so telemetry cannot be queried; the last value is at /devices/{deviceId}/telemetry/{telemetryName}";

/// A device that a query looks at.
pub trait CentralDevice: Candidate {
    /// `$ts`: when the device last reported a property.
    fn timestamp(&self) -> Value<'_>;
}

/// A query that was read. Whether its template has what it names is the caller's to check.
#[derive(Clone, Debug, PartialEq)]
pub struct CentralQuery {
    /// Most rows.
    limit: usize,
    items: Vec<Item>,
    template: String,
    condition: Option<Test>,
    order: Vec<Order>,
}

#[derive(Clone, Debug, PartialEq)]
struct Item {
    name: String,
    column: Column,
}

#[derive(Clone, Debug, PartialEq)]
enum Column {
    Metadata(Metadata),
    Timestamp,
    Property { component: Option<String>, name: String },
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Compare { column: Column, op: Comparison, literal: Constant },
    In { column: Column, list: InSet },
}

#[derive(Clone, Debug, PartialEq)]
struct Order {
    column: Column,
    descending: bool,
}

impl CentralQuery {
    /// Reads a query.
    ///
    /// # Errors
    /// It does not parse, is over a limit, or asks for what is not kept.
    pub fn parse(text: &str, limits: CentralQueryLimits) -> Result<Self, CentralQueryError> {
        parse::query(text, limits)
    }

    /// The template whose devices it is over.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The properties that it names, with their components; some more than once.
    pub fn properties(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.columns().into_iter().filter_map(|column| match column {
            Column::Property { component, name } => Some((component.as_deref(), name.as_str())),
            Column::Metadata(_) | Column::Timestamp => None,
        })
    }

    /// Whether it reads [`CentralDevice::timestamp`].
    pub fn reads_timestamp(&self) -> bool {
        self.columns().contains(&&Column::Timestamp)
    }

    fn columns(&self) -> Vec<&Column> {
        let mut columns: Vec<&Column> = self.items.iter().map(|item| &item.column).collect();
        columns.extend(self.order.iter().map(|order| &order.column));
        if let Some(condition) = &self.condition {
            condition.columns(&mut columns);
        }
        columns
    }

    fn matches(&self, device: &dyn CentralDevice) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.holds(device))
    }
}

impl Column {
    fn value<'a>(&self, device: &'a dyn CentralDevice) -> Value<'a> {
        match self {
            Column::Metadata(field) => device.metadata(*field),
            Column::Timestamp => device.timestamp(),
            Column::Property { component, name } => device.capability(component.as_deref(), name),
        }
    }
}

impl Test {
    fn holds(&self, device: &dyn CentralDevice) -> bool {
        match self {
            Test::Any(tests) => tests.iter().any(|test| test.holds(device)),
            Test::All(tests) => tests.iter().all(|test| test.holds(device)),
            Test::Compare { column, op, literal } => {
                compare(*op, &column.value(device).into(), &literal.operand()) == Some(true)
            }
            Test::In { column, list } => list.contains(&column.value(device).into()) == Some(true),
        }
    }

    fn columns<'a>(&'a self, columns: &mut Vec<&'a Column>) {
        match self {
            Test::Any(tests) | Test::All(tests) => tests.iter().for_each(|test| test.columns(columns)),
            Test::Compare { column, .. } | Test::In { column, .. } => columns.push(column),
        }
    }
}
