//! Aggregates and `GROUP BY` (query-language.md §5).

use std::collections::HashMap;

use crate::document::Document;
use crate::error::QueryError;
use crate::parse::Aggregate;
use crate::path::Path;
use crate::select::{Item, Output, Row};
use crate::value::{Number, Value};

/// The most groups one query may have.
pub const GROUPS_MAX: usize = 10_000;

pub(crate) const TOO_MANY: &str =
    "the query has more than 10000 groups; group by something with fewer values, or add a condition";

/// Takes the matching documents of an aggregate query one by one and makes its rows.
///
/// Made by [`Query::aggregation`](crate::Query::aggregation). Memory grows with the groups, not with the
/// documents.
#[derive(Clone, Debug)]
pub struct Aggregation {
    keys: Vec<Path>,
    items: Vec<Item<Output>>,
    too_many: QueryError,
    /// Where in `groups` a key is. Only for looking up; rows come in the order of `groups`.
    places: HashMap<Vec<Key>, usize>,
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    keys: Vec<Value<'static>>,
    count: u64,
    /// One for each item; those of keys and counts stay empty.
    tallies: Vec<Tally>,
}

/// What the aggregates need to know of the numbers of one group.
#[derive(Clone, Debug, Default)]
struct Tally {
    count: u64,
    sum: f64,
    min: Option<Extreme>,
    max: Option<Extreme>,
}

#[derive(Clone, Debug)]
struct Extreme {
    value: f64,
    /// The number as the document has it.
    number: Value<'static>,
}

/// A group's key: kind and content (§5). Numbers are equal as doubles, objects whatever the order of their
/// members.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Undefined,
    Null,
    Bool(bool),
    Number(u64),
    String(String),
    Json(String),
}

impl Aggregation {
    pub(crate) fn new(keys: Vec<Path>, items: Vec<Item<Output>>, too_many: QueryError) -> Self {
        let mut aggregation = Aggregation { keys, items, too_many, places: HashMap::new(), groups: Vec::new() };
        if aggregation.keys.is_empty() {
            // Without GROUP BY there is exactly one row, also when nothing matches.
            aggregation.groups.push(Group { keys: Vec::new(), count: 0, tallies: aggregation.tallies() });
            aggregation.places.insert(Vec::new(), 0);
        }
        aggregation
    }

    fn tallies(&self) -> Vec<Tally> {
        vec![Tally::default(); self.items.len()]
    }

    /// Counts a document in. The caller has found it to match.
    ///
    /// # Errors
    /// When the document would begin a group beyond [`GROUPS_MAX`].
    pub fn push(&mut self, document: &dyn Document) -> Result<(), QueryError> {
        let values: Vec<Value<'_>> = self.keys.iter().map(|path| path.value(document)).collect();
        let key: Vec<Key> = values.iter().map(Key::of).collect();
        let place = match self.places.get(&key) {
            Some(&place) => place,
            None if self.groups.len() == GROUPS_MAX => return Err(self.too_many.clone()),
            None => {
                let keys = values.into_iter().map(Value::into_owned).collect();
                self.groups.push(Group { keys, count: 0, tallies: self.tallies() });
                self.places.insert(key, self.groups.len() - 1);
                self.groups.len() - 1
            }
        };
        let Some(group) = self.groups.get_mut(place) else {
            return Ok(());
        };
        group.count += 1;
        for (item, tally) in self.items.iter().zip(&mut group.tallies) {
            if let Output::Aggregate(_, path) = &item.what
                && let Value::Number(number) = path.value(document)
            {
                tally.add(number);
            }
        }
        Ok(())
    }

    /// The rows, as JSON objects, in the order in which their groups were first seen.
    pub fn finish(self) -> Vec<String> {
        let row = |group: &Group| {
            let mut row = Row::default();
            for (item, tally) in self.items.iter().zip(&group.tallies) {
                let value = match &item.what {
                    Output::Key(index) => group.keys.get(*index).cloned().into(),
                    Output::Count => Value::Number(Number::Text(group.count.to_string().into())),
                    Output::Aggregate(aggregate, _) => tally.result(*aggregate),
                };
                row.member(&item.name, &value);
            }
            row.finish()
        };
        self.groups.iter().map(row).collect()
    }
}

impl Tally {
    fn add(&mut self, number: Number<'_>) {
        let value = number.to_f64();
        self.count += 1;
        self.sum += value;
        let extreme = || Some(Extreme { value, number: Value::Number(number.clone()).into_owned() });
        if self.min.as_ref().is_none_or(|min| value < min.value) {
            self.min = extreme();
        }
        if self.max.as_ref().is_none_or(|max| value > max.value) {
            self.max = extreme();
        }
    }

    /// The aggregate of the numbers; undefined when there was none.
    fn result(&self, aggregate: Aggregate) -> Value<'static> {
        let extreme = |extreme: &Option<Extreme>| extreme.as_ref().map(|extreme| extreme.number.clone()).into();
        match aggregate {
            Aggregate::Min => extreme(&self.min),
            Aggregate::Max => extreme(&self.max),
            Aggregate::Sum if self.count > 0 => number(self.sum),
            Aggregate::Avg if self.count > 0 => number(self.sum / self.count as f64),
            Aggregate::Sum | Aggregate::Avg => Value::Undefined,
        }
    }
}

/// A calculated number; JSON has none for infinity, which is undefined therefore.
fn number(value: f64) -> Value<'static> {
    /// Up to here doubles hold every integer.
    const INTEGERS: f64 = 9_007_199_254_740_992.0;
    if !value.is_finite() {
        Value::Undefined
    } else if value.fract() == 0.0 && value.abs() < INTEGERS {
        Value::Number(Number::Integer(value as i64))
    } else {
        serde_json::Number::from_f64(value)
            .map_or(Value::Undefined, |number| Value::Number(Number::Text(number.to_string().into())))
    }
}

impl Key {
    fn of(value: &Value<'_>) -> Key {
        match value {
            Value::Undefined => Key::Undefined,
            Value::Null => Key::Null,
            Value::Bool(bool) => Key::Bool(*bool),
            // Adding zero makes negative zero into zero.
            Value::Number(number) => Key::Number((number.to_f64() + 0.0).to_bits()),
            Value::String(text) => Key::String(text.to_string()),
            Value::Json(text) => Key::Json(canonical(text)),
        }
    }
}

/// JSON text with members in order, numbers as doubles and no spaces.
fn canonical(text: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(mut value) => {
            value.sort_all_objects();
            numbers_as_doubles(&mut value);
            value.to_string()
        }
        Err(_) => text.to_owned(),
    }
}

/// As deep as the reader goes, which is 128 levels.
fn numbers_as_doubles(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Number(number) => {
            *value = number.as_f64().map_or(serde_json::Value::Null, |number| (number + 0.0).into());
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(numbers_as_doubles),
        serde_json::Value::Object(members) => members.values_mut().for_each(numbers_as_doubles),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::String(_) => {}
    }
}
