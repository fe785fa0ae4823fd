//! A query of `POST /devices/query`: parsed and checked once, then asked about documents.

use crate::aggregate::Aggregation;
use crate::ast::Expr;
use crate::check;
use crate::collection::{Collection, ItemType};
use crate::document::Document;
use crate::error::QueryError;
use crate::field::Fields;
use crate::narrow::Narrow;
use crate::parse::Parser;
use crate::select::{self, Select};

/// The longest text of a query, in characters (query-language.md §1).
pub const QUERY_CHARACTERS_MAX: usize = 8192;

/// A query that parsed and keeps the rules of query-language.md §1 to §6.
#[derive(Clone, Debug)]
pub struct Query {
    collection: Collection,
    top: Option<u64>,
    select: Select,
    condition: Option<Expr>,
    fields: Fields,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// When the text is longer than [`QUERY_CHARACTERS_MAX`], does not parse, or breaks a rule between its
    /// clauses, such as a projection of devices.jobs.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if let Some((at, _)) = text.char_indices().nth(QUERY_CHARACTERS_MAX) {
            let message = format!("the query is longer than {QUERY_CHARACTERS_MAX} characters");
            return Err(QueryError::at(text, at, message));
        }
        let statement = Parser::new(text, Collection::Devices).statement()?;
        let select = check::select(&statement, text)?;
        let mut fields = statement.condition.as_ref().map_or(Fields::NONE, Expr::fields);
        fields.extend(select.fields());
        Ok(Query {
            collection: statement.collection,
            top: statement.top,
            select,
            condition: statement.condition,
            fields,
        })
    }

    /// What the query reads.
    pub fn collection(&self) -> Collection {
        self.collection
    }

    /// What its rows are (§7).
    pub fn item_type(&self) -> ItemType {
        match (&self.select, self.collection) {
            (Select::All, Collection::Devices | Collection::Modules) => ItemType::Twin,
            (Select::All, Collection::DeviceJobs) => ItemType::DeviceJob,
            (Select::Paths(_) | Select::Groups { .. }, _) => ItemType::Raw,
        }
    }

    /// `TOP n`: at most n rows over all pages (§5).
    pub fn top(&self) -> Option<u64> {
        self.top
    }

    /// `SELECT *`: the rows are the documents themselves, which the caller writes.
    pub fn selects_all(&self) -> bool {
        matches!(self.select, Select::All)
    }

    /// Whether rows come from [`Query::aggregation`] rather than one from each document.
    pub fn is_aggregate(&self) -> bool {
        matches!(self.select, Select::Groups { .. })
    }

    /// Every field that [`matches`](Query::matches), [`project`](Query::project) and
    /// [`aggregation`](Query::aggregation) may ask a document for. `SELECT *` adds none: its caller knows
    /// what a whole document takes.
    pub fn fields(&self) -> Fields {
        self.fields
    }

    /// What a store may narrow its search by.
    pub fn narrow(&self) -> Narrow {
        Narrow::of(self.condition.as_ref())
    }

    /// Whether the document meets `WHERE`; without `WHERE` every document does.
    pub fn matches(&self, document: &dyn Document) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.truth(document) == Some(true))
    }

    /// The row of a document that matched, as a JSON object. Empty, `{}`, unless the query is a projection.
    pub fn project(&self, document: &dyn Document) -> String {
        match &self.select {
            Select::Paths(items) => select::project(items, document),
            Select::All | Select::Groups { .. } => select::project(&[], document),
        }
    }

    /// A fresh accumulator for the rows of an aggregate or `GROUP BY`; `None` for other queries.
    pub fn aggregation(&self) -> Option<Aggregation> {
        match &self.select {
            Select::Groups { keys, items, too_many } => {
                Some(Aggregation::new(keys.clone(), items.clone(), too_many.clone()))
            }
            Select::All | Select::Paths(_) => None,
        }
    }
}
