//! The checked select list, and rows of projections (query-language.md §5).

use crate::document::Document;
use crate::error::QueryError;
use crate::field::Field;
use crate::parse::Aggregate;
use crate::path::Path;
use crate::value::{Value, write_json_string};

/// What a query returns.
#[derive(Clone, Debug)]
pub(crate) enum Select {
    /// Whole documents.
    All,
    /// One row a document.
    Paths(Vec<Item<Path>>),
    /// One row a group; without keys, one group.
    Groups { keys: Vec<Path>, items: Vec<Item<Output>>, too_many: QueryError },
}

/// A member of the rows.
#[derive(Clone, Debug)]
pub(crate) struct Item<T> {
    pub(crate) name: String,
    pub(crate) what: T,
}

/// What a member of a group's row holds.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    /// The group's value of the nth key.
    Key(usize),
    Count,
    Aggregate(Aggregate, Path),
}

impl Select {
    /// The root fields that the list reads through [`Document`].
    pub(crate) fn fields(&self) -> impl Iterator<Item = Field> {
        let paths: Vec<&Path> = match self {
            Select::All => Vec::new(),
            Select::Paths(items) => items.iter().map(|item| &item.what).collect(),
            Select::Groups { keys, items, .. } => {
                let aggregated = items.iter().filter_map(|item| match &item.what {
                    Output::Aggregate(_, path) => Some(path),
                    Output::Key(_) | Output::Count => None,
                });
                keys.iter().chain(aggregated).collect()
            }
        };
        paths.into_iter().filter_map(|path| path.root)
    }
}

/// The row of a document; a member whose path is undefined is left out.
pub(crate) fn project(items: &[Item<Path>], document: &dyn Document) -> String {
    let mut row = Row::default();
    for item in items {
        row.member(&item.name, &item.what.value(document));
    }
    row.finish()
}

/// A JSON object being written.
#[derive(Default)]
pub(crate) struct Row {
    text: String,
}

impl Row {
    /// Adds a member; undefined adds none.
    pub(crate) fn member(&mut self, name: &str, value: &Value<'_>) {
        if !value.is_defined() {
            return;
        }
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        write_json_string(name, &mut self.text);
        self.text.push(':');
        value.write_json(&mut self.text);
    }

    /// The object's text.
    pub(crate) fn finish(mut self) -> String {
        if self.text.is_empty() {
            self.text.push('{');
        }
        self.text.push('}');
        self.text
    }
}
