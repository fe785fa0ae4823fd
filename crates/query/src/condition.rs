//! Which device twins a job is for: its `queryCondition` (query-language.md §8.1).

use crate::ast::{Constant, Expr};
use crate::collection::Collection;
use crate::document::Document;
use crate::error::QueryError;
use crate::field::{Field, Fields};
use crate::in_set::InSet;
use crate::narrow::Narrow;
use crate::parse::Parser;
use crate::path::Path;

/// A condition over device twins.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// `None` is every device.
    expr: Option<Expr>,
}

impl Condition {
    /// Reads a job's condition: `*`, or what stands after `WHERE`. The length is the caller's to limit.
    ///
    /// # Errors
    /// When the text is empty, does not parse as one expression, or can never be true or false.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.trim() == "*" {
            return Ok(Condition::everything());
        }
        let expr = Parser::new(text, Collection::Devices).condition()?;
        Ok(Condition { expr: Some(expr) })
    }

    /// Every device, as `*`.
    pub fn everything() -> Self {
        Condition { expr: None }
    }

    /// The devices with these ids, as `deviceId IN [...]`; none for no ids.
    pub fn device_ids<I>(ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let set = ids.into_iter().map(|id| Constant::String(Into::<String>::into(id).into())).collect::<InSet>();
        Condition { expr: Some(Expr::path_in(Path::field(Field::DeviceId), set)) }
    }

    /// The devices that meet both conditions.
    #[must_use]
    pub fn and(self, other: Condition) -> Self {
        match (self.expr, other.expr) {
            (None, expr) | (expr, None) => Condition { expr },
            (Some(left), Some(right)) => Condition { expr: Some(Expr::all(vec![left, right])) },
        }
    }

    /// Whether this is `*`.
    pub fn is_everything(&self) -> bool {
        self.expr.is_none()
    }

    /// Every field that [`matches`](Condition::matches) may ask a document for.
    pub fn fields(&self) -> Fields {
        self.expr.as_ref().map_or(Fields::NONE, Expr::fields)
    }

    /// What a store may narrow its search by.
    pub fn narrow(&self) -> Narrow {
        Narrow::of(self.expr.as_ref())
    }

    /// Whether the device is meant.
    pub fn matches(&self, document: &dyn Document) -> bool {
        self.expr.as_ref().is_none_or(|expr| expr.truth(document) == Some(true))
    }
}
