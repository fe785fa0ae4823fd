//! The rules between the clauses of a statement (query-language.md §1, §5), and what can be a condition.

use crate::ast::Expr;
use crate::collection::Collection;
use crate::error::QueryError;
use crate::parse::{RawItem, RawSelect, Statement, What};
use crate::path::Path;
use crate::select::{Item, Output, Select};

impl Expr {
    /// Whether the expression can have a boolean value at all. A path may; a lone number, string, null or
    /// arithmetic cannot (§8.1).
    pub(crate) fn can_be_boolean(&self) -> bool {
        match self {
            Expr::Constant(crate::ast::Constant::Bool(_))
            | Expr::Path(_)
            | Expr::Any(_)
            | Expr::All(_)
            | Expr::Not { .. }
            | Expr::Compare { .. }
            | Expr::In { .. }
            | Expr::Call { .. } => true,
            Expr::Constant(_) | Expr::Chain { .. } | Expr::Sign { .. } => false,
        }
    }
}

/// The select list with its paths resolved, when it goes with the collection and `GROUP BY`.
pub(crate) fn select(statement: &Statement, text: &str) -> Result<Select, QueryError> {
    let error = |at, message: &str| Err(QueryError::at(text, at, message));
    let collection = statement.collection;
    if collection == Collection::DeviceJobs
        && let Some((_, at)) = &statement.group_by
    {
        return error(*at, "GROUP BY is not supported for devices.jobs; only SELECT * is");
    }
    let items = match (&statement.select, &statement.group_by) {
        (RawSelect::All, None) => return Ok(Select::All),
        (RawSelect::All, Some(_)) => {
            return error(
                statement.select_at,
                "SELECT * does not go with GROUP BY; list the grouped paths and aggregates",
            );
        }
        (RawSelect::Items(items), _) => items,
    };
    if collection == Collection::DeviceJobs {
        return error(statement.select_at, "only SELECT * is supported for devices.jobs");
    }
    let aggregates = items.iter().any(|item| !matches!(item.what, What::Path(_)));
    if !aggregates && statement.group_by.is_none() {
        return Ok(Select::Paths(last_wins(items.iter().filter_map(|item| match &item.what {
            What::Path(path) => Some(Item { name: name(item, 0, collection), what: path.resolve(collection) }),
            What::Count | What::Aggregate(..) => None,
        }))));
    }
    let keys: Vec<Path> = match &statement.group_by {
        Some((paths, _)) => paths.iter().map(|path| path.resolve(collection)).collect(),
        None => Vec::new(),
    };
    let mut outputs = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let what = match &item.what {
            What::Count => Output::Count,
            What::Aggregate(aggregate, path) => Output::Aggregate(*aggregate, path.resolve(collection)),
            What::Path(path) => {
                let resolved = path.resolve(collection);
                match keys.iter().position(|key| *key == resolved) {
                    Some(key) => Output::Key(key),
                    None => return error(item.at, "a path must also stand in GROUP BY, or be aggregated"),
                }
            }
        };
        outputs.push(Item { name: name(item, index, collection), what });
    }
    let group_at = statement.group_by.as_ref().map_or(statement.select_at, |(_, at)| *at);
    Ok(Select::Groups {
        keys,
        items: last_wins(outputs),
        too_many: QueryError::at(text, group_at, crate::aggregate::TOO_MANY),
    })
}

/// The member of an item: its alias, else the path's last name, else `$` and the item's place from 1 (§5).
fn name(item: &RawItem, index: usize, collection: Collection) -> String {
    match (&item.alias, &item.what) {
        (Some(alias), _) => alias.clone(),
        (None, What::Path(path)) => path.output_name(collection),
        (None, What::Count | What::Aggregate(..)) => format!("${}", index + 1),
    }
}

/// Of two items with one name, the last wins (§5).
fn last_wins<T>(items: impl IntoIterator<Item = Item<T>>) -> Vec<Item<T>> {
    let mut seen = std::collections::BTreeSet::new();
    let items: Vec<Item<T>> = items.into_iter().collect();
    let mut kept: Vec<Item<T>> = items.into_iter().rev().filter(|item| seen.insert(item.name.clone())).collect();
    kept.reverse();
    kept
}
