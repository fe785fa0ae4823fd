//! Chains of `AND` and `OR`: kept flat, and equalities on one path joined to a list.
//!
//! Generated conditions are long (`deviceId = 'a' OR deviceId = 'b' OR …`); as a list they are one lookup
//! instead of thousands of comparisons per row. `a = 1 OR a = 2` and `a IN [1, 2]` mean the same, and so do
//! `a != 1 AND a != 2` and `a NIN [1, 2]`, undefined included (query-language.md §4.1).

use std::collections::BTreeMap;

use crate::ast::{Comparison, Expr};
use crate::in_set::InSet;
use crate::path::Path;

impl Expr {
    /// `a OR b OR …`
    pub(crate) fn any(items: Vec<Expr>) -> Expr {
        let flat = items.into_iter().fold(Vec::new(), |mut flat, item| {
            match item {
                Expr::Any(nested) => flat.extend(nested),
                item => flat.push(item),
            }
            flat
        });
        single_or(join_lists(flat, false), Expr::Any)
    }

    /// `a AND b AND …`
    pub(crate) fn all(items: Vec<Expr>) -> Expr {
        let flat = items.into_iter().fold(Vec::new(), |mut flat, item| {
            match item {
                Expr::All(nested) => flat.extend(nested),
                item => flat.push(item),
            }
            flat
        });
        single_or(join_lists(flat, true), Expr::All)
    }
}

/// A path and the constants it is looked up in: `path = c`, `c = path` or `path IN […]`; negated, `!=` or
/// `NIN`. Anything else comes back as it is.
fn as_list(item: Expr, negated: bool) -> Result<(Path, InSet), Expr> {
    if !is_list(&item, negated) {
        return Err(item);
    }
    match item {
        Expr::Compare { op, left, right } => match (*left, *right) {
            (Expr::Path(path), Expr::Constant(constant)) | (Expr::Constant(constant), Expr::Path(path)) => {
                Ok((path, InSet::from_iter([constant])))
            }
            (left, right) => Err(Expr::Compare { op, left: Box::new(left), right: Box::new(right) }),
        },
        Expr::In { item, set, negated } => match *item {
            Expr::Path(path) => Ok((path, *set)),
            item => Err(Expr::In { item: Box::new(item), set, negated }),
        },
        other => Err(other),
    }
}

fn is_list(item: &Expr, negated: bool) -> bool {
    let wanted = if negated { Comparison::NotEqual } else { Comparison::Equal };
    if let Expr::Compare { op, left, right } = item {
        return *op == wanted && Expr::path_and_constant(left, right).is_some();
    }
    matches!(item, Expr::In { item, negated: is_negated, .. } if *is_negated == negated && item.path().is_some())
}

/// A chain of one list is the list. Of one other item it stays a chain, which makes a condition of it.
fn single_or(mut items: Vec<Expr>, chain: fn(Vec<Expr>) -> Expr) -> Expr {
    match (items.len(), items.pop()) {
        (1, Some(only @ Expr::In { .. })) => only,
        (_, last) => {
            items.extend(last);
            chain(items)
        }
    }
}

/// Joins the lists over one path, at the place of the first of them.
fn join_lists(items: Vec<Expr>, negated: bool) -> Vec<Expr> {
    if items.iter().filter(|item| is_list(item, negated)).count() < 2 {
        return items;
    }
    /// An item of the chain in its place: as it is, or the lists that are joined there.
    enum Slot {
        Item(Expr),
        Lists(Path, Vec<InSet>),
    }
    let mut places: BTreeMap<Path, usize> = BTreeMap::new();
    let mut slots: Vec<Slot> = Vec::new();
    for item in items {
        match as_list(item, negated) {
            Err(item) => slots.push(Slot::Item(item)),
            Ok((path, set)) => {
                let place = *places.entry(path.clone()).or_insert(slots.len());
                match slots.get_mut(place) {
                    Some(Slot::Lists(_, sets)) => sets.push(set),
                    Some(Slot::Item(_)) | None => slots.push(Slot::Lists(path, vec![set])),
                }
            }
        }
    }
    let join = |slot| match slot {
        Slot::Item(item) => item,
        Slot::Lists(path, sets) => {
            Expr::In { item: Box::new(Expr::Path(path)), set: Box::new(InSet::union(sets)), negated }
        }
    };
    slots.into_iter().map(join).collect()
}
