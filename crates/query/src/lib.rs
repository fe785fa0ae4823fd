//! The query language of twins and jobs: text to tree to verdict on a document.
//!
//! The contract is `query-language.md`; sections in these pages refer to it. Four texts are read, with one
//! expression core: a [`Query`] of `POST /devices/query`, the [`Condition`] of a job, the [`GroupFilter`] of an
//! IoT Central device group, and the [`CentralQuery`] of IoT Central's `POST /query`. Lists of IoT Central have a
//! small language of their own, [`ListFilter`].
//!
//! ```
//! use bellwether_query::{Condition, JsonDocument};
//!
//! let condition = Condition::parse("tags.building = '43' AND tags.floor >= 3")?;
//! let twin = JsonDocument::parse(r#"{"deviceId": "pump-1", "tags": {"building": "43", "floor": 4}}"#)?;
//! assert!(condition.matches(&twin));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate is pure: no I/O, no clock, nothing asynchronous. **A store narrows, this crate decides**: a
//! store may use [`Narrow`] and [`Fields`] to read less, but a row is in the result only when `matches`
//! says so.
//!
//! Journey of a text: `lex` (tokens) → `parse` (tree; `chain` keeps it flat) → `check` (rules between
//! clauses) → `eval` with `operand`, `in_set`, `function`; values come from a [`Document`] through `path`
//! and `follow`; rows leave through `select` and `aggregate`.

mod aggregate;
mod ast;
mod central;
mod chain;
mod check;
mod collection;
mod condition;
mod document;
mod error;
mod eval;
mod field;
mod follow;
mod function;
mod group_filter;
mod in_set;
mod job_type;
mod json_document;
mod lex;
mod list_filter;
mod narrow;
pub mod offline;
mod operand;
mod parse;
mod path;
mod query;
mod select;
mod value;

pub use aggregate::{Aggregation, GROUPS_MAX};
pub use central::{
    CENTRAL_RESULT_BYTES_MAX, CentralDevice, CentralQuery, CentralQueryError, CentralQueryLimits, CentralRows,
    ResultTooLarge, TELEMETRY_UNSERVED,
};
pub use collection::{Collection, ItemType};
pub use condition::Condition;
pub use document::Document;
pub use error::QueryError;
pub use field::{Field, Fields};
pub use follow::MemberPath;
pub use group_filter::{Candidate, GroupFilter, Metadata};
pub use json_document::JsonDocument;
pub use list_filter::{
    LIST_FILTER_BYTES_MAX, ListField, ListFieldKind, ListFilter, ListFilterError, ListOrder, ListValue,
};
pub use narrow::Narrow;
pub use query::{QUERY_CHARACTERS_MAX, Query};
pub use value::{Number, Value};
