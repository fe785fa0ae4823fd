//! Values of expressions, and what operators make of them (query-language.md §4.1).

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::ast::{Comparison, Operator};
use crate::value::Value;

/// The longest text that `||` makes, in bytes; anything longer is undefined. A condition of a megabyte
/// could otherwise ask for gigabytes per row.
const CONCAT_MAX: usize = 1 << 20;

/// A value of an expression; numbers are IEEE doubles and never NaN.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand<'a> {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    String(Cow<'a, str>),
    /// Text of an object or array.
    Json(Cow<'a, str>),
}

impl<'a> From<Value<'a>> for Operand<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Undefined => Operand::Undefined,
            Value::Null => Operand::Null,
            Value::Bool(bool) => Operand::Bool(bool),
            Value::Number(number) => Operand::number(number.to_f64()),
            Value::String(text) => Operand::String(text),
            Value::Json(text) => Operand::Json(text),
        }
    }
}

impl Operand<'_> {
    /// The text that it holds.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Operand::String(text) | Operand::Json(text) => Some(text),
            Operand::Undefined | Operand::Null | Operand::Bool(_) | Operand::Number(_) => None,
        }
    }

    /// A number; NaN, the result of `0 / 0` and `a % 0`, is undefined.
    pub(crate) fn number(number: f64) -> Self {
        if number.is_nan() { Operand::Undefined } else { Operand::Number(number) }
    }

    /// The outcome as a condition: anything but a boolean counts as undefined.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Operand::Bool(bool) => Some(*bool),
            Operand::Undefined | Operand::Null | Operand::Number(_) | Operand::String(_) | Operand::Json(_) => None,
        }
    }

    /// `-x` or `+x`; undefined for anything but a number.
    pub(crate) fn signed(self, negative: bool) -> Self {
        match self {
            Operand::Number(number) => Operand::Number(if negative { -number } else { number }),
            Operand::Undefined | Operand::Null | Operand::Bool(_) | Operand::String(_) | Operand::Json(_) => {
                Operand::Undefined
            }
        }
    }

    /// The order of two values of one kind; `None` when they do not compare: different kinds, objects,
    /// arrays, undefined.
    pub(crate) fn order(&self, other: &Operand<'_>) -> Option<Ordering> {
        match (self, other) {
            (Operand::Null, Operand::Null) => Some(Ordering::Equal),
            (Operand::Bool(left), Operand::Bool(right)) => Some(left.cmp(right)),
            (Operand::Number(left), Operand::Number(right)) => left.partial_cmp(right),
            (Operand::String(left), Operand::String(right)) => Some(order_by_code_unit(left, right)),
            (
                Operand::Undefined
                | Operand::Null
                | Operand::Bool(_)
                | Operand::Number(_)
                | Operand::String(_)
                | Operand::Json(_),
                _,
            ) => None,
        }
    }
}

/// A comparison; `None` is undefined.
pub(crate) fn compare(op: Comparison, left: &Operand<'_>, right: &Operand<'_>) -> Option<bool> {
    // Equality of strings needs no order, and is what most conditions ask.
    if let (Comparison::Equal, Operand::String(left), Operand::String(right)) = (op, left, right) {
        return Some(left == right);
    }
    left.order(right).map(|order| op.holds(order))
}

impl Comparison {
    /// Whether two values in this order compare so.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Arithmetic takes two numbers, `||` two strings; all else is undefined.
pub(crate) fn combine<'a>(op: Operator, left: Operand<'a>, right: Operand<'a>) -> Operand<'a> {
    let arithmetic = |calculate: fn(f64, f64) -> f64| match (&left, &right) {
        (Operand::Number(left), Operand::Number(right)) => Operand::number(calculate(*left, *right)),
        (
            Operand::Undefined
            | Operand::Null
            | Operand::Bool(_)
            | Operand::Number(_)
            | Operand::String(_)
            | Operand::Json(_),
            _,
        ) => Operand::Undefined,
    };
    match op {
        Operator::Add => arithmetic(|left, right| left + right),
        Operator::Subtract => arithmetic(|left, right| left - right),
        Operator::Multiply => arithmetic(|left, right| left * right),
        Operator::Divide => arithmetic(|left, right| left / right),
        Operator::Modulo => arithmetic(|left, right| left % right),
        Operator::Concat => match (left, right) {
            (Operand::String(left), Operand::String(right)) if left.len() + right.len() <= CONCAT_MAX => {
                let mut text = left.into_owned();
                text.push_str(&right);
                Operand::String(Cow::Owned(text))
            }
            (
                Operand::Undefined
                | Operand::Null
                | Operand::Bool(_)
                | Operand::Number(_)
                | Operand::String(_)
                | Operand::Json(_),
                _,
            ) => Operand::Undefined,
        },
    }
}

/// The order of the strings' UTF-16 code units, which is the service's "ordinal". It is the order of the
/// UTF-8 bytes but for one thing: characters above U+FFFF come before U+E000 to U+FFFF.
pub(crate) fn order_by_code_unit(left: &str, right: &str) -> Ordering {
    let differing = left.bytes().zip(right.bytes()).find(|(left, right)| left != right);
    match differing {
        None => left.len().cmp(&right.len()),
        Some((0xF0.., 0xEE..=0xEF)) => Ordering::Less,
        Some((0xEE..=0xEF, 0xF0..)) => Ordering::Greater,
        Some((left, right)) => left.cmp(&right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_order_by_utf16_code_unit() {
        let texts = [
            "",
            "a",
            "ab",
            "b",
            "é",
            "\u{d7ff}",
            "\u{10000}",
            "\u{1f600}",
            "\u{e000}",
            "\u{ffff}",
            "x\u{10ffff}",
            "x\u{f000}",
        ];
        for left in texts {
            for right in texts {
                let expected = left.encode_utf16().cmp(right.encode_utf16());
                assert_eq!(order_by_code_unit(left, right), expected, "{left:?} {right:?}");
            }
        }
    }
}
