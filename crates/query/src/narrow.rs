//! What a store may narrow its search by before the evaluator decides.

use std::collections::BTreeSet;

use crate::ast::{Comparison, Constant, Expr};
use crate::field::Field;

/// A condition that every matching document is proven to meet; it need not be sufficient.
///
/// `Some(list)`: a matching document has its id in this list, which may be empty (nothing matches).
/// `None`: nothing is known. Lists are sorted and free of repetitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrow {
    /// The only deviceIds that can match.
    pub device_ids: Option<Vec<String>>,
    /// The only jobIds that can match; job rows only.
    pub job_ids: Option<Vec<String>>,
}

impl Narrow {
    pub(crate) fn of(condition: Option<&Expr>) -> Self {
        let ids = |field| {
            let found = condition.and_then(|condition| ids(condition, field))?;
            Some(found.into_iter().map(str::to_owned).collect())
        };
        Narrow { device_ids: ids(Field::DeviceId), job_ids: ids(Field::JobId) }
    }

    /// Whether nothing is known.
    pub fn is_unbounded(&self) -> bool {
        self.device_ids.is_none() && self.job_ids.is_none()
    }
}

/// The values of `field` for which `condition` can be true, where that is a list.
fn ids(condition: &Expr, field: Field) -> Option<BTreeSet<&str>> {
    match condition {
        Expr::Compare { op: Comparison::Equal, left, right } => {
            let (path, constant) = Expr::path_and_constant(left, right)?;
            match constant {
                Constant::String(id) if path.is_field(field) => Some(BTreeSet::from([&**id])),
                Constant::String(_)
                | Constant::Number(_)
                | Constant::Bool(_)
                | Constant::Null
                | Constant::Undefined => None,
            }
        }
        Expr::In { item, set, negated: false } => {
            let strings = item.path().filter(|path| path.is_field(field)).and_then(|_| set.only_strings())?;
            Some(strings.iter().map(|id| &**id).collect())
        }
        Expr::All(items) => items
            .iter()
            .filter_map(|item| ids(item, field))
            .reduce(|left, right| left.intersection(&right).copied().collect()),
        Expr::Any(items) => {
            let mut union = BTreeSet::new();
            for item in items {
                union.extend(ids(item, field)?);
            }
            Some(union)
        }
        // An even number of NOT is true where its operand is.
        Expr::Not { of, negated: false } => ids(of, field),
        Expr::Compare { .. }
        | Expr::In { negated: true, .. }
        | Expr::Not { negated: true, .. }
        | Expr::Constant(_)
        | Expr::Path(_)
        | Expr::Chain { .. }
        | Expr::Sign { .. }
        | Expr::Call { .. } => None,
    }
}
