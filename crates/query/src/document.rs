//! What a row must be able to tell.

use crate::field::Field;
use crate::value::Value;

/// A document that queries read: a row of a store, or JSON text ([`JsonDocument`](crate::JsonDocument)).
///
/// The evaluator asks only for fields in `fields()` of the query or condition. A field that the document
/// does not have is [`Value::Undefined`]. A field may be asked for more than once, so it should be cheap:
/// borrowed, not computed.
pub trait Document {
    /// The value of a root field.
    fn field(&self, field: Field) -> Value<'_>;
}

impl<D: Document + ?Sized> Document for &D {
    fn field(&self, field: Field) -> Value<'_> {
        (**self).field(field)
    }
}
