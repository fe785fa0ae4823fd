//! `filter` and `orderby` of IoT Central's lists: a small part of OData (iot-central §2.2, query-language §9.3).
//!
//! ```text
//! filter  := and { "or" and }
//! and     := not { "and" not }
//! not     := "not" not | "(" filter ")" | test
//! test    := field op literal | "contains" "(" field "," string ")" | "indexof" "(" field "," string ")" op number
//! op      := eq | ne | gt | ge | lt | le
//! literal := 'text' ('' is a quote in it) | number | true | false | null
//! orderby := "displayName" ["asc" | "desc"]
//! ```
//!
//! Words are taken in any case. Only `contains` and `indexof` are published, with these comparisons; `not`, brackets
//! and `null` are what OData adds to them, `template eq null` being the unassigned devices. As in OData, and unlike a
//! group's filter, a value that is not there is null: not equal to any text, and neither less nor greater.

mod lex;
mod parse;

use crate::ast::Comparison;
use crate::operand::order_by_code_unit;

/// Most bytes of a filter.
pub const LIST_FILTER_BYTES_MAX: usize = 8192;

/// A field of the things in a list.
pub trait ListField: Copy + PartialEq + std::fmt::Debug + 'static {
    /// Every field.
    const ALL: &'static [Self];
    /// As a filter writes it.
    fn name(self) -> &'static str;
    /// What its values are.
    fn kind(self) -> ListFieldKind;
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFieldKind {
    /// Texts; compared by code unit, case counts.
    Text,
    /// True or false; these are only equal or not.
    Flag,
}

/// A value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListValue<'a> {
    /// Not there.
    Null,
    /// A text.
    Text(&'a str),
    /// True or false.
    Flag(bool),
}

impl<'a> From<Option<&'a str>> for ListValue<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(ListValue::Null, ListValue::Text)
    }
}

/// What is wrong with a filter or an order, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {column}: {message}")]
pub struct ListFilterError {
    /// From 1.
    pub column: usize,
    /// What was expected there, or which rule is broken.
    pub message: String,
}

impl ListFilterError {
    fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        ListFilterError { column: before.chars().count() + 1, message: message.into() }
    }
}

/// A filter over things with fields `F`.
#[derive(Clone, Debug, PartialEq)]
pub struct ListFilter<F>(Node<F>);

#[derive(Clone, Debug, PartialEq)]
enum Node<F> {
    Any(Vec<Node<F>>),
    All(Vec<Node<F>>),
    Not(Box<Node<F>>),
    Compare {
        field: F,
        op: Comparison,
        literal: Literal,
    },
    /// `indexof(field, 'part') op at`; `contains` is `ge 0`. Counted in UTF-16 code units, -1 is absent.
    IndexOf {
        field: F,
        part: Box<str>,
        op: Comparison,
        at: f64,
    },
}

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Null,
    Text(Box<str>),
    Flag(bool),
}

impl<F: ListField> ListFilter<F> {
    /// Reads a filter.
    ///
    /// # Errors
    /// When it is too long or does not parse, names a field that is not there, or compares one with what it can
    /// never be.
    pub fn parse(text: &str) -> Result<Self, ListFilterError> {
        parse::filter(text).map(ListFilter)
    }

    /// Whether the thing with these values is meant.
    pub fn matches<'a>(&self, value: impl Fn(F) -> ListValue<'a>) -> bool {
        self.0.matches(&value)
    }

    /// The text that `field` must have for the filter to hold, where there is one.
    pub fn must_be(&self, field: F) -> Option<&str> {
        self.0.must_be(field)
    }
}

impl<F: ListField> Node<F> {
    fn matches<'a>(&self, value: &impl Fn(F) -> ListValue<'a>) -> bool {
        match self {
            Node::Any(items) => items.iter().any(|item| item.matches(value)),
            Node::All(items) => items.iter().all(|item| item.matches(value)),
            Node::Not(of) => !of.matches(value),
            Node::Compare { field, op, literal } => compare(value(*field), *op, literal),
            Node::IndexOf { field, part, op, at } => match value(*field) {
                ListValue::Text(text) => index_of(text, part).partial_cmp(at).is_some_and(|order| op.holds(order)),
                ListValue::Null | ListValue::Flag(_) => false,
            },
        }
    }

    fn must_be(&self, wanted: F) -> Option<&str> {
        match self {
            Node::Compare { field, op: Comparison::Equal, literal: Literal::Text(text) } if *field == wanted => {
                Some(text)
            }
            Node::All(items) => items.iter().find_map(|item| item.must_be(wanted)),
            Node::Compare { .. } | Node::IndexOf { .. } | Node::Any(_) | Node::Not(_) => None,
        }
    }
}

fn compare(value: ListValue<'_>, op: Comparison, literal: &Literal) -> bool {
    match (value, literal) {
        (ListValue::Text(value), Literal::Text(text)) => op.holds(order_by_code_unit(value, text)),
        (ListValue::Flag(value), Literal::Flag(flag)) => op.holds(value.cmp(flag)),
        (ListValue::Null, Literal::Null) => op == Comparison::Equal,
        (ListValue::Null | ListValue::Text(_) | ListValue::Flag(_), _) => op == Comparison::NotEqual,
    }
}

fn index_of(text: &str, part: &str) -> f64 {
    let units = |at: usize| text.get(..at).unwrap_or_default().encode_utf16().count();
    text.find(part).map_or(-1.0, |at| units(at) as f64)
}

/// In which order a list comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ListOrder {
    /// That of creation.
    #[default]
    Created,
    /// By name, by code unit; equal names in the order of creation.
    DisplayName,
    /// By name from the last to the first; equal names from the newest to the oldest.
    DisplayNameDescending,
}

impl ListOrder {
    /// Reads `orderby`.
    ///
    /// # Errors
    /// When it is anything but `displayName`, with or without `asc` or `desc`.
    pub fn parse(text: &str) -> Result<Self, ListFilterError> {
        let mut words = text.split_ascii_whitespace();
        let is = |word: Option<&str>, expected: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(expected));
        let by_name = is(words.next(), "displayName");
        let direction = words.next();
        match (by_name && words.next().is_none(), direction) {
            (true, None) => Ok(ListOrder::DisplayName),
            (true, word) if is(word, "asc") => Ok(ListOrder::DisplayName),
            (true, word) if is(word, "desc") => Ok(ListOrder::DisplayNameDescending),
            (true | false, _) => {
                Err(ListFilterError::at(text, 0, "a list is ordered by displayName only: displayName [asc | desc]"))
            }
        }
    }
}
